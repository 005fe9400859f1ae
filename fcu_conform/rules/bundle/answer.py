"""BDL045: whether the device's answer to a bundle fits into its buffer, counted octet by octet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fcu_conform.artefacts.bundle import (
    CERTIFICATES,
    CHAINS,
    CURRENT_TIME,
    ITEM_GROUPS,
    KEYS,
    PARAMETERS,
    REQUESTS,
    USE_BOOTSTRAP,
    Bundle,
    Item,
    text_bytes,
)
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.bundle.certificates import MAX_CHAIN
from fcu_conform.rules.bundle.contents import IDENTIFIERS, UTC_OFFSET
from fcu_conform.rules.bundle.formatting import (
    HANDLER,
    READABLE,
    bundle_of,
    client_source,
    finding_at,
    mode_items,
    needs_all_items,
)
from fcu_conform.rules.bundle.request_subjects import SubjectError, read_subject
from fcu_conform.rules.bundle.requests import KNOWN_PURPOSES, LOW_32_BITS, MAX_REQUESTS, is_extensions
from fcu_conform.rules.bundle.time import device_time
from fcu_conform.rules.model import Blocked, DeviceFindings, Level, device_rule
from fcu_conform.rules.support.formatting import TEN_YEARS

ANSWER_LIMIT = 512
ANSWER_LIMIT_WITH_REQUESTS = 5 * 512
"""Octets that the device has for its answer (fcc_bundle_handler.c)."""

SUCCESS = "The Factory process succeeded\n"
TIME_ZONE = "mbed.Timezone"
UPDATE_CERTIFICATE = "mbed.UpdateAuthCert"
SUBJECT_KEY_OCTETS = 91
SIGNATURE_OCTETS = 72
"""The longest DER signature under a P-256 key."""
USAGE_OCTETS = 13
_TOLERANCE = timedelta(seconds=60)
_ANY_PURPOSE = 1


@device_rule(
    "BDL045",
    Level.ERROR,
    requirement=f"the device's answer fits into its buffer: {ANSWER_LIMIT} octets, {ANSWER_LIMIT_WITH_REQUESTS} with"
    " certificate requests",
    title="the device's answer is too large for its buffer",
    why="The answer holds the session id, a line for each warning, and the requests. The device warns about every"
    " certificate in its own chain and in its update certificate's chain that expires within ten years (about all"
    " of them if it has no time), and about each missing setting. It cannot send a larger answer: it stores"
    " everything, fails with status 21 (15 if a request does not fit) and does not answer, so the line takes a"
    " finished device for a broken one.",
    fix="set the device's time and zone (time-sync: true), use CA certificates that last more than ten years, a"
    " smaller device-certificate-chain-depth or a shorter session id; split requests over several messages",
    passes="a chain of five that lasts 20 years, with mbed.CurrentTime, mbed.Timezone and mbed.UTCOffset",
    fails="a chain of five that lasts five years; a chain of four without mbed.CurrentTime; a SID of 500 characters",
    source=client_source(HANDLER, "DC-04", "N-12", "B-13"),
    needs=READABLE,
)
def answer_fits_into_its_buffer(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    _needs_what_is_counted(bundle)
    octets = answer_octets(bundle)
    limit = ANSWER_LIMIT_WITH_REQUESTS if REQUESTS in bundle.groups else ANSWER_LIMIT
    if octets <= limit:
        return ()
    if bundle.is_verified and bundle.mode is None:
        raise Blocked("BDL029" if bundle.find(USE_BOOTSTRAP, PARAMETERS) else "BDL031")
    needs_all_items(bundle, *ITEM_GROUPS[:4])
    warnings, requests = _warnings_told(bundle), list(bundle.items(REQUESTS))
    causes = [
        f"a session id of {pluralize(len(_session_id(bundle)), 'octet')}" if _session_id(bundle) else "",
        pluralize(len(requests), "request") if requests else "",
        pluralize(len(warnings), "warning") if warnings else "",
    ]
    return (
        finding_at(
            "",
            f"the device's answer, with {' and '.join(filter(None, causes))}, does not fit into its buffer",
            f"at most {limit} octets",
            f"{octets} octets",
        ),
    )


def _needs_what_is_counted(bundle: Bundle) -> None:
    """Nothing keeps the answer from being counted.

    Raises:
        Blocked: by the rule that tells what does.
    """
    if not isinstance(bundle.groups.get("SID", ""), str):
        raise Blocked("BDL013")
    requests = list(bundle.items(REQUESTS))
    if len(requests) > MAX_REQUESTS:
        raise Blocked("BDL042")
    if requests and bundle.is_verified:
        raise Blocked("BDL043")
    for item in (bundle.device_item, bundle.find(UPDATE_CERTIFICATE, CERTIFICATES, CHAINS)):
        if item is not None and len(item.certificate_data) > MAX_CHAIN:
            raise Blocked("BDL022")
        if item is not None and not item.is_whole:
            raise Blocked("BDL023")
    if bundle.has_two_device_items:
        raise Blocked("BDL026")


def _session_id(bundle: Bundle) -> bytes:
    session_id = bundle.groups.get("SID")
    return session_id.encode() if isinstance(session_id, str) else b""


def answer_octets(bundle: Bundle) -> int:
    """Octets of the answer: a map of indefinite length, its names and values."""
    warnings = _warnings_told(bundle)
    octets = 2 + _pair("SchemeVersion", 5) + _text(len("ReturnStatus")) + 1 + _pair("InfoMessage", len(SUCCESS))
    if "SID" in bundle.groups:
        octets += _pair("SID", len(_session_id(bundle)))
    if warnings:
        octets += _pair("WarningInfo", sum(len(line) + 1 for line in warnings))
    if REQUESTS in bundle.groups:
        octets += _text(len("Csrs")) + 1
    for item in bundle.items(REQUESTS):
        octets += 2 + _pair("PrKN", len(item.key_name or "")) + _pair("Data", _request_octets(item))
    return octets


def _pair(name: str, octets: int) -> int:
    return _text(len(name)) + _text(octets)


def _text(octets: int) -> int:
    """Octets of a CBOR string of so many octets, its head with it (RFC 8949, section 3)."""
    return octets + (1 if octets < 24 else 2 if octets < 1 << 8 else 3 if octets < 1 << 16 else 5)


def _element(octets: int) -> int:
    """Octets of a DER element with so many octets of content."""
    return octets + (2 if octets < 0x80 else 3 if octets < 0x100 else 4)


def _request_octets(item: Item) -> int:
    """Octets of the request (RFC 2986) that the device makes, with the longest signature that it can have."""
    subject, extensions = item.fields.get("Subj"), item.fields.get("Ext", {})
    if not isinstance(subject, str) or not is_extensions(extensions):
        raise Blocked("BDL044" if "Subj" in item.fields else "BDL017")
    try:
        attributes = read_subject(subject)
    except SubjectError:
        raise Blocked("BDL048") from None
    names = sum(_element(_element(_element(oid) + _element(value))) for oid, value in attributes)
    usages, purposes = (extensions.get(name, 0) & LOW_32_BITS for name in ("KU", "EKU"))
    asked = _extension_octets(usages, purposes)
    requested = _element(_element(9) + _element(_element(asked))) if asked else 0
    signed = _element(3 + _element(names) + SUBJECT_KEY_OCTETS + _element(requested))
    return _element(signed + 14 + _element(1 + SIGNATURE_OCTETS))  # 14: ecdsa-with-SHA256, NULL behind it


def _extension_octets(usages: int, purposes: int) -> int:
    if purposes & ~KNOWN_PURPOSES:
        raise Blocked("BDL049")
    octets = USAGE_OCTETS if usages else 0
    if purposes:
        others = bin(purposes & ~_ANY_PURPOSE).count("1")
        octets += _element(_element(3) + _element(_element(6 * (purposes & _ANY_PURPOSE) + 10 * others)))
    return octets


def _warnings_told(bundle: Bundle) -> list[str]:
    return list(_warnings(bundle)) if bundle.is_verified else []


def _warnings(bundle: Bundle) -> Iterator[str]:
    """The lines of warning, as the device writes them (fcc_verification.c, fact N-15)."""
    now = device_time(bundle)
    if now is None:
        yield f"Item not set:{CURRENT_TIME}"
    yield from (f"Item not set:{name}" for name in (TIME_ZONE, UTC_OFFSET) if not text_bytes(bundle.parameter(name)))
    update = bundle.find(UPDATE_CERTIFICATE, CERTIFICATES, CHAINS)
    if update is None:
        yield f"Item not set:{UPDATE_CERTIFICATE}"
    yield from (f"Item not set:{name}" for name in IDENTIFIERS if bundle.find(name, PARAMETERS) is None)
    if bundle.mode == "lwm2m":
        yield f"Bootstrap mode not activated:{USE_BOOTSTRAP}"
    others = mode_items("lwm2m" if bundle.mode == "bootstrap" else "bootstrap").values()
    there = {item.name for item in bundle.items(KEYS, CERTIFICATES, CHAINS, PARAMETERS)}
    yield from (f"Item redundant:{name}" for name in others if name in there)
    own = bundle.device_item
    if own is not None and own.leaf is not None and own.leaf.subject.der == own.leaf.issuer.der:
        yield f"Certificate is self signed:{own.name}"
    for item in (own, update):
        if item is not None:
            for _, certificate in item.certificates[:MAX_CHAIN]:
                if isinstance(certificate, Certificate):
                    yield from _warnings_of(certificate, item.name or "", now)


def _warnings_of(certificate: Certificate, name: str, now: datetime | None) -> Iterator[str]:
    if now is None or certificate.not_before.instant - now > _TOLERANCE:
        yield f"Certificate validity cannot be checked:{name}"
    if now is not None and certificate.not_after.instant - now < TEN_YEARS:
        yield f"Certificate validity is less than 10 years:{name}"
