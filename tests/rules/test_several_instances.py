"""What rules say of several FCU instances, and of keys, requests and certificates that do or do not belong together."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from artefacts.makers import AT, Line, key_pem, make_certificate, make_key, make_request, pem
from cryptography.hazmat.primitives.serialization import Encoding

from fcu_conform import check
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.run.waivers import WaiverAudit

Judged = dict[str, tuple[str, list[str]]]


def lay(folder: Path, subject: str, key: str, *, has_key: bool = True) -> Line:
    """A keystore of one self-signed certificate, as instance ``folder.name``."""
    line = Line(folder)
    line.write_chain(make_certificate(subject, key=make_key(key), issuer_key=make_key(key)))
    line.write("fcu_private_key.pem", key_pem(make_key(key)))
    if not has_key:
        (line.keystore / "fcu_private_key.pem").unlink()
    (line.keystore / "../config/fcu.yml").unlink()
    return line


def judge(*lines: Line, **more: Any) -> list[Judged]:
    """For each instance what every rule comes to, with its messages."""
    report = check([line.keystore for line in lines], at=AT, validators="none", **more)
    judged: dict[str, Judged] = {setup.name: {} for setup in report.setups}
    for result in report.results:
        if result.target in judged:
            messages = [finding.message for finding in result.findings] or list(result.blocked_by)
            judged[result.target][result.code] = result.outcome.value, messages
    return list(judged.values())


def test_instances_that_share_nothing_pass(tmp_path: Path) -> None:
    for judged in judge(lay(tmp_path / "a", "FCU 1", "1"), lay(tmp_path / "b", "FCU 2", "2")):
        assert judged["KEY009"] == judged["LOT006"] == ("passed", [])


def test_one_instance_alone_is_not_compared(tmp_path: Path) -> None:
    (judged,) = judge(lay(tmp_path / "a", "FCU 1", "1"))
    assert judged["KEY009"] == judged["LOT006"] == ("not-applicable", [])


def test_instances_that_share_a_subject_are_reported(tmp_path: Path) -> None:
    lines = (lay(tmp_path / name, *of) for name, of in (("a", ("X", "1")), ("b", ("Y", "2")), ("c", ("X", "3"))))
    one, two, three = judge(*lines)
    assert one["LOT006"][0] == three["LOT006"][0] == "failed"
    assert len(one["LOT006"][1]) == len(three["LOT006"][1]) == 1
    assert two["LOT006"] == ("passed", [])
    assert one["KEY009"] == two["KEY009"] == three["KEY009"] == ("passed", [])


def test_instances_that_share_a_key_are_reported(tmp_path: Path) -> None:
    lines = (lay(tmp_path / name, *of) for name, of in (("a", ("X", "1")), ("b", ("Y", "2")), ("c", ("Z", "1"))))
    one, two, three = judge(*lines)
    assert one["KEY009"][0] == three["KEY009"][0] == "failed"
    assert one["LOT006"] == three["LOT006"] == ("blocked", ["KEY009"])
    assert two["KEY009"] == two["LOT006"] == ("passed", [])


def test_a_key_shared_by_certificates_is_reported_without_key_files(tmp_path: Path) -> None:
    one, two = judge(lay(tmp_path / "a", "X", "1", has_key=False), lay(tmp_path / "b", "Y", "1"))
    assert one["LOT006"] == ("failed", ["the FCU certificate has the same key as that of another instance"])
    assert two["LOT006"] == ("blocked", ["KEY009"])
    assert two["KEY009"] == ("passed", [])


def test_an_instance_without_a_certificate_is_not_compared(tmp_path: Path) -> None:
    lines = [lay(tmp_path / name, "X", name) for name in "ab"]
    lines[0].write("fcu.crt", b"")
    one, two = judge(*lines)
    assert one["LOT006"] == ("blocked", ["CRT002"])
    assert two["LOT006"] == ("passed", [])


@pytest.mark.parametrize(
    ("names", "count"),
    [(("X", "Y"), 0), (("X", "X"), 1)],
    ids=["two subjects", "one subject"],
)
def test_uploads_of_two_instances_have_two_subjects(tmp_path: Path, names: tuple[str, str], count: int) -> None:
    lines = [lay(tmp_path / name, subject, name) for name, subject in zip("ab", names, strict=True)]
    uploads = []
    for line in lines:
        uploads.append(line.folder / "upload.pem")
        uploads[-1].write_bytes((line.keystore / "fcu.crt").read_bytes())
    for judged in judge(*lines, portal_upload=uploads):
        assert len(judged["UPL006"][1]) == count


def test_a_single_upload_is_not_compared(tmp_path: Path) -> None:
    lines = [lay(tmp_path / name, "X", name) for name in "ab"]
    upload = lines[0].write("../upload.pem", (lines[0].keystore / "fcu.crt").read_bytes())
    one, two = judge(*lines, portal_upload=[upload])
    assert one["UPL006"] == ("passed", [])
    assert two["UPL006"][0] == "not-applicable"


@pytest.mark.parametrize("without", [0, 1])
def test_an_upload_without_a_certificate_is_not_compared(tmp_path: Path, without: int) -> None:
    lines = [lay(tmp_path / name, "X", name) for name in "ab"]
    uploads = [line.write("../upload.pem", (line.keystore / "fcu.crt").read_bytes()) for line in lines]
    lines[without].write("fcu.crt", b"")
    for judged in judge(*lines, portal_upload=uploads):
        assert judged["UPL006"] == ("passed", [])


def test_an_identical_certificate_of_two_instances_is_not_a_duplicate_subject(tmp_path: Path) -> None:
    lines = [lay(tmp_path / name, "X", "1") for name in "ab"]
    uploads = [line.write("../upload.pem", (line.keystore / "fcu.crt").read_bytes()) for line in lines]
    for judged in judge(*lines, portal_upload=uploads):
        assert judged["UPL006"] == ("passed", [])


F, A, B = "FCU line 1", "another", "a third"


@pytest.mark.parametrize(
    ("key", "request_key", "certificate_key", "outcomes"),
    [
        (F, F, F, {"CSR004": "passed", "CSR007": "passed", "KEY004": "passed"}),
        (A, F, F, {"CSR004": "blocked", "CSR007": "passed", "KEY004": "failed"}),
        (F, A, F, {"CSR004": "failed", "CSR007": "blocked", "KEY004": "passed"}),
        (F, F, A, {"CSR004": "passed", "CSR007": "blocked", "KEY004": "failed"}),
        (F, A, B, {"CSR004": "failed", "CSR007": "blocked", "KEY004": "failed"}),
    ],
)
def test_the_odd_one_out_of_key_request_and_certificate_is_reported(
    tmp_path: Path, key: str, request_key: str, certificate_key: str, outcomes: dict[str, str]
) -> None:
    line = Line(tmp_path)
    line.chain[0] = make_certificate(F, "INT_CA", key=make_key(certificate_key))
    line.write_chain(*line.chain)
    line.write("fcu_private_key.pem", key_pem(make_key(key)))
    line.write("fcu_csr.pem", make_request(F, key=make_key(request_key)).public_bytes(Encoding.PEM))
    (judged,) = judge(line)
    assert {code: judged[code][0] for code in outcomes} == outcomes


def test_without_a_key_the_request_is_compared_with_the_certificate(tmp_path: Path) -> None:
    line = Line(tmp_path)
    (line.keystore / "fcu_private_key.pem").unlink()
    for key, outcome in ((F, "passed"), (A, "failed")):
        line.write("fcu_csr.pem", make_request(F, key=make_key(key)).public_bytes(Encoding.PEM))
        assert judge(line)[0]["CSR007"][0] == outcome


def test_a_wrong_signature_is_reported_for_each_of_two_certificates(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.chain[0] = make_certificate(F, "INT_CA", issuer_key=make_key("x"), extensions=())
    line.chain[2] = make_certificate("ROOT_CA", issuer_key=make_key("x"), extensions=())
    line.write_chain(*line.chain)
    messages = [message.partition("…): ")[2] for message in judge(line)[0]["CHN004"][1]]
    assert messages == [
        "its signature does not verify under the key of certificate 2",
        "its signature does not verify under its own key",
    ]


def test_a_block_of_the_wrong_kind_in_an_upload_is_reported_with_its_line(tmp_path: Path) -> None:
    line = Line(tmp_path)
    request = make_request(F).public_bytes(Encoding.PEM)
    upload = line.write("../upload.pem", pem(*line.chain[1:]) + request + key_pem(make_key("x")))
    report = check(line.keystore, at=AT, validators="none", portal_upload=upload)
    found = [(f.message.partition(":")[0], f.found) for result, f in report.findings() if result.code == "UPL001"]
    assert found == [
        ("has a block that is not a certificate", "CERTIFICATE REQUEST"),
        ("HAS A PRIVATE KEY", "EC PRIVATE KEY"),
    ]


TODAY = date(2026, 6, 1)


def audit(*waivers: Any, hidden: dict[str, tuple[str, ...]] | None = None) -> WaiverAudit:
    file: Any = SimpleNamespace(name="waivers.toml", waivers=waivers)
    return WaiverAudit(file, TODAY, CATALOGUE, lambda: (), lambda: hidden or {})


class Kept(SimpleNamespace):
    """What a survey reads of a waiver."""

    def __str__(self) -> str:
        return str(self.label)


def waiver(code: str = "CRT009", days: int = 1, label: str = "waiver 1") -> Any:
    return Kept(code=code, expires=TODAY + timedelta(days=days), label=label)


def of_waivers(code: str, made: WaiverAudit) -> list[tuple[str, str]]:
    return [(finding.message, finding.expected) for finding in CATALOGUE[code].check(made)]


@pytest.mark.parametrize(
    ("days", "holds", "expired", "ahead"),
    [
        (-2, False, ["expired 2 days before the day of judgement"], []),
        (-1, False, ["expired 1 day before the day of judgement"], []),
        (0, True, [], []),
        (1, True, [], []),
        (180, True, [], []),
        (181, False, [], ["expires in 181 days"]),
    ],
)
def test_a_waiver_holds_from_today_for_180_days(days: int, holds: bool, expired: list[str], ahead: list[str]) -> None:
    made = audit(waiver(days=days))
    assert bool(made.in_force) is holds
    assert [message for message, _ in of_waivers("SYS004", made)] == expired
    assert [message for message, _ in of_waivers("SYS005", made)] == ahead


@pytest.mark.parametrize(
    ("code", "holds", "told"),
    [
        ("CRT009", True, []),
        ("KEY010", False, [("KEY010 cannot be waived", "a rule that may be waived")]),
        ("crt009", False, [("there is no such rule", "a rule's code: CRT009?")]),
        ("CRT099", False, [("there is no such rule", "a rule's code: CRT019?")]),
        ("nothing", False, [("there is no such rule", "a rule's code")]),
    ],
)
def test_only_a_waivable_rule_may_have_a_waiver(code: str, holds: bool, told: list[tuple[str, str]]) -> None:
    made = audit(waiver(code))
    assert bool(made.in_force) is holds
    assert of_waivers("SYS003", made) == told


@pytest.mark.parametrize(
    ("waivers", "field"),
    [
        ((waiver("DEV001"),), "waiver 1"),
        ((waiver("DEV001"), waiver("DEV001", label="waiver 2")), "DEV001"),
        ((waiver("DEV002"), waiver("DEV001", label="waiver 2")), "waiver 2"),
        ((waiver("CRT009"), waiver("DEV001", label="waiver 2")), "waiver 2"),
        ((waiver("DEV001", days=-1), waiver("DEV001", label="waiver 2")), "waiver 2"),
        ((), "DEV001"),
    ],
)
def test_hidden_rules_are_reported_at_the_line_of_the_waiver(waivers: tuple[Any, ...], field: str) -> None:
    made = audit(*waivers, hidden={"DEV001": ("DEV002", "DEV003")})
    (finding,) = CATALOGUE["SYS007"].check(made)
    assert finding.message == "while DEV001 fails, DEV002, DEV003 cannot be judged"
    assert (finding.location.file, finding.location.field) == ("waivers.toml", field)
