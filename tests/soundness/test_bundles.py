"""Bundles with changes of their CBOR: what passes is read by the device and by cbor2, to the same values in order."""

from __future__ import annotations

import re

import cbor2
import pytest
from rules.bundle.judging import make_setup
from rules.bundle.maker import good, parameter, public_der, request
from rules.bundle.recorded import Case, read_cases

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS, KEYS, PARAMETERS, REQUESTS, Bundle
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Blocked, Level, NotApplicable

from . import device_reader
from .agreement import Agreement, cases
from .cbor_items import drawn
from .device_reader import FOUR_BYTES, TIME, Refused, Stored

RULES = [rule for rule in CATALOGUE if rule.family == "BDL"]
BUNDLES = {
    "bootstrap": good(2),
    "lwm2m": good(3, "lwm2m"),
    "more": {
        **good(1),
        "Entropy": bytes(range(48)),
        "ROT": bytes(range(16)),
        "Verify": 1,
        "Disable": 0,
        "SID": "7f3a",
        "Keys": [*good(1)["Keys"], {"Name": "acme.other", "Type": "ECCPublic", "Data": public_der(3)}],
        "ConfigParams": [*good(1)["ConfigParams"], parameter("acme.serial", b"\1\2"), parameter("acme.count", -7)],
    },
    "request": request(),
}


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return make_setup(tmp_path_factory.mktemp("bundles") / "keystore")


def errors(device: Device, setup: Setup) -> dict[str, str]:
    """By code the first error of each rule over bundles that can be judged."""
    found: dict[str, str] = {}
    hindered: set[str] = set()
    for rule in RULES:
        if not hindered.isdisjoint(rule.needs):
            hindered.add(rule.code)
            continue
        try:
            findings = list(rule.check(device, setup.ca))
        except NotApplicable:
            continue
        except Blocked:
            hindered.add(rule.code)
            continue
        if findings:
            hindered.add(rule.code)
        weighty = [finding.message for finding in findings if (finding.level or rule.level) is Level.ERROR]
        if weighty:
            found[rule.code] = weighty[0]
    return found


def judge(agreement: Agreement, what: str, data: bytes, setup: Setup) -> None:
    """Puts one bundle to the rules, to the device's reading of it, and to cbor2."""
    device = DeviceFile("acme-000017.cbor", Kind.BUNDLE, data).read()
    found, refused, stored = errors(device, setup), {}, Stored()
    try:
        stored = device_reader.read(data)
    except Refused as refusal:
        refused["device"] = str(refusal)
    try:
        decoded = cbor2.loads(data)
    except Exception as fault:  # which exceptions there are differs from version to version of cbor2
        refused["cbor2"] = type(fault).__name__
    agreement.add(f"{what} {data.hex()}", refused, found)
    if not found and not refused:
        assert device.bundle is not None
        assert as_stored(device.bundle) == stored, what
        ours = [(item.name, item.fields["Data"]) for item in device.bundle.items(PARAMETERS)]
        theirs = [(item["Name"], item["Data"]) for item in decoded.get(PARAMETERS, ())]
        assert len(ours) == len(theirs), what
        assert all(a == c and is_same(b, d) for (a, b), (c, d) in zip(ours, theirs, strict=True)), what


def is_same(ours: object, theirs: object) -> bool:
    """Octets that are tagged as a number are one to cbor2, and octets to the device."""
    octets = ours.reveal() if isinstance(ours, Secret) else ours
    return octets == theirs or (isinstance(octets, bytes) and int.from_bytes(octets, "big") == theirs)


def as_stored(bundle: Bundle) -> Stored:
    """What the suite takes the bundle for, in the device's words."""
    stored = Stored()
    for item in bundle.items(PARAMETERS):
        data = item.fields["Data"]
        if item.name == TIME:
            stored.clock.append(data)
            continue
        size = 4 if item.name in FOUR_BYTES else 8
        octets = (data % (1 << 8 * size)).to_bytes(size, "little") if isinstance(data, int) else _revealed(data)
        stored.parameters.append((item.name or "", octets))
    for item in bundle.items(KEYS):
        stored.keys.append((f"{item.fields['Type']} {item.name}", _revealed(item.fields["Data"])))
    for item in bundle.items(CERTIFICATES, CHAINS):
        stored.certificates.append((item.name or "", tuple(data for _, data in item.certificate_data)))
    stored.requests = [item.key_name or "" for item in bundle.items(REQUESTS)]
    return stored


def _revealed(value: str | Secret) -> bytes:
    return value.encode() if isinstance(value, str) else value.reveal()


@pytest.mark.parametrize("kind", BUNDLES)
def test_a_sound_bundle_is_the_same_to_all(kind: str, setup: Setup) -> None:
    agreement = Agreement(kind)
    judge(agreement, "unchanged", cbor2.dumps(BUNDLES[kind]), setup)
    assert (agreement.passed, agreement.missed) == (1, {})


def test_drawn_bundles_that_pass_are_the_same_to_the_device_and_to_cbor2(setup: Setup) -> None:
    agreement, encoded = Agreement("bundles"), [cbor2.dumps(bundle) for bundle in BUNDLES.values()]
    for random in cases("bundles", 400):
        judge(agreement, *drawn(random.choice(encoded), random), setup)
    agreement.hold()


STRICTER = re.compile(
    r"not of definite length|unknown key b'\w+\\x00'|MD that is not 1|mbed\.HardwareVersion is neither|Verify is"
)


def test_this_reading_refuses_what_the_device_refuses_and_little_else() -> None:
    """It is held against the recorded answers of the device's own code, of which it knows no certificate and no key."""
    alone = [case for case in read_cases() if len(case.messages) == 1]
    others = {case.about: why for case in alone if case.is_accepted and (why := _refusal(case))}
    assert {about: why for about, why in others.items() if not STRICTER.search(why)} == {}
    assert sum(bool(_refusal(case)) for case in alone if not case.is_accepted) > 2000


def _refusal(case: Case) -> str:
    try:
        device_reader.read(case.messages[0])
    except Refused as refusal:
        return str(refusal)
    return ""
