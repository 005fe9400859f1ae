"""A certificate split by the template of another one has the same fields as one that is read in full."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from artefacts.makers import ca_extensions, make_certificate, make_key, make_name
from artefacts.makers import der as der_of
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fcu_conform.artefacts.device_field import DeviceField
from fcu_conform.artefacts.encodings import der, oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.certificate_fields import read_times
from fcu_conform.engine.lot.template import CertificateTemplate, TemplatedCertificate

FIELDS = (
    "raw",
    "serial",
    "not_before",
    "not_after",
    "subject",
    "issuer",
    "common_names",
    "organizational_units",
    "organizational_unit_types",
    "common_name_types",
    "has_unique_identifiers",
    "is_self_issued",
    "is_self_signed",
    "signature",
    "version",
    "spells_version_1",
    "inner_algorithm",
    "outer_algorithm",
    "trailing",
    "ber_notes",
    "der_notes",
    "profile",
    "extensions",
    "malformed_extensions",
    "basic_constraints",
    "key_usage",
    "extended_key_usage",
    "subject_key_identifier",
    "authority_key_identifier",
    "subject_alt_names",
    "name_constraints",
    "sha256",
    "size",
)


def name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def made(number: int, **more: object) -> bytes:
    """The certificate of lamp-NUMBER, the first of several keys that gives the usual lengths."""
    common = f"lamp-{number:03}"
    given = {"subject_name": make_name(("CN", common), ("OU", "acme")), "days": 1000, "serial": 1000 + number, **more}
    for salt in range(100):
        key = make_key(f"{common} {salt}")
        extensions = [
            *ca_extensions(key.public_key(), make_key("FCU").public_key()),
            (x509.SubjectAlternativeName([x509.DNSName(common)]), False),
            (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), common.encode()), False),
            (x509.ExtendedKeyUsage([x509.ObjectIdentifier(oids.CLIENT_AUTH)]), False),
        ]
        whole = der_of(make_certificate("FCU", key=key, extensions=extensions, **given))  # type: ignore[arg-type]
        if Certificate(whole).signature[1] == 0x45:
            return whole
    raise ValueError("no signature of that length")


KINDS = {
    "plain": {},
    "after 2050": {"days": 20000},
    "all after 2050": {"start": datetime(2051, 1, 1, tzinfo=timezone.utc)},
    "another issuer": {"issuer": "FCU"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sibling_has_the_fields_of_a_certificate_read_in_full(kind: str) -> None:
    reference, other = (made(number, **KINDS[kind]) for number in (1, 2))
    template = CertificateTemplate(Certificate(reference))
    assert template.prefix == reference[:15]
    for raw in (reference, other):
        assert template.fits(raw)
        certificate, whole = TemplatedCertificate(template, raw), Certificate(raw)
        for field in FIELDS:
            assert getattr(certificate, field) == getattr(whole, field), field
        assert certificate.public_key == whole.public_key
        assert certificate.subject.der == whole.subject.der
        for key in (make_key("FCU"), make_key("other")):
            public = Certificate(der_of(make_certificate("x", key=key))).public_key
            assert certificate.signed_by(public) is whole.signed_by(public)
        assert certificate.validity == (whole.not_before, whole.not_after)
        assert certificate.has_extension("1.2.3")


def test_the_mark_depends_on_every_octet_outside_the_own_parts_only() -> None:
    raw = made(1)
    template = CertificateTemplate(Certificate(raw))
    own = {place for start, stop, _ in template.spans for place in range(start, stop)}
    for place in range(len(raw)):
        changed = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
        assert template.fits(changed) is (place in own), place
    assert not template.fits(raw + b"\0")
    assert not template.fits(raw[:-1])


def test_the_own_parts_agree_with_another_library() -> None:
    raw = made(1)
    loaded = x509.load_der_x509_certificate(raw)
    template = CertificateTemplate(Certificate(raw))
    parts = [(part, raw[start:stop]) for start, stop, part in template.spans]
    point = Certificate(raw).public_key.bits
    identifier = loaded.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert parts == [
        (DeviceField.SERIAL, loaded.serial_number.to_bytes(2, "big")),
        (DeviceField.VALIDITY, b"\x17\x0d260101000000Z\x17\x0d280927000000Z"),
        (DeviceField.NAME, b"lamp-001"),
        (DeviceField.KEY, point[1:]),
        (DeviceField.REST, identifier),
        (DeviceField.REST, b"lamp-001"),
        (DeviceField.REST, b"lamp-001"),
        (DeviceField.SIGNATURE, loaded.signature),
    ]
    assert raw[template.signed_from : template.signed_until] == loaded.tbs_certificate_bytes
    assert raw[template.serial_at] == loaded.serial_number.to_bytes(2, "big")
    assert raw[template.signature_at] == loaded.signature
    assert raw[template.key_at] == Certificate(raw).public_key.der
    assert raw[template.subject_at] == loaded.subject.public_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"\x17\x0d260101000000Z\x17\x0d270101000000Z",
        b"\x17\x0d260101000000Z\x18\x0f20600101000000Z",
        b"\x18\x0f20510101000000Z\x18\x0f20600101000000Z",
        b"\x18\x0d260101000000Z\x17\x0d270101000000Z",
        b"\x17\x0d260101000000Z\x18\x0d205101010000Z",
        b"\x17\x0b2601010000Z\x17\x0f260101000000+0000"[:30],
        b"\x17\x0d260101000000Z\x17\x0c270101000000Z",
        b"\x17\x0d269901000000Z\x17\x0d270101000000Z",
        b"\x17\x0d260101000000Z\x17\x0d270101000000Z"[:-1],
        b"",
    ],
)
def test_dates_are_read_as_in_a_full_reading(content: bytes) -> None:
    template = CertificateTemplate(Certificate(made(1)))
    certificate = TemplatedCertificate(template, made(1))
    template.validity_at = slice(0, len(content))
    certificate.__dict__["raw"] = content
    try:
        expected: object = read_times(content, 0, len(content))
    except der.DerError as fault:
        expected = str(fault)
    try:
        found: object = certificate.validity
    except der.DerError as fault:
        found = str(fault)
    assert found == expected


@pytest.mark.parametrize(
    ("subject", "issuer", "common_name"),
    [
        (((NameOID.COMMON_NAME, "lamp-001"),), ((NameOID.COMMON_NAME, "lamp-001"),), True),
        (((NameOID.COMMON_NAME, "lamp-001"),), ((NameOID.COMMON_NAME, "lamp-002"),), True),
        (((NameOID.COMMON_NAME, "a"), (NameOID.COMMON_NAME, "b")), ((NameOID.COMMON_NAME, "a"),), False),
        (((NameOID.SERIAL_NUMBER, "a"), (NameOID.COMMON_NAME, "b")), ((NameOID.SERIAL_NUMBER, "a"),), True),
        (((NameOID.SERIAL_NUMBER, "a"), (NameOID.USER_ID, "b")), ((NameOID.USER_ID, "a"),), False),
        (((NameOID.ORGANIZATION_NAME, "a"), (NameOID.COMMON_NAME, "b")), ((NameOID.ORGANIZATION_NAME, "a"),), True),
        (((NameOID.ORGANIZATION_NAME, "a"),), ((NameOID.ORGANIZATION_NAME, "a"),), False),
        ((), (), False),
    ],
)
def test_names_are_read_as_in_a_full_reading(
    subject: tuple[tuple[x509.ObjectIdentifier, str], ...],
    issuer: tuple[tuple[x509.ObjectIdentifier, str], ...],
    common_name: bool,
) -> None:
    raw = der_of(make_certificate("FCU", subject_name=name(*subject), issuer_name=name(*issuer)))
    template, whole = CertificateTemplate(Certificate(raw)), Certificate(raw)
    certificate = TemplatedCertificate(template, raw)
    assert (template.common_name is not None) is common_name
    assert certificate.common_names == whole.common_names
    assert certificate.subject == whole.subject
    assert certificate.is_self_issued is whole.is_self_issued
    assert certificate.is_self_signed is whole.is_self_signed


def test_a_name_within_a_multi_valued_rdn_has_no_shape() -> None:
    def raw(*oids_: x509.ObjectIdentifier) -> bytes:
        rdn = x509.RelativeDistinguishedName([x509.NameAttribute(oid, "a") for oid in oids_])
        return der_of(make_certificate("FCU", subject_name=x509.Name([rdn])))

    for shared in ((NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME), (NameOID.SERIAL_NUMBER, NameOID.COMMON_NAME)):
        with pytest.raises(der.DerError, match="a name in an RDN of several attributes"):
            CertificateTemplate(Certificate(raw(*shared)))
    data = raw(NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    assert TemplatedCertificate(CertificateTemplate(Certificate(data)), data).subject == Certificate(data).subject


def test_a_certificate_that_is_not_strict_der_or_not_on_p256_has_no_shape() -> None:
    raw = made(1)
    with pytest.raises(der.DerError, match="not strict DER alone"):
        CertificateTemplate(Certificate(raw + b"\0"))
    start = der.content_start(raw, 0)
    with pytest.raises(der.DerError, match="not strict DER alone"):
        CertificateTemplate(Certificate(b"\x30\x80" + raw[start:] + b"\0\0"))
    other = der_of(make_certificate("FCU", key=ec.derive_private_key(7, ec.SECP384R1())))
    with pytest.raises(der.DerError, match="the key is not a point of P-256"):
        CertificateTemplate(Certificate(other))


def test_certificates_of_equal_lengths_share_a_mark() -> None:
    first, second = made(1), made(2)
    assert (
        CertificateTemplate(Certificate(first)).prefix
        == CertificateTemplate(Certificate(second)).prefix
        == second[: CertificateTemplate.PREFIX_LENGTH]
    )
    assert CertificateTemplate(Certificate(first)).size == len(first) == len(second)
