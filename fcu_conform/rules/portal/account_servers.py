"""PTL007 and PTL008: the account's servers beside fcu.yml, and the devices that it has seen beside a lot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.portal_state import Json, PortalState
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.config.settings import at_setting, config_of, well_typed
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, requires, rule
from fcu_conform.rules.support.account import holds, plain_fingerprint, state_of
from fcu_conform.rules.support.formatting import short_name
from fcu_conform.rules.support.inputs import fcu_certificate_of
from fcu_conform.rules.support.sources import api, docs

COAPS_PORT = 5684
TOLD = 20
"""Devices that are told by name."""


@rule(
    "PTL007",
    Level.ERROR,
    requirement="URI and CA of the server in fcu.yml are those of the account's server credentials",
    title="fcu.yml names another server, or another CA of the server, than the account",
    why="A device connects to the server that fcu.yml names, and trusts its CA and no other. With another one it"
    " reaches somebody else's account, or nobody.",
    fix="copy URI and certificate of the service from the portal's server credentials to fcu.yml",
    passes="bootstrap-server-uri: coaps://bootstrap.example.com:5684?aid=…, as the account has it",
    fails="the URI with the aid of another account",
    source=docs("Server credentials", "", "P-25"),
    needs=("CFG001",),
)
def servers_are_those_of_account(setup: Setup) -> Findings:
    state = state_of(setup)
    config = config_of(setup)
    mode = setup.mode
    requires(mode, "neither fcu.yml nor an option says which service devices use")
    credentials = state.server_credentials.get(f"{mode}")
    requires(credentials, f"the server credentials for {mode} are not in the state of the account")
    assert credentials is not None
    is_claimed = mode == "bootstrap" and config.flag("first-to-claim") is True
    requires(not is_claimed, "first to claim goes to a server of all accounts")
    uri = well_typed(config, f"{mode}-server-uri").get(f"{mode}-server-uri")
    expected = _text(credentials.get("server_uri"))
    found = None if uri is None or uri.is_template else uri.as_text
    if uri is not None and found and expected and _comparable(found) != _comparable(expected):
        yield Finding(f"{uri.name} is not that of the account", at_setting(setup, uri), expected, found)
    ours, theirs = setup.server_ca, _server_ca(credentials)
    name = f"{mode}-server-ca-certificate-file"
    setting = config.get(name)
    if ours is None or setting is None or not ours.certificates or not theirs:
        return
    if not {one.raw for one in ours.certificates} & {one.raw for one in theirs}:
        yield Finding(
            f"{name}: the CA in it is not that of the account's server",
            at_setting(setup, setting),
            _names(theirs),
            _names(ours.certificates),
        )


def _comparable(uri: str) -> object:
    """What two URIs of one server have in common, however they are written."""
    try:
        parts = urlsplit(uri.strip())
        port = parts.port or (COAPS_PORT if parts.scheme.lower() == "coaps" else None)
    except ValueError:
        return uri
    return parts.scheme.lower(), parts.hostname, port, parts.path.rstrip("/"), parts.query


def _server_ca(credentials: Json) -> tuple[Certificate, ...]:
    text = credentials.get("server_certificate")
    if not isinstance(text, str):
        return ()
    data = text.encode("utf-8", "surrogatepass")
    return CertificateFile(FileBytes("server_certificate", Path(), data)).certificates


def _names(certificates: tuple[Certificate, ...]) -> str:
    return ", ".join(f"{short_name(one)} (sha256 {one.sha256[:8]}…)" for one in certificates)


@rule(
    "PTL008",
    Level.ERROR,
    requirement="devices that the portal has seen under the line's CA are devices of its lot, by their fingerprints",
    title="the portal has seen devices under the line's CA that are not in its lot",
    why="A device that the factory has not made, under a CA whose key the factory alone has, is the sign of a stolen"
    " key.",
    fix="give the device output of all that the line has made; if these devices are still not among it, see"
    " fcu-conform drill for what to remove",
    passes="each device_key is the fingerprint of a device in the lot",
    fails="a device under the line's CA that no lot has",
    source=api("devices: device_key, issuer_fingerprint, ca_id", "P-26"),
    needs=("CRT001",),
)
def seen_devices_are_of_lot(setup: Setup) -> Findings:
    state = state_of(setup)
    requires(state.devices is not None, "the devices that the portal has seen are not in the state of the account")
    requires(setup.devices, "no devices were given")
    assert setup.devices is not None
    seen = dict(_seen_under(fcu_certificate_of(setup.ca), state))
    requires(seen, "the portal has seen no device under the line's CA")
    unread = 0
    for device in setup.devices:
        if device.certificate is None:
            unread += 1
        else:
            seen.pop(device.certificate.sha256, None)
    if seen and unread:
        raise Blocked("DEV001")
    if seen:
        names = sorted(seen.values())
        more = f" and {len(names) - TOLD:,} more" if len(names) > TOLD else ""
        yield Finding(
            f"the portal has seen {pluralize(len(names), 'device')} under the line's CA that"
            f" {'is' if len(names) == 1 else 'are'} not in its lot: {', '.join(names[:TOLD])}{more}",
            Location(state.name, field=f"device {names[0]}"),
            "devices of the lot alone",
        )


def _seen_under(fcu: Certificate, state: PortalState) -> Iterator[tuple[str, str]]:
    """Fingerprint and name of each device that the portal has seen under the FCU certificate.

    Where the portal does not say who issued a device's certificate, the entry that let it in says so only if it stands
    for the FCU certificate itself.
    """
    own = {entry.fields.get("id") for entry in state.entries if holds(entry, fcu)} - {None}
    for device in state.devices or ():
        issuer = plain_fingerprint(device.get("issuer_fingerprint"))
        is_ours = issuer == fcu.sha256 if issuer else _text(device.get("ca_id")) in own
        key = plain_fingerprint(device.get("device_key"))
        if is_ours and key:
            yield key, _text(device.get("endpoint_name")) or key


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
