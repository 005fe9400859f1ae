"""BDL037, BDL038 and BDL041: a device's server, whom it belongs to, and the end of a session."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import PARAMETERS, Bundle, as_uint32, server_account, text_bytes
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.rules.bundle.formatting import (
    HANDLER,
    READABLE,
    VERIFICATION,
    bundle_of,
    client_source,
    finding_at,
    mode_items,
    needs_all_items,
    of_parameter,
    parameter_of,
    parameter_trouble,
    shown_value,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Level, device_rule, requires

FIRST_TO_CLAIM = "mbed.FirstToClaim"
NO_ACCOUNT = "names no account"


def _server_uris(bundle: Bundle) -> list[tuple[str, str, bytes]]:
    """Mode, parameter and octets of the server URIs that the device looks at; those of a number are empty."""
    found = []
    for mode in ("bootstrap", "lwm2m"):
        name = mode_items(mode)["URI"]
        item = bundle.find(name, PARAMETERS)
        if bundle.mode in (mode, None) and item is not None:
            if "Data" not in item.fields or parameter_trouble(item):
                raise Blocked("BDL017" if "Data" not in item.fields else "BDL028")
            found.append((mode, name, text_bytes(bundle.parameter(name)) or b""))
    return found


def _is_first_to_claim(bundle: Bundle) -> bool:
    return as_uint32(bundle.parameter(FIRST_TO_CLAIM)) == 1


@device_rule(
    "BDL037",
    Level.ERROR,
    requirement="the server URI uses coap or coaps and names the account (last in an LwM2M URI), unless the device is"
    " to be claimed",
    title="the server URI does not fit the mode or the account",
    why='The device answers with status 28, "URI format incorrect". It reads the URI up to a NUL, and in LwM2M mode'
    " compares everything after the first aid= with the certificate's OU (status 14). This rule is stricter in two"
    " ways: in bootstrap mode the device accepts an empty account, which does not exist; and with Verify 0 it does"
    " not check the URI.",
    fix="copy the URI from the portal: coaps://SERVER:PORT?aid=ACCOUNT",
    passes="coaps://bootstrap.example.com:5684?aid=0123456789abcdef0123456789abcdef",
    fails="https://bootstrap.example.com?aid=…; a URI without aid; aid=…&x=1 or two aid= for LwM2M",
    source=client_source(VERIFICATION, "N-11", "DL-03"),
    needs=READABLE,
)
def server_uri_names_the_account(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    uris = _server_uris(bundle)
    requires(uris, "the bundle has no server URI")
    claimed = _is_first_to_claim(bundle)
    findings = [(name, trouble) for mode, name, uri in uris if (trouble := _uri_trouble(uri, mode, claimed=claimed))]
    if any(trouble == NO_ACCOUNT for _, trouble in findings):
        _needs_to_know_who_claims(bundle)
    return [of_parameter(bundle, name, trouble, "coaps://SERVER:PORT?aid=ACCOUNT") for name, trouble in findings]


def _needs_to_know_who_claims(bundle: Bundle) -> None:
    """Whether the device is to be claimed is known: what is not found is not there, and what is there is 0 or 1.

    Raises:
        Blocked: by the rule that tells what is wrong.
    """
    needs_all_items(bundle, PARAMETERS)
    if bundle.find(FIRST_TO_CLAIM, PARAMETERS) and as_uint32(parameter_of(bundle, FIRST_TO_CLAIM)) not in (0, 1):
        raise Blocked("BDL038")


def _uri_trouble(uri: bytes, mode: str, *, claimed: bool) -> str:
    if not uri.startswith((b"coap://", b"coaps://")):
        return "is not a coap or coaps URI"
    account = server_account(uri)
    if account is None:
        return "" if claimed else NO_ACCOUNT
    if not account or account.startswith(b"&"):
        return "names an empty account"
    if mode == "lwm2m" and server_account(b"?" + account) is not None:
        return "names an account twice"
    return "has text after the account" if mode == "lwm2m" and b"&" in account else ""


@device_rule(
    "BDL038",
    Level.ERROR,
    requirement=f"{FIRST_TO_CLAIM}, if present, is 0 or 1; 1 requires bootstrap mode and a URI without an account",
    title="mbed.FirstToClaim does not fit the mode or the URI",
    why='The device answers with status 29, "first to claim not allowed": it cannot be free to claim and belong to an'
    " account at once. It may read only the first four bytes of a longer string, and reads every value but 1 as 0:"
    " this rule is stricter.",
    fix="remove aid from the URI of devices that are to be claimed, or set first-to-claim: false",
    passes=f"{FIRST_TO_CLAIM} 1 and coaps://bootstrap.example.com:5684",
    fails=f"{FIRST_TO_CLAIM} 1 and a URI with aid, or in LwM2M mode",
    source=client_source(VERIFICATION, "N-11", "Y-05"),
    needs=READABLE,
)
def first_to_claim_has_no_account(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    value = parameter_of(bundle, FIRST_TO_CLAIM)
    if as_uint32(value) not in (0, 1):
        return (of_parameter(bundle, FIRST_TO_CLAIM, f"is {shown_value(value)}", "0 or 1"),)
    if not _is_first_to_claim(bundle):
        return ()
    if bundle.mode == "lwm2m":
        return (of_parameter(bundle, FIRST_TO_CLAIM, "is 1 in LwM2M mode", "0"),)
    uris = _server_uris(bundle)
    if any(_uri_trouble(uri, mode, claimed=True) for mode, _, uri in uris):
        raise Blocked("BDL037")
    return [
        of_parameter(bundle, name, f"names an account, though {FIRST_TO_CLAIM} is 1", "a URI without aid")
        for _, name, uri in uris
        if server_account(uri) is not None
    ]


@device_rule(
    "BDL041",
    Level.ERROR,
    requirement="the message that disables the factory flow is the last one",
    title="messages follow the one that disables the factory flow",
    why="The device answers with status 35 to Disable with KpAlvSess: once disabled it accepts no further message, and"
    " does not even answer one.",
    fix="set Disable to 1 in the last message only",
    passes='"Disable": 1 without KpAlvSess',
    fails='"Disable": 1, "KpAlvSess": 1',
    source=client_source(HANDLER, "B-03"),
    needs=READABLE,
)
def disabling_ends_the_session(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    if bundle.switch("Disable") != 1 or bundle.is_last:
        return ()
    return (finding_at("Disable", "is 1 while KpAlvSess announces more messages", "0, or KpAlvSess 0"),)
