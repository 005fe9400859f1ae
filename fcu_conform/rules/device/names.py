"""DEV: what the device certificate calls the device, and whether those above it admit such a name."""

from __future__ import annotations

import re

from fcu_conform.artefacts.bundle import server_account, text_bytes
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.strings import TYPES
from fcu_conform.artefacts.wording import count_or_no
from fcu_conform.rules.device.certificate import DEVICE_PAGE
from fcu_conform.rules.device.chain import at_number, own_certificate
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, Location, NotApplicable, device_rule
from fcu_conform.rules.support.formatting import CN_LIMIT, certificate_text, has_controls, subject_text
from fcu_conform.rules.support.name_constraints import excluded_names
from fcu_conform.rules.support.sources import device_code, docs, rfc

_OTHER_OCTETS = frozenset({der.BMP_STRING, der.UNIVERSAL_STRING})
"""String types whose octets are never those of an endpoint name."""
_RECOMMENDED = re.compile(r"[A-Za-z0-9'()+,\-.?:/= ]*")


@device_rule(
    "DEV005",
    Level.ERROR,
    requirement="the device certificate has exactly one CN of 1 to 64 characters, the endpoint name",
    title="a device certificate's CN is not the endpoint name",
    why="The device compares its CN with its endpoint name byte for byte, and refuses its configuration if they"
    " differ.",
    fix="sign the device with CN = endpoint name",
    passes="CN=line1-0001 in line1-0001.pem",
    fails="CN=line1-0002 in line1-0001.pem; two CNs; a CN of 65 characters",
    source=(
        docs(DEVICE_PAGE, "", "DB-06", "DB-10"),
        docs("General device information", "", "DB-11"),
        device_code("fcc_verification.c", "DB-14"),
    ),
    looks_at=(DeviceField.NAME,),
)
def common_name_is_endpoint_name(device: Device, ca: CaContext) -> DeviceFindings:
    if device.remark is not None and device.remark.is_nameless:
        told = "no row has an endpoint_name, so the CNs were compared with nothing"
        return [Finding(told, Location(device.name), "a column endpoint_name", "none", level=Level.NOTICE)]
    certificate = own_certificate(device, ca)
    names = certificate.common_names
    place = at_number(1, "subject")
    if len(names) != 1:
        found = ", ".join(map(repr, names)) or "none"
        return [Finding(f"the device certificate has {count_or_no(len(names), 'CN')}", place, "exactly one CN", found)]
    (name,) = names
    if not 1 <= len(name) <= CN_LIMIT:
        return [
            Finding(
                f"the CN has {len(name)} characters", place, f"1 to {CN_LIMIT} characters", f"{len(name)} characters"
            )
        ]
    if has_controls(name):
        return [Finding("the CN has control characters", place, "no control characters", repr(name))]
    if device.bundle is not None:  # its endpoint name stands in it: BDL tells what follows
        return ()
    (kind,) = certificate.common_name_types
    if kind in _OTHER_OCTETS:
        octets = f"a {TYPES[kind]}, of which the device compares the octets"
        return [Finding(f"the CN is {octets}", place, "a UTF8String or PrintableString", f"a {TYPES[kind]}")]
    expected = device.endpoint_names
    if expected and name not in expected:
        wanted = " or ".join(map(repr, expected))
        return [Finding("the CN is not the endpoint name", place, wanted, repr(name))]
    return ()


@device_rule(
    "DEV006",
    Level.WARNING,
    requirement="the endpoint name has recommended characters only: letters, digits, space and ' ( ) + , - . ? : / =",
    title="an endpoint name has characters that are not recommended",
    why="Other characters may be changed or refused on the way to the portal.",
    fix="choose another endpoint name",
    passes="line1-0001",
    fails="line1_0001, línea-1",
    source=docs("General device information", "", "DB-09", "D-13"),
    looks_at=(DeviceField.NAME,),
)
def endpoint_name_is_portable(device: Device, ca: CaContext) -> DeviceFindings:
    for name in own_certificate(device, ca).common_names:
        if not _RECOMMENDED.fullmatch(name):
            if has_controls(name):
                raise Blocked("DEV005")
            others = "".join(sorted(set(re.sub(_RECOMMENDED, "", name))))
            return [
                Finding(
                    "the endpoint name has characters that are not recommended", at_number(1, "subject"), found=others
                )
            ]
    return ()


@device_rule(
    "DEV007",
    Level.ERROR,
    requirement="the device certificate is not self-signed, and its subject differs from its issuer",
    title="a device certificate is self-signed",
    why="A self-signed device proves nothing: none of the uploaded CAs vouches for it.",
    fix="sign the device with the FCU key; use different names for FCU and its devices",
    passes="subject CN=line1-0001, issuer CN=FCU line 1",
    fails="subject and issuer CN=line1-0001",
    source=docs(DEVICE_PAGE, "", "DB-02", "DB-17", "D-12"),
    looks_at=(DeviceField.NAME,),
)
def device_is_not_self_signed(device: Device, ca: CaContext) -> DeviceFindings:
    certificate = own_certificate(device, ca)
    if not certificate.is_self_issued:
        return ()
    return [
        Finding(
            "the device certificate has its own subject as issuer",
            at_number(1, "issuer"),
            "the subject of the FCU certificate",
            subject_text(certificate),
        )
    ]


@device_rule(
    "DEV022",
    Level.ERROR,
    requirement="in LwM2M mode the device certificate's OU is the account id of the server URI",
    title="a device certificate's OU is not the account id",
    why="The device compares the two when it is configured, and refuses its certificate if they differ.",
    fix="sign devices with OU = the value of aid in lwm2m-server-uri",
    passes="OU=0123456789abcdef0123456789abcdef",
    fails="no OU",
    source=device_code("fcc_verification.c", "DL-02", "DL-03"),
    told_by=("BDL037",),
    looks_at=WHAT_ALL_SHARE,
)
def organizational_unit_is_account(device: Device, ca: CaContext) -> DeviceFindings:
    account = account_of(device, ca)
    if account is None:
        raise NotApplicable("not in LwM2M mode, or no account id is known")
    certificate = own_certificate(device, ca)
    units, types = certificate.organizational_units, certificate.organizational_unit_types
    if units[:1] == (account,):
        if types[0] not in _OTHER_OCTETS:
            return ()
        message = f"the OU is a {TYPES[types[0]]}, of which the device compares the octets"
        return [Finding(message, at_number(1, "subject"), "a UTF8String or PrintableString", f"a {TYPES[types[0]]}")]
    return [Finding("the OU is not the account id", at_number(1, "subject"), account, ", ".join(units) or "no OU")]


def account_of(device: Device, ca: CaContext) -> str | None:
    """The account id that the device compares its OU with; None outside LwM2M mode or where it is not known."""
    if device.bundle is None:
        return ca.account_id
    if device.bundle.mode != "lwm2m":
        return None
    account = server_account(text_bytes(device.bundle.parameter("mbed.LwM2MServerURI")) or b"")
    return account.decode(errors="replace") if account else None


@device_rule(
    "DEV030",
    Level.ERROR,
    requirement="the name constraints of the CAs in fcu.crt, if any, permit the device certificate",
    title="a CA's name constraints exclude the device",
    why="Validators refuse a device if a CA above it does not permit its name.",
    fix="name the device as the CA requires, or issue that CA's certificate again with constraints that permit its"
    " devices",
    passes="permitted DirName O=ACME above CN=line1-0001, O=ACME",
    fails="permitted DirName O=ACME above CN=line1-0001",
    source=rfc(5280, "4.2.1.10"),
    told_by=("DEV004",),
    looks_at=(DeviceField.NAME, DeviceField.REST),
)
def name_constraints_admit_device(device: Device, ca: CaContext) -> DeviceFindings:
    constrained = ca.chain.constrained
    if not constrained:
        raise NotApplicable("there are no name constraints")
    certificate = own_certificate(device, ca)
    path = [link.certificate for link in ca.chain.path]
    return [
        Finding(
            f"{name} is {reason} by {certificate_text(link, ca)}",
            at_number(1, "subject"),
            "a name that the CAs above it permit",
            reason,
        )
        for link, constraints in constrained
        for name, reason in excluded_names(constraints, certificate)
        # What keeps out a CA as well CHN009 tells.
        if not any(
            any(excluded_names(constraints, lower))
            for lower in path[: path.index(link.certificate)]
            if not lower.is_self_issued
        )
    ]
