"""Defects of single certificates in fcu.crt: keys, algorithms, names, extensions, encoding."""

from __future__ import annotations

from datetime import timedelta

from reference_ca.defects import asn1
from reference_ca.defects.certificates import (
    EXTENDED_KEY_USAGE,
    Extension,
    authority_key_identifier,
    basic_constraints,
    ca_extensions,
    extended_key_usage,
    key_usage,
    other_key,
    spki,
)
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_keys import explicit_p256
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import CERTIFICATE_FILE, FactorySetup, SetupParameters

CRT = "fcu.crt"
CHAIN = Needs(length=3)
EXTERNAL = Needs(external=True)
EXTERNAL_CHAIN = SetupParameters(external=True)
UNKNOWN = "1.3.6.1.4.1.99999.1"
DAY = timedelta(days=1)


@defect(ExpectedFinding("CRT001", CRT), needs=EXTERNAL, parameters=EXTERNAL_CHAIN)
def fcu_crt_missing(s: FactorySetup) -> None:
    """The keystore has a key of its owner's and no fcu.crt."""
    s.remove_file(CERTIFICATE_FILE)


@defect(ExpectedFinding("CRT001", CRT), needs=EXTERNAL, parameters=EXTERNAL_CHAIN)
def fcu_crt_under_another_name(s: FactorySetup) -> None:
    """The chain is called fcu.pem."""
    s.edits.append(lambda files: files.update({"keystore/fcu.pem": files.pop(CERTIFICATE_FILE)}))


@defect(ExpectedFinding("CRT001", CRT), needs=EXTERNAL, parameters=EXTERNAL_CHAIN)
def fcu_crt_is_a_folder(s: FactorySetup) -> None:
    """fcu.crt is a folder with the certificates in it."""
    s.edits.append(lambda files: files.update({f"{CERTIFICATE_FILE}/chain.pem": files.pop(CERTIFICATE_FILE)}))


@defect(ExpectedFinding("CRT002", CRT), needs=EXTERNAL, parameters=EXTERNAL_CHAIN)
def fcu_crt_empty(s: FactorySetup) -> None:
    """fcu.crt has no bytes."""
    s.crt = []


@defect(ExpectedFinding("CRT002", CRT), needs=EXTERNAL, parameters=SetupParameters(length=1, depth=1, external=True))
def fcu_crt_is_der(s: FactorySetup) -> None:
    """fcu.crt is one certificate in DER."""
    s.crt = [s.chain[0].der]


@defect(ExpectedFinding("CRT002", CRT, 2), needs=CHAIN)
def certificate_cut_short(s: FactorySetup) -> None:
    """The intermediate's DER ends within its signature."""
    s.chain[1].finished = lambda der: der[:-30]


@defect(ExpectedFinding("CRT002", CRT, 2), needs=CHAIN)
def certificate_with_bytes_left_over(s: FactorySetup) -> None:
    """Bytes follow the intermediate's DER inside its PEM block."""
    s.crt[1] = pem_block("CERTIFICATE", s.chain[1].der + bytes(4))


@defect(ExpectedFinding("CRT002", CRT, 1))
def impossible_date(s: FactorySetup) -> None:
    """The FCU certificate expires on a 30th of February."""
    s.chain[0].not_after = asn1.generalized_time("20610230000000Z")


@defect(ExpectedFinding("CRT002", CRT, 2), needs=CHAIN)
def garbled_base64(s: FactorySetup) -> None:
    """The intermediate's PEM block holds characters that are not base64."""
    block = pem_block("CERTIFICATE", s.chain[1].der)
    s.crt[1] = block.replace(block[100:104], b"%%%%", 1)


@defect(ExpectedFinding("CRT003", CRT, 1, "version"))
def fcu_certificate_version_1(s: FactorySetup) -> None:
    """The FCU certificate is version 1, as openssl x509 -req writes it without -extfile."""
    s.chain[0].version = 1


@defect(ExpectedFinding("CRT003", CRT, 3, "version"), needs=CHAIN)
def root_version_1(s: FactorySetup) -> None:
    """The root is version 1, as roots of the last century are."""
    s.chain[-1].version = 1


@defect(
    ExpectedFinding("CRT004", CRT, 3, "subjectPublicKeyInfo"),
    ExpectedFinding("CRT005", CRT, 2, "signatureAlgorithm"),
    ExpectedFinding("CRT005", CRT, 3, "signatureAlgorithm"),
    needs=CHAIN,
)
def root_is_rsa(s: FactorySetup) -> None:
    """The root has an RSA key, so whatever it signs is signed with RSA: one choice breaks two statements."""
    s.chain[-1].key = other_key(s.source, "root", "rsa")


@defect(ExpectedFinding("CRT004", CRT, 3, "subjectPublicKeyInfo"), needs=CHAIN)
def root_on_p384(s: FactorySetup) -> None:
    """The root's key is on P-384, and it signs with SHA-256."""
    s.chain[-1].key = other_key(s.source, "root", "p384")


@defect(ExpectedFinding("CRT004", CRT, 3, "subjectPublicKeyInfo"), needs=CHAIN)
def root_on_secp256k1(s: FactorySetup) -> None:
    """The root's key is on secp256k1, a curve of the same size."""
    s.chain[-1].key = other_key(s.source, "root", "secp256k1")


@defect(ExpectedFinding("CRT004", CRT, 2, "subjectPublicKeyInfo"), needs=CHAIN)
def explicit_curve(s: FactorySetup) -> None:
    """The intermediate's key spells out the parameters of P-256 instead of naming the curve."""
    point = spki(s.chain[1].key)[26:]
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), explicit_p256())
    s.chain[1].spki = asn1.sequence(algorithm, asn1.bits(point))


@defect(ExpectedFinding("CRT004", CRT, 2, "subjectPublicKeyInfo"), needs=CHAIN)
def compressed_point(s: FactorySetup) -> None:
    """The intermediate's public key is a compressed point, which the device's library cannot read."""
    point = spki(s.chain[1].key)[26:]
    compressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.3.1.7"))
    s.chain[1].spki = asn1.sequence(algorithm, asn1.bits(compressed))


@defect(ExpectedFinding("CRT005", CRT, 1, "signatureAlgorithm"), needs=Needs(length=2))
def signed_with_sha384(s: FactorySetup) -> None:
    """The FCU certificate is signed with ecdsa-with-SHA384."""
    s.chain[0].digest = "sha384"


@defect(ExpectedFinding("CRT005", CRT, 3, "signatureAlgorithm"), needs=CHAIN)
def root_signed_with_sha512(s: FactorySetup) -> None:
    """The root is signed with ecdsa-with-SHA512."""
    s.chain[-1].digest = "sha512"


@defect(ExpectedFinding("CRT005", CRT, 1, "signatureAlgorithm"), needs=Needs(length=2))
def two_signature_algorithms(s: FactorySetup) -> None:
    """The FCU certificate names ecdsa-with-SHA384 inside the signed part and ecdsa-with-SHA256 outside."""
    s.chain[0].inner_algorithm = asn1.algorithm("sha384_ecdsa")


@defect(ExpectedFinding("CRT005", CRT, 1, "signatureAlgorithm"), needs=Needs(length=2))
def signature_algorithm_with_parameters(s: FactorySetup) -> None:
    """ecdsa-with-SHA256 has NULL for parameters, where RFC 5758 wants none."""
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.4.3.2"), asn1.element(5, b""))
    s.chain[0].inner_algorithm = s.chain[0].outer_algorithm = algorithm


@defect(ExpectedFinding("CRT007", CRT, 1, "basicConstraints"))
def fcu_certificate_no_ca(s: FactorySetup) -> None:
    """The FCU certificate says CA:FALSE."""
    s.chain[0].extensions["basicConstraints"].value = basic_constraints(False)


@defect(ExpectedFinding("CRT007", CRT, 2, "basicConstraints"), needs=CHAIN)
def no_basic_constraints(s: FactorySetup) -> None:
    """The intermediate has no basicConstraints."""
    del s.chain[1].extensions["basicConstraints"]


@defect(ExpectedFinding("CRT008", CRT, 2, "keyUsage"), needs=CHAIN)
def no_key_usage(s: FactorySetup) -> None:
    """The intermediate has no keyUsage."""
    del s.chain[1].extensions["keyUsage"]


@defect(ExpectedFinding("CRT008", CRT, 1, "keyUsage"))
def key_usage_lacks_digital_signature(s: FactorySetup) -> None:
    """The FCU certificate's keyUsage lacks digitalSignature, as a CA's of RFC 5280 may."""
    s.chain[0].extensions["keyUsage"].value = key_usage("keyCertSign", "cRLSign")


@defect(ExpectedFinding("CRT008", CRT, 3, "keyUsage"), needs=CHAIN)
def key_usage_lacks_crl_sign(s: FactorySetup) -> None:
    """The root's keyUsage lacks cRLSign."""
    s.chain[-1].extensions["keyUsage"].value = key_usage("digitalSignature", "keyCertSign")


@defect(ExpectedFinding("CRT008", CRT, 1, "keyUsage"))
def key_usage_lacks_key_cert_sign(s: FactorySetup) -> None:
    """The FCU certificate's keyUsage lacks keyCertSign, so it may sign no device."""
    s.chain[0].extensions["keyUsage"].value = key_usage("digitalSignature", "cRLSign")


@near_miss(about="CRT008")
def key_usage_with_key_agreement(s: FactorySetup) -> None:
    """The FCU certificate's keyUsage has keyAgreement beside the three that are asked for."""
    usages = ("digitalSignature", "keyAgreement", "keyCertSign", "cRLSign")
    s.chain[0].extensions["keyUsage"].value = key_usage(*usages)


@defect(ExpectedFinding("CRT012", CRT, 2, "subject"), needs=CHAIN)
def intermediate_without_name(s: FactorySetup) -> None:
    """The intermediate's subject is empty, as the page's -subj "//CN=…" makes it outside MSYS."""
    s.chain[1].subject = asn1.name()


@defect(ExpectedFinding("CRT012", CRT, 3, "subject"), needs=CHAIN)
def root_without_name(s: FactorySetup) -> None:
    """The root's subject is empty."""
    s.chain[-1].subject = asn1.name()


@defect(ExpectedFinding("CRT012", CRT, 2, "subject"), ExpectedFinding("CRT012", CRT, 3, "subject"), needs=CHAIN)
def names_of_the_page_on_linux(s: FactorySetup) -> None:
    """Root and intermediate both have empty subjects, as the page's own commands make them on Linux."""
    for certificate in s.chain[1:]:
        certificate.subject = asn1.name()


@defect(
    ExpectedFinding("CRT013", CRT, 2, "subjectKeyIdentifier", "warning"),
    ExpectedFinding("CHN014", CRT, 2, level="notice"),
    needs=CHAIN,
)
def no_subject_key_identifier(s: FactorySetup) -> None:
    """The intermediate has no subjectKeyIdentifier, so strict readers refuse it too."""
    del s.chain[1].extensions["subjectKeyIdentifier"]


@defect(ExpectedFinding("CRT014", CRT, 1, "authorityKeyIdentifier"), needs=Needs(length=2))
def authority_key_identifier_of_another_key(s: FactorySetup) -> None:
    """The FCU certificate's authorityKeyIdentifier names another key than its issuer's."""
    s.chain[0].extensions["authorityKeyIdentifier"].value = authority_key_identifier(b"\x11" * 20)


def issuer_and_serial(issuer: bytes, serial: int) -> bytes:
    """The other two fields of authorityKeyIdentifier: an issuer's issuer and its serial number."""
    content = asn1.integer(serial)
    return asn1.context(1, asn1.context(4, issuer)) + asn1.context(2, content[2:], constructed=False)


@defect(ExpectedFinding("CRT014", CRT, 1, "authorityKeyIdentifier"), needs=CHAIN, baseline="authority-named-by-serial")
def authority_key_identifier_of_another_serial(s: FactorySetup) -> None:
    """The FCU certificate's authorityKeyIdentifier names the right issuer with another serial number."""
    value = authority_key_identifier(b"", issuer_and_serial(s.chain[2].subject, 1))
    s.chain[0].extensions["authorityKeyIdentifier"].value = value


@defect(ExpectedFinding("CRT014", CRT, 1, "authorityKeyIdentifier"), needs=CHAIN, baseline="authority-named-by-serial")
def authority_key_identifier_of_another_issuer(s: FactorySetup) -> None:
    """The FCU certificate's authorityKeyIdentifier gives its issuer's own name for the name of the issuer's issuer."""
    value = authority_key_identifier(b"", issuer_and_serial(s.chain[1].subject, s.chain[1].serial))
    s.chain[0].extensions["authorityKeyIdentifier"].value = value


@near_miss(needs=CHAIN, about="CRT014")
def authority_named_by_serial(s: FactorySetup) -> None:
    """The FCU certificate's authorityKeyIdentifier names its issuer by the issuer's issuer and serial number."""
    value = authority_key_identifier(b"", issuer_and_serial(s.chain[2].subject, s.chain[1].serial))
    s.chain[0].extensions["authorityKeyIdentifier"].value = value


@defect(ExpectedFinding("CRT015", CRT, 2, UNKNOWN), needs=CHAIN, baseline="unknown-extension")
def unknown_critical_extension(s: FactorySetup) -> None:
    """The intermediate has a critical extension that RFC 5280 does not know."""
    s.chain[1].extensions["unknown"] = Extension(UNKNOWN, asn1.element(5, b""), True)


@near_miss(needs=CHAIN, about="CRT015")
def unknown_extension(s: FactorySetup) -> None:
    """The intermediate has an unknown extension that is not critical."""
    s.chain[1].extensions["unknown"] = Extension(UNKNOWN, asn1.element(5, b""))


@defect(ExpectedFinding("CRT015", CRT, 1, "keyUsage"))
def extension_twice(s: FactorySetup) -> None:
    """The FCU certificate has keyUsage twice."""
    s.chain[0].extensions["keyUsage again"] = s.chain[0].extensions["keyUsage"]


@defect(ExpectedFinding("CRT017", CRT, 2, "extKeyUsage", "warning"), needs=CHAIN, baseline="client-authentication")
def server_authentication_only(s: FactorySetup) -> None:
    """The intermediate's extKeyUsage is serverAuth, and some servers take that for its devices' too."""
    s.chain[1].extensions["extKeyUsage"] = Extension(EXTENDED_KEY_USAGE, extended_key_usage("serverAuth"))


@near_miss(needs=CHAIN, about="CRT017")
def client_authentication(s: FactorySetup) -> None:
    """The intermediate's extKeyUsage has clientAuth beside serverAuth."""
    value = extended_key_usage("serverAuth", "clientAuth")
    s.chain[1].extensions["extKeyUsage"] = Extension(EXTENDED_KEY_USAGE, value)


@defect(ExpectedFinding("CRT018", CRT, 1))
def boolean_of_ber(s: FactorySetup) -> None:
    """The FCU certificate's CA flag is the octet 01, which BER takes for true and DER does not."""
    value = asn1.sequence(asn1.element(1, b"\x01"))
    s.chain[0].extensions["basicConstraints"].value = value


@defect(ExpectedFinding("CRT018", CRT, 2), needs=CHAIN)
def indefinite_length(s: FactorySetup) -> None:
    """The intermediate's outermost SEQUENCE has BER's indefinite length."""
    s.chain[1].finished = lambda der: asn1.indefinite(16, der[4:])


@defect(ExpectedFinding("CRT018", CRT, 3), needs=CHAIN)
def default_written_out(s: FactorySetup) -> None:
    """An extension of the root says critical FALSE, a default that DER leaves away."""
    s.chain[-1].extensions["unknown"] = _SpelledOut(UNKNOWN, asn1.element(5, b""))


class _SpelledOut(Extension):
    """An extension with its default criticality written out."""

    def encode(self, value: bytes) -> bytes:
        """The element, with BOOLEAN FALSE in it."""
        return asn1.sequence(asn1.oid(self.oid), asn1.boolean(False), asn1.octets(value))


@defect(ExpectedFinding("CRT018", CRT, 2), needs=CHAIN)
def serial_with_leading_zero(s: FactorySetup) -> None:
    """The intermediate's serial number has an octet of zeros in front that it does not need."""
    number = asn1.integer(s.chain[1].serial)
    padded = asn1.element(2, b"\0" + number[2:])
    s.chain[1].signed_part = lambda der: asn1.element(16, _contents(der).replace(number, padded, 1), constructed=True)


def _contents(der: bytes) -> bytes:
    """What stands in a SEQUENCE of more than 255 octets."""
    return der[4:]


@near_miss(
    ExpectedFinding("CRT009", CRT, 1, "validity", "warning"),
    *(ExpectedFinding("CRT013", CRT, number, "subjectKeyIdentifier", "notice") for number in (1, 2, 3)),
    *(ExpectedFinding("CHN014", CRT, number, level="notice") for number in (1, 2, 3)),
    needs=Needs(length=3, longest=3),
    about="CRT013",
)
def openssl_example_of_the_page(s: FactorySetup) -> None:
    """The page's own OpenSSL commands made the chain: 7300 days, two extensions, none critical, no key identifiers."""
    for certificate, name in zip(s.chain[1:], ("INT_CA", "ROOT_CA"), strict=True):
        certificate.subject = asn1.name(("CN", name))
    for second, certificate in enumerate(reversed(s.chain)):
        start = s.made + timedelta(seconds=second)
        certificate.not_before, certificate.not_after = start, start + 7300 * DAY
        usual = ca_extensions(critical=False)
        certificate.extensions = {name: usual[name] for name in ("basicConstraints", "keyUsage")}
