"""CHN013, DEV024 and DEV025: the paths that independent validators and servers are asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcu_conform.rules.model import Blocked, Level, PathQuestion, device_path_rule, handshake_rule, path_rule
from fcu_conform.rules.support.inputs import path_of, readable_upload
from fcu_conform.rules.support.sources import UPLOADING, page

if TYPE_CHECKING:
    from fcu_conform.artefacts.ca_context import CaContext
    from fcu_conform.artefacts.device import Device
    from fcu_conform.artefacts.upload import Upload


@path_rule(
    "CHN013",
    Level.ERROR,
    requirement="independent validators accept the path from the FCU certificate to the root",
    title="an independent validator refuses FCU's path",
    why="Some software in the field will validate the chain with this very library: a server, a gateway, the device.",
    fix="see the validator's message; if this validator alone refuses, the finding says what is known about the cause",
    passes="cryptography, openssl, pyhanko and mbedtls accept",
    fails="mbedtls refuses: the name tag or value is invalid",
    source=page("Example: Creating a certificate chain using OpenSSL", "CA-12"),
)
def validators_accept_fcu_path(ca: CaContext) -> PathQuestion:
    path = [link.certificate for link in path_of(ca)]
    if ca.lacks_fcu_certificate:
        raise Blocked("CHN007")
    if not ca.fcu_crt.is_whole:
        raise Blocked("CRT002")
    if ca.chain.has_gap:
        raise Blocked("CHN003")
    if not ca.chain.is_complete:
        raise Blocked("CHN011" if len(ca.fcu_crt.entries) == 1 else "CHN005")
    return PathQuestion(path[0], tuple(path[1:-1]), (path[-1],))


@device_path_rule(
    "DEV024",
    Level.ERROR,
    requirement="with the portal upload as the only trust anchors, independent validators accept the device's chain",
    title="an independent validator refuses a device's chain",
    why="The portal does the same when the device connects. If the path is refused, the device never comes online.",
    fix="see the validator's message; compare device, fcu.crt and upload with fcu-conform slice",
    passes="cryptography, openssl, pyhanko and mbedtls accept",
    fails="openssl refuses: unable to get issuer certificate",
    source=page(UPLOADING, "CA-10", "P-01"),
)
def validators_accept_device_path(device: Device, upload: Upload) -> PathQuestion:
    return PathQuestion(device.certificates[0], device.certificates[1:], readable_upload(upload))


@handshake_rule(
    "DEV025",
    Level.ERROR,
    requirement="TLS and DTLS servers that trust only the upload accept the device, and refuse an impostor",
    title="a TLS handshake refused the device, or accepted an impostor",
    why="The device makes this handshake with the portal. If it fails, the device never comes online; if an impostor"
    " is accepted, anyone can pass as one of your devices.",
    fix="see the library's message; compare device, fcu.crt and upload with fcu-conform slice",
    passes="the device connects over TLS 1.2, TLS 1.3 and DTLS 1.2; the same names with another key do not",
    fails="openssl refuses: unable to get issuer certificate",
    source=page(UPLOADING, "CA-10", "P-01"),
)
def servers_let_device_in(device: Device, upload: Upload) -> PathQuestion:
    return validators_accept_device_path(device, upload)
