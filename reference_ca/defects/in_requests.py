"""Defects of fcu_csr.pem, the request that FCU's setup leaves for a CA to sign."""

from __future__ import annotations

from reference_ca.defects import asn1
from reference_ca.defects.certificates import other_key
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_keys import encrypt_key
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CERTIFICATE_FILE, REQUEST_FILE, FactorySetup, SetupParameters

CSR = "fcu_csr.pem"
REQUESTED = Needs(length=2, external=False)


@defect(ExpectedFinding("CSR001", CSR), needs=REQUESTED)
def request_missing(s: FactorySetup) -> None:
    """FCU is set up as an intermediate CA, and the request that it made is gone."""
    s.remove_file(REQUEST_FILE)


@near_miss(needs=Needs(length=2, external=True), parameters=SetupParameters(external=True), about="CSR001")
def no_request_for_external_credentials(s: FactorySetup) -> None:
    """The credentials are external, so nothing was ever requested, whatever setup-ca-as-intermediate says."""
    s.settings["setup-ca-as-intermediate"] = True


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def request_file_empty(s: FactorySetup) -> None:
    """fcu_csr.pem has no bytes."""
    s.edit_file(REQUEST_FILE, lambda _: b"")


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def two_requests(s: FactorySetup) -> None:
    """fcu_csr.pem holds the request twice."""
    s.edit_file(REQUEST_FILE, lambda data: data * 2)


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def certificate_instead_of_request(s: FactorySetup) -> None:
    """fcu_csr.pem was overwritten with the certificate."""
    s.edit_file(REQUEST_FILE, lambda _: pem_block("CERTIFICATE", s.chain[0].der))


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def request_cut_short(s: FactorySetup) -> None:
    """The request's DER ends before its signature."""
    assert s.request is not None
    s.request.finished = lambda der: der[:-70]


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def request_of_another_version(s: FactorySetup) -> None:
    """The request has version 1; RFC 2986 defines 0 alone, and libraries refuse any other."""
    assert s.request is not None
    s.request.version = 1


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def request_is_der(s: FactorySetup) -> None:
    """fcu_csr.pem is DER instead of PEM."""
    request = s.request
    assert request is not None
    s.edit_file(REQUEST_FILE, lambda _: request.der)


@near_miss(needs=REQUESTED, about="CSR002")
def request_with_old_block_name(s: FactorySetup) -> None:
    """The request stands in a NEW CERTIFICATE REQUEST block, as older tools write it."""
    s.edit_file(REQUEST_FILE, lambda data: data.replace(b" CERTIFICATE REQUEST", b" NEW CERTIFICATE REQUEST"))


@defect(ExpectedFinding("CSR003", CSR), needs=REQUESTED)
def request_signed_by_another_key(s: FactorySetup) -> None:
    """The request is signed by another key than the one in it."""
    assert s.request is not None
    s.request.signer = s.new_key("another key")


@defect(ExpectedFinding("CSR003", CSR), needs=REQUESTED)
def request_was_changed(s: FactorySetup) -> None:
    """A usage in the request's attributes was added after it had been signed."""
    assert s.request is not None
    s.request.finished = lambda der: der.replace(b"\x03\x02\x01\x86", b"\x03\x02\x01\x8e", 1)


@defect(ExpectedFinding("CSR004", CSR), needs=REQUESTED)
def request_of_an_earlier_setup(s: FactorySetup) -> None:
    """The request is of an earlier setup: for the same name and another key."""
    assert s.request is not None
    s.request.key = s.new_key("earlier setup")


@defect(ExpectedFinding("CSR005", CSR, field="CN"), ExpectedFinding("CFG008", "fcu.crt", 1, "CN"), needs=REQUESTED)
def common_name_edited_after_request(s: FactorySetup) -> None:
    """The common name in fcu.yml was changed after the request had been made and signed: neither carries it."""
    s.settings["certificate-authority"]["common-name"] = "Another name"


@defect(
    ExpectedFinding("CSR005", CSR, field="CN"),
    ExpectedFinding("CSR008", "fcu.crt", 1, "subject", "warning"),
    needs=REQUESTED,
)
def request_of_another_name(s: FactorySetup) -> None:
    """The request asks for another common name than fcu.yml has, and the CA put the right one."""
    assert s.request is not None
    s.request.subject = asn1.renamed(s.request.subject, "CN", "Another name")


@defect(ExpectedFinding("CSR005", CSR, field="CN"), needs=REQUESTED)
def space_in_requested_name(s: FactorySetup) -> None:
    """A space ends the request's common name: to RFC 5280 the name that was certified, but not what fcu.yml says."""
    assert s.request is not None
    subject = s.request.subject
    s.request.subject = asn1.renamed(subject, "CN", asn1.value_of(subject, "CN") + " ")


@defect(ExpectedFinding("CSR006", CSR), needs=REQUESTED)
def request_signed_with_sha384(s: FactorySetup) -> None:
    """The request is signed with ecdsa-with-SHA384."""
    assert s.request is not None
    s.request.digest = "sha384"


@defect(ExpectedFinding("CSR006", CSR), needs=REQUESTED)
def request_is_rsa(s: FactorySetup) -> None:
    """The request is for an RSA key."""
    assert s.request is not None
    s.request.key = other_key(s.source, "request", "rsa")


@defect(ExpectedFinding("CSR006", CSR), needs=REQUESTED)
def request_on_p384(s: FactorySetup) -> None:
    """The request is for a key on P-384."""
    assert s.request is not None
    s.request.key = other_key(s.source, "request", "p384")


@defect(ExpectedFinding("KEY004", "fcu_private_key.pem"), needs=REQUESTED)
def certificate_of_another_line(s: FactorySetup) -> None:
    """The CA returned a certificate for another key: it fits neither the request nor the private key."""
    s.chain[0].key = s.new_key("another line")


@defect(
    ExpectedFinding("CSR007", "fcu.crt", 1, "subjectPublicKeyInfo"),
    ExpectedFinding("KEY005", "fcu_private_key.pem", level="warning"),
    needs=REQUESTED,
)
def certificate_of_another_line_for_encrypted_key(s: FactorySetup) -> None:
    """The CA returned a certificate for another key than the request's, and FCU's own key is encrypted."""
    s.chain[0].key = s.new_key("another line")
    encrypt_key(s)


@defect(
    ExpectedFinding("CSR008", "fcu.crt", 1, "subject", "warning"), needs=REQUESTED, baseline="ca-changed-string-types"
)
def ca_added_an_attribute(s: FactorySetup) -> None:
    """The CA added an organizational unit to the name that was asked for."""
    s.chain[0].subject = asn1.renamed(s.chain[0].subject, "OU", "Added by the CA")


@near_miss(needs=REQUESTED, about="CSR008")
def ca_changed_string_types(s: FactorySetup) -> None:
    """The CA wrote the requested name in BMPStrings where the request has UTF8Strings: the same name."""
    s.chain[0].subject = asn1.recoded(s.chain[0].subject, "bmp")


@defect(ExpectedFinding("CSR009", CSR), needs=REQUESTED)
def request_not_signed_yet(s: FactorySetup) -> None:
    """The request has not been signed: there is no fcu.crt."""
    s.remove_file(CERTIFICATE_FILE)


@defect(ExpectedFinding("CFG008", "fcu.crt", 1, "O"), needs=REQUESTED)
def ca_dropped_organization(s: FactorySetup) -> None:
    """The CA that signed the request left the organization out, as the policy of openssl ca does with what it lacks."""
    s.chain[0].subject = _without(s.chain[0].subject, "O")


@defect(ExpectedFinding("CFG008", "fcu.crt", 1, "O"), needs=REQUESTED)
def ca_changed_organization(s: FactorySetup) -> None:
    """The CA that signed the request put its own organization in place of the requested one."""
    s.chain[0].subject = asn1.renamed(s.chain[0].subject, "O", "Example CA")


@defect(ExpectedFinding("CSR008", "fcu.crt", 1, "subject", "warning"), needs=REQUESTED)
def ca_reordered_subject(s: FactorySetup) -> None:
    """The CA that signed the request wrote the attributes in the order of its own policy."""
    subject = s.chain[0].subject
    s.chain[0].subject = asn1.name(*((kind, asn1.value_of(subject, kind)) for kind in ("C", "O", "CN")))


def _without(subject: bytes, dropped: str) -> bytes:
    kept = ((kind, asn1.value_of(subject, kind)) for kind in ("CN", "O", "C") if kind != dropped)
    return asn1.name(*kept)
