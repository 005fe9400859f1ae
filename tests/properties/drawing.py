"""Draws sound setups at random: their shape, names, validity, extensions, and how their files are laid out."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import strategies as st

from fcu_conform import Report, check
from reference_ca import KeySource
from reference_ca.defects import FactorySetup, SetupParameters, asn1
from reference_ca.defects.certificates import BASIC_CONSTRAINTS, Certificate, Extension, basic_constraints
from reference_ca.defects.plan import CERTIFICATE_FILE, DEPTH, KEY_FILE

Draw = Callable[[st.SearchStrategy[Any]], Any]

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
PORTABLE = string.ascii_letters + string.digits
ALPHABETS = {
    "utf8": st.characters(codec="utf-8", categories=("L", "N")),
    "printable": st.sampled_from(PORTABLE + " '()+,-./:=?"),
    "teletex": st.sampled_from(PORTABLE + " -."),
    "bmp": st.characters(max_codepoint=0xD7FF, categories=("L", "N")),
    "universal": st.characters(codec="utf-8", categories=("L", "N")),
}


@st.composite
def shapes(draw: Any, **fixed: Any) -> SetupParameters:
    """The shape of a setup; what is ``fixed`` is not drawn."""
    length = fixed.get("length") or draw(st.integers(1, 7))
    form = fixed.get("form") or draw(st.sampled_from(["pem", "pem", "der", "cbor"]))
    devices = draw(st.integers(0, 3)) if fixed.get("devices") is None else fixed["devices"]
    deepest = 1 if form == "der" and devices else min(length, 5)
    values = {
        "depth": draw(st.integers(1, deepest)),
        "upload": draw(st.booleans()),
        "mode": draw(st.sampled_from(["bootstrap", "bootstrap", "lwm2m"])),
        "external": length > 1 and draw(st.booleans()),
        "critical": draw(st.booleans()),
    }
    return SetupParameters(**{**values, "length": length, "form": form, "devices": devices, **fixed})


@st.composite
def sound(draw: Any) -> FactorySetup:
    """A setup in which nothing is wrong."""
    setup = FactorySetup(
        draw(shapes()), KeySource(draw(st.binary(min_size=8, max_size=8)), at=AT), _name(draw, "printable")
    )
    for vary in (_names, _serials, _lives, _path_lengths, _device_profile, _layout, _key_form):
        vary(draw, setup)
    return setup


def _name(draw: Draw, kind: str, longest: int = 40) -> str:
    """A value for an attribute: no space at its ends, where readers may drop it."""
    text = draw(st.text(ALPHABETS[kind], min_size=1, max_size=longest))
    return f"N{text}N"


def _names(draw: Draw, setup: FactorySetup) -> None:
    """Other names for the CAs above, and other string types for all."""
    for number, certificate in enumerate(setup.chain[1:], 1):
        kind = draw(st.sampled_from(sorted(asn1.STRINGS)))
        attributes = [("CN", f"{number} {_name(draw, kind)}")]
        attributes += [(a, _name(draw, kind)) for a in ("O", "OU", "L", "ST") if draw(st.booleans())]
        attributes += [("C", draw(st.sampled_from(["FI", "DE", "US"])))] if draw(st.booleans()) else []
        certificate.subject = asn1.name(*attributes, kind=kind)
    kind = draw(st.sampled_from(["utf8", "printable"]))
    setup.chain[0].subject = asn1.recoded(setup.chain[0].subject, kind)
    if setup.request is not None:
        setup.request.subject = setup.chain[0].subject


def _serials(draw: Draw, setup: FactorySetup) -> None:
    for certificate in setup.chain:
        certificate.serial = draw(st.integers(1, 2**159 - 1))
    numbers = st.lists(st.integers(1, 2**159 - 1), min_size=3, max_size=3, unique=True)
    for device, serial in zip(setup.devices, draw(numbers), strict=False):
        device.certificate.serial = serial


def _lives(draw: Draw, setup: FactorySetup) -> None:
    """CAs that live for 36 to 70 years, each inside its issuer's life; devices for 10 to 35."""
    start, end = (
        AT - timedelta(days=draw(st.integers(400, 5000))),
        timedelta(days=draw(st.integers(36 * 366, 70 * 365))),
    )
    last = AT + end
    for certificate in reversed(setup.chain):
        certificate.not_before, certificate.not_after = start, last
        start += timedelta(seconds=draw(st.integers(0, 86_400)))
        last -= timedelta(seconds=draw(st.integers(0, 86_400)))
    made = AT - timedelta(seconds=draw(st.integers(0, 390 * 86_400)))
    days = draw(st.integers(3651, 34 * 365))
    for device in setup.devices:
        device.certificate.not_before = made + timedelta(0)
        device.certificate.not_after = made + timedelta(days=days)


def _path_lengths(draw: Draw, setup: FactorySetup) -> None:
    """Path length constraints that leave room enough."""
    for below, certificate in enumerate(setup.chain):
        if draw(st.booleans()):
            length = below + draw(st.integers(0, 3))
            value = basic_constraints(True, length)
            certificate.extensions["basicConstraints"] = Extension(BASIC_CONSTRAINTS, value, setup.parameters.critical)


def _device_profile(draw: Draw, setup: FactorySetup) -> None:
    """One profile for all devices of the lot, with or without what a device certificate need not have."""
    for name in ("basicConstraints", "keyUsage", "extKeyUsage"):
        if draw(st.booleans()):
            for device in setup.devices:
                del device.certificate.extensions[name]


def _layout(draw: Draw, setup: FactorySetup) -> None:
    """Line ends, blank lines, a manifest, keys beside the devices, a folder for each."""
    if draw(st.booleans()):
        setup.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"\n", b"\r\n"))
    elif draw(st.booleans()):
        setup.edit_file(CERTIFICATE_FILE, lambda data: data.replace(b"-----BEGIN", b"\n-----BEGIN").rstrip(b"\n"))
    setup.manifest = bool(setup.devices) and draw(st.booleans())
    beside, in_folders = draw(st.booleans()), draw(st.booleans())
    for device in setup.devices:
        device.key_beside = beside
        if in_folders:
            device.file = f"{device.endpoint_name}/{device.file}"


def _key_form(draw: Draw, setup: FactorySetup) -> None:
    """The key as OpenSSL's older commands write it."""
    if draw(st.booleans()):
        assert isinstance(setup.key, ec.EllipticCurvePrivateKey)
        form = PrivateFormat.TraditionalOpenSSL
        data = setup.key.private_bytes(Encoding.PEM, form, NoEncryption())
        setup.edit_file(KEY_FILE, lambda _: data)


@dataclass(frozen=True)
class Judged:
    """The codes of the errors, and of the errors and warnings together."""

    errors: frozenset[str]
    named: frozenset[str]
    report: Report


def judge(setup: FactorySetup, folder: Path, validators: str = "none") -> Judged:
    """Writes the setup, and judges it as of its own instant with everything that it has."""
    setup.write(folder)
    instances = [setup, *setup.others]
    places = [folder / one.folder for one in instances]
    uploads = [place / "upload.pem" for place in places]
    devices = folder / setup.folder / "devices"
    report = check(
        [place / "keystore" for place in places],
        devices=[devices] if devices.exists() and len(places) == 1 else [],
        portal_upload=uploads if all(path.exists() for path in uploads) else [],
        mode=setup.parameters.mode if len(places) == 1 else None,
        at=setup.now,
        validators=validators,
    )
    errors = {r.rule.code for r in report.results if r.outcome.value in ("failed", "error")}
    warned = {r.rule.code for r in report.results if r.outcome.value == "warned"}
    return Judged(frozenset(errors), frozenset(errors | warned), report)


def describe(setup: FactorySetup) -> str:
    """What hypothesis is to say about a setup."""
    certificates: list[Certificate] = setup.chain
    return f"{setup.parameters}, depth {setup.settings.get(DEPTH)}, {len(certificates)} certificates"
