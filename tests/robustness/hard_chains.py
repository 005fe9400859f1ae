"""Makes questions that are small to write down and large to answer: names, keys and signatures that fork and loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import pairwise, product

from asn1crypto import x509
from validators.parts import Extension
from validators.paths import DEVICE, Plan, certificate, for_decades

from fcu_conform.validators.model import Question

CA = for_decades(Plan("CA", ski=b"", aki=b""))
"""No key identifiers: nothing but a signature tells which of several issuers it was."""
LEAF = for_decades(DEVICE.but(aki=b""))
STRANGER = certificate(CA.but(common_name="Stranger", key="stranger"))


def _same_name(count: int) -> tuple[bytes, ...]:
    """Certificates of one name, each with a key of its own, each signed by the next one's key."""
    plans = [CA.but(common_name="Same", key=f"same {number}") for number in range(count)]
    return tuple(certificate(own, issuer) for own, issuer in pairwise([*plans, plans[0]]))


def names_alike(count: int, at: datetime) -> Question:
    """As many CA certificates of one name with different keys, and an anchor that they do not lead to."""
    leaf = certificate(LEAF, CA.but(common_name="Same", key="same 0"))
    return Question(leaf, _same_name(count), (STRANGER,), at)


def names_alike_from_anchor(count: int, at: datetime) -> Question:
    """The same, and the last one is the anchor: a path leads there, through all of them in their order."""
    *untrusted, last = _same_name(count)
    leaf = certificate(LEAF, CA.but(common_name="Same", key="same 0"))
    return Question(leaf, tuple(untrusted), (last,), at)


def keys_alike(count: int, at: datetime) -> Question:
    """As many CA certificates of one key, each with a unique name, in a row."""
    plans = [CA.but(common_name=f"Name {number}", key="alike") for number in range(count)]
    chain = tuple(certificate(own, issuer) for own, issuer in pairwise([*plans, plans[-1]]))
    return Question(certificate(LEAF, plans[0]), chain[:-1], chain[-1:], at)


def loop(count: int, at: datetime) -> Question:
    """CA certificates that sign one another in a circle."""
    plans = [CA.but(common_name=f"Loop {number}") for number in range(count)]
    circle = tuple(certificate(own, issuer) for own, issuer in pairwise([*plans, plans[0]]))
    return Question(certificate(LEAF, plans[0]), circle, (STRANGER,), at)


def _crossed(layers: list[list[Plan]]) -> Iterator[bytes]:
    for below, above in pairwise(layers):
        yield from (certificate(own, issuer) for own, issuer in product(below, above))


def lattice(width: int, at: datetime) -> Question:
    """Three layers of CAs, each of which every one in the layer above has signed, and no way out of the last."""
    layers = [[CA.but(common_name=f"Layer {layer} {n}") for n in range(width)] for layer in range(3)]
    again = [*layers, layers[0]]
    return Question(certificate(LEAF, layers[0][0]), tuple(_crossed(again)), (STRANGER,), at)


def lattice_of_one_name(width: int, at: datetime) -> Question:
    """The same where all CAs of a layer have one name."""
    layers = [[CA.but(common_name=f"Layer {layer}", key=f"{layer} {n}") for n in range(width)] for layer in range(3)]
    return Question(certificate(LEAF, layers[0][0]), tuple(_crossed([*layers, layers[0]])), (STRANGER,), at)


def anchors_alike(count: int, at: datetime) -> Question:
    """As many anchors of one name, of which none signed."""
    anchors = tuple(certificate(CA.but(common_name="Anchor", key=f"anchor {number}")) for number in range(count))
    return Question(certificate(LEAF, CA.but(common_name="Anchor", key="nobody's")), (), anchors, at)


def name_constraints(count: int, at: datetime) -> Question:
    """A CA that permits and excludes as many names, and one below it with as many names of its own."""
    names = [x509.GeneralName("directory_name", _name(f"Tree {number}")) for number in range(count)]
    trees = [{"base": one} for one in names]
    constraints = x509.NameConstraints({"permitted_subtrees": trees, "excluded_subtrees": trees})
    alternatives = Extension("subject_alt_name", False, x509.GeneralNames(names).dump())
    root = CA.but(common_name="Root", more=(Extension("name_constraints", True, constraints.dump()),))
    fcu = CA.but(common_name="FCU", more=(alternatives,))
    leaf = certificate(LEAF.but(more=(alternatives,)), fcu)
    return Question(leaf, (certificate(fcu, root),), (certificate(root),), at)


def _name(common_name: str) -> x509.Name:
    return x509.Name.build({"common_name": common_name})


def policies(count: int, at: datetime) -> Question:
    """Three CAs with as many policies, all of them mapped to one another, and a device with all of them."""
    oids = [f"1.3.6.1.4.1.55555.{number}" for number in range(1, count + 1)]
    said = x509.CertificatePolicies([{"policy_identifier": oid} for oid in oids])
    turned = [*oids[1:], oids[0]]
    mapped = x509.PolicyMappings(
        [{"issuer_domain_policy": one, "subject_domain_policy": other} for one, other in zip(oids, turned, strict=True)]
    )
    more = (Extension("certificate_policies", False, said.dump()), Extension("policy_mappings", True, mapped.dump()))
    plans = [CA.but(common_name=f"Policy {number}", more=more) for number in range(4)]
    chain = tuple(certificate(own, issuer) for own, issuer in pairwise([*plans, plans[-1]]))
    leaf = certificate(LEAF.but(more=more[:1]), plans[0])
    return Question(leaf, chain[:-1], chain[-1:], at)


HARD: dict[str, Callable[[datetime], Question]] = {
    f"{make.__name__} {count}": partial(make, count)
    for make, acceptance_counts in (
        (names_alike, (12, 50, 100)),
        (names_alike_from_anchor, (12, 50, 100)),
        (keys_alike, (12, 50, 100)),
        (loop, (2, 3)),
        (lattice, (4,)),
        (lattice_of_one_name, (4,)),
        (anchors_alike, (100,)),
        (name_constraints, (500,)),
        (policies, (500,)),
    )
    for count in acceptance_counts
}
"""Each takes the instant in question."""
