"""The fast path gives the same findings for any lot as running every rule on every device."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from independent_corpus.cases import Case, floor_cases
from independent_corpus.keys import key
from independent_corpus.maker import NOW, pem_block

from fcu_conform.artefacts import device
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.device_field import DeviceField
from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import PARSERS, Extension
from fcu_conform.artefacts.encodings.public_keys import lies_on_p256, parse_public_key
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine.examination import Examination
from fcu_conform.engine.lot import fast_path as lot_fast_path
from fcu_conform.engine.lot.device_run import judge_devices
from fcu_conform.engine.lot.fast_path import FastPath
from fcu_conform.engine.lot.template import CertificateTemplate, TemplatedCertificate
from fcu_conform.rules.model import OVER_DEVICES, DeviceCheck, NotApplicable, Rule, Scope
from fcu_conform.rules.support.first_holders import ExactFirstHolders

from .streams import CHAIN, STREAMS, Lot, judge, made, rules, same_template, setup_in, variations, without

CASES = [case for case in floor_cases() if not case.topic.startswith(("uploads", "pairs", "devices_hostile"))]
ENCODING = frozenset({DeviceField.ENCODING})
DECLARED = [rule.code for rule in rules() if rule.looks_at - ENCODING]


@pytest.fixture(scope="module")
def setups(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Setup]:
    """By stream the setup that it is judged by."""
    return {stream: setup_in(tmp_path_factory.mktemp("line") / "x", stream) for stream in STREAMS}


@pytest.fixture
def setup(setups: dict[str, Setup]) -> Setup:
    return setups["variations"]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices that took the fast path."""
    names: list[str] = []
    sort_out = FastPath.match_known

    def watch(self: FastPath, files: Any, *more: Any) -> list[bool]:
        passed = sort_out(self, files, *more)
        names.extend(file.name for file, is_done in zip(files, passed, strict=True) if is_done)
        return passed

    monkeypatch.setattr(FastPath, "match_known", watch)
    return names


def test_the_second_device_of_a_template_takes_the_fast_path(setup: Setup, taken: list[str]) -> None:
    result = judge([made(number) for number in range(40)], setup, fast_path=True)
    assert (result.checked, result.offenders) == (40, [])
    assert len(taken) >= 35
    assert result == judge([made(number) for number in range(40)], setup, fast_path=False)


@pytest.mark.parametrize("stream", STREAMS)
def test_both_paths_agree_on_devices_that_differ_in_their_own_parts(
    stream: str, setups: dict[str, Setup], taken: list[str]
) -> None:
    files, setup = list(STREAMS[stream]()), setups[stream]
    fast_path, full = (judge(files, setup, fast_path=way) for way in (True, False))
    assert fast_path == full
    offenders = {offender.name for offender in fast_path.offenders}
    assert taken
    assert offenders.isdisjoint(taken)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_both_paths_agree_on(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)
    try:
        (setup,) = read_setups(
            [room.keystore], at=room.at, chain_depth=room.depth, devices=room.devices, mode=room.mode
        )
    except ValueError:
        pytest.skip("the run does not start")
    examination = Examination([setup])
    judging = [
        rule
        for rule in examination.catalogue
        if rule.scope in OVER_DEVICES and not examination.devices.keystore_hinders(rule, setup.name)
    ]
    fast_path, full = (
        judge_devices(judging, setup.devices, setup.ca, sample=3, fast_path=way) for way in (True, False)
    )
    assert fast_path.tallies == full.tallies
    assert (fast_path.checked, fast_path.offending, fast_path.offenders) == (
        full.checked,
        full.offending,
        full.offenders,
    )
    assert [device.name for device in fast_path.sample] == [device.name for device in full.sample]


def test_every_octet_of_a_certificate_is_judged(setup: Setup) -> None:
    """Every octet of a good device's certificate in turn is another one: nothing of it is overlooked."""
    good = same_template(1).der
    files = [made(0)]
    for place in range(len(good)):
        for change in (0x01, 0x80):
            spoiled = good[:place] + bytes((good[place] ^ change,)) + good[place + 1 :]
            file = made(1, data=(pem_block(spoiled) + CHAIN[0].pem).encode())
            file.identity = file.name = f"{place}-{change}"
            files.append(file)
    fast_path, full = (judge(files, setup, fast_path=way) for way in (True, False))
    assert fast_path == full
    assert fast_path.checked == len(files)
    # The signature covers all but itself, and it is covered by its own verification.
    assert len(fast_path.offenders) == len(files) - 1


@pytest.mark.parametrize("step", [11, 1])
def test_every_character_of_a_file_is_judged(setup: Setup, taken: list[str], step: int) -> None:
    good = made(1).data
    files = [made(0)]
    for place in range(0, len(good), step):
        for other in (b"!", b"A", b"\n", b"-", b""):
            file = made(1, data=good[:place] + other + good[place + 1 :])
            file.identity = file.name = f"{place}-{other!r}"
            files.append(file)
    assert judge(files, setup, fast_path=True) == judge(files, setup, fast_path=False)
    assert len(taken) * 5 < len(files)  # line breaks that are others, letters that are the same


@pytest.mark.parametrize("headers", ["A: bc\n\n", "Proc-Type: 4,ENCRYPTED\n\n", "A: bcd\n\n", ":\n\n", "A: bc\n"])
def test_headers_in_a_block_are_an_error_of_that_device_on_both_paths(setup: Setup, headers: str) -> None:
    plain = [made(number) for number in range(6)]
    odd = made(9, data=plain[0].data.replace(b"-----\n", b"-----\n" + headers.encode(), 1))
    files = [*plain[:3], odd, *plain[3:]]
    fast_path, full = (judge(files, setup, fast_path=way) for way in (True, False))
    assert fast_path == full
    assert [offender.name for offender in fast_path.offenders] == [odd.name]
    (finding,) = fast_path.tallies["DEV001"].findings
    assert "certificate 1" in finding.message


@pytest.mark.parametrize("fast_path", [True, False])
@pytest.mark.parametrize("fault", [ValueError("x"), KeyError("x"), RecursionError(), MemoryError(), AttributeError()])
def test_an_exception_in_a_reader_is_an_error_of_that_device_only(
    setup: Setup, fault: Exception, fast_path: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a reader raises, on the way that it is read in and on the way that it is recognised by."""
    odd = made(9, data=b"breaks")

    def breaking(reader: Any) -> Any:
        def read(*arguments: Any) -> Any:
            if any(one is odd or one == odd.data for one in arguments):
                raise fault
            return reader(*arguments)

        return read

    monkeypatch.setitem(device._READERS, Kind.PEM, breaking(device._READERS[Kind.PEM]))
    monkeypatch.setattr(lot_fast_path, "_first_certificate", breaking(lot_fast_path._first_certificate))
    result = judge([made(0), made(1), odd, made(2)], setup, fast_path=fast_path)
    assert result.checked == 4
    assert [offender.name for offender in result.offenders] == [odd.name]
    assert [finding.message for finding in result.tallies["DEV001"].findings] == [
        f"cannot be read ({type(fault).__name__})"
    ]


def test_a_device_that_cannot_be_a_template_is_judged_as_well(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_arguments: object) -> None:
        raise KeyError

    monkeypatch.setattr(lot_fast_path, "CertificateTemplate", breaks)
    result = judge([made(number) for number in range(4)], setup, fast_path=True)
    assert (result.checked, result.offenders) == (4, [])


@pytest.mark.parametrize("layout", ["64\r\n", "76\n", "1000\n", "64 \t\n"])
def test_other_line_lengths_and_line_endings_take_the_fast_path(setup: Setup, taken: list[str], layout: str) -> None:
    width, newline = int(layout.rstrip("\r\n \t")), layout.lstrip("0123456789")
    files = []
    for number in range(9):
        text = pem_block(same_template(number).der, width=width, newline=newline) + CHAIN[0].pem
        files.append(made(number, data=text.encode()))
    assert judge(files, setup, fast_path=True) == judge(files, setup, fast_path=False)
    assert len(taken) == 8


@pytest.mark.parametrize("code", DECLARED)
def test_a_rule_that_does_not_declare_what_it_reads_is_caught(code: str, setups: dict[str, Setup]) -> None:
    """The streams hold for every rule a device with a fault that it alone sees, so that no wrong declaration passes."""
    wrong = without(code)
    streams = [(list(make()), setups[stream]) for stream, make in STREAMS.items()]
    assert any(
        judge(files, its, fast_path=True, judges=wrong) != judge(files, its, fast_path=False) for files, its in streams
    )


@pytest.mark.parametrize("code", [rule.code for rule in rules() if rule.looks_at == ENCODING])
def test_a_template_that_ignores_its_own_parts_would_be_caught(
    code: str, setups: dict[str, Setup], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What rules about encodings would find in a device's own parts keeps the device from the fast path."""
    streams = [(list(make()), setups[stream]) for stream, make in STREAMS.items()]
    full = [judge(files, its, fast_path=False).tallies[code] for files, its in streams]
    assert sum(tally.found for tally in full)
    assert [judge(files, its, fast_path=True).tallies[code] for files, its in streams] == full
    monkeypatch.setattr(CertificateTemplate, "_own_parts_are_strict", lambda *_: True)
    assert [judge(files, its, fast_path=True).tallies[code] for files, its in streams] != full


class WatchedExtension(Extension):
    """An extension whose value is a device's own."""

    seen: set[DeviceField]

    @property
    def value(self) -> bytes:  # type: ignore[override]
        self.seen.add(DeviceField.REST)
        return b""


class Watched(TemplatedCertificate):
    """A certificate that writes down which of its own parts it is asked for."""

    seen: set[DeviceField]

    @property
    def extensions(self) -> tuple[Extension, ...]:
        return tuple(map(self._watched, TemplatedCertificate(self._template, self.raw).extensions))

    def _watched(self, extension: Extension) -> Extension:
        if extension.oid in PARSERS and extension.oid not in (oids.SUBJECT_KEY_IDENTIFIER, oids.SUBJECT_ALT_NAME):
            return extension
        watched = WatchedExtension.__new__(WatchedExtension)
        vars(watched).update(oid=extension.oid, critical=extension.critical, seen=self.seen)
        return watched


def _watch(part: DeviceField, name: str) -> property:
    def get(self: Any) -> Any:
        self.seen.add(part)
        plain = TemplatedCertificate(self._template, self.__dict__["raw"])
        return getattr(plain, name)

    return property(get)


for _part, _names in {
    DeviceField.NAME: ("subject", "common_names", "is_self_issued"),
    DeviceField.SERIAL: ("serial",),
    DeviceField.VALIDITY: ("not_before", "not_after", "validity"),
    DeviceField.KEY: ("public_key",),
    DeviceField.SIGNATURE: ("signature", "tbs", "sha256", "der_notes"),
    DeviceField.REST: ("subject_key_identifier", "subject_alt_names", "malformed_extensions"),
}.items():
    for _name in _names:
        setattr(Watched, _name, _watch(_part, _name))


def _function(rule: Rule, setup: Setup) -> DeviceCheck:
    if rule.scope is Scope.LOT:
        return rule.check(setup.ca)  # type: ignore[no-any-return]
    return rule.check(setup.ca, ExactFirstHolders()) if rule.scope is Scope.UNIQUE else rule.check  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_a_rule_reads_only_what_it_declares(rule: Rule, setups: dict[str, Setup]) -> None:
    for its, file in ((setups["variations"], made(1)), (setups["lwm2m"], list(STREAMS["lwm2m"]())[1])):
        device = file.read()
        assert device.certificate is not None
        watched = Watched(CertificateTemplate(device.certificate), device.certificate.raw)
        watched.seen = set()
        try:
            _function(rule, its)(file.known(watched, device.certificates[1:]), its.ca)
        except NotApplicable:
            continue
        assert watched.seen <= rule.looks_at or rule.looks_at == ENCODING


def test_a_rule_without_a_declaration_is_run_for_every_device() -> None:
    assert all(rule.looks_at == frozenset(DeviceField) for rule in _bundle_rules())


def _bundle_rules() -> list[Rule]:
    from fcu_conform.rules import CATALOGUE

    return [rule for rule in CATALOGUE if rule.family == "BDL"]


def test_a_sibling_equals_a_full_reading(setup: Setup) -> None:
    reference, other = (Certificate(same_template(number).der) for number in (0, 1))
    template = CertificateTemplate(reference)
    assert template.fits(other.raw)
    templated = TemplatedCertificate(template, other.raw)
    names = [name for name in dir(Certificate) if not name.startswith("__") and name not in ("_read", "signed_by")]
    names += ["serial", "subject", "issuer", "not_before", "not_after", "public_key", "extensions"]
    names += ["signature", "version", "inner_algorithm", "outer_algorithm", "raw", "trailing", "ber_notes", "tbs"]
    for name in names:
        if not callable(getattr(other, name)):
            assert getattr(templated, name) == getattr(other, name), name


@pytest.mark.parametrize("change", [0, 1, 33, 64])
def test_points_on_the_curve_agree_with_the_library(change: int) -> None:
    point = parse_public_key(key("somebody").spki).bits
    assert lies_on_p256(point)
    spoiled = point[:change] + bytes((point[change] ^ 1,)) + point[change + 1 :]
    assert not lies_on_p256(spoiled)
    too_large = b"\4" + bytes([255]) * 32 + point[33:]
    for bits in (point, spoiled, too_large, b"\0", b"", point[:33], b"\4" + bytes(64)):
        made_key = parse_public_key(key("somebody").spki[:26] + bits) if len(bits) == 65 else None
        assert made_key is None or lies_on_p256(bits) is (made_key.p256 is not None)


def test_a_device_is_read_in_full_if_the_template_was_faulty(setup: Setup, taken: list[str]) -> None:
    strangers = [made(number, same_template(number, signer=key("stranger"))) for number in range(5)]
    result = judge(strangers, setup, fast_path=True)
    assert [offender.name for offender in result.offenders] == [file.name for file in strangers]
    assert taken == []


def test_a_lot_in_chunks_is_judged_like_one_in_a_single_chunk(setup: Setup) -> None:
    files = tuple(variations())
    whole, parts = (judge_devices(rules(), Lot(files, size), setup.ca, sample=5) for size in (100, 3))
    assert whole.tallies == parts.tallies
    assert whole.offenders == parts.offenders
    assert whole.offending == parts.offending == len(whole.offenders)
    assert [device.name for device in whole.sample] == [device.name for device in parts.sample]


def test_base64_with_padding_in_the_middle_takes_the_full_path(setup: Setup, taken: list[str]) -> None:
    first = made(1)
    text = base64.b64encode(same_template(1).der).decode()
    odd = f"-----BEGIN CERTIFICATE-----\n{text}\n====\n-----END CERTIFICATE-----\n{CHAIN[0].pem}"
    files: list[DeviceFile] = [made(0), made(1, data=odd.encode()), first]
    assert judge(files, setup, fast_path=True) == judge(files, setup, fast_path=False)
    assert taken == ["lamp-00001.pem"]
    assert isinstance(files[1].read(), Device)
    assert setup.at == NOW
