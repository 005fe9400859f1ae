"""Which failed rule explains which refusal, for real messages of validators and for unknown ones."""

from __future__ import annotations

import pytest

from fcu_conform.engine.refusal_causes import EXPLAINS, Kind, explains, kinds_of
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Level, Scope

SAID: dict[Kind, tuple[str, ...]] = {
    Kind.VALIDITY: (
        "10@0 certificate has expired",
        "9@2 certificate is not yet valid or the system clock is incorrect",
        "The path could not be validated because intermediate certificate 1 expired 2026-05-31 00:00:00Z",
        "The path could not be validated because the end-entity certificate is not valid until 2026-06-01 00:00:01Z",
        "validation failed: candidates exhausted: cert is not valid at validation time",
    ),
    Kind.SIGNATURE: (
        "7@1 certificate signature failure",
        "The certificate is NOT trusted. The signature in the certificate is invalid.",
        "The path could not be validated because the signature of intermediate certificate 1 could not be verified",
        "validation failed: candidates exhausted: signature does not match",
        "The certificate is not correctly signed by the trusted CA",
    ),
    Kind.ISSUER: (
        "20@0 unable to get local issuer certificate",
        "2@1 unable to get issuer certificate",
        "The certificate is NOT trusted. The certificate issuer is unknown.",
        'Unable to build a validation path for the certificate "Common Name: lamp" - no issuer matching "x" was found',
        "validation failed: candidates exhausted: all candidates exhausted with no interior errors",
        "The certificate is not correctly signed by the trusted CA",
    ),
    Kind.PATH_LENGTH: (
        "25@2 path length constraint exceeded",
        "The path could not be validated because it exceeds the maximum path length",
        "validation failed: candidates exhausted: path length constraint violated",
        "The certificate is NOT trusted. The certificate chain violates the signer's constraints.",
    ),
    Kind.NAME_CONSTRAINTS: (
        "47@0 permitted subtree violation",
        "48@0 excluded subtree violation",
        "The certificate is NOT trusted. The certificate chain violates the signer's constraints.",
    ),
    Kind.NOT_A_CA: (
        "79@1 invalid CA certificate",
        "The certificate is NOT trusted. The certificate issuer is not a CA.",
        "The path could not be validated because intermediate certificate 1 is not a CA",
        "invalid extension: 2.5.29.19: missing required extension: CA certificate has no basicConstraints",
    ),
    Kind.KEY_USAGE: ("32@1 key usage does not include certificate signing",),
    Kind.EXTENSION: (
        "34@1 unhandled critical extension",
        "The certificate is NOT trusted. The certificate contains an unknown critical extension.",
        "invalid extension: 1.3.6.1.4.1.99999.1: certificate contains unaccounted-for critical extensions",
        "cannot be read: X509 - The extension tag or value is invalid (-0x2500)",
        "validation failed: invalid extension: 2.5.29.15: duplicate extension",
    ),
    Kind.ALGORITHM: (
        "94@1 Certificate public key has explicit ECC parameters",
        "validation failed: candidates exhausted: Forbidden public key algorithm: AlgorithmIdentifier",
        "cannot be read: PK - Invalid key tag or value (-0x3d00)",
        "mismatch between signatureAlgorithm and SPKI algorithm",
    ),
    Kind.VERSION: ("validation failed: candidates exhausted: certificate must be an X509v3 certificate",),
    Kind.SERIAL: ("certificate serial number cannot be negative",),
    Kind.NAME: (
        "validation failed: certificate must have a non-empty Issuer",
        "cannot be read: X509 - The name tag or value is invalid : ASN1 - Out of data (-0x23e0)",
        'Unable to build a validation path for the certificate "Common Name: lamp" - no issuer matching "" was found',
    ),
    Kind.ENCODING: (
        "cannot be read: asn1 encoding routines: illegal padding",
        "cannot be read: error parsing asn1 value: ParseError { kind: InvalidLength }",
        "cannot be read: ASN1 parser: Error in DER parsing.",
        "cannot be read: Could not read any untrusted certificates from untrusted-1.pem",
    ),
}


@pytest.mark.parametrize(("kind", "reason"), [(kind, reason) for kind, said in SAID.items() for reason in said])
def test_messages_of_validators_are_classified(kind: Kind, reason: str) -> None:
    assert kind in kinds_of(reason)


def test_every_kind_of_refusal_has_a_message_and_a_rule() -> None:
    assert set(SAID) == set(Kind) == {kind for kinds in EXPLAINS.values() for kind in kinds}


@pytest.mark.parametrize("code", sorted(EXPLAINS))
def test_only_rules_of_the_setup_that_fail_a_run_explain_refusals(code: str) -> None:
    rule = CATALOGUE[code]
    assert rule.scope in (Scope.SETUP, Scope.INSTANCES)
    assert rule.level is Level.ERROR or code == "CRT016"  # which finds errors too: dates that nobody reads


@pytest.mark.parametrize(
    ("code", "reason", "explained"),
    [
        ("CRT008", "48@0 excluded subtree violation", False),
        ("CHN009", "48@0 excluded subtree violation", True),
        ("CRT006", "7@0 certificate signature failure", False),
        ("CHN004", "7@0 certificate signature failure", True),
        ("CRT006", "10@1 certificate has expired", True),
        ("CRT011", "10@1 certificate has expired", False),
        ("CHN008", "The certificate chain violates the signer's constraints.", True),
        ("CHN006", "20@0 unable to get local issuer certificate", False),
        ("CHN002", "The certificate is NOT trusted.", False),
        ("CRT004", "The certificate is NOT trusted.", True),
        ("UPL002", "tlsv1 alert unknown ca", True),
        ("CRT006", "sslv3 alert certificate expired", True),
        ("CRT006", "sslv3 alert bad certificate", True),
        ("CRT006", "not today", True),
        ("CHN009", "not today", True),
        ("CRT011", "not today", False),
        ("CRT018", "not today", False),
    ],
)
def test_a_rule_explains_messages_about_its_subject(code: str, reason: str, explained: bool) -> None:
    assert explains(code, reason) is explained
