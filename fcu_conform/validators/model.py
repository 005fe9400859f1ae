"""The protocol of all validators: a question about one path, and what the library answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Question:
    """Whether a certificate leads to one of the anchors.

    Attributes:
        leaf: DER of the certificate in question, which may be a CA's.
        untrusted: DER of the certificates presented with it, in the order in which they are presented.
        anchors: DER of the certificates that are trusted, in the order in which they were uploaded.
        at: the instant at which it is asked, with a time zone.
    """

    leaf: bytes
    untrusted: tuple[bytes, ...]
    anchors: tuple[bytes, ...]
    at: datetime


@dataclass(frozen=True)
class Answer:
    """The answer of a library about a path.

    Attributes:
        accepted: the library's verdict.
        reason: the library's own words for a refusal; empty where it accepts.
        dates_left_out: the library reads the clock and was asked for another instant, so what it says of dates was
            masked: the verdict is about everything else.
    """

    accepted: bool
    reason: str = ""
    dates_left_out: bool = False


SECONDS = 10.0
"""How long a validator or a program may take for a question, in seconds of elapsed time."""

UNPROTECTED = "" if os.name == "posix" else "validators run without time and memory limits: these need a POSIX system"
"""What a run has to say of a system on which validators work in its own process; empty where they do not."""


class ValidatorFault(Exception):
    """The library is not there, failed, timed out or answered nonsense: never a verdict. The text is one line."""


class LimitReached(ValidatorFault):
    """It took more time or memory than it may: the question is too hard for it, and so may the next one be."""


class CannotTell(ValidatorFault):
    """The library works but cannot answer this question, for example about dates at another instant."""


class Validator(Protocol):
    """An independent validator."""

    @property
    def name(self) -> str:
        """What users call it on the command line, lower case."""

    @property
    def stands_for(self) -> str:
        """Who in the field meets the chain with this library, in a few words."""

    @property
    def acceptance_counts(self) -> bool:
        """Its acceptance counts; where it does not, only its refusal is shown."""

    def version(self) -> str:
        """The version of the library or command.

        Raises:
            ValidatorFault: it is not installed or cannot be used here.
        """

    def ask(self, question: Question) -> Answer:
        """The library's verdict.

        Raises:
            CannotTell: it cannot judge this question, without anything being wrong.
            LimitReached: it took more time or memory than it may.
            ValidatorFault: the library did not answer the question.
        """


def words(error: BaseException) -> str:
    """What an exception says, on one line; its type where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
