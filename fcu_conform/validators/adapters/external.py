"""Any other program as a validator: one JSON document on its standard input, one on its standard output."""

from __future__ import annotations

import json
import shlex
import shutil
from base64 import b64encode
from datetime import timezone

from fcu_conform.validators.adapters.processes import first_line, line, run
from fcu_conform.validators.model import SECONDS, Answer, Question, ValidatorFault

PROTOCOL = 1
_MEMBERS = {"protocol", "verdict", "reason", "version", "dates_left_out"}


class ExternalCommand:
    """A program that the user named, such as a device's library on a bench.

    The documents are specified in `docs/validators.md` and in `external.schema.json` beside this module. Anything
    that does not follow that specification is a fault and never a verdict.
    """

    stands_for = "the user's own command"
    acceptance_counts = True
    tells_version = True
    starts_programs = True

    def __init__(self, name: str, command: str, seconds: float = SECONDS) -> None:
        """Take the program's name in reports, its command line (split as a shell would, run without one) and its time.

        Raises:
            ValueError: the command line is empty, or its quotes do not match.
        """
        self.name = name
        self._seconds = seconds
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"the command of validator {name} cannot be read: {error}") from None
        if not self._command or not self._command[0]:
            raise ValueError(f"the command of validator {name} is empty")
        self._version = ""

    def version(self) -> str:
        """What the program last said of its version; empty before the first answer, and where it does not say.

        Raises:
            ValidatorFault: there is no such program.
        """
        if shutil.which(self._command[0]) is None:
            raise ValidatorFault(f"{self.name} cannot be started: {self._command[0]!r} is not an executable program")
        return self._version

    def ask(self, question: Question) -> Answer:
        """The program's verdict.

        Raises:
            ValidatorFault: it could not be started, failed, took too long, or answered something else.
        """
        given = json.dumps(request(question)).encode("ascii") + b"\n"
        finished = run(self.name, self._command, given=given, seconds=self._seconds)
        if finished.status:
            how = f"ended with status {finished.status}"
            if finished.status < 0:
                how = f"was ended by signal {-finished.status}"
            raise ValidatorFault(f"{self.name} {how}: {first_line(finished.errors)}")
        try:
            answer, version = response(finished.output)
        except ValueError as fault:
            said = f" (its output: {first_line(finished.errors)})" if finished.errors.strip() else ""
            raise ValidatorFault(f"{self.name} gave no verdict: {line(str(fault))}{said}") from None
        self._version = version or self._version
        return answer


def request(question: Question) -> dict[str, object]:
    """The document that a program is given."""
    moment = question.at.astimezone(timezone.utc).replace(tzinfo=None)
    return {
        "protocol": PROTOCOL,
        "leaf": _base64(question.leaf),
        "untrusted": [_base64(der) for der in question.untrusted],
        "anchors": [_base64(der) for der in question.anchors],
        "at": moment.isoformat(timespec="seconds") + "Z",
    }


def response(document: bytes) -> tuple[Answer, str]:
    """What a program answered, and its version; an empty one where it does not say.

    Raises:
        ValueError: it is not a response by the specification; the text says why.
    """
    try:
        members = json.loads(document.decode("utf-8"), object_pairs_hook=_each_once)
    except UnicodeDecodeError:
        raise ValueError("its output is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"its output is not one JSON document: {error}" if document.strip() else "no output") from None
    except RecursionError:
        raise ValueError("its output is nested too deeply") from None
    if not isinstance(members, dict):
        raise ValueError("its output is not a JSON object")
    if unknown := sorted(set(members) - _MEMBERS):
        raise ValueError(f"unknown member {unknown[0]!r}")
    protocol = members.get("protocol", PROTOCOL)
    if type(protocol) is not int or protocol != PROTOCOL:
        raise ValueError(f"it speaks protocol {protocol!r}, not {PROTOCOL}")
    if members.get("verdict") not in ("accepted", "refused"):
        raise ValueError(f"the verdict is {members.get('verdict')!r}, neither 'accepted' nor 'refused'")
    for member in ("reason", "version"):
        if not isinstance(members.get(member, ""), str):
            raise ValueError(f"the {member} is not a string")
    dates_left_out = members.get("dates_left_out", False)
    if not isinstance(dates_left_out, bool):
        raise ValueError("dates_left_out is not true or false")
    accepted = members["verdict"] == "accepted"
    reason = "" if accepted else line(members.get("reason", ""))
    if not accepted and not reason:
        raise ValueError("it refused without a reason")
    return Answer(accepted, reason, dates_left_out), line(members.get("version", ""), 100)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _base64(der: bytes) -> str:
    return b64encode(der).decode("ascii")
