"""BDL037, BDL038 and BDL041 on: a device's server, sessions of messages, certificate requests, the device's answer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from fcu_conform.artefacts.bundle import CURRENT_TIME, PARAMETERS, REQUESTS, Bundle, Item, as_uint32, text_bytes
from fcu_conform.artefacts.certificate import Certificate
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.bundle_contents import VERIFICATION, is_plausible_time, of_parameter
from fcu_conform.rules.bundle_items import MAX_CHAIN
from fcu_conform.rules.bundle_words import (
    HANDLER,
    READABLE,
    bundle_of,
    client,
    mode_items,
    parameter_of,
    parameter_trouble,
    shown,
    wrong,
    wrong_item,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Level, device_rule, requires
from fcu_conform.rules.words import TEN_YEARS

FIRST_TO_CLAIM = "mbed.FirstToClaim"
MAX_REQUESTS = 5
LONGEST_WITHOUT_TIME = 3
"""Certificates in a chain whose warnings always fitted into the answer where the device had no time."""


def _server_uris(bundle: Bundle) -> list[tuple[str, str, str]]:
    """Mode, parameter and text of the server URIs that the device looks at; text that is none is empty."""
    found = []
    for mode in ("bootstrap", "lwm2m"):
        name = mode_items(mode)["URI"]
        item = bundle.find(name, PARAMETERS)
        if bundle.mode in (mode, None) and item is not None:
            if "Data" not in item.fields or parameter_trouble(item):
                raise Blocked("BDL017" if "Data" not in item.fields else "BDL028")
            content = text_bytes(bundle.parameter(name)) or b""
            found.append((mode, name, content.decode(errors="replace")))
    return found


def _has_account(uri: str) -> bool:
    return "?aid=" in uri or "&aid=" in uri


def _is_first_to_claim(bundle: Bundle) -> bool:
    return as_uint32(bundle.parameter(FIRST_TO_CLAIM)) == 1


@device_rule(
    "BDL037",
    Level.ERROR,
    statement="the server URI is coap or coaps and names the account, in an LwM2M URI last, unless the device is to be"
    " claimed",
    why='The device answers with status 28, "URI format incorrect". In LwM2M mode it compares all that follows aid='
    " with the certificate's OU (14).",
    fix="take the URI as the portal gives it: coaps://SERVER:PORT?aid=ACCOUNT",
    passes="coaps://bootstrap.example.com:5684?aid=0123456789abcdef0123456789abcdef",
    fails="https://bootstrap.example.com?aid=…; a URI without aid; aid=…&x=1 for LwM2M",
    source=client(VERIFICATION, "N-11", "DL-03"),
    needs=READABLE,
)
def server_uri_names_the_account(device: Device, _setup: Setup) -> DeviceFindings:
    bundle = bundle_of(device)
    uris = _server_uris(bundle)
    requires(uris, "the bundle has no server URI")
    return [
        of_parameter(bundle, name, trouble, "coaps://SERVER:PORT?aid=ACCOUNT")
        for mode, name, uri in uris
        if (trouble := _uri_trouble(uri, mode, claimed=_is_first_to_claim(bundle)))
    ]


def _uri_trouble(uri: str, mode: str, *, claimed: bool) -> str:
    if not uri.startswith(("coap://", "coaps://")):
        return "is no coap or coaps URI"
    if not _has_account(uri):
        return "" if claimed else "names no account"
    account = uri.rpartition("aid=")[2]
    if not account or account.startswith("&"):
        return "names an empty account"
    return "has something after the account" if mode == "lwm2m" and "&" in account else ""


@device_rule(
    "BDL038",
    Level.ERROR,
    statement=f"{FIRST_TO_CLAIM}, where present, is 0 or 1; 1 is for bootstrap mode, with a URI that names no account",
    why='The device answers with status 29, "first to claim not allowed": it cannot be free to claim and belong to an'
    " account at once.",
    fix="take aid out of the URI for devices that are to be claimed, or set first-to-claim: false",
    passes=f"{FIRST_TO_CLAIM} 1 and coaps://bootstrap.example.com:5684",
    fails=f"{FIRST_TO_CLAIM} 1 and a URI with aid, or in LwM2M mode",
    source=client(VERIFICATION, "N-11", "Y-05"),
    needs=READABLE,
)
def first_to_claim_has_no_account(device: Device, _setup: Setup) -> DeviceFindings:
    bundle = bundle_of(device)
    value = parameter_of(bundle, FIRST_TO_CLAIM)
    if as_uint32(value) not in (0, 1):
        return (of_parameter(bundle, FIRST_TO_CLAIM, f"is {shown(value)}", "0 or 1"),)
    if not _is_first_to_claim(bundle):
        return ()
    if bundle.mode == "lwm2m":
        return (of_parameter(bundle, FIRST_TO_CLAIM, "is 1 in LwM2M mode", "0"),)
    return [
        of_parameter(bundle, name, f"names an account, though {FIRST_TO_CLAIM} is 1", "a URI without aid")
        for _, name, uri in _server_uris(bundle)
        if _has_account(uri)
    ]


@device_rule(
    "BDL041",
    Level.ERROR,
    statement="a message that disables the factory flow is the last one",
    why="The device answers with status 35 to Disable with KpAlvSess: once disabled it takes no further message, and"
    " does not even answer one.",
    fix="set Disable to 1 in the last message alone",
    passes='"Disable": 1 without KpAlvSess',
    fails='"Disable": 1, "KpAlvSess": 1',
    source=client(HANDLER, "B-03"),
    needs=READABLE,
)
def disabling_ends_the_session(device: Device, _setup: Setup) -> DeviceFindings:
    bundle = bundle_of(device)
    if bundle.switch("Disable") != 1 or bundle.is_last:
        return ()
    return (wrong("Disable", "is 1 while KpAlvSess announces more messages", "0, or KpAlvSess 0"),)


@device_rule(
    "BDL042",
    Level.ERROR,
    statement=f"there are at most {MAX_REQUESTS} certificate requests in a message",
    why="The device answers with status 36.",
    fix="ask for the others in another message",
    passes="one request, for the device key",
    fails="six requests",
    source=client("fcc_bundle_utils.h", "B-09"),
    needs=READABLE,
)
def requests_are_at_most_five(device: Device, _setup: Setup) -> DeviceFindings:
    count = len(_requests(bundle_of(device)))
    if count <= MAX_REQUESTS:
        return ()
    return (wrong(REQUESTS, f"has {count} requests", f"{MAX_REQUESTS} at most", str(count)),)


def _requests(bundle: Bundle) -> list[Item]:
    found = list(bundle.items(REQUESTS))
    requires(found, "the bundle asks for no certificate request")
    return found


@device_rule(
    "BDL043",
    Level.ERROR,
    statement="a message with certificate requests has a SID, Verify 0 and no Disable",
    why="The device answers with status 20: the certificate is still to come, so there is a session to continue, and"
    " neither can the configuration be verified nor the factory flow end.",
    fix='add "SID" and "Verify": 0, and leave Disable to the last message',
    passes='"CsrReqs": […], "SID": "7f3a", "Verify": 0, "KpAlvSess": 1',
    fails="no SID; no Verify, which counts as 1",
    source=client(HANDLER, "B-09"),
    needs=READABLE,
)
def requests_come_within_a_session(device: Device, _setup: Setup) -> DeviceFindings:
    bundle = bundle_of(device)
    _requests(bundle)
    faults = [] if "SID" in bundle.groups else ["no SID"]
    if bundle.switch("Verify") != 0 and ("Verify" not in bundle.groups or bundle.switch("Verify") is not None):
        faults.append("Verify at 1" if "Verify" in bundle.groups else "no Verify")
    if bundle.switch("Disable") == 1:
        faults.append("Disable at 1")
    if not faults:
        return ()
    return (wrong(REQUESTS, f"come with {', '.join(faults)}", "SID, Verify 0, no Disable", ", ".join(faults)),)


_EXTENSIONS = ("KU", "EKU", "Trust")
_STORAGE_MODES = ("Prv", "Pub")
_STORAGE_PLACES = ("Device", "SE")


@device_rule(
    "BDL044",
    Level.ERROR,
    statement="a certificate request has a subject, MD 1 (SHA-256), and Ext and SM of the known form",
    why="The device answers with status 20 to another digest and cannot make the request, so the session ends.",
    fix='"MD": 1, "Subj": "CN=…", "Ext": {"KU": …, "EKU": …, "Trust": …}, "SM": {"Prv": "Device"}',
    passes='{"PrKN": "mbed.BootstrapDevicePrivateKey", "Subj": "CN=acme-000017", "MD": 1}',
    fails='"MD": 0, "Subj" as a byte string, "KU": "digitalSignature", "SM": {"Prv": "TPM"}',
    source=client("fcc_bundle_csr_utils.c", "B-09"),
    needs=READABLE,
)
def requests_are_of_the_known_form(device: Device, _setup: Setup) -> DeviceFindings:
    findings = []
    for item in _requests(bundle_of(device)):
        subject, digest = item.fields.get("Subj", "CN"), item.fields.get("MD", 1)  # BDL017 tells what is missing
        if not isinstance(subject, str) or not subject:
            findings.append(wrong_item(item, "Subj", f"Subj is {shown(subject)}", "a subject such as CN=…"))
        if type(digest) is not int or digest != 1:
            findings.append(wrong_item(item, "MD", f"MD is {shown(digest)}", "1"))
        extensions, storage = item.fields.get("Ext", {}), item.fields.get("SM", {})
        if not _is_map_of(extensions, _EXTENSIONS) or not all(_is_usage(extensions.get(k, 0)) for k in ("KU", "EKU")):
            expected = "a map with KU and EKU, unsigned integers, and Trust"
            findings.append(wrong_item(item, "Ext", "Ext is of another form", expected, shown(extensions)))
        if not _is_map_of(storage, _STORAGE_MODES) or not all(
            isinstance(place, str) and place in _STORAGE_PLACES for place in storage.values()
        ):
            expected = "a map with Prv and Pub, each Device or SE"
            findings.append(wrong_item(item, "SM", "SM is of another form", expected, shown(storage)))
    return findings


def _is_map_of(value: object, keys: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(key in keys for key in value)


def _is_usage(value: Any) -> bool:
    return type(value) is int and value >= 0


@device_rule(
    "BDL045",
    Level.WARNING,
    statement="the warnings about a long device chain fit into the device's answer",
    why="The device has 512 bytes for its answer and warns about every certificate by itself: with five certificates of"
    " less than ten years, or with four and no time, they do not fit. It stores everything and then fails with status"
    " 21 and sends no answer at all, so the line takes a finished device for a broken one.",
    fix="give the device a time (time-sync: true), use CA certificates that last more than ten years, or a smaller"
    " device-certificate-chain-depth",
    passes="a chain of three; a chain of five that lasts 20 years, with mbed.CurrentTime",
    fails="a chain of five that lasts five years; a chain of four without mbed.CurrentTime",
    source=client(HANDLER, "DC-04", "N-12"),
    needs=READABLE,
)
def warnings_fit_into_the_answer(device: Device, setup: Setup) -> DeviceFindings:
    bundle = bundle_of(device)
    requires(bundle.is_verified, "the device does not verify the configuration with this message")
    item = bundle.device_item
    requires(item, "the bundle has no device certificate")
    assert item is not None
    chain = [certificate for _, certificate in item.certificates if isinstance(certificate, Certificate)]
    if bundle.has_two_device_items:
        raise Blocked("BDL026")
    if not item.is_whole:
        raise Blocked("BDL023")
    time = bundle.parameter(CURRENT_TIME)
    if time is not None and not is_plausible_time(time):
        raise Blocked("BDL030")
    if time is None:
        if LONGEST_WITHOUT_TIME < len(chain) <= MAX_CHAIN:
            found = f"a chain of {len(chain)} and no {CURRENT_TIME}"
            return (wrong_item(item, "", found, f"{CURRENT_TIME}, or {LONGEST_WITHOUT_TIME} certificates at most"),)
        return ()
    now = setup.at
    if isinstance(time, int):
        now = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=time)
    short = [certificate for certificate in chain if certificate.not_after.instant - now < TEN_YEARS]
    if len(short) < MAX_CHAIN or len(chain) > MAX_CHAIN:
        return ()
    return (wrong_item(item, "", f"a chain of {len(chain)}, all of less than ten years", "longer lives, or fewer"),)
