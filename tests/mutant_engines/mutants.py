"""Judges that are broken in one way each: examinations that change the results of the right one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from fcu_conform.engine import Examination, Outcome, Result
from fcu_conform.rules import catalogue
from fcu_conform.rules.model import Finding, Level, Rule


class Changing(Examination):
    """The right judge, whose results go through `change` before anybody sees them."""

    def judge(self, code: str, subject: str) -> Result:
        return self.change(super().judge(code, subject))

    def change(self, result: Result) -> Result:
        return result


class SaysYes(Changing):
    """Finds nothing wrong, whatever it is given."""

    def change(self, result: Result) -> Result:
        return replace(result, outcome=Outcome.PASSED, findings=(), count=0)


class SaysNo(Changing):
    """Finds something wrong with everything that it looks at."""

    def change(self, result: Result) -> Result:
        if result.outcome is not Outcome.PASSED:
            return result
        finding = Finding("is wrong", level=Level.ERROR)
        return replace(result, outcome=Outcome.FAILED, findings=(finding,), count=1)


class StopsAtFirstFault(Changing):
    """Tells the first thing that it finds, and no more."""

    _told = False

    def change(self, result: Result) -> Result:
        if not result.findings:
            return result
        if self._told:
            return replace(result, outcome=Outcome.PASSED, findings=(), count=0)
        self._told = True
        return replace(result, findings=result.findings[:1], count=1)


class MixesCodesUp(Changing):
    """Has the right findings under the code of another rule."""

    def change(self, result: Result) -> Result:
        others = {"CHN003": "CHN004", "CHN004": "CHN003", "DEV002": "DEV003", "DEV003": "DEV002"}
        other = others.get(result.code)
        return replace(result, rule=catalogue()[other]) if other and result.findings else result


class Crashes(Examination):
    """Breaks down over a rule about keys."""

    def judge(self, code: str, subject: str) -> Result:
        if code == "KEY004":
            raise ZeroDivisionError("the judge is broken")
        return super().judge(code, subject)


class ChecksNothing(Examination):
    """Has no rule for anything."""

    def cases(self) -> Sequence[tuple[Rule, str]]:
        return []


class OnlyWarns(Changing):
    """Calls every error a warning."""

    def change(self, result: Result) -> Result:
        findings = tuple(
            replace(finding, level=Level.WARNING) if finding.level is Level.ERROR else finding
            for finding in result.findings
        )
        return replace(result, findings=findings)


class CountsFromZero(Changing):
    """Names the certificate before the one that is wrong."""

    def change(self, result: Result) -> Result:
        def moved(finding: Finding) -> Finding:
            index = finding.location.index
            return replace(finding, location=replace(finding.location, index=index - 1 if index else index))

        return replace(result, findings=tuple(map(moved, result.findings)))


class SaysEverythingTwice(Changing):
    """Tells each fault as two."""

    def change(self, result: Result) -> Result:
        return replace(result, findings=result.findings * 2, count=result.count * 2)


class Stutters(Changing):
    """Gives for every setup what it said of the first one."""

    _first: ClassVar[dict[str, Result]] = {}

    def change(self, result: Result) -> Result:
        kept = self._first.setdefault(result.code, result)
        return replace(kept, target=result.target)


class ForgetsRule(Changing):
    """Never looks at the order of fcu.crt."""

    def change(self, result: Result) -> Result:
        if result.code != "CHN003":
            return result
        return replace(result, outcome=Outcome.PASSED, findings=(), count=0)


class LeavesOutWhatItFinds(Changing):
    """Calls what is wrong not applicable, which passes too."""

    def change(self, result: Result) -> Result:
        if result.outcome is not Outcome.FAILED:
            return result
        return replace(result, outcome=Outcome.NOT_APPLICABLE, findings=(), count=0)
