"""DEV: the certificates that a device carries, as a chain and as what the device can store and send.

What holds for every single certificate that a device is given stands in `given_certificates`.
"""

from __future__ import annotations

from functools import lru_cache

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.ca_context import CaContext, Slicing
from fcu_conform.artefacts.chain import namesakes
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.pem_layout import mending
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.bundle.chains import is_chain_broken
from fcu_conform.rules.config.settings import DEPTH_LIMIT
from fcu_conform.rules.keystore.certificate_extensions import key_identifier_mismatches
from fcu_conform.rules.model import (
    Blocked,
    DeviceFindings,
    Finding,
    Level,
    Location,
    NotApplicable,
    device_rule,
)
from fcu_conform.rules.support.chain_diagram import draw_chain
from fcu_conform.rules.support.formatting import short_name, subject_text
from fcu_conform.rules.support.inputs import fcu_certificate_of, needs_ordered_chain
from fcu_conform.rules.support.issuer_names import encoded_differently
from fcu_conform.rules.support.sources import UPLOADING, device_code, docs, page, rfc

CERTIFICATE_LIMIT = 1024
"""Octets of DER that the device's client reads of one certificate (fact DC-05)."""
MESSAGE_LIMIT = 4096
"""Octets of the TLS Certificate message that the device's library can send."""
CONSTRAINED_LIMIT = 1024
"""The same on constrained builds."""


def has_output(device: Device) -> None:
    """Leaves out what has no certificate to judge: a key beside the devices, a bundle that asks for a request.

    Raises:
        NotApplicable: there is none.
        Blocked: there is none that can be read.
    """
    if not device.certificates:
        if device.troubles:
            raise Blocked("DEV001")
        raise NotApplicable("no certificate")


def has_whole_output(device: Device) -> None:
    """For what is judged of all certificates together; raises as `has_output` does, also where one cannot be read."""
    if device.troubles:
        raise Blocked("DEV001")
    if device.bundle is not None and device.bundle.device_item and not device.bundle.device_item.is_whole:
        raise Blocked("BDL021")
    has_output(device)


def own_certificate(device: Device, ca: CaContext) -> Certificate:
    """The device's own certificate, also where it does not stand first: so a wrong order is one fault and not ten.

    Raises:
        NotApplicable: the device has no certificate.
        Blocked: it cannot be read, or every certificate is one of fcu.crt.
    """
    if device.own is not None:
        return device.own
    has_output(device)
    if device.is_headless:
        raise Blocked("DEV001")
    certificates = device.certificates
    first = certificates[0]
    if not first.is_among(ca.ca_certificates):
        return first
    for certificate in certificates:
        if not certificate.is_among(ca.ca_certificates):
            return certificate
    raise Blocked("DEV003")


def slicing_of(ca: CaContext) -> Slicing:
    """Where fcu.crt is cut."""
    if not ca.fcu_crt.is_whole and (ca.slicing is None or ca.depth is None):
        raise Blocked("CRT002")
    if ca.slicing is None:
        raise NotApplicable("no depth is known")
    return ca.slicing


@lru_cache(maxsize=256)
def at_number(number: int, field: str | None = None) -> Location:
    """The place of a certificate of a device, counted from 1."""
    return Location(index=number, field=field)


@device_rule(
    "DEV001",
    Level.ERROR,
    requirement="the output for a device is a PEM chain, one DER certificate or a bundle",
    title="the device output cannot be parsed",
    why="If the suite cannot parse the output, the device cannot either.",
    fix="write the output again; write a chain as PEM or in a bundle only",
    passes="one file of CERTIFICATE blocks",
    fails="an empty file, two DER certificates in one file",
    source=docs("Manually generated keys", "", "DB-01", "DB-07"),
    looks_at=WHAT_ALL_SHARE,
)
def device_output_parses(device: Device, _ca: CaContext) -> DeviceFindings:
    if device.troubles:
        if device.bundle is not None:
            raise Blocked("BDL023")
        return [Finding(trouble, fix=mending(trouble, device.name)) for trouble in device.troubles]
    has_output(device)
    return ()


@device_rule(
    "DEV002",
    Level.ERROR,
    requirement="a device has as many certificates as device-certificate-chain-depth requires",
    title="a device's number of certificates differs from the depth",
    why="With fewer, the portal cannot find the path from the device to the uploaded certificates. With more, device"
    " and portal overlap, and the device may not store them all.",
    fix="write the output again with the depth of fcu.yml; fcu-conform slice shows which certificates belong where",
    passes="depth 2: device certificate and FCU certificate",
    fails="depth 2: the device certificate alone",
    source=page(UPLOADING, "K-07", "DB-08"),
    needs=("CFG002", "CFG003", "CFG004"),
    looks_at=WHAT_ALL_SHARE,
)
def device_has_as_many_as_depth(device: Device, ca: CaContext) -> DeviceFindings:
    has_whole_output(device)
    slicing = slicing_of(ca)
    count = len(device.certificates)
    if count == slicing.depth:
        return ()
    if device.bundle is not None:
        _needs_bundled_chain(device.bundle)
    return [
        Finding(
            f"carries {pluralize(count, 'certificate')} at depth {slicing.depth}",
            expected=f"{slicing.depth}: the device certificate and"
            f" {', '.join(map(short_name, slicing.on_device)) or 'nothing else'}",
            found=" · ".join(map(short_name, device.certificates)),
            picture=draw_chain(slicing),
        )
    ]


def _needs_bundled_chain(bundle: Bundle) -> None:
    """The device's chain can be counted; what else is wrong with the item that holds it BDL tells."""
    if bundle.has_two_device_items:
        raise Blocked("BDL026")
    item = bundle.device_item
    array = None if item is None else item.fields.get("DataArray")
    if isinstance(array, list):
        if not 1 <= len(array) <= DEPTH_LIMIT:
            raise Blocked("BDL022")
        if len(array) > len(bundle.device_certificates):
            raise Blocked("BDL021")


@device_rule(
    "DEV003",
    Level.ERROR,
    requirement="a device carries its own certificate, then the first depth - 1 certificates of fcu.crt, in that order",
    title="a device does not carry the first certificates of fcu.crt",
    why="The device checks that each certificate is signed by the next one, and refuses another order on the line."
    " With other certificates the portal turns it away.",
    fix="write the output again: the device certificate, then the first certificates of fcu.crt, byte for byte",
    passes="depth 3: device, FCU certificate, intermediate",
    fails="depth 3: device, intermediate, FCU certificate",
    source=(page(UPLOADING, "K-07", "K-08"), device_code("storage_common.c", "DC-02")),
    needs=("CRT001",),
    looks_at=WHAT_ALL_SHARE,
)
def device_carries_first_certificates(device: Device, ca: CaContext) -> DeviceFindings:
    has_whole_output(device)
    needs_ordered_chain(ca)
    found = device.certificates
    # Where nobody said the depth, the device itself says it by how many certificates it carries.
    slicing = ca.slicing or Slicing(len(found), ca.fcu_crt.certificates)
    # That there are too few or too many DEV002 tells, where there is a depth.
    in_order = all(one.raw == other.raw for one, other in zip(found[1:], slicing.on_device, strict=False))
    in_order = in_order and (ca.slicing is not None or len(found) == len(slicing.on_device) + 1)
    if in_order and not found[0].is_among(ca.ca_certificates):
        return ()
    if device.bundle is not None and is_chain_broken(device.bundle):
        raise Blocked("BDL024")
    return [
        Finding(
            "does not carry its certificate followed by the first certificates of fcu.crt",
            expected=" · ".join(("the device certificate", *map(short_name, slicing.on_device))),
            found=" · ".join(map(short_name, found)),
            picture=draw_chain(slicing),
        )
    ]


@device_rule(
    "DEV004",
    Level.ERROR,
    requirement="the FCU certificate issued the device certificate: name and signature match",
    title="a device certificate was not issued by the FCU certificate",
    why="The portal checks the device against the uploaded CA. A device of another CA is always refused.",
    fix="sign the device with fcu_private_key.pem, with the FCU certificate's subject as issuer",
    passes="openssl verify -partial_chain -trusted fcu.crt device.pem says OK",
    fails="the device was signed by the FCU instance of another line",
    source=page("Process overview", "K-04"),
    needs=("CRT001",),
    looks_at=(DeviceField.SIGNATURE,),
)
def device_is_issued_by_fcu(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    issuer = ca.certain_fcu_certificate or fcu_certificate_of(ca)  # once a device: a call less
    if not certificate.issuer.matches(issuer.subject):
        if certificate.is_self_issued:
            raise Blocked("DEV007")
        if certificate.issuer.is_empty:
            raise Blocked("DEV029")
        if ca.key_public not in (None, issuer.public_key) and certificate.signed_by(ca.key_public):
            raise Blocked("KEY004")  # fcu.crt is another FCU's, and the device is this one's
        return [
            Finding(
                f"the device certificate was issued by {certificate.issuer}, which is not this FCU",
                at_number(1, "issuer"),
                str(issuer.subject),
                str(certificate.issuer),
                fix=f"judge the device with the keystore of {certificate.issuer}, or make it again with this one",
            )
        ]
    answer = certificate.signed_by(issuer.public_key)
    if answer is None:
        raise Blocked("DEV009")
    if answer and certificate.issuer.der != issuer.subject.der:
        return encoded_differently(
            certificate,
            issuer,
            "the device certificate encodes the FCU certificate's name differently",
            at_number(1, "issuer"),
            "copy the subject of the FCU certificate as it is",
        )
    if answer:
        return ()
    if device.bundle is not None and is_chain_broken(device.bundle):
        raise Blocked("BDL024")
    return [
        Finding(
            "the device certificate's signature does not verify under the FCU certificate's key",
            at_number(1, "signatureValue"),
            f"signed by {subject_text(issuer)}",
            "a signature by another key, or a changed certificate",
        )
    ]


@device_rule(
    "DEV018",
    Level.ERROR,
    requirement=f"the device's chain fits into one TLS Certificate message of {MESSAGE_LIMIT} octets",
    title="a device's chain is too large for one TLS message",
    why="The device's library cannot send a longer message: every handshake fails.",
    fix="lower the depth and upload the rest of the chain, or shorten the names",
    passes="three certificates of 580 octets",
    fails="five certificates of 900 octets",
    source=device_code("Mbed TLS 2.28, ssl_tls.c", "DC-05"),
    looks_at=WHAT_ALL_SHARE,
)
def chain_fits_handshake(device: Device, _ca: CaContext) -> DeviceFindings:
    has_whole_output(device)
    size = capped = 7
    for certificate in device.certificates:
        size += 3 + certificate.size
        capped += 3 + min(certificate.size, CERTIFICATE_LIMIT)
    if size <= CONSTRAINED_LIMIT:
        return ()
    if size > capped and capped <= MESSAGE_LIMIT:
        raise Blocked("DEV017")  # it fits where each certificate does
    if size > MESSAGE_LIMIT:
        return [
            Finding("the chain is too large to send", Location(), f"at most {MESSAGE_LIMIT} octets", f"{size} octets")
        ]
    return [
        Finding(
            f"the chain needs more than the {CONSTRAINED_LIMIT} octets that constrained builds of the client can send",
            why="A build with a smaller TLS buffer cannot send this chain; the default build can.",
            level=Level.NOTICE,
        )
    ]


@device_rule(
    "DEV027",
    Level.ERROR,
    requirement="the device certificate's authorityKeyIdentifier, if present, matches the FCU certificate's key",
    title="a device's authorityKeyIdentifier does not match the FCU certificate",
    why="OpenSSL and GnuTLS use it to find the issuer, and find none.",
    fix="copy the FCU certificate's subjectKeyIdentifier into the device's authorityKeyIdentifier",
    passes="authorityKeyIdentifier equals the FCU certificate's subjectKeyIdentifier",
    fails="it was computed from another key",
    source=rfc(5280, "4.2.1.1"),
    needs=("CRT001",),
    told_by=("DEV004", "DEV007"),
    looks_at=WHAT_ALL_SHARE,
)
def device_authority_key_identifier_fits(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    issuer = fcu_certificate_of(ca)
    others = [upper.index for lower, upper in namesakes(ca.chain.path) if lower is ca.fcu_link]
    if others and not certificate.names_key_of_issuer:
        return [
            Finding(
                f"the device certificate has no authorityKeyIdentifier, and certificate {others[0]} of fcu.crt has"
                " FCU's name too",
                at_number(1, "authorityKeyIdentifier"),
                "the FCU certificate's subjectKeyIdentifier",
                "no key identifier",
            )
        ]
    return [
        Finding(f"the device certificate: {message}", at_number(1, "authorityKeyIdentifier"), expected, found)
        for message, expected, found in key_identifier_mismatches(certificate, issuer)
    ]


@device_rule(
    "DEV028",
    Level.ERROR,
    requirement=f"a device carries at most {DEPTH_LIMIT} certificates",
    title="a device carries more certificates than it can store",
    why="The device cannot store a longer chain and refuses it on the line.",
    fix="lower device-certificate-chain-depth and upload the rest of the chain",
    passes="five certificates",
    fails="six certificates",
    source=device_code("Key and Configuration Manager, kcm_defs.h", "DC-01"),
    told_by=("DEV002", "CFG005"),
    looks_at=WHAT_ALL_SHARE,
)
def device_stores_chain(device: Device, _ca: CaContext) -> DeviceFindings:
    has_whole_output(device)
    count = len(device.certificates)
    if count <= DEPTH_LIMIT or device.bundle is not None:  # of bundles BDL tells it
        return ()
    return [Finding(f"carries {count} certificates", Location(), f"at most {DEPTH_LIMIT}", str(count))]
