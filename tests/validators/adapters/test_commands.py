"""The openssl command and certtool: how they are asked, and that nothing but their verdict becomes one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.validators.adapters.certtool import Certtool
from fcu_conform.validators.adapters.openssl_command import OpensslCommand
from fcu_conform.validators.adapters.processes import Tool
from fcu_conform.validators.model import Answer, Question, ValidatorFault
from validators import paths
from validators.paths import AT, DAY, DEVICE, usual

Fake = Callable[[str, str], None]
VERIFIED = "Chain verification output: Verified. The certificate is trusted. "
NOT = "Chain verification output: Not verified. The certificate is NOT trusted."
EXPIRED = "The certificate chain uses expired certificate."
FUTURE = "The certificate chain uses not yet valid certificate."
CLOCK = "before GnuTLS 3.8 uses the system clock"


@pytest.fixture(autouse=True)
def _no_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts a shell script in the place of a tool."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


def certtool(fake: Fake, says: str, status: int, attime: bool = False) -> Certtool:
    """A certtool that says something."""
    option = "--attime=str" if attime else "--infile=file"
    fake("certtool", f"case $* in *--help*) echo '{option}';; *) cat <<'E'\n{says}\nE\nexit {status};; esac")
    return Certtool()


def now() -> Question:
    return Question(b"leaf", (b"ca",), (b"root",), datetime.now(timezone.utc))


def another() -> Question:
    return Question(b"leaf", (b"ca",), (b"root",), datetime.now(timezone.utc) + timedelta(seconds=90))


@pytest.mark.parametrize("tool", [OpensslCommand(), Certtool()], ids=lambda tool: tool.name)
def test_a_missing_tool_is_reported_with_the_package_to_install(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for ask in (tool.version, lambda: tool.ask(now())):
        with pytest.raises(ValidatorFault, match=f"^{tool.program} is not installed: apt-get install {tool.package}$"):
            ask()


def test_the_versions_are_the_tools_own() -> None:
    assert OpensslCommand().version().startswith(("OpenSSL ", "LibreSSL "))
    if shutil.which("certtool"):
        assert Certtool().version().startswith("3.")


@pytest.mark.parametrize("tool", [OpensslCommand(), Certtool()], ids=lambda tool: tool.name)
@pytest.mark.parametrize(
    "script",
    [
        "echo garbage",
        "true",
        "printf '\\377\\376'; exit 2",
        "kill -SEGV $$",
        "yes | head -c 100000; exit 1",
        "echo 'error: no such option'; exit 1",
        "echo 'Chain verification output: Verified. The certificate is trusted.'; exit 1",
        "echo 'Chain verification output: Not verified. The certificate is NOT trusted.'; exit 0",
        "echo 'other.pem: OK'",
        "echo 'leaf.pem: OK'; exit 2",
        "echo 'error 20 at 0 depth lookup: unable to get local issuer certificate'; exit 0",
        "echo 'Could not open file or uri for loading certificate file from leaf.pem' >&2; exit 2",
        "echo 'gnutls_x509_trust_add_trust_file: Error while reading file.'; exit 1",
    ],
)
def test_output_without_a_verdict_is_a_fault(tool: Tool, script: str, fake: Fake) -> None:
    fake(tool.program, script)
    with pytest.raises(ValidatorFault) as caught:
        tool.ask(now())
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("make", [OpensslCommand, Certtool])
def test_a_tool_that_hangs_is_a_fault(make: Callable[[], Tool], fake: Fake) -> None:
    tool = make()
    tool.seconds = 0.3
    fake(tool.program, "sleep 60")
    with pytest.raises(ValidatorFault, match=r"did not answer within 0\.3 s"):
        tool.ask(now())


@pytest.mark.parametrize("tool", [OpensslCommand(), Certtool()], ids=lambda tool: tool.name)
def test_a_tool_that_does_not_run_has_no_version(tool: Tool, fake: Fake) -> None:
    fake(tool.program, "echo broken library >&2; exit 127")
    with pytest.raises(ValidatorFault, match=r"does not run \(status 127\): broken library"):
        tool.version()


@pytest.mark.parametrize("tool", [OpensslCommand(), Certtool()], ids=lambda tool: tool.name)
def test_without_anchors_there_is_no_verdict(tool: Tool) -> None:
    with pytest.raises(ValidatorFault, match="no certificate is trusted"):
        tool.ask(Question(b"leaf", (), (), AT))


def test_openssl_is_given_the_anchors_alone_and_each_certificate_in_a_file(fake: Fake, tmp_path: Path) -> None:
    fake("openssl", f'echo "$@" > {tmp_path}/arguments; cat *.pem > {tmp_path}/files; echo leaf.pem: OK')
    question = Question(b"leaf", (b"u1", b"u2"), (b"a1", b"a2"), datetime(2026, 6, 1, 12, tzinfo=timezone.utc))
    assert OpensslCommand().ask(question) == Answer(True)
    assert (tmp_path / "arguments").read_text().strip() == (
        "verify -partial_chain -attime 1780315200 -trusted trusted-1.pem -trusted trusted-2.pem "
        "-untrusted untrusted-1.pem -untrusted untrusted-2.pem leaf.pem"
    )
    assert (tmp_path / "files").read_text().count("BEGIN CERTIFICATE") == 5


def test_openssl_trusts_no_system_roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = usual()
    (tmp_path / "roots.pem").write_bytes(to_pem(path.above[-1]))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    question = Question(path.leaf, path.above, (paths.certificate(paths.Plan("Stranger")),), AT)
    answer = OpensslCommand().ask(question)
    assert not answer.accepted
    assert "self-signed certificate in certificate chain" in answer.reason.replace("self signed", "self-signed")


def test_openssl_does_not_replace_an_unreadable_leaf_by_the_next_certificate() -> None:
    answer = OpensslCommand().ask(usual().with_leaf(b"\x30\x03\x02\x01\x05").root_only())
    assert not answer.accepted
    assert answer.reason.startswith("cannot be read: ")


def test_openssl_reports_every_error_with_its_number_and_depth() -> None:
    expired = {"not_after": AT - DAY}
    answer = OpensslCommand().ask(usual(fcu=paths.FCU.but(**expired), device=DEVICE.but(**expired)).root_only())
    assert answer == Answer(False, "10@1 certificate has expired; 10@0 certificate has expired")


@pytest.mark.parametrize("zone", [-11, 0, 14])
def test_openssl_gets_the_instant_in_any_time_zone(zone: int) -> None:
    path = usual(device=DEVICE.but(not_before=AT, not_after=AT + timedelta(hours=1)))
    for offset, accepted in ((0.5, True), (-1, False), (2, False)):
        at = (AT + timedelta(hours=offset)).astimezone(timezone(timedelta(hours=zone)))
        assert OpensslCommand().ask(Question(path.leaf, path.above[:2], path.above[2:], at)).accepted is accepted


def test_a_certtool_that_accepts_an_instant_gets_it(fake: Fake, tmp_path: Path) -> None:
    script = f'case $* in *--help*) echo "--attime=str";; *) echo "$@" > {tmp_path}/args; echo "{VERIFIED}";; esac'
    fake("certtool", script)
    assert Certtool().ask(Question(b"leaf", (), (b"root",), AT)) == Answer(True)
    assert (tmp_path / "args").read_text().split() == [
        "--verify",
        "--load-ca-certificate=anchors.pem",
        "--infile=chain.pem",
        f"--attime=@{int(AT.timestamp())}",
    ]
    refusing = certtool(fake, f"{NOT} {EXPIRED} ", 1, attime=True)
    assert refusing.ask(another()) == Answer(False, f"The certificate is NOT trusted. {EXPIRED}")


def test_certtool_by_the_clock_judges_dates_if_the_instant_is_now(fake: Fake) -> None:
    assert certtool(fake, f"{NOT} {EXPIRED} ", 1).ask(now()) == Answer(
        False, f"The certificate is NOT trusted. {EXPIRED}"
    )
    assert certtool(fake, VERIFIED, 0).ask(now()) == Answer(True)


def test_certtool_by_the_clock_ignores_dates_for_another_instant(fake: Fake) -> None:
    said = f"{NOT} The certificate chain uses insecure algorithm. {EXPIRED} {FUTURE} "
    words = "The certificate is NOT trusted. The certificate chain uses insecure algorithm."
    assert certtool(fake, said, 1).ask(another()) == Answer(False, words, dates_left_out=True)
    assert certtool(fake, VERIFIED, 0).ask(another()) == Answer(True, dates_left_out=True)


def test_a_refusal_by_certtool_without_a_reason_is_not_taken_for_one_on_dates(fake: Fake) -> None:
    refused = Answer(False, "The certificate is NOT trusted.", dates_left_out=True)
    assert certtool(fake, f"{NOT} ", 1).ask(another()) == refused


@pytest.mark.parametrize("word", [EXPIRED, FUTURE])
def test_certtool_by_the_clock_has_no_verdict_if_a_date_may_hide_other_faults(word: str, fake: Fake) -> None:
    tool = certtool(fake, f"{NOT} {word} ", 1)
    with pytest.raises(ValidatorFault, match=CLOCK):
        tool.ask(another())
    alone = Question(b"leaf", (), (b"root",), another().at)
    assert tool.ask(alone) == Answer(True, dates_left_out=True)


def test_certtool_never_accepts_a_bad_signature_below_an_expired_ca() -> None:
    day = (datetime.now(timezone.utc) - DAY).replace(microsecond=0)
    path = usual(fcu=paths.FCU.but(not_after=day), device=DEVICE.but(signed_by="x"))
    at = day - DAY
    if shutil.which("certtool") is None:
        with pytest.raises(ValidatorFault, match="is not installed"):
            Certtool().ask(Question(path.leaf, path.above[:2], path.above[2:], at))
        return
    try:
        answer = Certtool().ask(Question(path.leaf, path.above[:2], path.above[2:], at))
    except ValidatorFault as fault:
        said = str(fault)
    else:
        said = answer.reason
    assert CLOCK in said or "The signature in the certificate is invalid." in said
