"""The result of a chunk as JSON text, and the checks of such a text before a verdict depends on it.

The text comes from a journal or from another machine. Types are checked as it is read, and then that it does not
contradict itself: a device that counts as faulty without a finding, or a finding that belongs to no device, would
falsify the verdict.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fcu_conform.artefacts.device_output.fingerprint import SIZE
from fcu_conform.artefacts.redaction import redact_all
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import Waiver
from fcu_conform.engine.lot.chunk_judge import ChunkResult
from fcu_conform.engine.lot.duplicates import ENTRY, PLACES
from fcu_conform.engine.lot.tally import KEPT_FINDINGS, Tally
from fcu_conform.engine.serialization import MalformedError, plain_of, read_plain
from fcu_conform.engine.waivers import Waivers
from fcu_conform.rules.model import Finding, Level, Rule, Scope

_DIGESTS = 1 << 64


class DisagreementError(UsageError):
    """A worker of a cluster returned an impossible result, or one that differs from the result of this process."""


@dataclass(frozen=True)
class Question:
    """What chunks were judged by: a result that speaks of anything else is none.

    Attributes:
        rules: those over devices.
        sample: how many devices of a chunk are drawn for the validators.
        waivers: those in force.
        seed: the seed that draws the sample, as `ChunkJudge` takes it.
    """

    rules: Sequence[Rule]
    sample: int
    waivers: Waivers
    seed: int | None = None

    def read(self, plain: Any) -> ChunkResult:
        """The result that `plain_result` took apart.

        Raises:
            MalformedError: it is none, or contradicts itself.
        """
        result = read_plain(ChunkResult, plain)
        if len(result.fingerprint) != SIZE:
            raise MalformedError("no fingerprint")
        for code, tally in result.tallies.items():
            _check_tally(code, tally, self.waivers)
        self._check_codes(result)
        _check_devices(result)
        if len(result.drawn) > self.sample:
            raise MalformedError("more devices for the validators than were asked for")
        return result

    def _check_codes(self, result: ChunkResult) -> None:
        for told, scopes in (
            (result.tallies, frozenset(Scope)),
            (result.marks, {Scope.UNIQUE}),
            (result.leads, {Scope.LOT}),
        ):
            if not told.keys() <= (known := {rule.code for rule in self.rules if rule.scope in scopes}):
                raise MalformedError(f"{min(told.keys() - known)}, which was not asked")
        if any(rule.scope is Scope.UNIQUE and rule.code not in result.marks for rule in self.rules):
            raise MalformedError("no digests of what must be unique")


def plain_result(result: ChunkResult) -> dict[str, Any]:
    """The result of a chunk, fit for JSON; rules that had nothing to say are left out, and so is what is a secret."""
    told = {code: tally for code, tally in result.tallies.items() if tally != Tally()}
    shown = redact_all(plain_of(replace(result, tallies=told, marks={}, fingerprint=b"")))
    # Digests are long, and no text that somebody has written: looking for keys in them would take as long as judging.
    return {**shown, "marks": plain_of(result.marks), "fingerprint": plain_of(result.fingerprint)}


def canonical(result: ChunkResult) -> str:
    """Text that two results share that say the same, in whichever order their devices took the fast path, and however
    their signatures were verified.

    Notices are left out: who has one does not take the full path where a device like it was judged before.
    """
    marks = {code: sorted(ENTRY.iter_unpack(marks)) for code, marks in result.marks.items()}
    tallies = {code: _without_notices(tally) for code, tally in result.tallies.items()}
    alike = replace(result, tallies=tallies, by_tables=0)
    return json.dumps({**plain_result(alike), "marks": marks}, sort_keys=True)


def _without_notices(tally: Tally) -> Tally:
    kept = [finding for finding in tally.findings if finding.level is not Level.NOTICE]
    covering = {finding.waiver for finding in kept if finding.waiver is not None}
    notices = [finding for finding in tally.findings if finding.level is Level.NOTICE]
    waived = [finding.waiver for finding in notices if finding.waiver is not None]
    return replace(
        tally,
        findings=kept,
        found=tally.found - len(notices),
        waived=tally.waived - len(waived),
        used=tally.used - set(waived) | covering,
        levels=tally.levels - {Level.NOTICE},
    )


def _check_tally(code: str, tally: Tally, waivers: Waivers) -> None:
    """What one rule said; the counts agree with the findings that were kept of it."""
    counts = (tally.judged, tally.found, tally.waived, *_counts(tally.blocked_by, tally.reasons, tally.hidden_by))
    kept, covered = len(tally.findings), sum(finding.waiver is not None for finding in tally.findings)
    if min(counts) < 0 or not covered <= tally.waived <= tally.found - (kept - covered):
        raise MalformedError(f"{code}: counts that cannot be")
    if kept < min(tally.found, KEPT_FINDINGS):
        raise MalformedError(f"{code}: fewer findings than it counts")
    levels = {_level(code, finding) for finding in tally.findings if finding.waiver is None}
    if not (levels <= tally.levels if tally.found > kept else levels == tally.levels):
        raise MalformedError(f"{code}: levels that are not those of its findings")
    used: set[Waiver] = {finding.waiver for finding in tally.findings if finding.waiver is not None}
    if used != tally.used or any(waiver.code != code or waiver not in waivers for waiver in used):
        raise MalformedError(f"{code}: waivers that are not in force")


def _counts(*counters: Mapping[str, int]) -> Collection[int]:
    return [count for counter in counters for count in counter.values()]


def _level(code: str, finding: Finding) -> Level:
    if finding.level is None or finding.location.file is None:
        raise MalformedError(f"{code}: a finding without level or place")
    return finding.level


def _check_devices(result: ChunkResult) -> None:
    """Devices have an error where a rule found one and nowhere else, and their numbers are those of devices."""
    indices = [offender.index for offender in result.offenders]
    if bool(indices) != any(Level.ERROR in tally.levels for tally in result.tallies.values()):
        raise MalformedError("devices with an error and no finding, or the other way round")
    undecided = [index for index, _ in result.undecided]
    if indices != sorted(set(indices)) or undecided != sorted(set(undecided)):
        raise MalformedError("devices out of order")
    if len({*indices, *undecided}) < len(indices) + len(undecided) or len(indices) + len(undecided) > result.checked:
        raise MalformedError("devices in two states, or in more than there are")
    if not 0 <= result.by_tables <= result.checked:
        raise MalformedError("more devices verified by tables than there are")
    if any(len(marks) % ENTRY.size for marks in result.marks.values()):
        raise MalformedError("digests of what must be unique that were cut off")
    marked = {index for marks in result.marks.values() for index, _, _ in ENTRY.iter_unpack(marks)}
    drawn = {index for _, index in result.drawn}
    if not drawn.isdisjoint((*indices, *undecided)) or any(not 0 <= digest < _DIGESTS for digest, _ in result.drawn):
        raise MalformedError("devices for the validators that cannot be")
    if any(
        not 0 <= index < PLACES
        for index in {result.checked, *indices, *undecided, *marked, *drawn, *result.leads.values()}
    ):
        raise MalformedError("numbers that no devices have")
