"""Every case of the corpus against the judge: the exact set of error codes, and nothing that the case forbids."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from . import keystores_openssl
from .cases import Case, Room, all_cases
from .keys import scalar_of

#: Verdicts of other people's libraries, and of the run itself: no part of what a keystore's maker can foresee.
OUTSIDE = {"CHN013", "DEV024", "DEV025", "SYS001", "SYS002"}
CASES = all_cases()


def judged(case: Case, room: Room) -> Any:
    """The judge's report on the case."""
    from fcu_conform import check

    keystores = room.keystores
    return check(keystores if len(keystores) > 1 else keystores[0], chain_depth=room.depth, at=room.at)


def codes(report: Any, level: str) -> set[str]:
    """The codes of all findings of one level."""
    found = {f.code for result in report.results for f in result.findings if f.level == level}
    return found - OUTSIDE


def told(report: Any, wanted: Iterable[str]) -> str:
    """The findings of some codes, and what was blocked, one a line."""
    rows = [
        f"    {f.code} {f.level} {getattr(f.location, 'file', None)}: {f.message}"
        for result in report.results
        for f in result.findings
        if f.code in set(wanted)
    ]
    rows += [
        f"    {result.code} {result.outcome} by {', '.join(map(str, result.blocked_by or ()))}"
        for result in report.results
        if result.outcome == "blocked" and result.code in set(wanted)
    ]
    return "\n".join(rows)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_judge_finds_exactly_the_errors_of(case: Case, tmp_path: Path) -> None:
    if case.topic == "openssl" and not keystores_openssl.available():
        pytest.skip("the openssl command is not on PATH")
    room = case.make(tmp_path)
    report = judged(case, room)

    found = codes(report, "error")
    if found not in case.allowed:
        missing, extra = case.errors - found, found - case.errors
        readings = " or ".join(str(sorted(reading)) for reading in case.allowed)
        pytest.fail(
            f"{case.id}: {case.why}\n  expected {readings}, found {sorted(found)}\n"
            f"  missing: {sorted(missing)}\n{told(report, missing)}\n"
            f"  too many: {sorted(extra)}\n{told(report, extra)}",
            pytrace=False,
        )
    silent = (case.warnings - codes(report, "warning")) | (case.notices - codes(report, "notice"))
    loud = case.never & {f.code for result in report.results for f in result.findings}
    if silent or loud:
        pytest.fail(f"{case.id}: {case.why}\n  not said: {sorted(silent)}\n  said: {told(report, loud)}", pytrace=False)
    crashed = [result.code for result in report.results if result.outcome == "error" and result.code not in OUTSIDE]
    assert not crashed, f"rules that failed themselves: {crashed}"
    assert any(result.outcome == "passed" for result in report.results) or case.errors, "nothing was judged"
    assert_no_secret_in(repr(report) + told(report, found), room)


def assert_no_secret_in(text: str, room: Room) -> None:
    """No private key of the case, in any usual form, stands in the text."""
    for secret in room.secrets:
        if not isinstance(secret.private, ec.EllipticCurvePrivateKey) or secret.private.key_size != 256:
            continue
        scalar = scalar_of(secret)
        forms = (scalar.hex(), str(int.from_bytes(scalar, "big")), base64.b64encode(scalar).decode()[:40])
        assert not any(form in text.lower() or form in text for form in forms), "the report holds a private key"
