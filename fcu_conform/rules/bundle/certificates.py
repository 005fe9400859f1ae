"""BDL022 to BDL024 and BDL027: the certificates and the chains of a bundle."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.bundle.chains import breaks
from fcu_conform.rules.bundle.formatting import (
    READABLE,
    bundle_of,
    client_source,
    finding_at,
    finding_in_item,
)
from fcu_conform.rules.keystore.certificate import is_ecdsa_sha256, signature_text
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, device_rule, requires
from fcu_conform.rules.support.sources import inferred

MAX_CHAIN = 5


@device_rule(
    "BDL022",
    Level.ERROR,
    requirement=f"a chain has 1 to {MAX_CHAIN} certificates",
    title="a chain has no certificate, or more than 5",
    why="The device answers with status 20 to an empty chain and to one of more than five, and does not say which"
    " chain it was.",
    fix="set a smaller device-certificate-chain-depth and upload the rest of the chain to the portal",
    passes="the device certificate and the FCU certificate",
    fails="six certificates, an empty array",
    source=client_source("fcc_bundle_certificate_utils.c, kcm_defs.h", "B-05", "DC-01"),
    needs=READABLE,
)
def chains_have_one_to_five_certificates(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(
            item, "DataArray", f"has {pluralize(len(array), 'certificate')}", f"1 to {MAX_CHAIN}", str(len(array))
        )
        for item in bundle_of(device).items(CHAINS)
        if isinstance(array := item.fields.get("DataArray"), list) and not 1 <= len(array) <= MAX_CHAIN
    ]


@device_rule(
    "BDL023",
    Level.ERROR,
    requirement="every certificate in the bundle parses as DER, without trailing bytes",
    title="a certificate in the bundle cannot be parsed",
    why="The device answers with status 18 (status 15 if it is empty) to what it cannot parse, PEM included. It would"
    " store a certificate with trailing bytes or an empty serial number: this rule is stricter, since other"
    " software refuses such a certificate.",
    fix="write each certificate as one DER byte string: openssl x509 -in CERT.pem -outform DER -out CERT.der",
    passes="a byte string that begins with 30 82",
    fails="PEM text in a byte string, an empty byte string, two certificates in one string",
    source=client_source("fcc_bundle_certificate_utils.c, cs_der_certs.c", "B-04", "B-06"),
    needs=READABLE,
)
def certificates_in_the_bundle_parse(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for item in bundle_of(device).items(CERTIFICATES, CHAINS):
        for (place, data), (_, certificate) in zip(item.certificate_data, item.certificates, strict=True):
            findings += [
                finding_at(place, trouble, "one certificate in DER") for trouble in _troubles(data, certificate)
            ]
    return findings


def _troubles(data: bytes, certificate: Certificate | der.DerError) -> list[str]:
    if not isinstance(certificate, Certificate):
        if not data:
            return ["is empty"]
        pem = data.lstrip().startswith(b"-----BEGIN")
        return ["is PEM" if pem else f"cannot be parsed as a certificate: {certificate}"]
    after = [f"has {pluralize(certificate.trailing, 'trailing byte')}"] if certificate.trailing else []
    return [*after, *certificate.malformed_extensions]


@device_rule(
    "BDL024",
    Level.ERROR,
    requirement="a chain starts with its leaf, and each certificate is signed by the next",
    title="a chain in the bundle is out of order or broken",
    why='The device checks each link when it stores the chain and answers with status 18, "Chain validation error". It'
    " would accept a signature that is not DER: this rule is stricter, as validators are.",
    fix="order the chain from the device certificate upwards, with no certificate missing",
    passes="device, FCU, intermediate",
    fails="intermediate, FCU, device; device, intermediate",
    source=client_source("storage_common.c, cs_der_certs.c", "B-05", "DC-02", "DC-03"),
    needs=READABLE,
)
def chains_go_from_leaf_to_issuer(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    unread = False
    for item in bundle_of(device).items(CHAINS):
        unread = unread or not item.is_whole
        if not item.is_whole:
            continue
        chain = [certificate for _, certificate in item.certificates if isinstance(certificate, Certificate)]
        broken = breaks(chain)
        if broken and not breaks(chain[::-1]):
            findings.append(
                finding_in_item(item, "DataArray", "is in reverse order", "the leaf first", "the leaf last")
            )
            continue
        findings += [
            finding_in_item(
                item,
                f"DataArray[{number + 1}]",
                f"element {number + 1} ({chain[number + 1].subject}) did not sign element {number}",
                f"the certificate of {chain[number].issuer}",
                str(chain[number + 1].subject),
            )
            for number in broken
        ]
    if unread and not findings:
        raise Blocked("BDL023")
    return findings


@device_rule(
    "BDL027",
    Level.ERROR,
    requirement="certificates beside the device's own (server CA, update) use P-256 and ecdsa-with-SHA256",
    title="a server CA or update certificate is not P-256 and ecdsa-with-SHA256",
    why="The device's library supports these only and cannot parse another certificate: status 18. It would store one"
    " signed with SHA-224: this rule is stricter, since the device could not verify it later.",
    fix="use the P-256 certificate of that server or update authority",
    passes="the bootstrap server's CA certificate that comes with FCU",
    fails="an RSA certificate as mbed.UpdateAuthCert",
    source=(
        client_source("mbedTLSConfig_Linux.h", "DC-07"),
        inferred("the device certificate's own chain is judged elsewhere"),
    ),
    needs=READABLE,
)
def other_certificates_suit_the_device(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    others = [item for item in bundle.items(CERTIFICATES, CHAINS) if item is not bundle.device_item]
    requires(others, "the bundle has no certificate beside the device's")
    findings: list[Finding] = []
    for item in others:
        for place, certificate in item.certificates:
            if not isinstance(certificate, Certificate):
                continue
            if certificate.public_key.trouble:
                findings.append(finding_at(place, certificate.public_key.trouble, "a key on P-256"))
            elif not is_ecdsa_sha256(certificate):
                found = signature_text(certificate)
                findings.append(finding_at(place, f"is signed with {found}", "ecdsa-with-SHA256", found))
    return findings
