"""The judge's findings in a case, compared with those that its maker expects."""

from __future__ import annotations

import base64
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from .cases import USAGE, Case, Room
from .keys import scalar_of

#: Verdicts of other people's libraries, and of the run itself: no part of what a keystore's maker can foresee.
OUTSIDE = {"CHN013", "DEV024", "DEV025", "SYS001", "SYS002"}

#: Seconds in which the worst of hostile input is refused.
PATIENCE = 8.0


class ImpatienceError(BaseException):
    """The judge waits for something that never comes; no `except Exception` of its own may swallow that."""


@contextmanager
def patience() -> Iterator[None]:
    """Ends what takes much too long, so that one hanging case does not hide all others."""

    def stop(*_: object) -> None:
        raise ImpatienceError("the judge hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    except ImpatienceError:
        pytest.fail(f"no verdict in {PATIENCE:.0f} s", pytrace=False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judged(room: Room, validators: str = "none") -> Any:
    """The judge's report on what is laid out; its refusal to start, as the exception that it is."""
    from fcu_conform import UsageError, check

    keystores = room.keystores
    try:
        return check(
            keystores if len(keystores) > 1 else keystores[0],
            chain_depth=room.depth,
            at=room.at,
            devices=room.devices,
            portal_upload=room.uploads,
            mode=room.mode,
            validators=validators,
        )
    except UsageError as refusal:
        return refusal


def said(report: Any) -> list[tuple[str, str, str]]:
    """(code, level, where and what) of every finding, but for what lies outside."""
    return [
        (result.code, str(getattr(f.level, "value", f.level)), f"{f.location.file}: {f.message}")
        for result in report.results
        for f in result.findings
        if result.code not in OUTSIDE
    ]


def codes(report: Any, level: str) -> set[str]:
    """The codes of all findings of one level."""
    return {code for code, its_level, _ in said(report) if its_level == level}


def ending(report: Any, outcome: str) -> list[Any]:
    """The results with this outcome, but for what lies outside."""
    return [
        result
        for result in report.results
        if getattr(result.outcome, "value", result.outcome) == outcome and result.code not in OUTSIDE
    ]


def told(report: Any, wanted: Iterable[str]) -> str:
    """The findings of some codes, and what blocked the others, one a line."""
    wanted = set(wanted)
    rows = [f"    {code} {level} {text}" for code, level, text in said(report) if code in wanted]
    rows += [
        f"    {result.code} is blocked by {', '.join(map(str, result.blocked_by))}"
        for result in ending(report, "blocked")
        if result.code in wanted
    ]
    return "\n".join(rows)


def assert_expected(case: Case, room: Room, report: Any) -> None:
    """The exact set of error codes, nothing that the case forbids, nothing crashed, something judged."""
    if isinstance(report, Exception):
        if {USAGE} not in case.allowed:
            pytest.fail(f"{case.id}: {case.why}\n  the run did not start: {report}", pytrace=False)
        assert str(report).strip(), "a refusal says why"
        assert "\n" not in str(report).strip(), "a wrong use is told in one line"
        return
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
    loud = case.never & {code for code, _, _ in said(report)}
    if silent or loud:
        pytest.fail(f"{case.id}: {case.why}\n  not said: {sorted(silent)}\n  said: {told(report, loud)}", pytrace=False)
    crashed = [result.code for result in ending(report, "error")]
    assert not crashed, f"rules that failed themselves: {crashed}"
    assert ending(report, "passed") or case.errors, "nothing was judged"
    assert_no_secret_in(repr(report) + told(report, found), room)


def assert_no_secret_in(text: str, room: Room) -> None:
    """No private key of the case, in any usual form, stands in the text."""
    for secret in room.secrets:
        if not isinstance(secret.private, ec.EllipticCurvePrivateKey) or secret.private.key_size != 256:
            continue
        scalar = scalar_of(secret)
        forms = (scalar.hex(), str(int.from_bytes(scalar, "big")), base64.b64encode(scalar).decode()[:40])
        assert not any(form in text.lower() or form in text for form in forms), "the report holds a private key"
