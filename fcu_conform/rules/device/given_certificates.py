"""DEV: what holds for every certificate that a device is given: its own chain, the server's CA, the update certificate.

What the device's library can parse, sizes, and dates.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Carried, Device, all_certificates
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.cbor import label
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import Extension
from fcu_conform.rules.device.chain import CERTIFICATE_LIMIT, at_number
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, Location, NotApplicable, device_rule
from fcu_conform.rules.support.formatting import format_instant, subject_text
from fcu_conform.rules.support.sources import device_code, docs, rfc

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PARSED_BY_DEVICE = frozenset(
    {
        oids.BASIC_CONSTRAINTS,
        oids.KEY_USAGE,
        oids.EXTENDED_KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
        oids.NETSCAPE_CERT_TYPE,
    }
)
_ANY_POLICY_ALONE = bytes.fromhex("300830060604551d2000")


def given_certificates(subject: Device) -> list[Carried]:
    """Every certificate that the device is given, those beside its own chain too.

    Raises:
        NotApplicable: there is none.
        Blocked: there is none that can be read.
    """
    given = all_certificates(subject)
    if not given:
        if subject.troubles:
            raise Blocked("DEV001")
        raise NotApplicable("no certificate")
    return given


def carried_words(carried: Carried) -> str:
    """What a finding calls a certificate that the device is given."""
    if carried.number:
        return f"certificate {carried.number} ({subject_text(carried.certificate)})"
    return f"{carried.place} ({label(carried.item)})"


def at_carried(carried: Carried, field: str | None = None) -> Location:
    """The place of a certificate that the device is given: in its chain by number, beside it by path in the bundle."""
    return at_number(carried.number, field) if carried.number else Location(field=carried.place)


@device_rule(
    "DEV017",
    Level.ERROR,
    requirement=f"every certificate on the device has at most {CERTIFICATE_LIMIT} octets of DER",
    title="a certificate is too large for the device client",
    why="The device stores a larger one and the factory reports success. But when the client connects, it reads each"
    " certificate into a buffer of this size: its own and its server's CA. It never comes online. So this rule is"
    " stricter than the factory's own check.",
    fix="use shorter names in certificate-authority and fewer extensions, or increase MAX_CERTIFICATE_SIZE in the"
    " client",
    passes="580 octets",
    fails="1318 octets, with O and OU of 64 and L and ST of 128 characters",
    source=device_code("m2mconfig.h, m2mconnectionsecuritypimpl.cpp", "DC-05"),
    looks_at=WHAT_ALL_SHARE,
)
def certificates_fit_client(subject: Device, _ca: CaContext) -> DeviceFindings:
    return [
        Finding(
            f"{carried_words(carried)} is too large for the client",
            at_carried(carried),
            f"at most {CERTIFICATE_LIMIT} octets",
            f"{carried.certificate.size} octets",
        )
        for carried in given_certificates(subject)
        if carried.certificate.size > CERTIFICATE_LIMIT
    ]


@device_rule(
    "DEV019",
    Level.ERROR,
    requirement="no certificate on the device has a critical extension that the device's library cannot parse, or a"
    " duplicate extension",
    title="a certificate on the device has an extension that the device cannot parse",
    why="The library refuses such a certificate when the device is configured, the server's CA and the update"
    " certificate included: the device fails on the line. It would accept a duplicate of an extension that it does"
    " not know: this rule is stricter, as RFC 5280 requires.",
    fix="issue the certificate again without the extension, or with the extension marked non-critical",
    passes="keyUsage critical",
    fails="nameConstraints critical in an intermediate that the device carries",
    source=(device_code("Mbed TLS 2.28, x509_crt.c", "DC-07"), rfc(5280, "4.2")),
    looks_at=WHAT_ALL_SHARE,
)
def extensions_parse_on_device(subject: Device, ca: CaContext) -> DeviceFindings:
    return [
        Finding(f"{carried_words(carried)}: {message}", at_carried(carried))
        for carried in given_certificates(subject)
        for message in _extension_faults(carried.certificate, carried.certificate.is_among(ca.ca_certificates))
    ]


def _extension_faults(certificate: Certificate, is_ca: bool) -> list[str]:
    """What the device's library refuses; of a certificate of fcu.crt only what CRT015 has not said."""
    faults = []
    extensions = certificate.extensions
    for extension in extensions:
        known = extension.oid in oids.EXTENSIONS
        if extension.critical and not _is_parsed(extension) and (known or not is_ca):
            faults.append(f"{extension.name} is critical, and the device's library cannot parse it")
    if not is_ca and len({extension.oid for extension in extensions}) < len(extensions):
        repeated = Counter(extension.name for extension in extensions).most_common(1)[0]
        faults.append(f"has {repeated[0]} {repeated[1]} times")
    return faults


def _is_parsed(extension: Extension) -> bool:
    if extension.oid == oids.CERTIFICATE_POLICIES:
        return extension.value == _ANY_POLICY_ALONE
    return extension.oid in _PARSED_BY_DEVICE


@device_rule(
    "DEV026",
    Level.ERROR,
    requirement="every certificate on the device is valid now",
    title="a certificate on the device has expired or is not valid yet",
    why="The device refuses its own chain and its update certificate's chain if they have expired. This rule is"
    " stricter in two ways: it includes the server's CA, since no server can be trusted under an expired one, and"
    " it requires that all are valid already, since the device's clock may not be set.",
    fix="issue the certificate again",
    passes="notBefore yesterday, notAfter in 20 years",
    fails="an expired intermediate; an update certificate of last year",
    source=(docs("Manually generated keys", "", "DB-04"), device_code("fcc_verification.c", "DC-04")),
    looks_at=(DeviceField.VALIDITY,),
)
def device_certificates_are_valid_now(subject: Device, ca: CaContext) -> DeviceFindings:
    instant = ca.at
    findings = []
    for carried in given_certificates(subject):
        start, end = carried.certificate.not_before.instant, carried.certificate.not_after.instant
        # That the device's own does not start in time is DEV010's business.
        if end < instant or (start > instant and (carried.number != 1 or subject.is_headless)):
            findings.append(
                Finding(
                    f"{carried_words(carried)} {'has expired' if end < instant else 'is not valid yet'}",
                    at_carried(carried, "validity"),
                    f"valid at {format_instant(instant)}",
                    f"valid from {format_instant(start)} to {format_instant(end)}",
                )
            )
    return findings


@device_rule(
    "DEV029",
    Level.ERROR,
    requirement="no certificate on the device has an empty issuer",
    title="a certificate on the device has an empty issuer",
    why="The device's library cannot parse such a certificate: the device refuses its chain from there on, although"
    " openssl verify says OK.",
    fix="give every CA a name and issue the certificates below it again",
    passes="issuer CN=ROOT_CA",
    fails="an issuer that openssl made of //CN=ROOT_CA",
    source=device_code("Mbed TLS 2.28, x509.c", "D-09"),
    looks_at=WHAT_ALL_SHARE,
)
def device_issuers_are_not_empty(subject: Device, ca: CaContext) -> DeviceFindings:
    nameless = [carried for carried in given_certificates(subject) if carried.certificate.issuer.is_empty]
    own_fault = [carried for carried in nameless if not _is_of_nameless_ca(carried.certificate, ca)]
    if nameless and not own_fault:
        raise Blocked("CRT012")
    return [
        Finding(
            f"{carried_words(carried)} has an empty issuer",
            at_carried(carried, "issuer"),
            "a name",
            "no attribute",
        )
        for carried in own_fault
    ]


def _is_of_nameless_ca(certificate: Certificate, ca: CaContext) -> bool:
    """Its issuer is empty since the CA of fcu.crt that signed it has no name."""
    return any(
        link.certificate.subject.is_empty and certificate.signed_by(link.certificate.public_key) is not False
        for link in ca.chain.links
    )


@device_rule(
    "DEV038",
    Level.ERROR,
    requirement="no certificate on the device starts before 1970",
    title="a certificate on the device starts before 1970",
    why="The device counts time in seconds since 1970. It refuses an earlier start in its own chain or in its update"
    " certificate's with status 11. This rule is stricter: it includes the server's CA.",
    fix="issue the certificate again, on a machine whose clock is right",
    passes="notBefore 2026-01-01",
    fails="notBefore 1969-12-31 in an intermediate or in mbed.UpdateAuthCert",
    source=device_code("fcc_verification.c, cs_pal_plat_crypto.c", "DC-12"),
    looks_at=(DeviceField.VALIDITY,),
)
def certificates_start_in_1970_or_later(subject: Device, ca: CaContext) -> DeviceFindings:
    issuer = ca.certain_fcu_certificate
    is_told = False
    findings = []
    for carried in given_certificates(subject):
        start = carried.certificate.not_before.instant
        if start >= _EPOCH:
            continue
        if carried.number == 1 and issuer is not None and start < issuer.not_before.instant:
            is_told = True
            continue
        place = at_carried(carried, "notBefore")
        findings.append(
            Finding(f"{carried_words(carried)} starts before 1970", place, "1970 or later", format_instant(start))
        )
    if is_told and not findings:
        raise Blocked("DEV010")
    return findings
