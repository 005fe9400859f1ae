"""Private keys with one change each: what OpenSSL or cryptography refuses, or reads as another key, is not taken."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from independent_corpus.keys import key
from OpenSSL import crypto

from fcu_conform.artefacts.encodings.der import DerError
from fcu_conform.artefacts.encodings.private_keys import parse_private_key

from .changes import changed
from .elements import parse

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
        ours, others = taken(new), (by_cryptography(new), by_openssl(new))
        # Nothing that they take is refused here either.
        assert ours == (others[0] if others[0] == others[1] else None), (what, others)
