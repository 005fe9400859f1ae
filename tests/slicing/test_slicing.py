"""The depth law, exhaustively: what the device carries and what the portal gets are together the device and fcu.crt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import permutations
from pathlib import Path

import pytest

import reference_ca as ca
from fcu_conform import check
from fcu_conform.artefacts.setup import read_setups

AT = datetime(2026, 11, 23, tzinfo=timezone.utc)
LENGTHS = range(1, 7)
DEPTHS = range(1, 8)
STORED_BY_DEVICE = 5


@dataclass(frozen=True)
class Made:
    """A setup by the reference CA: the folder, and a device below it."""

    folder: Path
    length: int
    device: ca.Device

    @property
    def keystore(self) -> Path:
        return self.folder / "keystore"

    @property
    def chain(self) -> list[bytes]:
        """The PEM blocks of fcu.crt."""
        return pem_blocks((self.keystore / "fcu.crt").read_bytes())


def pem_blocks(data: bytes) -> list[bytes]:
    """The PEM blocks of some text, cut by hand and not by the code under test."""
    end = b"-----END CERTIFICATE-----\n"
    return [block + end for block in data.split(end) if block.strip()]


@pytest.fixture(scope="module", params=LENGTHS, ids=lambda length: f"chain-of-{length}")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A setup of each length; of 1 it is self-signed, of more FCU is an intermediate CA."""
    folder = tmp_path_factory.mktemp(f"length{request.param}")
    source = ca.KeySource(f"depth law {request.param}", at=AT - timedelta(days=30))
    keystore, _ = ca.make_keystore(folder, request.param, ca.Config.example(source, name="FCU line 1"), source)
    return Made(folder, request.param, keystore.authority(source).issue_device("line1-0001"))


def with_depth(made: Made, depth: int, tmp_path: Path) -> Path:
    """The setup's fcu.yml with this depth, and with the mode of its length."""
    lines = (made.folder / "config" / "fcu.yml").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("device-certificate-chain-depth")]
    config = tmp_path / "fcu.yml"
    config.write_text("\n".join([*lines, f"device-certificate-chain-depth: {depth}", ""]), encoding="utf-8")
    return config


def judged(made: Made, depth: int, tmp_path: Path, *, with_config: bool, uploaded: list[bytes]) -> dict[str, str]:
    """Outcome by code for a device that was sliced at a depth by hand."""
    keystore = made.keystore
    if not with_config:  # the setup's own fcu.yml must not be found beside it
        keystore = tmp_path / "alone" / "keystore"
        keystore.parent.mkdir()
        keystore.symlink_to(made.keystore)
    output = tmp_path / "devices"
    output.mkdir()
    device = pem_blocks(made.device.chain_pem(1).data)[0]
    (output / "line1-0001.pem").write_bytes(device + b"".join(made.chain[: depth - 1]))
    upload = tmp_path / "upload.pem"
    upload.write_bytes(b"".join(uploaded))
    report = check(
        keystore,
        config=with_depth(made, depth, tmp_path) if with_config else None,
        chain_depth=None if with_config else depth,
        at=AT,
        devices=output,
        portal_upload=upload,
    )
    assert report.complete
    return {result.code: result.outcome.value for result in report.results}


@pytest.mark.parametrize("with_config", [True, False], ids=["fcu.yml", "no-fcu.yml"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_device_and_upload_are_the_device_followed_by_fcu_crt(
    made: Made, depth: int, with_config: bool, tmp_path: Path
) -> None:
    rest = made.chain[depth - 1 :]
    outcomes = judged(made, depth, tmp_path, with_config=with_config, uploaded=rest or made.chain[-1:])
    failed = {code for code, outcome in outcomes.items() if outcome == "failed"}
    if depth > made.length + 1:
        beyond_device = {"CFG005"} if depth > STORED_BY_DEVICE else set()
        assert failed == {"CFG004"} | beyond_device
        assert outcomes["DEV002"] == "blocked"
        # As where nobody said the depth, device and upload are held against each other.
        assert outcomes["DEV003"] == outcomes["UPL002"] == outcomes["UPL003"] == "passed"
    elif depth > STORED_BY_DEVICE:
        assert failed == {"CFG005"}
    else:
        assert failed == set()
        assert outcomes["DEV002"] == outcomes["DEV003"] == outcomes["UPL002"] == outcomes["UPL003"] == "passed"
    assert (outcomes["CFG006"] == "warned") == (depth == made.length + 1)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_cut_loses_nothing_and_repeats_nothing(made: Made, depth: int, tmp_path: Path) -> None:
    (setup,) = read_setups([made.keystore], config=with_depth(made, depth, tmp_path), at=AT)
    slicing = setup.ca.slicing
    if depth > made.length + 1:
        assert slicing is None
        return
    assert slicing is not None
    assert slicing.on_device + slicing.on_portal == setup.keystore.fcu_crt.certificates
    assert len(slicing.on_device) == depth - 1


@pytest.mark.parametrize("depth", range(1, STORED_BY_DEVICE + 1))
def test_judge_and_maker_cut_the_chain_identically(made: Made, depth: int) -> None:
    if depth > made.length + 1:
        with pytest.raises(ca.ReferenceCaError):
            made.device.chain(depth)
        return
    theirs = pem_blocks(b"".join(ca.to_pem([certificate]).data for certificate in made.device.chain(depth)))
    assert theirs[1:] == made.chain[: depth - 1]


OFF_BY_ONE = [
    (length, depth, start)
    for length in LENGTHS
    for depth in range(1, min(length, STORED_BY_DEVICE) + 1)
    for start in (depth - 2, depth)
    if start >= 0
]


@pytest.mark.parametrize(("made", "depth", "start"), OFF_BY_ONE, indirect=["made"])
def test_an_upload_that_is_off_by_one_is_refused(made: Made, depth: int, start: int, tmp_path: Path) -> None:
    outcomes = judged(made, depth, tmp_path, with_config=True, uploaded=made.chain[start:])
    failed = {code for code, outcome in outcomes.items() if outcome == "failed"}
    assert failed == ({"UPL003"} if made.chain[start:] else {"UPL009"})


OTHER_DEPTH = [
    (length, depth, carried)
    for length in LENGTHS
    for depth, carried in permutations(range(1, min(length + 1, STORED_BY_DEVICE) + 1), 2)
]


@pytest.mark.parametrize(("made", "depth", "carried"), OTHER_DEPTH, indirect=["made"])
def test_a_device_that_was_cut_at_another_depth_is_refused(
    made: Made, depth: int, carried: int, tmp_path: Path
) -> None:
    output = tmp_path / "line1-0001.pem"
    output.write_bytes(pem_blocks(made.device.chain_pem(1).data)[0] + b"".join(made.chain[: carried - 1]))
    report = check(made.keystore, config=with_depth(made, depth, tmp_path), at=AT, devices=output, validators="none")
    assert report.errors() == {"DEV002"}


@pytest.mark.parametrize("length", range(1, STORED_BY_DEVICE))
def test_the_root_alone_is_accepted_with_a_notice_when_the_device_carries_the_whole_chain(
    length: int, tmp_path: Path
) -> None:
    source = ca.KeySource(f"edge {length}", at=AT - timedelta(days=30))
    ca.make_keystore(tmp_path, length, ca.Config.example(source, depth=length + 1), source)
    upload = tmp_path / "upload.pem"
    upload.write_bytes(pem_blocks((tmp_path / "keystore" / "fcu.crt").read_bytes())[-1])
    report = check(tmp_path / "keystore", at=AT, portal_upload=upload, validators="none")
    assert report.errors() == set()
    notices = [f.message for result, f in report.findings() if result.code == "UPL002"]
    assert len(notices) == 1
    assert "the root, in which the device's chain ends, is accepted" in notices[0]
