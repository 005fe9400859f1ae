"""UPL005 to UPL007: what the portal accepts of the uploaded certificates, how many, and under which names."""

from __future__ import annotations

from fcu_conform.artefacts.keystore_files import Entry
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Finding, Findings, Instances, Level, Location, instances_rule, rule
from fcu_conform.rules.portal.upload import at_entry, entry_text, refusals
from fcu_conform.rules.support.account import COMMERCIAL_LIMIT, DEVELOPER_LIMIT
from fcu_conform.rules.support.formatting import subject_text
from fcu_conform.rules.support.inputs import upload_of
from fcu_conform.rules.support.sources import api, docs


@rule(
    "UPL005",
    Level.ERROR,
    requirement="every uploaded certificate is valid now, on P-256, and signed with ecdsa-with-SHA256",
    title="the portal would refuse an uploaded certificate",
    why="The portal refuses expired certificates and other algorithms.",
    fix="upload the current certificates from fcu.crt",
    passes="certificates that CRT004, CRT005 and CRT006 pass",
    fails="the old, expired root",
    source=api("certificate", "P-14"),
    needs=("UPL009",),
    partially_blocked_by=("UPL001",),
)
def uploaded_certificates_are_accepted(setup: Setup) -> Findings:
    upload = upload_of(setup)
    for entry in upload.certificates.readable:
        assert entry.certificate is not None
        for message, field, expected, found in refusals(entry.certificate, setup):
            yield Finding(f"{entry_text(entry, upload)}: {message}", at_entry(entry, upload, field), expected, found)


@instances_rule(
    "UPL006",
    Level.ERROR,
    requirement="no two uploaded certificates, and no two FCU instances, share a subject",
    title="a subject is uploaded twice",
    why="The portal answers 409 to a second certificate with the same subject.",
    fix="upload each certificate once; give every FCU instance its own common-name",
    passes="CN=FCU line 1 and CN=FCU line 2",
    fails="the root twice; two instances with CN=FCU",
    source=api("409", "P-09"),
    needs=("UPL009",),
    partially_blocked_by=("UPL001",),
)
def uploaded_subjects_are_unique(setup: Setup, others: Instances) -> Findings:
    upload = upload_of(setup)
    seen: list[Entry] = []
    for entry in upload.certificates.readable:
        assert entry.certificate is not None
        for earlier in seen:
            assert earlier.certificate is not None
            if earlier.certificate.subject.matches(entry.certificate.subject):
                yield Finding(
                    f"{entry_text(entry, upload)}: has the same subject as certificate {earlier.index}",
                    at_entry(entry, upload, "subject"),
                    expected="every subject once",
                    found=subject_text(entry.certificate),
                )
                break
        seen.append(entry)
    mine = setup.ca.fcu_certificate
    for other in others:
        theirs = other.ca.fcu_certificate
        if other.upload is None or mine is None or theirs is None:
            continue
        if mine.raw != theirs.raw and mine.subject.matches(theirs.subject):
            yield Finding(
                f"the FCU certificate has the same subject as that of {other.name}",
                Location(upload.name),
                expected="a unique subject",
                found=subject_text(mine),
            )


@rule(
    "UPL007",
    Level.WARNING,
    requirement=f"the upload has at most {DEVELOPER_LIMIT} certificates ({COMMERCIAL_LIMIT} for a commercial account)",
    title="the upload has more certificates than an account allows",
    why="The portal answers 403 once the account's limit is reached.",
    fix="ask for a commercial account, or shorten the chain",
    passes="three certificates",
    fails="eleven certificates",
    source=docs("Managing trusted certificates", "", "P-10", "P-11", "P-12"),
    needs=("UPL009",),
    partially_blocked_by=("UPL001",),
)
def upload_fits_account(setup: Setup) -> Findings:
    upload = upload_of(setup)
    count = len(upload.certificates.entries)
    if count > DEVELOPER_LIMIT:
        account = "any account" if count > COMMERCIAL_LIMIT else "a developer account"
        limit = COMMERCIAL_LIMIT if count > COMMERCIAL_LIMIT else DEVELOPER_LIMIT
        yield Finding(
            f"has more certificates than {account} allows", Location(upload.name), f"at most {limit}", str(count)
        )
