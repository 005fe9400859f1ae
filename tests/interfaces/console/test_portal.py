"""fcu-conform portal: fetches from the stand-in, judges lines by the state of an account, and makes plans."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docs.blocks import blocks, commands_of
from inprocess import fcu_conform as run
from secrecy.canary import Canary

from fcu_conform.artefacts.portal_state import read_portal_state
from fcu_conform.interfaces.portal.api_key import ApiKey
from fcu_conform.interfaces.portal.client import Patience, PortalClient, PortalFault
from fcu_conform.interfaces.portal.fetching import fetch
from fcu_conform.interfaces.run.options import WRITERS
from interfaces.portal.portals import KEY, Liar, StandIn, liar, page, stand_in
from reference_ca import KeySource
from reference_ca.defects import FactorySetup, SetupParameters, asn1
from reference_ca.defects.plan import pem

PAGE = "docs/howto/account.md"
NOT_ASKED = ("--validators", "none")


@dataclass(frozen=True)
class Line:
    """A line that is sound and new, and what is uploaded for it."""

    folder: Path
    setup: FactorySetup

    @property
    def keystore(self) -> Path:
        return self.folder / "keystore"

    @property
    def chain(self) -> bytes:
        """What is uploaded: the rest of fcu.crt, from the root down."""
        return pem(self.setup.chain[:0:-1])


def make_line(folder: Path, server_uri: str = "", devices: int = 0) -> Line:
    setup = FactorySetup(SetupParameters(devices=devices), KeySource())
    setup.chain[1].subject = asn1.name(("CN", f"INT_CA of {folder.parent.name}"))
    if server_uri:
        setup.settings["bootstrap-server-uri"] = server_uri
    setup.write(folder)
    return Line(folder, setup)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("portal")) as ready:
        yield ready


def fetched(portal: StandIn, out: Path) -> Any:
    done = run("portal", "fetch", *portal.options(), "--out", out)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


def test_a_line_is_planned_uploaded_and_conformant(portal: StandIn, tmp_path: Path) -> None:
    server = fetched(portal, tmp_path / "account.json")["server_credentials"]["bootstrap"]["server_uri"]
    line = make_line(tmp_path / "line", server)
    plan = tmp_path / "plan.json"
    asked = ("--keystore", line.keystore, "--out", plan)
    done = run("portal", "plan", *portal.options(), *asked)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "1 to create; 0 to leave. Nothing was changed."
    (step,) = json.loads(plan.read_text())["steps"]
    assert (step["what"], step["lines"]) == ("create", ["keystore"])
    check = ("portal", "check", *portal.options(), "--keystore", line.keystore, *NOT_ASKED, "-q")
    assert "FAILED fcu::PTL001[keystore]" in run(*check).stdout

    portal.write("POST", "/v3/trusted-certificates", step["changes"])
    done = run("portal", "plan", *portal.options(), *asked)
    assert done.stdout.splitlines()[-1] == "nothing is to be done; 1 to leave. Nothing was changed."
    assert done.returncode == 0
    done = run(*check)
    assert done.returncode == 0, done.stdout
    assert "FCU conformance: conformant" in done.stdout

    state = fetched(portal, tmp_path / "account.json")
    assert [one["name"] for one in state["trusted_certificates"]] == [step["name"]]
    offline = ("portal", "check", "--portal-state", tmp_path / "account.json", *check[-5:])
    assert run(*offline).returncode == 0
    entry = state["trusted_certificates"][0]
    portal.write("PUT", f"/v3/trusted-certificates/{entry['id']}", {"status": "INACTIVE"})
    done = run("portal", "plan", *portal.options(), *asked)
    assert done.returncode == 1
    (step,) = json.loads(plan.read_text())["steps"]
    assert (step["what"], step["id"], step["changes"]) == ("replace", entry["id"], {"status": "ACTIVE"})
    assert run(*offline).returncode == 0  # the file is as it was fetched


def test_the_fetched_state_is_read_back(portal: StandIn, tmp_path: Path) -> None:
    line = make_line(tmp_path / "line")
    made = portal.upload(line.chain, f"read {tmp_path.name}", status="INACTIVE")
    fetched(portal, tmp_path / "account.json")
    state = read_portal_state(tmp_path / "account.json")
    entry = next(entry for entry in state.entries if entry.name == made["name"])
    assert (entry.is_active, entry.service) == (False, "bootstrap")
    assert [one.raw for one in entry.certificates] == [line.setup.chain[1].der]
    assert state.account["limits"] == {"trusted_certificates": "50"}


@pytest.mark.parametrize("fault", ["429:2", "huge", "slow"])
def test_a_portal_with_faults_is_survived_or_reported(tmp_path: Path, fault: str) -> None:
    with stand_in(tmp_path, "--fault", fault) as portal:
        key = ApiKey(Path(portal.reader_key_file).read_text().strip())
        waits: list[float] = []
        client = PortalClient(portal.url, key, portal.ca_file, patience=Patience(), wait=waits.append)
        if ":" in fault:
            assert fetch(client, "").state.entries == ()
            assert len(waits) == int(fault[-1])
        else:
            with pytest.raises(PortalFault):
                fetch(client, "", seconds=1 if fault == "slow" else 60)


def test_pages_that_repeat_an_entry_are_read_to_the_end(tmp_path: Path) -> None:
    with stand_in(tmp_path, "--fault", "changing-page") as portal:
        names = [f"line {number}" for number in range(5)]
        for name in names:
            setup = FactorySetup(SetupParameters(length=1), KeySource(), name)
            portal.upload(pem(setup.chain), name)
        key = ApiKey(Path(portal.reader_key_file).read_text().strip())
        state = fetch(PortalClient(portal.url, key, portal.ca_file), "", page=2).state
        assert [entry.name for entry in state.entries] == names


def test_a_silent_portal_makes_the_run_incomplete_and_blames_no_setup(tmp_path: Path) -> None:
    line = make_line(tmp_path / "line")
    report = tmp_path / "report.json"
    with liar(tmp_path) as server:
        server.says("/v3/trusted-certificates", [])
        (tmp_path / "key").write_text(KEY)
        asked = ("--url", server.url, "--ca-file", server.ca_file, "--api-key-file", tmp_path / "key")
        judged = ("--keystore", line.keystore, *NOT_ASKED, "--report", report)
        done = run("portal", "check", *asked, *judged)
        plan = run("portal", "plan", *asked, "--keystore", line.keystore, "--out", tmp_path / "plan.json")
        fetching = run("portal", "fetch", *asked, "--out", tmp_path / "account.json")
    assert done.returncode == 1
    document = json.loads(report.read_text())
    assert document["verdict"] == "incomplete"
    results = {result["code"]: result for result in document["results"]}
    assert {code for code, result in results.items() if result["outcome"] == "failed"} == {"SYS002"}
    assert all(results[f"PTL00{n}"]["blocked_by"] == ["SYS002"] for n in range(1, 9))
    for failed in (plan, fetching):
        assert (failed.returncode, failed.stdout) == (1, "")
        assert failed.stderr.startswith(f"fcu-conform: incomplete: {server.url}/v3/trusted-certificates answers with ")
        assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "plan.json").exists()
    assert not (tmp_path / "account.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "which account: name one of --portal-state FILE and --url URL"),
        (["check", "--url", "https://a.example", "--portal-state", "x"], "which account: name one of "),
        (["plan"], "which account: name one of --portal-state FILE and --url URL"),
        (["plan", "--url", "http://a.example"], "--url: is not https://HOST or https://HOST:PORT"),
        (["plan", "--portal-state", "broken.json"], "portal state broken.json: is not JSON (line 1: "),
        (["check", "--portal-state", "broken.json"], "portal state broken.json: is not JSON (line 1: "),
        (["check", "--portal-state", "other.json"], "portal state other.json: is not the state of an account"),
        (["check", "--portal-state", "missing.json"], "portal state missing.json: no such file or folder"),
        (["check", "--portal-state", "."], "portal state .: "),
        (["plan", "--portal-state", "empty.json", "--out", "plan.txt"], "--out: plan.txt: unknown report format"),
        (["plan", "--portal-state", "empty.json", "--out", "line/keystore/plan.json"], "is in the keystore"),
        (["check", "--portal-state", "empty.json", "--report", "empty.json"], "is one of the judged files"),
        (["check", "--portal-state", "empty.json", "--devices", "elsewhere=x"], "there is no such line"),
    ],
)
def test_bad_input_is_a_usage_error_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FCU_PORTAL_API_KEY", KEY)
    make_line(tmp_path / "line")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text('{"format": "another"}')
    (tmp_path / "empty.json").write_text(
        json.dumps({"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": []})
    )
    done = run("portal", *arguments, "--keystore", "line/keystore")
    assert (done.returncode, done.stdout) == (4, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_fetch_overwrites_an_older_state_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCU_PORTAL_API_KEY", KEY)
    out = tmp_path / "account.json"
    with liar(tmp_path) as server:
        server.is_honest()
        asked = ("portal", "fetch", "--url", server.url, "--ca-file", server.ca_file, "--out", out)
        assert run(*asked).returncode == 0
        assert run(*asked).returncode == 0
        out.write_text("{}")
        done = run(*asked)
        assert (done.returncode, out.read_text()) == (4, "{}")
        assert done.stderr == f"fcu-conform: --out: {out} is not the state of an account (--force overwrites it)\n"
        assert run(*asked, "--force").returncode == 0
        server.says("/v3/accounts/me", {}, 403)
        assert run(*asked).stdout.splitlines()[1:] == ["not shown by the portal: account and limits (403)"]


def test_the_api_key_is_in_nothing_that_the_commands_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = make_line(tmp_path / "line")
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv("FCU_PORTAL_API_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "300")
    caplog.set_level("DEBUG")
    reports = [word for ending in WRITERS for word in ("--report", out / f"report{ending}")]
    texts = []
    with liar(tmp_path) as server:
        asked = ("--url", server.url, "--ca-file", server.ca_file)
        for answers in (server.is_honest, lambda: echo(server), server.answers.clear):
            answers()
            for arguments in (
                ("fetch", "--with-devices", "--out", out / "account.json"),
                ("check", "--keystore", line.keystore, *NOT_ASKED, *reports, "-v"),
                ("plan", "--keystore", line.keystore, "--out", out / "plan.json"),
            ):
                done = run("portal", *arguments, *asked)
                assert done.returncode in (0, 1), done.stderr
                texts += [done.stdout, done.stderr]
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) == len(WRITERS) + 2
    assert any("/v3/" in record.getMessage() for record in caplog.records)
    texts += [caplog.text, *(path.read_bytes().decode() for path in files)]
    canary = Canary(KEY.removeprefix("ak_").encode())
    assert [traces for text in texts if (traces := canary.traces(text))] == []


def echo(server: Liar) -> None:
    """The portal repeats the key wherever text can stand."""
    server.says("/v3/trusted-certificates", page({"id": KEY, "name": KEY, "service": KEY, "certificate": KEY}))
    server.says("/v3/accounts/me", {"message": KEY, "type": KEY, "fields": {KEY: KEY}}, 401)


def test_the_fetching_commands_of_the_page_work(portal: StandIn, tmp_path: Path) -> None:
    commands = [
        command
        for block in blocks()
        if block.page == PAGE and block.language == "sh"
        for command in commands_of(block.text)
        if "--url" in command
    ]
    assert len(commands) == 2
    (tmp_path / "portal.sqlite.ca.pem").write_bytes(Path(portal.ca_file).read_bytes())
    (tmp_path / "portal.sqlite.api-key").write_text(Path(portal.reader_key_file).read_text())
    line = make_line(tmp_path / "line-1")
    portal.upload(line.chain, f"page {tmp_path.name}")
    for command in commands:
        words = shlex.split(command.replace("$URL", portal.url))
        assert words[0] == "fcu-conform"
        own = ("portal.", "account.", "line-1")
        here = [str(tmp_path / word) if word.startswith(own) else word for word in words[1:]]
        done = run(*here)
        assert done.returncode == 0, done.stdout + done.stderr
