"""LOT006: several FCU instances beside each other."""

from __future__ import annotations

from dataclasses import replace

from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Blocked, Finding, Findings, Instances, Level, Location, instances_rule, requires
from fcu_conform.rules.support.formatting import subject_text
from fcu_conform.rules.support.inputs import fcu_certificate_of
from fcu_conform.rules.support.sources import docs, page


@instances_rule(
    "LOT006",
    Level.ERROR,
    requirement="FCU instances share no key and no subject",
    title="two FCU instances share a key or a subject",
    why="The portal accepts a subject once (409 otherwise), and one stolen key would be the key of all of them.",
    fix="give every FCU instance its own common-name and its own key",
    passes="CN=FCU line 1 and CN=FCU line 2",
    fails="two instances that were set up from the same fcu.yml",
    source=(page("Securing your factory CA keys", "R-02"), docs("Trusted certificates", "", "P-09")),
    needs=("CRT001",),
)
def instances_share_nothing(setup: Setup, others: Instances) -> Findings:
    requires(others, "only one keystore was given")
    mine = fcu_certificate_of(setup.ca)
    crt = setup.keystore.fcu_crt
    place = Location(crt.name, 1, crt.readable[0].line, "subject")
    shares_key = False
    for other in others:
        theirs = other.ca.certain_fcu_certificate
        if theirs is None:
            continue
        if mine.public_key.der == theirs.public_key.der:
            shares_key = True
        elif mine.subject.matches(theirs.subject):
            yield Finding(
                f"the FCU certificate has the same subject as that of {other.name}",
                place,
                expected="a unique subject",
                found=subject_text(mine),
            )
    if shares_key:
        if setup.key_public is not None:
            raise Blocked("KEY009")
        yield Finding(
            "the FCU certificate has the same key as that of another instance",
            replace(place, field="subjectPublicKeyInfo"),
            expected="a unique key",
        )
