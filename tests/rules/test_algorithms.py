"""Which algorithm a certificate names, inside and outside the signed part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.certificate_fields import SignatureAlgorithm
from fcu_conform.rules.keystore.certificate import is_ecdsa_sha256

ECDSA_SHA256, ECDSA_SHA384 = "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3"


def algorithm(oid: str, content: bytes = b"m", *, has_parameters: bool = False) -> SignatureAlgorithm:
    return SignatureAlgorithm(content, oid, has_parameters)


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (algorithm(ECDSA_SHA256), algorithm(ECDSA_SHA256), True),
        (algorithm(ECDSA_SHA256), algorithm(ECDSA_SHA256, b"a"), False),
        (algorithm(ECDSA_SHA256), algorithm(ECDSA_SHA256, b"z"), False),
        (algorithm(ECDSA_SHA256, has_parameters=True), algorithm(ECDSA_SHA256), False),
        (algorithm(ECDSA_SHA384), algorithm(ECDSA_SHA384), False),
        (algorithm("1.2.840.10045.4.1"), algorithm("1.2.840.10045.4.1"), False),
    ],
)
def test_an_algorithm_is_ecdsa_with_sha256_without_parameters_twice(
    outer: SignatureAlgorithm, inner: SignatureAlgorithm, expected: bool
) -> None:
    certificate = cast(Certificate, SimpleNamespace(outer_algorithm=outer, inner_algorithm=inner))
    assert is_ecdsa_sha256(certificate) is expected
