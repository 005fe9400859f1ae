"""What findings say word for word, and the place they name: file, number of the certificate, line, field."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from artefacts.makers import AT, Line
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from fcu_conform import check
from fcu_conform.engine import Outcome
from rules.cases import EDITS
from rules.expected import FOUND, OUTSIDE, Told

FAMILIES = ("CFG", "KEY", "CSR", "CRT", "CHN")


class Words(NamedTuple):
    """How findings call each certificate of the file."""

    texts: list[str]

    def into(self, text: str) -> str:
        """The text with ``{1}`` and so on replaced."""
        for number, words in enumerate(self.texts, start=1):
            text = text.replace(f"{{{number}}}", words)
        return text


def words_of(line: Line) -> Words:
    """Made from the file with another reader, so that the suite cannot agree with itself only."""
    try:
        made = x509.load_pem_x509_certificates((line.keystore / "fcu.crt").read_bytes())
    except (OSError, ValueError):
        return Words([])
    names = [", ".join(f"{a.rfc4514_attribute_name}={a.value}" for a in c.subject) or "empty subject" for c in made]
    return Words(
        [
            f"certificate {number} of {len(made)} ({name}, sha256 {certificate.fingerprint(SHA256()).hex()[:8]}…)"
            for number, (name, certificate) in enumerate(zip(names, made, strict=True), start=1)
        ]
    )


def told(line: Line) -> list[Told]:
    report = check(line.keystore, at=AT, validators="none")
    assert [(r.code, r.reason) for r in report.results if r.outcome is Outcome.ERROR] == []
    return [
        Told(result.code, f.level.value, *vars_of(f.location), f.message, f.expected, f.found)  # type: ignore[union-attr]
        for result, f in report.findings()
        if result.code[:3] in FAMILIES and result.code not in OUTSIDE
    ]


def vars_of(location: object) -> tuple[str | None, int | None, int | None, str | None]:
    return location.file, location.index, location.line, location.field  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", EDITS)
def test_the_finding_about_one_edit_has_exactly_the_recorded_text(tmp_path: Path, name: str) -> None:
    line = Line(tmp_path)
    EDITS[name](line)
    words = words_of(line)
    expected = [
        one._replace(message=words.into(one.message), expected=words.into(one.expected), found=words.into(one.found))
        for one in FOUND[name]
    ]
    assert told(line) == expected


def test_every_edit_has_a_recorded_text() -> None:
    assert list(EDITS) == list(FOUND)
    assert FOUND["nothing"] == []
    assert [name for name, findings in FOUND.items() if not findings] == ["nothing"]


@pytest.mark.parametrize("name", EDITS)
def test_every_finding_has_a_reason_and_a_fix(tmp_path: Path, name: str) -> None:
    line = Line(tmp_path)
    EDITS[name](line)
    findings = [finding for _, finding in check(line.keystore, at=AT, validators="none").findings()]
    assert bool(findings) == (name != "nothing")
    assert all(finding.why and finding.fix and finding.message for finding in findings)
    assert all("\n" not in finding.message and not finding.message.endswith(".") for finding in findings)
