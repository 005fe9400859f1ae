"""A private key as text in the wrong field: whatever is said of it, nothing that is shown or written holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from robustness.commands import PYTEST, SUITE, elsewhere, run
from robustness.factory import AT, DEVICES, UPLOAD, Factory, make_factory

from fcu_conform import Report, check
from fcu_conform.artefacts import redaction
from fcu_conform.artefacts.bounded_io.limits import PEM_LABEL
from fcu_conform.artefacts.redaction import REMOVED, Redactor
from fcu_conform.engine import Outcome, serialization
from fcu_conform.interfaces.certification.witnessed import with_digests
from fcu_conform.interfaces.pytest_plugin.terminal import FailureText
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.reports.text_report import Certificates
from fcu_conform.interfaces.reports.writers import writer
from fcu_conform.interfaces.run.options import WRITERS
from fcu_conform.interfaces.run.settings import parse_instant
from secrecy.canary import Canary
from secrecy.planting import plant, written

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be")

FORMS = tuple(written(bytes(range(1, 33))))
INSTANT = parse_instant(AT)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    return make_factory(tmp_path_factory.mktemp("planted") / "line")


@pytest.fixture(autouse=True)
def knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process has read for other tests is forgotten: nothing is known before it is read."""
    fresh = Redactor()
    for name in Redactor.__slots__:
        setattr(redaction.REDACTOR, name, getattr(fresh, name))


def shown(report: Report) -> dict[str, str]:
    """All that the suite tells of a run, by where it does."""
    content = with_digests(json_report.document(report, judged_at=INSTANT, checked_at=INSTANT), report.setups)
    told = {ending: writer(ending)(content).decode() for ending in WRITERS}
    for result in report.results:
        told[f"{result.code} in process"] = repr(result)
        told[f"{result.code} between processes"] = serialization.dump_result(result)
        if result.outcome in (Outcome.FAILED, Outcome.ERROR):
            told[f"{result.code} on the terminal"] = str(FailureText(result, Certificates()))
    return told


@pytest.mark.parametrize(("form", "of"), [*((form, "a device") for form in FORMS), ("hex", "FCU"), ("body", "FCU")])
def test_a_key_in_a_wrong_field_is_not_shown(form: str, of: str, sound: Factory, tmp_path: Path) -> None:
    """That of the keystore, and one that is read long after the settings were judged."""
    secret = list(sound.secrets())[of == "a device"]
    factory, text = sound.copy_to(tmp_path / "line"), written(secret)[form]
    plant(factory, text)
    given: dict[str, Any] = {
        "devices": [factory / DEVICES, factory / "more.jsonl"],
        "portal_upload": factory / UPLOAD,
        "waivers": factory / "waivers.toml",
        "validators": "none",
        "at": INSTANT,
    }
    told = shown(check(factory.keystore, **given))
    canary = Canary(secret)
    assert {place: found for place, text in told.items() if (found := canary.traces(text))} == {}
    # It is said everywhere that there was one.
    codes = {place[:6] for place, text in told.items() if REMOVED in text and place.endswith("in process")}
    of_labels = {"CHN001"} if len(text) <= PEM_LABEL else set()
    assert codes >= {"CFG002", "UPL008", "DEV001", "DEV005", "DEV023", *of_labels}, codes


@pytest.fixture(scope="module")
def planted(sound: Factory, tmp_path_factory: pytest.TempPathFactory) -> tuple[Factory, Canary]:
    """A setup with the key of a device in base64 in all places, for the commands themselves."""
    factory = sound.copy_to(tmp_path_factory.mktemp("commands") / "line")
    secret = list(sound.secrets())[1]
    plant(factory, written(secret)["base64 1"])
    return factory, Canary(secret)


@pytest.mark.parametrize("arguments", [["-v"], ["-n2"], ["-k", "CFG or SYS"]], ids=" ".join)
def test_pytest_shows_and_writes_no_planted_key(
    arguments: list[str], planted: tuple[Factory, Canary], tmp_path: Path
) -> None:
    factory, canary = planted
    given = [f"--fcu-keystore={factory.keystore}", f"--fcu-portal-upload={factory / UPLOAD}"]
    given += [f"--fcu-devices={path}" for path in (factory / DEVICES, factory / "more.jsonl")]
    reports = [f"--fcu-report={tmp_path / f'report{ending}'}" for ending in WRITERS]
    reports += [f"--junitxml={tmp_path / 'junit.xml'}", f"--fcu-waivers={factory / 'waivers.toml'}"]
    done = run(*PYTEST, *given, *reports, *arguments, cwd=elsewhere(factory))
    assert done.code == 1, done.text
    assert REMOVED in done.text
    written_files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written_files) == len(WRITERS) + 1
    assert canary.traces(done.text) == []
    assert [(path.name, found) for path in written_files if (found := canary.traces(path.read_bytes()))] == []


def test_no_planted_key_is_in_a_lot_journal_or_certification_folder(
    planted: tuple[Factory, Canary], tmp_path: Path
) -> None:
    factory, canary = planted
    devices = [factory / DEVICES, factory / "more.jsonl"]
    given = ["--keystore", factory.keystore, "--at", AT, "--validators", "none"]
    lot = ["lot", *given, "--workers", "2", "--resume", tmp_path / "journal", "--report", tmp_path / "a.json"]
    commands = [
        [*lot, *devices],
        ["certify", *given, *(f"--devices={path}" for path in devices), "--out", tmp_path / "out"],
    ]
    for command in commands:
        done = run(*SUITE, *command, cwd=elsewhere(factory))
        assert done.code == 1, done.text
        assert canary.traces(done.text) == []
    written_files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written_files) > 4
    assert [(path.name, found) for path in written_files if (found := canary.traces(path.read_bytes()))] == []


def test_a_usage_error_shows_no_planted_key(planted: tuple[Factory, Canary], tmp_path: Path) -> None:
    factory, canary = planted
    text = written(next(iter(factory.secrets())))["hex"]
    wrong = tmp_path / "waivers.toml"
    wrong.write_text(f'[[waiver]]\ncode = "DEV005"\nscope = "*"\nreason = "x"\nowner = "x"\n{text} = 1\n')
    canaries = [canary, Canary(bytes.fromhex(text))]
    console = run(*SUITE, "lot", "--keystore", factory.keystore, "--waivers", wrong, factory / DEVICES, cwd=tmp_path)
    plugin = run(*PYTEST, f"--fcu-keystore={factory.keystore}", f"--fcu-waivers={wrong}", cwd=tmp_path)
    for done in (console, plugin):
        assert done.code == 4, done.text
        assert [found for one in canaries if (found := one.traces(done.text))] == []
