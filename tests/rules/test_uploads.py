"""What is said of an upload, for every way in which it may differ from the rest of the chain."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, make_certificate, pem

from fcu_conform import check
from fcu_conform.engine import Report
from fcu_conform.rules.support.chain_diagram import draw_chain

LETTERS = "FIR"
"""The FCU certificate, the intermediate and the root; X is a stranger."""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def judge(line: Line, upload: str, depth: int | None, **more: object) -> Report:
    """Judges an upload of these certificates at a depth; without one there is no fcu.yml that could set it."""
    path = line.keystore / "../config/fcu.yml"
    if depth is None:
        path.unlink()
    else:
        path.write_text(f"setup-ca-as-intermediate: true\ndevice-certificate-chain-depth: {depth}\n")
    certificates = {**dict(zip(LETTERS, line.chain, strict=True)), "X": make_certificate("STRANGER")}
    file = line.folder / "upload.pem"
    file.write_bytes(pem(*(certificates[letter] for letter in upload)))
    return check(line.keystore, at=AT, validators="none", portal_upload=file, **more)  # type: ignore[arg-type]


def said(report: Report) -> list[tuple[str, str]]:
    """Code, and message as far as the first colon, of what is said of the upload."""
    return [
        (result.code, f"{finding.message}{'' if finding.level is None else f' ({finding.level.value})'}")
        for result, finding in report.findings()
        if result.code in ("UPL002", "UPL003", "UPL004", "UPL006")
    ]


DOES_NOT_SAY = (
    "is the root alone: at depth 4 the device carries the whole chain, and the documentation does not say what to"
    " upload then;"
    " the root, in which the device's chain ends, is accepted (notice)"
)
STRANGER = "has certificates that are not in fcu.crt: CN=STRANGER (error)"
ORDER = "has its certificates in another order than fcu.crt (error)"


def carried(what: str, depth: int, which: str, rest: str) -> tuple[str, str]:
    return "UPL003", f"{what}, but at depth {depth} the device already carries {which}: upload {rest} (error)"


def missing(what: str, rest: str) -> tuple[str, str]:
    return "UPL003", f"{what} is missing between the device's chain and the upload: upload {rest} (error)"


FCU, INT, ROOT = "CN=FCU line 1", "CN=INT_CA", "CN=ROOT_CA"
ALL, TWO, ONE, NONE = (
    "certificates 1 to 3 of fcu.crt",
    "certificates 2 and 3 of fcu.crt",
    "certificate 3 of fcu.crt",
    "nothing, or the root alone",
)


@pytest.mark.parametrize(
    ("depth", "upload", "expected"),
    [
        (1, "FIR", []),
        (1, "FI", [("UPL004", f"ends before the root: {ROOT} is missing (error)")]),
        (1, "F", [("UPL004", f"ends before the root: {INT} and {ROOT} is missing (error)")]),
        (1, "IR", [missing(FCU, ALL)]),
        (1, "FR", [missing(INT, ALL)]),
        (1, "R", [missing(f"{FCU} and {INT}", ALL)]),
        (1, "X", [("UPL002", STRANGER)]),
        (1, "FIRX", [("UPL002", STRANGER)]),
        (1, "FX", [("UPL002", STRANGER)]),
        (2, "IR", []),
        (2, "RI", [("UPL002", ORDER)]),
        (2, "I", [("UPL004", f"ends before the root: {ROOT} is missing (error)")]),
        (2, "R", [missing(INT, TWO)]),
        (2, "FIR", [carried("you uploaded the whole fcu.crt", 2, "the FCU certificate", TWO)]),
        (2, "F", [
            carried(f"you uploaded {FCU}", 2, "the FCU certificate", TWO),
            missing(f"{INT} and {ROOT}", TWO),
        ]),
        (2, "FR", [carried(f"you uploaded {FCU}", 2, "the FCU certificate", TWO), missing(INT, TWO)]),
        (2, "FI", [
            carried(f"you uploaded {FCU}", 2, "the FCU certificate", TWO),
            ("UPL004", f"ends before the root: {ROOT} is missing (error)"),
        ]),
        (2, "IRX", [("UPL002", STRANGER)]),
        (2, "XIR", [("UPL002", STRANGER)]),
        (3, "R", []),
        (3, "IR", [carried(f"you uploaded {INT}", 3, "the FCU certificate", ONE)]),
        (3, "I", [carried(f"you uploaded {INT}", 3, "the FCU certificate", ONE), missing(ROOT, ONE)]),
        (3, "FIR", [carried("you uploaded the whole fcu.crt", 3, f"{FCU} and {INT}", ONE)]),
        (4, "R", [("UPL002", DOES_NOT_SAY)]),
        (4, "IR", [carried(f"you uploaded {INT} and {ROOT}", 4, f"{INT} and {ROOT}", NONE)]),
        (4, "I", [carried(f"you uploaded {INT}", 4, "the FCU certificate", NONE)]),
        (4, "FIR", [carried("you uploaded the whole fcu.crt", 4, f"{FCU} and {INT} and {ROOT}", NONE)]),
        (None, "FIR", []),
        (None, "IR", []),
        (None, "R", []),
        (None, "I", [("UPL004", f"ends before the root: {ROOT} is missing (error)")]),
        (None, "RI", [("UPL002", ORDER)]),
    ],
)  # fmt: skip
def test_an_upload_is_the_rest_of_the_chain(
    line: Line, depth: int | None, upload: str, expected: list[tuple[str, str]]
) -> None:
    assert said(judge(line, upload, depth)) == expected


def test_a_certificate_that_is_uploaded_twice_is_reported_once(line: Line) -> None:
    messages = [finding.message for result, finding in judge(line, "IRRR", 2).findings() if result.code == "UPL006"]
    assert [message.partition("…): ")[2] for message in messages] == ["has the same subject as certificate 2"] * 2


@pytest.mark.parametrize(
    ("start", "days", "is_told"),
    [
        (AT, 1, False),
        (AT + timedelta(seconds=1), 1, True),
        (AT - timedelta(days=1), 1, False),
        (AT - timedelta(days=1, seconds=1), 1, True),
    ],
)
def test_an_uploaded_certificate_is_valid_from_its_first_instant_to_its_last(
    line: Line, start: object, days: int, is_told: bool
) -> None:
    line.chain[2] = make_certificate("ROOT_CA", start=start, days=days)  # type: ignore[arg-type]
    report = judge(line, "IR", 2)
    messages = [finding.message for result, finding in report.findings() if result.code == "UPL005"]
    assert [message.partition("…): ")[2] for message in messages] == (
        ["is not valid at 2026-06-01T12:00:00Z"] if is_told else []
    )


@pytest.mark.parametrize(
    ("depth", "option"), [(2, ""), (None, " --chain-depth 2")], ids=["of fcu.yml", "of the upload"]
)
def test_the_command_that_fixes_an_upload_has_the_depth_if_fcu_yml_does_not(
    line: Line, depth: int | None, option: str
) -> None:
    report = judge(line, "I", depth)
    (fix,) = [finding.fix for result, finding in report.findings() if result.code == "UPL004"]
    assert fix == f"fcu-conform upload --keystore {line.keystore}{option} --out upload.pem"


@pytest.mark.parametrize(
    ("depth", "upload", "expected"),
    [
        (
            2,
            None,
            [
                "device             device certificate",
                "device  fcu.crt 1  CN=FCU line 1",
                "portal  fcu.crt 2  CN=INT_CA",
                "portal  fcu.crt 3  CN=ROOT_CA",
            ],
        ),
        (
            3,
            "FRX",
            [
                "device             device certificate",
                "device  fcu.crt 1  CN=FCU line 1       <- uploaded too, but the device carries it",
                "device  fcu.crt 2  CN=INT_CA",
                "portal  fcu.crt 3  CN=ROOT_CA          uploaded",
                "upload  number 3   CN=STRANGER         <- not in fcu.crt",
            ],
        ),
        (
            1,
            "F",
            [
                "device             device certificate",
                "portal  fcu.crt 1  CN=FCU line 1       uploaded",
                "portal  fcu.crt 2  CN=INT_CA           <- missing from the upload",
                "portal  fcu.crt 3  CN=ROOT_CA          <- missing from the upload",
            ],
        ),
    ],
)  # fmt: skip
def test_a_chain_is_drawn_with_the_part_of_device_and_portal(
    line: Line, depth: int, upload: str | None, expected: list[str]
) -> None:
    report = judge(line, upload or "IR", depth)
    (setup,) = report.setups
    assert setup.ca.slicing is not None
    uploaded = None if upload is None or setup.upload is None else setup.upload.certificates.certificates
    assert list(draw_chain(setup.ca.slicing, uploaded=uploaded)) == expected
