"""Chains: reading and writing them as PEM, and cutting them into the device's part and the portal's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from reference_ca.errors import CertificateFileError, DepthError, FcuCode
from reference_ca.files import Blob

DEVICE_CHAIN_LIMIT = 5
"""The most certificates that a device stores in one chain, its own included (fact DC-01)."""

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(?:(?!-----).)*-----END CERTIFICATE-----", re.DOTALL)

Certificates = tuple[x509.Certificate, ...]


def to_pem(certificates: Iterable[x509.Certificate]) -> Blob:
    """PEM certificate blocks in the given order and nothing else, as fcu.crt is (fact K-03)."""
    return Blob(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))


def to_der(certificates: Iterable[x509.Certificate]) -> list[bytes]:
    """The DER bytes of each certificate, in the given order."""
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def read_chain(pem: bytes, where: object = "") -> Certificates:
    """Every certificate in PEM bytes, in file order. FCU's error 211 where there is none or one cannot be
    parsed.
    """
    try:
        found = tuple(x509.load_pem_x509_certificate(block) for block in _BLOCK.findall(pem))
    except ValueError:
        found = ()
    if not found:
        raise CertificateFileError(
            FcuCode.CERTIFICATE_NOT_LOADED,
            "the CA certificate file cannot be loaded (corrupted, or not PEM)",
            where,
            "write it again as PEM certificates, the FCU certificate first and the root last",
        )
    return found


def check_depth(depth: int | None, length: int, where: object = "") -> int:
    """The depth that counts for an fcu.crt of `length` certificates: 1 to 1 + `length`, the device's own
    included (K-07, K-09).

    A lone certificate needs no depth (it is 1); a chain does (K-05: `DepthError` 112). More than there is
    raises `DepthError` 111 (K-06), and less than 1 is an invalid attribute (201).
    """
    if depth is None:
        if length > 1:
            raise DepthError(
                FcuCode.DEPTH_NOT_DEFINED,
                f"device-certificate-chain-depth is not defined for a chain of {length} certificates",
                where,
                "set it in fcu.yml",
            )
        return 1
    if depth < 1:
        raise DepthError(
            FcuCode.CONFIG_INVALID,
            f"device-certificate-chain-depth is {depth}",
            where,
            "count the device: at least 1",
        )
    if depth > length + 1:
        raise DepthError(
            FcuCode.DEPTH_EXCEEDS_CHAIN,
            f"device-certificate-chain-depth {depth} is greater than the chain length {length + 1}",
            where,
            "lower it (the device counts as one), or complete fcu.crt",
        )
    return depth


def slice_chain(device: x509.Certificate, fcu_chain: Sequence[x509.Certificate], depth: int | None) -> Certificates:
    """What the device carries: its own certificate, then the first depth - 1 of fcu.crt (facts K-07,
    K-08).
    """
    depth = check_depth(depth, len(fcu_chain))
    return (device, *fcu_chain[: depth - 1])


def portal_upload(fcu_chain: Sequence[x509.Certificate], depth: int | None) -> Certificates:
    """What belongs on the portal: the rest of fcu.crt, from index depth - 1 to the root (facts K-08, P-01).

    Empty when the device carries all of it; the documents do not say what to upload then (D-01).
    """
    depth = check_depth(depth, len(fcu_chain))
    return tuple(fcu_chain[depth - 1 :])
