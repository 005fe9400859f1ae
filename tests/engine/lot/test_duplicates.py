"""What must be unique over a lot: found by digests in little memory, named by the rules themselves."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.lot import duplicates
from fcu_conform.engine.lot.device_run import judge_devices
from fcu_conform.engine.lot.duplicates import CurrentDevice, DigestRecorder, Digests, ordinal, place_of

from .streams import SERIAL, Lot, made, rules, same_template, setup_in


def entries(values: list[tuple[bytes, str]]) -> bytes:
    current = CurrentDevice()
    marks = DigestRecorder(current)
    for index, (value, identity) in enumerate(values):
        current.begin(index)
        assert marks.earlier_holder(value, Device("name", identity=identity)) == ""
    return marks.take()


def filled(chunks: int = 20, size: int = 50) -> Digests:
    digests = Digests()
    for chunk in range(chunks):
        numbers = range(chunk * size, (chunk + 1) * size)
        digests.add(chunk, entries([(b"%d" % (n if n != 777 else 33), f"device {n}") for n in numbers]))
    return digests


@pytest.mark.parametrize(("in_memory", "at_once"), [(1 << 20, 1 << 18), (0, 1 << 18), (300, 64)])
def test_duplicates_are_found_in_memory_and_on_disk(
    in_memory: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "KEPT_IN_MEMORY", in_memory)
    monkeypatch.setattr(duplicates, "AT_ONCE", at_once)
    assert filled().repeated() == {ordinal(0, 33), ordinal(15, 27)}
    assert place_of(ordinal(15, 27)) == (15, 27)


def test_two_files_of_one_device_are_not_duplicates() -> None:
    digests = Digests()
    digests.add(0, entries([(b"value", "lamp"), (b"value", "lamp"), (b"other", "lamp")]))
    assert digests.repeated() == set()


def test_memory_stays_flat_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "KEPT_IN_MEMORY", 50_000)
    monkeypatch.setattr(duplicates, "AT_ONCE", 4096)
    peaks = []
    for chunks in (200, 1000):
        tracemalloc.start()
        assert len(filled(chunks).repeated()) == 2
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 150_000


def test_the_first_holder_is_named_across_chunks(tmp_path: Path) -> None:
    setup: Setup = setup_in(tmp_path / "x")
    files = [made(number) for number in range(30)]
    files[25] = made(25, same_template(25, serial=SERIAL + 4))
    files[28] = made(28, same_template(28, serial=SERIAL + 4))
    result = judge_devices(rules(), Lot(tuple(files), 4), setup.ca, sample=50)
    told = [(finding.location.file, finding.message) for finding in result.tallies["LOT001"].findings]
    message = "has the same serial number as lamp-00004.pem"
    assert told == [("lamp-00025.pem", message), ("lamp-00028.pem", message)]
    assert (result.offending, result.offenders) == (2, ["lamp-00025.pem", "lamp-00028.pem"])
    assert {device.name for device in result.sample} == {file.name for file in files} - set(result.offenders)


def test_offenders_stay_in_the_order_of_the_input(tmp_path: Path) -> None:
    setup: Setup = setup_in(tmp_path / "x")
    files = [made(number) for number in range(12)]
    files[2] = made(2, same_template(2, serial=SERIAL + 1))
    files[9] = made(9, data=b"")
    files[11] = made(11, same_template(11, serial=SERIAL + 1), data=None)
    result = judge_devices(rules(), Lot(tuple(files), 3), setup.ca)
    assert result.offenders == ["lamp-00002.pem", "lamp-00009.pem", "lamp-00011.pem"]
