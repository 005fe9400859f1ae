"""Repairs fcu.crt and the upload: form, order, duplicates and certificates that do not belong there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from fcu_conform.artefacts.bounded_io.limits import PEM_BLOCKS
from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.chain import Chain, Link
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.other_forms import describe_der
from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.artefacts.encodings.pem_layout import PKCS7
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore_files import CERTIFICATE_LABELS, CertificateFile
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.engine.repair.pem_blocks import find_blocks
from fcu_conform.engine.repair.repaired import NotRepairable, Repaired, described

_NOTHING = FileBytes("", Path())
_PKCS7_LABELS = ("PKCS7", "PKCS #7 SIGNED DATA", "CMS")


def repair_chain(file: CertificateFile, key: PublicKey | None) -> Repaired | None:
    """What fcu.crt should hold, made from the certificates in it; None where it stays as it is.

    Args:
        file: fcu.crt, or another file with its certificates.
        key: the public key of the private key, where that is known.

    Raises:
        NotRepairable: a certificate in it cannot be read, or there is none.
    """
    found = read_certificates(file.file.data)
    changes = list(_faults_of_form(file))
    arranged = _arrange(chain_of(found, key), changes)
    return Repaired(to_pem(*(certificate.raw for certificate in arranged)), tuple(changes)) if changes else None


def repair_upload(file: CertificateFile, expected: Sequence[Certificate]) -> Repaired | None:
    """What was, or will be, uploaded, made anew from fcu.crt; None where it stays as it is.

    Args:
        file: the upload.
        expected: the certificates that belong on the portal, in order; empty where that is not known, and then only
            the file's form and duplicates are repaired.

    Raises:
        NotRepairable: a certificate in it cannot be read, or there is none, and what belongs there is not known.
    """
    changes = list(_faults_of_form(file))
    if expected:
        if [certificate.raw for certificate in expected] != [certificate.raw for certificate in file.certificates]:
            names = "; ".join(str(certificate.subject) for certificate in expected)
            changes.append(f"made from fcu.crt and the chain depth: {names}; upload it again")
        data = to_pem(*(certificate.raw for certificate in expected))
    else:
        found = read_certificates(file.file.data)
        chain = chain_of(found, None)
        changes += (f"removed certificate {link.index}: it is a duplicate" for link in chain.repeated)
        data = to_pem(*(link.certificate.raw for link in chain.distinct))
    return Repaired(data, tuple(changes)) if changes else None


def chain_of(certificates: Sequence[Certificate], key: PublicKey | None) -> Chain:
    """Certificates as a chain, in the order in which they were found."""
    file = _file_of(certificates)
    return Chain(tuple(Link(entry, entry.certificate) for entry in file.entries if entry.certificate is not None), key)


def _file_of(certificates: Sequence[Certificate]) -> CertificateFile:
    from_pem = to_pem(*(certificate.raw for certificate in certificates))
    return CertificateFile(replace(_NOTHING, data=from_pem))


def read_certificates(data: bytes) -> list[Certificate]:
    """Every certificate of a file in the order of the file: PEM under any label, DER, or PKCS#7.

    Raises:
        NotRepairable: one cannot be read, or there is none.
    """
    found: list[Certificate] = []
    if data[:1] == b"\x30":
        found = _from_der(data)
    else:
        for block in find_blocks(data):
            if block.label not in (*CERTIFICATE_LABELS, *_PKCS7_LABELS):
                continue
            if block.data is None:
                raise NotRepairable("a certificate in it cannot be decoded")
            found += _from_block(block.data)
    if not found or len(found) > PEM_BLOCKS:
        raise NotRepairable("has no certificate" if not found else f"has more than {PEM_BLOCKS} certificates")
    return found


def _from_block(data: bytes) -> list[Certificate]:
    if describe_der(data) == PKCS7:
        return _from_pkcs7(data)
    return [_certificate(data)]  # without what follows: OpenSSL's trust settings, or trailing bytes


def _from_der(data: bytes) -> list[Certificate]:
    """The certificates of a file in DER: one, several one after the other, or those of PKCS#7."""
    if kind := describe_der(data):
        if kind != PKCS7:
            raise NotRepairable(kind)
        return _from_pkcs7(data)
    found = []
    while data:
        found.append(_certificate(data))
        data = data[len(found[-1].raw) :]
        if len(found) > PEM_BLOCKS:
            raise NotRepairable(f"has more than {PEM_BLOCKS} certificates")
    return found


def _certificate(data: bytes) -> Certificate:
    try:
        certificate = Certificate(data)
    except der.DerError as fault:
        raise NotRepairable(f"a certificate in it cannot be read: {fault}") from None
    return Certificate(certificate.raw) if certificate.trailing else certificate


def _from_pkcs7(data: bytes) -> list[Certificate]:
    try:
        loaded = pkcs7.load_der_pkcs7_certificates(data)
        return [_certificate(one.public_bytes(Encoding.DER)) for one in loaded]
    except (ValueError, UnsupportedAlgorithm):
        raise NotRepairable("its PKCS#7 cannot be read") from None


def _faults_of_form(file: CertificateFile) -> Iterator[str]:
    """What is changed although the certificates stay the same."""
    if file.pem.problem:
        yield f"written as PEM: {described(file.pem.problem)}"
        return
    for entry in file.entries:
        if entry.certificate is None:
            yield f"certificate {entry.index} (line {entry.line}) {entry.problem}: written anew"
        elif entry.certificate.trailing:
            trailing = pluralize(entry.certificate.trailing, "trailing byte")
            yield f"certificate {entry.index} (line {entry.line}) has {trailing}: removed"
    for block in file.pem.blocks:
        if block.label not in CERTIFICATE_LABELS:
            yield f"removed the {block.label} block in line {block.line}"
    for stray in file.pem.strays:
        yield f"removed {stray.what} in line {stray.line}"


def _arrange(chain: Chain, changes: list[str]) -> list[Certificate]:
    """The certificates in the order that fcu.crt needs; what is changed for it is added to the list."""
    path = list(chain.path)
    leading = _before_fcu(chain)
    kept, dropped = path[leading:], list(chain.off_path) if chain.is_complete else []
    if not chain.is_complete:
        kept += chain.off_path  # one of them may be the certificate after which the path goes on
    for link in chain.repeated:
        changes.append(f"removed certificate {link.index}: it is a duplicate")
    for link in (*path[:leading], *dropped):
        changes.append(
            f"removed certificate {link.index} ({link.certificate.subject}): it is not on the path to the root"
        )
    numbers = [link.index for link in kept]
    if numbers != sorted(numbers):
        changes.append(
            f"certificates {', '.join(map(str, sorted(numbers)))} put in order: {', '.join(map(str, numbers))}"
        )
    return [link.certificate for link in kept]


def _before_fcu(chain: Chain) -> int:
    """1 where a device certificate stands on the path before the certificate that the private key belongs to, or 0."""
    if chain.key is None or len(chain.path) < 2:
        return 0
    first, second = (link.certificate for link in chain.path[:2])
    is_ca = first.version < 3 or (first.basic_constraints is not None and first.basic_constraints.ca)
    return int(not is_ca and second.public_key.der == chain.key.der != first.public_key.der)
