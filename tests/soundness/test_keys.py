"""Private keys with one change each: what OpenSSL or cryptography refuses, or reads as another key, is not taken."""

from __future__ import annotations

import base64
from collections import Counter

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from independent_corpus import der
from independent_corpus.keys import PRIME256V1, Key, key, scalar_of
from OpenSSL import crypto

from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.private_keys import parse_private_key

from .agreement import cases
from .changes import changed, drawn
from .elements import OCTET_STRING, parse

KEY = key("changed in every place")


def by_cryptography(data: bytes) -> bytes | None:
    try:
        found = load_der_private_key(data, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def by_openssl(data: bytes) -> bytes | None:
    try:
        found = crypto.load_privatekey(crypto.FILETYPE_ASN1, data).to_cryptography_key().public_key()
    except (crypto.Error, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def taken(data: bytes) -> bytes | None:
    """The public key of what passes."""
    try:
        found = parse_private_key(data)
    except DerError:
        return None
    if found.trouble or found.structure_fault or found.public_key is None:
        return None
    return found.public_key.der


@pytest.mark.parametrize("text", [KEY.sec1(), KEY.pkcs8()], ids=["SEC1", "PKCS#8"])
def test_an_accepted_key_is_the_same_key_for_every_reader(text: str) -> None:
    data = base64.b64decode("".join(line for line in text.splitlines() if "-----" not in line))
    assert taken(data) == by_cryptography(data) == by_openssl(data) == KEY.spki
    (root,) = parse(data)
    for what, new in changed(root):
        hold(what, new)


def test_drawn_keys_that_are_taken_are_the_same_key_to_every_reader() -> None:
    held: Counter[str] = Counter()
    for random in cases("keys", 500):
        sound = key(f"one of {random.randrange(20)}")
        data = random.choice([sound.der(), sound.der(pkcs8=True), _without_point(sound)])
        held[hold(*drawn(data, random))] += 1
    print(f"\nkeys: {dict(held)}")
    assert {"taken by all", "refused by all"} <= set(held)


def _without_point(sound: Key) -> bytes:
    return der.seq(der.integer(1), der.octets(scalar_of(sound)), der.explicit(0, PRIME256V1))


def hold(what: str, data: bytes) -> str:
    """What is taken is the same key to both, and nothing that they take is refused without a reason."""
    ours, others = taken(data), (by_cryptography(data), by_openssl(data))
    if ours is not None:
        assert others == (ours, ours), (what, data.hex())
        return "taken by all"
    if others[0] is None or others[0] != others[1]:
        return "refused by all"
    # RFC 5915, section 3: the private key has 32 octets. cryptography before 46 does not count them.
    assert has_another_length(data), (what, data.hex())
    return "refused for its length"


def has_another_length(data: bytes) -> bool:
    """The private key is not 32 octets long."""
    (root,) = parse(data)
    fields = root.children or []
    inner = fields[2].children if len(fields) > 2 and fields[2].tag == OCTET_STRING else None
    sec1 = (inner[0].children or []) if inner else fields
    return len(sec1) > 1 and sec1[1].tag == OCTET_STRING and len(sec1[1].inside) != 32
