"""``fcu-conform diff``: findings that are new, fixed, unchanged, or no longer judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from artefacts.makers import AT, Line, make_certificate

from fcu_conform import check
from fcu_conform.artefacts.bounded_io.limits import REPORT_FILE
from fcu_conform.interfaces.reports import json_report
from interfaces.certification.doing import run

Edit = Callable[[Line], object]


def open_key(line: Line) -> None:
    """KEY006 fails."""
    (line.keystore / "fcu_private_key.pem").chmod(0o644)


def reverse(line: Line) -> None:
    """CHN003 fails."""
    line.write_chain(line.chain[0], line.chain[2], line.chain[1])


def lose_chain(line: Line) -> None:
    """CRT001 fails, and CHN005 and others are blocked by it."""
    (line.keystore / "fcu.crt").unlink()


def drop_root(line: Line) -> None:
    """CHN005 fails."""
    line.write_chain(*line.chain[:2])


def expire(*numbers: int) -> Edit:
    """CRT006 fails of certificates of these numbers."""

    def edit(line: Line) -> None:
        names = [("FCU line 1", "INT_CA"), ("INT_CA", "ROOT_CA"), ("ROOT_CA", "ROOT_CA")]
        line.write_chain(
            *(
                make_certificate(name, issuer, serial=1000 + number, days=10 if number + 1 in numbers else 12775)
                for number, (name, issuer) in enumerate(names)
            )
        )

    return edit


def nothing(line: Line) -> None:
    """The setup stays as it is."""


def waive(code: str) -> str:
    return f'[[waiver]]\ncode = "{code}"\nscope = "*"\nreason = "r"\nowner = "o"\nexpires = 2026-06-02\n'


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Path]:
    """Writes the JSON report of a line after an edit; all lines are of one name."""

    def write(edit: Edit, waivers: str | None = None) -> Path:
        number = len(list(tmp_path.iterdir()))
        line = Line(tmp_path / f"{number}" / "line")
        edit(line)
        path = None
        if waivers is not None:
            path = tmp_path / f"{number}" / "waivers.toml"
            path.write_text(waivers)
        content = json_report.document(
            check(line.keystore, at=AT, validators="none", waivers=path), judged_at=AT, checked_at=AT
        )
        target = tmp_path / f"{number}" / "report.json"
        target.write_bytes(json_report.render(content))
        return target

    return write


def diff(old: Path, new: Path) -> tuple[int, dict[str, Any]]:
    said = run("diff", old, new, "--format", "json")
    plain: dict[str, Any] = json.loads(said.out)
    return said.code, plain


def codes(changes: list[dict[str, Any]]) -> list[str]:
    return [change["fault"]["code"] for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "code", "new", "fixed", "still", "hidden"),
    [
        (nothing, nothing, 0, [], [], [], []),
        (nothing, open_key, 1, ["KEY006"], [], [], []),
        (open_key, nothing, 0, [], ["KEY006"], [], []),
        (open_key, open_key, 0, [], [], ["KEY006"], []),
        (drop_root, reverse, 1, ["CHN003"], ["CHN005"], [], []),
        (expire(1), expire(1, 2), 1, ["CRT006"], [], ["CRT006"], []),
        (expire(1, 2), expire(2), 0, [], ["CRT006"], ["CRT006"], []),
        (expire(1), expire(2), 1, ["CRT006"], ["CRT006"], [], []),
    ],
)
def test_findings_are_sorted_into_new_fixed_and_unchanged(
    report, before, after, code, new, fixed, still, hidden
) -> None:
    given, plain = diff(report(before), report(after))
    assert given == code
    assert codes(plain["new"]) == new
    assert codes(plain["fixed"]) == fixed
    assert codes(plain["still_failing"]) == still
    assert codes(plain["out_of_sight"]) == hidden


def test_a_finding_that_is_now_blocked_is_not_called_fixed(report) -> None:
    _, plain = diff(report(drop_root), report(lose_chain))
    assert [change["message"] for change in plain["out_of_sight"]] == ["is blocked by CRT001"]


def test_a_finding_that_is_now_waived_is_not_called_fixed(report) -> None:
    code, plain = diff(report(open_key), report(open_key, waive("KEY006")))
    assert (code, codes(plain["fixed"])) == (0, [])
    assert [change["message"] for change in plain["out_of_sight"]] == ["is waived"]
    code, plain = diff(report(open_key, waive("KEY006")), report(open_key))
    assert (code, codes(plain["new"])) == (1, ["KEY006"])


def test_a_waived_finding_of_a_failing_rule_is_not_a_fault(report, tmp_path: Path) -> None:
    line = Line(tmp_path / "other")
    expire(1, 2)(line)
    fcu = check(line.keystore, at=AT, validators="none").setups[0].keystore.fcu_crt.certificates[0].sha256
    code, plain = diff(report(nothing), report(expire(1, 2), waive("CRT006").replace("*", fcu)))
    assert (code, codes(plain["new"])) == (1, ["CRT006"])
    assert plain["new"][0]["fault"]["certificate"].startswith("CN=INT_CA ")


def test_findings_of_a_deselected_rule_are_not_called_fixed(report) -> None:
    old, new = report(open_key), report(nothing)
    document = json.loads(new.read_bytes())
    document["results"] = [result for result in document["results"] if result["code"] != "KEY006"]
    new.write_text(json.dumps(document))
    _, plain = diff(old, new)
    assert [change["message"] for change in plain["out_of_sight"]] == ["was not judged"]
    assert plain["rules"] == ["judged only in the old run: KEY006"]


def test_findings_beyond_the_listed_ones_are_not_called_fixed(report) -> None:
    old, new = report(expire(1, 2)), report(expire(2))
    document = json.loads(new.read_bytes())
    [result] = [result for result in document["results"] if result["code"] == "CRT006"]
    result["count"] = 20_000
    new.write_text(json.dumps(document))
    _, plain = diff(old, new)
    assert [change["message"] for change in plain["out_of_sight"]] == ["the report lists 1 of 20000 findings"]


def test_a_finding_is_recognised_although_dates_and_lines_have_changed(report) -> None:
    def later(line: Line) -> None:
        expire(1)(line)
        crt = line.keystore / "fcu.crt"
        crt.write_bytes(b"\n\n" + crt.read_bytes())

    new = report(later)
    document = json.loads(new.read_bytes())
    for finding in document["findings"]:
        finding["message"] = finding["message"].replace("days", "weeks")
    new.write_text(json.dumps(document))
    code, plain = diff(report(expire(1)), new)
    assert (code, codes(plain["still_failing"])) == (0, ["CRT006"])


def test_changed_certificates_files_and_rules_are_reported(report) -> None:
    old, new = report(nothing), report(lambda line: line.configure("# a remark\n"))
    assert diff(old, new)[1]["subjects"] == ["keystore keystore: fcu.yml changed"]
    assert diff(old, report(expire(1)))[1]["subjects"] == ["keystore keystore: has other certificates"]
    document = json.loads(new.read_bytes())
    document["suite"].update(version="9.9.9", rules_digest="0" * 64)
    document["subjects"][0]["name"] = "other"
    new.write_text(json.dumps(document))
    _, plain = diff(old, new)
    assert plain["rules"][0].endswith(" then, 9.9.9 now")
    assert plain["rules"][1] == "the rules have changed"
    assert plain["subjects"] == ["keystore keystore: only in the old report", "keystore other: only in the new report"]


def test_it_reads_well_as_text_and_as_markdown(report) -> None:
    old, new = report(open_key), report(reverse)
    text = run("diff", old, new).out.splitlines()
    assert text[0].startswith("NEW           CHN003 [keystore] fcu.crt, CN=ROOT_CA (sha256 ")
    assert text[-1] == "non-conformant -> non-conformant: 1 new, 1 fixed, 0 still failing, 0 out of sight"
    assert any(line.startswith("FIXED         KEY006 [keystore] fcu_private_key.pem: ") for line in text)
    markdown = run("diff", old, new, "--format", "md").out
    assert markdown.startswith("**non-conformant -> non-conformant: 1 new, 1 fixed")
    assert "\n### New\n\n- `CHN003 [keystore] fcu.crt" in markdown


def test_text_from_a_report_cannot_control_a_terminal_or_page(report) -> None:
    old, new = report(nothing), report(open_key)
    document = json.loads(new.read_bytes())
    [finding] = [finding for finding in document["findings"] if finding["code"] == "KEY006"]
    finding["message"] = "\x1b[31m<script>alert(1)</script> [a](b) `c`\n# big"
    finding["location"]["file"] = "a`b``c<i>"
    new.write_text(json.dumps(document))
    text = run("diff", old, new).out
    assert "\x1b" not in text
    assert text.count("\n") == 2
    markdown = run("diff", old, new, "--format", "md").out
    assert "\x1b" not in markdown
    assert "<script>" not in markdown
    assert r"\<script\>" in markdown
    assert "``` KEY006 [keystore] a`b``c<i> ```" in markdown


def test_a_file_that_is_not_a_report_is_refused_in_one_line(report, tmp_path: Path) -> None:
    good = report(nothing)
    document = json.loads(good.read_bytes())
    bad = tmp_path / "bad.json"
    for content, complaint in [
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff", "is not JSON"),
        (good.read_bytes().replace(b'"verdict"', b'"verdict": "x", "verdict"'), "has the member 'verdict' twice"),
        (b"{}", "is not a report of fcu-conform: $: required is violated"),
        (
            json.dumps({**document, "verdict": "x"}).encode(),
            "is not a report of fcu-conform: $.verdict: enum is violated",
        ),
        (
            json.dumps({**document, "schema_version": "2.0"}).encode(),
            "is not a report of fcu-conform: $.schema_version",
        ),
    ]:
        bad.write_bytes(content)
        for order in ([good, bad], [bad, good]):
            said = run("diff", *order)
            assert (said.code, said.out) == (4, "")
            assert said.err.startswith(f"fcu-conform: report {bad}: {complaint}")
            assert said.err.count("\n") == 1
    with bad.open("wb") as file:
        file.truncate(REPORT_FILE + 1)
    assert run("diff", good, bad).err == f"fcu-conform: report {bad}: has more than {REPORT_FILE} bytes\n"
    assert run("diff", good, tmp_path / "none").code == 4


def test_a_report_of_1_0_can_still_be_compared(report: Callable[..., Path]) -> None:
    old = Path(__file__).with_name("report-1.0.json")
    content = json.loads(old.read_bytes())
    assert content["schema_version"] == "1.0"
    code, plain = diff(old, report(nothing))
    assert code == 0
    assert codes(plain["fixed"]) == ["KEY010"]
    assert codes(plain["out_of_sight"]) == ["DEV004"]
    code, plain = diff(old, old)
    assert (code, codes(plain["still_failing"])) == (0, ["DEV004", "KEY010"])


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", ["1.0"], None])
def test_a_report_is_validated_by_the_schema_of_its_version(tmp_path: Path, version: Any) -> None:
    content = json.loads(Path(__file__).with_name("report-1.0.json").read_bytes())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**content, "schema_version": version}))
    said = run("diff", other, other)
    assert said.code == (0 if version == "1.0" else 4)
