"""GnuTLS through its `certtool --verify`, with the uploaded certificates as its only anchors."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.validators.adapters.clock import differs
from fcu_conform.validators.adapters.processes import Tool, first_line, line
from fcu_conform.validators.model import Answer, CannotTell, Question, ValidatorFault

_VERDICT = re.compile(rb"^Chain verification output: (Not verified|Verified)\.(.*)$", re.MULTILINE)
_UNREADABLE = re.compile(rb"^(?:error parsing CRTs|gnutls_x509_\w+): (.*)$", re.MULTILINE)
_ON_DATES = re.compile(r"The certificate chain uses (?:expired|not yet valid) certificate\. *")
_NOT_THE_CERTIFICATE = re.compile(rb"reading file|memory|internal error", re.IGNORECASE)
_NOTHING_MORE = "The certificate is NOT trusted."


class Certtool(Tool):
    """`certtool --verify` with its default profile; certtool's exit status is 1 for a refusal and for a fault alike.

    Before GnuTLS 3.8 it reads the clock. If a certificate starts or ends its validity between now and the instant of
    judgement, its results about dates are removed from the answer.
    It checks from the root down and stops at the first certificate with a defect, so a CA that has expired by the clock
    hides all that is below it: then there is no verdict.
    """

    name = "certtool"
    stands_for = "servers and gateways on GnuTLS"
    program = "certtool"
    package = "gnutls-bin"

    def version(self) -> str:
        """The version of GnuTLS.

        Raises:
            ValidatorFault: it is not installed or does not run.
        """
        return _version(self._found(), self)

    def _judge(self, program: str, question: Question, folder: Path) -> Answer:
        (folder / "anchors.pem").write_bytes(to_pem(*question.anchors))
        (folder / "chain.pem").write_bytes(to_pem(question.leaf, *question.untrusted))
        command = [program, "--verify", "--load-ca-certificate=anchors.pem", "--infile=chain.pem"]
        told = _can_be_told_an_instant(program, self)
        if told:
            command.append(f"--attime=@{int(question.at.timestamp() // 1)}")
        finished = self._run(*command, folder=folder)
        said = finished.output + b"\n" + finished.errors
        if (verdict := _VERDICT.search(finished.output)) and finished.status in (0, 1):
            accepted = verdict[1] == b"Verified"
            if accepted != (finished.status == 0):
                raise ValidatorFault(f"certtool said {line(verdict[0])!r} with status {finished.status}")
            certificates = (question.leaf, *question.untrusted, *question.anchors)
            another = not told and differs(certificates, question.at)
            return _answer(accepted, line(verdict[2]), another, alone=not question.untrusted)
        unreadable = _UNREADABLE.search(said)
        if finished.status == 1 and unreadable and not _NOT_THE_CERTIFICATE.search(unreadable[1]):
            return Answer(False, f"cannot be read: {line(unreadable[1])}")
        raise ValidatorFault(f"certtool gave no verdict (status {finished.status}): {_last_line(said)}")


def _answer(accepted: bool, words: str, another: bool, alone: bool) -> Answer:
    """The verdict, without dates where it was given for another instant than the one in question."""
    if accepted:
        return Answer(True, dates_left_out=another)
    if not another:
        return Answer(False, words)
    words, on_dates = _ON_DATES.subn("", words)
    if words.strip() != _NOTHING_MORE or not on_dates:
        return Answer(False, words.strip(), dates_left_out=True)
    if alone:  # there was one check, and it tells all defects that it finds
        return Answer(True, dates_left_out=True)
    raise CannotTell(
        "certtool before GnuTLS 3.8 uses the system clock: it found a certificate that is not valid today and stopped"
    )


def _last_line(said: bytes) -> str:
    return first_line(b"\n".join(reversed(said.splitlines())))


@lru_cache(maxsize=8)
def _version(program: str, tool: Certtool) -> str:
    finished = tool._run(program, "--version")
    if finished.status:
        raise ValidatorFault(f"certtool does not run (status {finished.status}): {first_line(finished.errors)}")
    return first_line(finished.output).removeprefix("certtool ")


@lru_cache(maxsize=8)
def _can_be_told_an_instant(program: str, tool: Certtool) -> bool:
    return b"--attime" in tool._run(program, "--help").output
