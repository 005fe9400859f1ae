"""The path validator of `cryptography`, written in Rust: strict DER, names compared byte by byte."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from fcu_conform.validators.adapters.python_library import PythonLibrary
from fcu_conform.validators.libraries import CRYPTOGRAPHY
from fcu_conform.validators.model import Answer, Question, words


class Cryptography(PythonLibrary):
    """`cryptography` with an extension policy for factory devices.

    Its default client policy wants a SAN and an AKI on the device and critical basicConstraints on every CA, which no
    device of a factory has. The factory policy drops those wants and keeps what RFC 5280 asks for: CA:TRUE, pathLen,
    keyCertSign, no unknown critical extension. No policy can relax its other refusals (X.509 v1, empty CA names, weak
    keys and hashes, names that differ in their bytes, critical directoryName constraints). Before 49.0 it passes over
    directoryName constraints, and so accepts names that they forbid.
    """

    library = CRYPTOGRAPHY

    def _judge(self, question: Question) -> Answer:
        try:
            leaf = x509.load_der_x509_certificate(question.leaf)
            untrusted = _certificates(question.untrusted)
            _verifier(question.anchors, question.at).verify(leaf, untrusted)
        except VerificationError as refusal:
            return Answer(False, words(refusal))
        except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
            # some fields are read only when a path comes to them
            return Answer(False, f"cannot be read: {words(error)}")
        return Answer(True)


@lru_cache(maxsize=64)
def _certificates(ders: tuple[bytes, ...]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der) for der in ders]


@lru_cache(maxsize=64)
def _verifier(anchors: tuple[bytes, ...], at: datetime) -> ClientVerifier:
    ca_policy, device_policy = _factory_policies()
    builder = PolicyBuilder().store(Store(_certificates(anchors))).time(at)
    return builder.extension_policies(ca_policy=ca_policy, ee_policy=device_policy).build_client_verifier()


@lru_cache(maxsize=1)
def _factory_policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    """The policies for CA certificates and for the leaf.

    `permit_all` does not look at keyCertSign: the callback is what does.
    """

    def need_key_cert_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
        if usage is not None and not usage.key_cert_sign:
            raise ValueError("keyCertSign not set")

    ca_policy = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, need_key_cert_sign)
    )
    return ca_policy, ExtensionPolicy.permit_all()
