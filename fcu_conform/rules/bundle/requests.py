"""BDL042 to BDL044, BDL048 and BDL049: the certificate requests that a bundle asks a device for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fcu_conform.artefacts.bundle import REQUESTS, Bundle, Item
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.rules.bundle.formatting import (
    HANDLER,
    READABLE,
    bundle_of,
    client_source,
    finding_at,
    finding_in_item,
    shown_value,
)
from fcu_conform.rules.bundle.request_subjects import SubjectError, read_subject
from fcu_conform.rules.model import DeviceFindings, Finding, Level, device_rule, requires
from fcu_conform.rules.support.sources import device_code as device_source

MAX_REQUESTS = 5
KNOWN_USAGES = 0xF
"""Bits of KU that stand for something: digitalSignature, nonRepudiation, keyCertSign, keyAgreement (kcm_defs.h)."""
KNOWN_PURPOSES = 0x31F
"""Bits of EKU that the device takes (kcm_defs.h)."""
LOW_32_BITS = 0xFFFFFFFF
"""All that the device reads of either."""


@device_rule(
    "BDL042",
    Level.ERROR,
    requirement=f"a message has at most {MAX_REQUESTS} certificate requests",
    title="a message has more than 5 certificate requests",
    why="The device answers with status 36 if there are more.",
    fix="put the other requests into another message",
    passes="one request, for the device key",
    fails="six requests",
    source=client_source("fcc_bundle_utils.h", "B-09"),
    needs=READABLE,
)
def requests_are_at_most_five(device: Device, _ca: CaContext) -> DeviceFindings:
    count = len(_requests(bundle_of(device)))
    if count <= MAX_REQUESTS:
        return ()
    return (finding_at(REQUESTS, f"has {count} requests", f"{MAX_REQUESTS} at most", str(count)),)


def _requests(bundle: Bundle) -> list[Item]:
    found = list(bundle.items(REQUESTS))
    requires(found, "the bundle asks for no certificate request")
    return found


def _of_each_request(device: Device, faults: Callable[[Item], Iterator[Finding]]) -> DeviceFindings:
    return [finding for item in _requests(bundle_of(device)) for finding in faults(item)]


@device_rule(
    "BDL043",
    Level.ERROR,
    requirement="a message with certificate requests has a SID, Verify 0 and no Disable",
    title="a message with certificate requests does not continue a session",
    why="The device answers with status 20. The certificate is still to come, so the session must go on: the"
    " configuration cannot be verified yet, and the factory flow cannot end.",
    fix='add "SID" and "Verify": 0, and leave Disable to the last message',
    passes='"CsrReqs": […], "SID": "7f3a", "Verify": 0, "KpAlvSess": 1',
    fails="no SID; no Verify, which counts as 1",
    source=client_source(HANDLER, "B-09"),
    needs=READABLE,
)
def requests_come_within_a_session(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    _requests(bundle)
    faults = [] if "SID" in bundle.groups else ["no SID"]
    if bundle.switch("Verify") != 0 and ("Verify" not in bundle.groups or bundle.switch("Verify") is not None):
        faults.append("Verify at 1" if "Verify" in bundle.groups else "no Verify")
    if bundle.switch("Disable") == 1:
        faults.append("Disable at 1")
    if not faults:
        return ()
    return (
        finding_at(REQUESTS, f"the message has {', '.join(faults)}", "SID, Verify 0, no Disable", ", ".join(faults)),
    )


_EXTENSIONS = ("KU", "EKU", "Trust")
_STORAGE_MODES = ("Prv", "Pub")
_STORAGE_PLACE = "Device"
"""Where the device keeps keys; builds with a secure element have SE too, and the others refuse it."""


@device_rule(
    "BDL044",
    Level.ERROR,
    requirement="a certificate request has a subject, MD 1 (SHA-256), and Ext and SM in the known form",
    title="a certificate request has an invalid field",
    why="The device answers with status 20 to another form and cannot make the request, so the session ends; with"
    " status 18 to another digest, with status 37 to SE if the build has no secure element (waive it if yours has"
    " one). This rule is stricter if the device compares only as many characters as a name has, or cuts a number"
    " to 32 bits.",
    fix='use this form: "MD": 1, "Subj": "CN=…", "Ext": {"KU": …, "EKU": …, "Trust": …}, "SM": {"Prv": "Device"}',
    passes='{"PrKN": "mbed.BootstrapDevicePrivateKey", "Subj": "CN=acme-000017", "MD": 1}',
    fails='"MD": 0, "Subj" as a byte string, "KU": "digitalSignature", "SM": {"Prv": "TPM"}, "SM": {}',
    source=client_source("fcc_bundle_csr_utils.c", "B-09"),
    needs=READABLE,
)
def requests_are_of_the_known_form(device: Device, _ca: CaContext) -> DeviceFindings:
    return _of_each_request(device, _other_forms)


def _other_forms(item: Item) -> Iterator[Finding]:
    subject, digest = item.fields.get("Subj", "CN"), item.fields.get("MD", 1)  # BDL017 tells what is missing
    if not isinstance(subject, str):
        yield finding_in_item(item, "Subj", f"Subj is {shown_value(subject)}", "a subject such as CN=…")
    if type(digest) is not int or digest != 1:
        yield finding_in_item(item, "MD", f"MD is {shown_value(digest)}", "1")
    extensions, storage = item.fields.get("Ext", {}), item.fields.get("SM", {"Prv": "Device"})
    if not is_extensions(extensions):
        expected = "a map with KU and EKU, unsigned integers, and Trust"
        yield finding_in_item(item, "Ext", "Ext has an unknown form", expected, shown_value(extensions))
    if not _is_storage(storage):
        expected = "a map with Prv, and perhaps Pub, each Device"
        yield finding_in_item(item, "SM", "SM has an unknown form", expected, shown_value(storage))


def _is_map_of(value: object, keys: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(key in keys for key in value)


def is_extensions(value: object) -> bool:
    """What a request asks for has its form: usages as numbers."""
    if not isinstance(value, dict) or not _is_map_of(value, _EXTENSIONS):
        return False
    return all(_is_usage(value.get(name, 0)) for name in ("KU", "EKU"))


def _is_storage(value: object) -> bool:
    """Prv has to be there; Pub alone, or nothing, the device refuses."""
    if not isinstance(value, dict) or "Prv" not in value or not _is_map_of(value, _STORAGE_MODES):
        return False
    return all(place == _STORAGE_PLACE for place in value.values())


def _is_usage(value: Any) -> bool:
    return type(value) is int and value >= 0


@device_rule(
    "BDL048",
    Level.ERROR,
    requirement="the device's library can read the subject of every certificate request",
    title="the device cannot read the subject of a certificate request",
    why="The device answers with status 18 if it cannot. It knows attribute types by their exact names, and splits the"
    " subject at commas. A value has at most 255 octets, and a backslash only before a comma. This rule is stricter: it"
    " refuses a subject without attributes, since no CA can issue a certificate without a name.",
    fix="write CN=…,OU=…: capital letters, no slash in front, a backslash before a comma that belongs to a value",
    passes="CN=acme-000017,OU=0123456789abcdef0123456789abcdef",
    fails="cn=acme-000017, /CN=acme-000017, UID=17,CN=acme, a value of 256 characters",
    source=device_source("Mbed TLS 2.28, x509_create.c", "B-11"),
    needs=READABLE,
)
def request_subjects_can_be_read(device: Device, _ca: CaContext) -> DeviceFindings:
    return _of_each_request(device, _unreadable_subject)


def _unreadable_subject(item: Item) -> Iterator[Finding]:
    subject = item.fields.get("Subj")
    if not isinstance(subject, str):
        return  # BDL017 and BDL044 tell it
    try:
        trouble = "" if read_subject(subject) else "has no attribute"
    except SubjectError as fault:
        trouble = str(fault)
    if trouble:
        yield finding_in_item(item, "Subj", f"Subj {trouble}", "CN=…", shown_value(subject))


@device_rule(
    "BDL049",
    Level.ERROR,
    requirement="a certificate request asks only for usages that the device knows",
    title="a certificate request asks for an unknown key usage",
    why="The device answers with status 15 if KU is set but has none of the four bits that it knows, or if EKU has a"
    " bit that it does not know. It reads only the low 32 bits of each.",
    fix="KU: 1 digitalSignature, 2 nonRepudiation, 4 keyCertSign, 8 keyAgreement; EKU: 1 any, 2 serverAuth, 4"
    " clientAuth, 8 codeSigning, 16 emailProtection, 256 timeStamping, 512 OCSPSigning; add the values up",
    passes='"KU": 1, "EKU": 4',
    fails='"KU": 128, "EKU": 32',
    source=client_source("kcm_defs.h, cs_der_keys_and_csrs.c", "B-12"),
    needs=READABLE,
)
def request_usages_are_known(device: Device, _ca: CaContext) -> DeviceFindings:
    return _of_each_request(device, _unknown_usages)


def _unknown_usages(item: Item) -> Iterator[Finding]:
    extensions = item.fields.get("Ext", {})
    if not is_extensions(extensions):
        return  # BDL044 tells it
    usages, purposes = (extensions.get(name, 0) & LOW_32_BITS for name in ("KU", "EKU"))
    if usages and not usages & KNOWN_USAGES:
        yield finding_in_item(item, "Ext.KU", "KU has no known bit", "1, 2, 4, 8 or a sum", shown_value(usages))
    if purposes & ~KNOWN_PURPOSES:
        expected = "1, 2, 4, 8, 16, 256, 512 or a sum"
        yield finding_in_item(item, "Ext.EKU", "EKU has an unknown bit", expected, shown_value(purposes))
