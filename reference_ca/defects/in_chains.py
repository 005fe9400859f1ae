"""Defects of fcu.crt as a whole: its blocks, their order, the path that they make."""

from __future__ import annotations

from datetime import datetime, timedelta

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    NAME_CONSTRAINTS,
    Certificate,
    Extension,
    basic_constraints,
    ca_extensions,
)
from reference_ca.defects.files import pem_block
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CERTIFICATE_FILE, FactorySetup, SetupParameters, private_key_pem

CHAIN = Needs(length=3)
LONE = SetupParameters(length=1, depth=1)
LONG = SetupParameters(length=6)


def another_ca(s: FactorySetup, name: str, issuer: Certificate | None = None) -> Certificate:
    """A CA that is not of this chain."""
    end = s.chain[-1].not_after
    extensions = ca_extensions()
    subject = asn1.name(("CN", name))
    return Certificate(subject, s.new_key(name), s.source.serial(name), s.made, end, issuer, extensions=extensions)


def constrain(certificate: Certificate, path_length: int) -> None:
    """Allow so many CAs below."""
    certificate.extensions["basicConstraints"].value = basic_constraints(True, path_length)


def directory(subject: bytes) -> bytes:
    """A GeneralName of the directoryName kind."""
    return asn1.context(4, subject)


def name_constraints(*, permitted: bytes = b"", excluded: bytes = b"") -> Extension:
    """nameConstraints with one subtree of a kind, each a GeneralName."""
    subtrees = [asn1.context(number, asn1.sequence(base)) for number, base in enumerate((permitted, excluded)) if base]
    return Extension(NAME_CONSTRAINTS, asn1.sequence(*subtrees), True)


@defect(ExpectedFinding("KEY008", "fcu.crt"), ExpectedFinding("CHN001", "fcu.crt"))
def key_inside_fcu_crt(s: FactorySetup) -> None:
    """FCU's private key stands in fcu.crt, the file that is uploaded: a copy of the key and a foreign block at once."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data + private_key_pem(s.key))


@defect(ExpectedFinding("CHN001", "fcu.crt"), needs=Needs(external=False, length=2))
def request_inside_fcu_crt(s: FactorySetup) -> None:
    """The request stands in fcu.crt, in front of the certificate that was issued for it."""
    assert s.request is not None
    s.crt.insert(0, pem_block("CERTIFICATE REQUEST", s.request.der))


@defect(ExpectedFinding("CHN001", "fcu.crt"), needs=CHAIN)
def intermediate_as_trusted_certificate(s: FactorySetup) -> None:
    """The intermediate was exported by OpenSSL as a TRUSTED CERTIFICATE, which other readers do not know."""
    s.crt[1] = pem_block("TRUSTED CERTIFICATE", s.chain[1].der)


@defect(ExpectedFinding("CHN001", "fcu.crt"))
def old_block_name(s: FactorySetup) -> None:
    """The FCU certificate occurs a second time under the old label X509 CERTIFICATE."""
    s.crt.append(pem_block("X509 CERTIFICATE", s.chain[0].der))


@defect(ExpectedFinding("CHN002", "fcu.crt", level="warning"))
def explanatory_text(s: FactorySetup) -> None:
    """openssl's subject= line stands before the last certificate."""
    s.crt.insert(len(s.crt) - 1, b"subject=CN = ROOT_CA\n")


@defect(ExpectedFinding("CHN002", "fcu.crt", level="warning"), baseline="crlf-line-ends")
def byte_order_mark(s: FactorySetup) -> None:
    """An editor put a byte order mark in front of the first block."""
    s.crt.insert(0, b"\xef\xbb\xbf")


@defect(ExpectedFinding("CHN002", "fcu.crt", level="warning"), baseline="no-final-newline")
def text_after_last_block(s: FactorySetup) -> None:
    """A comment stands after the last block."""
    s.crt.append(b"# end of chain\n")


@near_miss(about="CHN002")
def crlf_line_ends(s: FactorySetup) -> None:
    """The lines of fcu.crt end with carriage return and line feed."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"\n", b"\r\n"))


@near_miss(about="CHN002")
def blank_lines_between_blocks(s: FactorySetup) -> None:
    """Blank lines stand between the blocks of fcu.crt."""
    s.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"-----\n-----", b"-----\n\n-----"))


@near_miss(about="CHN002")
def no_final_newline(s: FactorySetup) -> None:
    """fcu.crt ends without a line feed."""
    s.edit_file(CERTIFICATE_FILE, bytes.rstrip)


@defect(ExpectedFinding("CHN003", "fcu.crt", 2), needs=CHAIN)
def root_before_intermediate(s: FactorySetup) -> None:
    """The last two certificates of fcu.crt have changed places."""
    s.crt[-2:] = s.crt[-1], s.crt[-2]


@defect(ExpectedFinding("CHN003", "fcu.crt", 2), needs=Needs(length=2))
def root_first(s: FactorySetup) -> None:
    """fcu.crt goes from the root down to the FCU certificate."""
    s.crt.reverse()


@defect(ExpectedFinding("CHN003", "fcu.crt", 1), needs=CHAIN)
def fcu_certificate_last(s: FactorySetup) -> None:
    """The FCU certificate was appended to its CA's chain."""
    s.crt.append(s.crt.pop(0))


@defect(ExpectedFinding("CHN003", "fcu.crt", 2), needs=CHAIN)
def intermediate_missing(s: FactorySetup) -> None:
    """The intermediate that issued the FCU certificate is missing, so the root follows what it did not issue."""
    del s.crt[1]


@defect(ExpectedFinding("CHN004", "fcu.crt", 1, "signatureValue"), needs=Needs(length=2))
def signed_by_namesake_of_issuer(s: FactorySetup) -> None:
    """Another CA with the name of the issuer has signed the FCU certificate."""
    s.chain[0].signer = s.new_key("namesake")


@defect(ExpectedFinding("CHN004", "fcu.crt", 2, "signatureValue"), needs=CHAIN)
def intermediate_was_changed(s: FactorySetup) -> None:
    """A bit of the intermediate's serial number was changed after it had been signed."""
    serial = asn1.integer(s.chain[1].serial)
    other = asn1.integer(s.chain[1].serial ^ 1)
    s.chain[1].finished = lambda der: der.replace(serial, other, 1)


@defect(ExpectedFinding("CHN004", "fcu.crt", 3, "signatureValue"), needs=CHAIN)
def root_signature_broken(s: FactorySetup) -> None:
    """The root's self-signature is by another key."""
    s.chain[-1].signer = s.new_key("another root")


@defect(ExpectedFinding("CHN005", "fcu.crt", 2, "issuer"), needs=CHAIN)
def root_missing(s: FactorySetup) -> None:
    """fcu.crt ends before the root."""
    s.crt.pop()


@defect(ExpectedFinding("CHN006", "fcu.crt", 4), needs=Needs(length=2))
def root_twice(s: FactorySetup) -> None:
    """The root stands in fcu.crt twice."""
    s.crt.append(s.crt[-1])


@defect(ExpectedFinding("CHN006", "fcu.crt", 2), needs=Needs(length=2))
def fcu_certificate_twice(s: FactorySetup) -> None:
    """The FCU certificate was put in front of a chain that began with it already."""
    s.crt.insert(0, s.crt[0])


@defect(ExpectedFinding("CHN007", "fcu.crt", 4), needs=Needs(length=2))
def root_of_another_ca(s: FactorySetup) -> None:
    """The root of another CA stands after the chain's own."""
    s.crt.append(another_ca(s, "OTHER ROOT"))


@defect(ExpectedFinding("CHN007", "fcu.crt", 3), needs=CHAIN)
def intermediate_of_another_line(s: FactorySetup) -> None:
    """An intermediate of another line, issued by the same root, stands between the intermediate and the root."""
    s.crt.insert(len(s.crt) - 1, another_ca(s, "INT_CA of line 2", s.chain[-1]))


@defect(ExpectedFinding("CHN007", "fcu.crt", 1), needs=Needs(length=2))
def device_certificate_in_front(s: FactorySetup) -> None:
    """The certificate of a device stands in front of the FCU certificate, as if FCU were that device."""
    s.crt.insert(0, s.make_device("line1-0001").certificate)


@defect(ExpectedFinding("CHN007", "fcu.crt", 1), needs=Needs(length=2))
def device_certificate_instead_of_fcu(s: FactorySetup) -> None:
    """The certificate of a device stands in the place of the FCU certificate."""
    s.crt[0] = s.make_device("line1-0001").certificate


@defect(ExpectedFinding("CHN008", "fcu.crt", 3, "basicConstraints"), needs=CHAIN, baseline="path-lengths-that-just-do")
def root_path_length_too_small(s: FactorySetup) -> None:
    """The root allows no CA below its intermediates, and there is one: FCU."""
    constrain(s.chain[-1], 0)


@defect(
    ExpectedFinding("CHN008", "fcu.crt", 5, "basicConstraints"),
    needs=Needs(length=4),
    parameters=LONG,
)
def intermediate_path_length_too_small(s: FactorySetup) -> None:
    """The first intermediate below the root allows one CA less than there are below it."""
    constrain(s.chain[-2], len(s.chain) - 3)


@near_miss(needs=Needs(length=2), about="CHN008")
def path_lengths_that_just_do(s: FactorySetup) -> None:
    """Every CA allows exactly as many CAs as there are below it."""
    for below, certificate in enumerate(s.chain):
        constrain(certificate, below)


@defect(ExpectedFinding("CHN009", "fcu.crt", 3, "nameConstraints"), needs=CHAIN, baseline="name-constraints-that-admit")
def name_constraints_permit_others(s: FactorySetup) -> None:
    """The root permits its own organization only, and FCU is named for another one."""
    permitted = asn1.name(("O", "Example Devices"))
    for certificate in s.chain[1:]:
        certificate.subject = asn1.name(("O", "Example Devices"), ("CN", asn1.value_of(certificate.subject, "CN")))
    s.chain[-1].extensions["nameConstraints"] = name_constraints(permitted=directory(permitted))


@defect(ExpectedFinding("CHN009", "fcu.crt", 3, "nameConstraints"), needs=CHAIN, baseline="name-constraints-that-admit")
def name_constraints_exclude_fcu(s: FactorySetup) -> None:
    """The root excludes the very name of the FCU certificate."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(s.chain[0].subject))


@near_miss(needs=Needs(length=2), about="CHN009")
def name_constraints_that_admit(s: FactorySetup) -> None:
    """The root excludes names of another organization."""
    s.chain[-1].extensions["nameConstraints"] = name_constraints(excluded=directory(asn1.name(("O", "Others"))))


@defect(
    ExpectedFinding("CHN010", "fcu.crt", 2, "notAfter", "warning"), needs=CHAIN, baseline="outlives-issuer-by-a-day"
)
def intermediate_outlives_root(s: FactorySetup) -> None:
    """The intermediate is valid for a day and a second longer than the root."""
    s.chain[1].not_after = end_of(s.chain[2]) + timedelta(days=1, seconds=1)


@near_miss(needs=CHAIN, about="CHN010")
def outlives_issuer_by_a_day(s: FactorySetup) -> None:
    """The intermediate is valid for a day longer than the root, no second more."""
    s.chain[1].not_after = end_of(s.chain[2]) + timedelta(days=1)


def end_of(certificate: Certificate) -> datetime:
    """When it expires."""
    assert isinstance(certificate.not_after, datetime)
    return certificate.not_after


@defect(
    ExpectedFinding("CHN011", "fcu.crt", 1, "issuer"),
    needs=Needs(length=2, external=True),
    parameters=SetupParameters(external=True),
)
def chain_missing(s: FactorySetup) -> None:
    """fcu.crt holds the certificate that the CA returned, without the chain above it."""
    del s.crt[1:]
    s.settings["device-certificate-chain-depth"] = 1


@defect(ExpectedFinding("CHN011", "fcu.crt", 1, "signatureValue"), needs=Needs(longest=1), parameters=LONE)
def self_signature_broken(s: FactorySetup) -> None:
    """FCU's self-signed certificate is signed by another key."""
    s.chain[0].signer = s.new_key("another key")


@defect(ExpectedFinding("CHN012", "fcu.crt", 4, "subject"), needs=Needs(length=2))
def root_cross_signed(s: FactorySetup) -> None:
    """The root is in the file twice: self-signed, and signed by another CA."""
    root = s.chain[-1]
    elsewhere = another_ca(s, "ELSEWHERE")
    serial = s.source.serial("cross")
    crossed = Certificate(
        root.subject, root.key, serial, root.not_before, root.not_after, elsewhere, extensions=ca_extensions()
    )
    s.crt.append(crossed)


@defect(ExpectedFinding("CHN012", "fcu.crt", 2, "subject"), needs=CHAIN)
def intermediate_named_as_root(s: FactorySetup) -> None:
    """The intermediate has the very name of the root that issued it."""
    s.chain[-2].subject = s.chain[-1].subject


@defect(ExpectedFinding("CHN014", "fcu.crt", 2, level="notice"), needs=CHAIN)
def intermediate_without_authority_key_identifier(s: FactorySetup) -> None:
    """The intermediate has no authorityKeyIdentifier, which strict validators require."""
    del s.chain[1].extensions["authorityKeyIdentifier"]


@defect(ExpectedFinding("CHN014", "fcu.crt", 3, level="notice"), needs=CHAIN)
def root_constraints_not_critical(s: FactorySetup) -> None:
    """The root's basicConstraints is not critical, which strict validators require."""
    s.chain[-1].extensions["basicConstraints"].critical = False


@near_miss(about="CHN014")
def root_without_authority_key_identifier(s: FactorySetup) -> None:
    """The root has no authorityKeyIdentifier: a self-signed certificate needs none."""
    del s.chain[-1].extensions["authorityKeyIdentifier"]
