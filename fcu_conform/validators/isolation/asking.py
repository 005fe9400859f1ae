"""Asks validators, and shakes hands, in other processes, so that nothing can hang this one or fill its memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fcu_conform.validators.isolation import workers
from fcu_conform.validators.isolation.messages import Message, encoded, from_question, text, to_answer, truth
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.isolation.workers import Kind, worker
from fcu_conform.validators.libraries import Library
from fcu_conform.validators.model import (
    SECONDS,
    UNPROTECTED,
    Answer,
    CannotTell,
    LimitReached,
    Question,
    Validator,
    ValidatorFault,
)

if TYPE_CHECKING:
    from fcu_conform.artefacts.encodings.private_keys import Secret
    from fcu_conform.validators.handshake.trials import Handshakes

_LOAD, _ASK, _ACCEPT, _SHAKE = (f"{__package__}.tasks:{task}" for task in ("load", "ask", "accept", "shake"))
"""What the other process does; this one does not load it."""

PROCESSOR = 0.5
"""Seconds of processor time that a validator may take for a question. An honest one takes a hundredth of that."""
HANDSHAKE_PROCESSOR = 2.0
"""The same for all handshakes of a device, which take a quarter of a second."""
HANDSHAKE_SECONDS = 90.0
"""Their limit of elapsed time: 18 of 5 seconds."""

_EXTERNAL = "fcu_conform.validators.adapters.external"

INSTALLED = Kind("installed")
"""The validators that are known: libraries, and programs of this system."""
PROGRAMS = Kind("programs")
"""Those of them that are programs, where many questions are asked: beside the libraries, and not after them."""
PLUGGED_IN = Kind("plugged-in", workers.own_environment, os.getcwd, 2048 << 20)
"""Programs of the user's, which run where the user is."""
HANDSHAKE = Kind("handshake")
"""Both ends of a handshake. It gets a device's private key, does one task, and ends."""


class Isolated:
    """A validator whose questions another process answers, within limits of time and memory.

    Where the system can limit nothing, this process answers them.

    Args:
        origin: how it is made.
        kind: whom it shares a process with.
        seconds: its limit of elapsed time for a question.
        library: what is known of it without importing its adapter; None where that imports no library.
        is_program: it is a program of this system.
    """

    BATCH = 50
    """Questions of a batch, see `accepts_all`."""

    def __init__(
        self,
        origin: Origin,
        kind: Kind = INSTALLED,
        seconds: float = SECONDS,
        library: Library | None = None,
        is_program: bool = False,
    ) -> None:
        self.many_kind = PROGRAMS if is_program else kind
        self.origin, self.kind, self._seconds, self._library = origin, kind, seconds, library
        known = library or self._here
        self.name, self.stands_for, self.acceptance_counts = known.name, known.stands_for, known.acceptance_counts
        self._version = ""

    @cached_property
    def _here(self) -> Validator:
        """The validator in this process.

        Raises:
            ValidatorFault: its library is not there.
        """
        return self.origin.validator()

    def version(self) -> str:
        """What it last said of its version where it was asked, else what can be told in this process.

        Raises:
            ValidatorFault: it is not installed or cannot be used here.
        """
        if self._version:
            return self._version
        if self._library is not None and not self._library.tells_version:
            return self._library.version()
        return self._here.version()

    def ask(self, question: Question, *, is_one_of_many: bool = False) -> Answer:
        """The validator's verdict.

        Args:
            is_one_of_many: it is asked in the process of ``many_kind``, beside other validators.

        Raises:
            CannotTell: it cannot judge this question, without anything being wrong.
            LimitReached: it took more time or memory than it may.
            ValidatorFault: it did not answer the question.
        """
        if UNPROTECTED:
            return self._here.ask(question)
        given = {**asdict(self.origin), "question": from_question(question)}
        process = worker(self.many_kind if is_one_of_many else self.kind)
        told = process.do(self.name, _ASK, given, processor=PROCESSOR, seconds=self._seconds)
        try:
            self._version = text(told, "version") or self._version
            _raise_fault(told)
            return to_answer(told)
        except ValueError as fault:
            raise ValidatorFault(f"{self.name} broke: its process sent no answer ({fault})") from None

    def accepts_all(self, questions: Sequence[Question]) -> bool:
        """It accepts all of these, asked in batches; otherwise each has to be asked by itself.

        Only the programs that verify many certificates at once can say so. Of anything else, a fault too, nothing is
        concluded.
        """
        if UNPROTECTED or self.many_kind is not PROGRAMS:
            return False
        for start in range(0, len(questions), self.BATCH):
            batch = [from_question(question) for question in questions[start : start + self.BATCH]]
            given = {**asdict(self.origin), "questions": batch}
            try:
                told = worker(PROGRAMS).do(self.name, _ACCEPT, given, processor=PROCESSOR, seconds=self._seconds)
                if not truth(told, "accepted"):
                    return False
            except (ValidatorFault, ValueError):
                return False
        return True


def prepare(validators: Iterable[Validator]) -> None:
    """Lets the process of installed validators load them while this one does something else."""
    those = (one for one in validators if isinstance(one, Isolated))
    origins = [asdict(one.origin) for one in those if one.kind is INSTALLED]
    if origins and not UNPROTECTED:
        worker(INSTALLED).prepare(_LOAD, {"origins": origins})


def plugged_in(name: str, command: str) -> Validator:
    """A program of the user's.

    Raises:
        ValueError: the command line is empty, or its quotes do not match.
    """
    return Isolated(Origin(_EXTERNAL, "ExternalCommand", (name, command)), PLUGGED_IN)


def shake_hands_apart(chain: Sequence[bytes], key: Secret, anchors: Sequence[bytes], *, at: datetime) -> Handshakes:
    """All handshakes of a device, see `handshake.shake_hands`, made in a process that ends with them.

    Raises:
        ValidatorFault: not one handshake could be tried to its end, or all took more time or memory than they may.
    """
    from fcu_conform.validators.handshake.trials import from_message, shake_hands  # most runs shake no hands

    if UNPROTECTED:
        return shake_hands(chain, key, anchors, at=at)
    given = {
        "chain": [encoded(der) for der in chain],
        "key": encoded(key.reveal()),
        "anchors": [encoded(der) for der in anchors],
        "at": at.isoformat(),
    }
    process = worker(HANDSHAKE)
    try:
        told = process.do("the device's part", _SHAKE, given, processor=HANDSHAKE_PROCESSOR, seconds=HANDSHAKE_SECONDS)
        _raise_fault(told)
        return from_message(told)
    except ValueError as fault:
        raise ValidatorFault(f"broke: its process sent no handshakes ({fault})") from None
    finally:
        process.close()


def _raise_fault(told: Message) -> None:
    """Raises what a task told in place of an answer."""
    for member, fault in (("limit", LimitReached), ("doubt", CannotTell), ("fault", ValidatorFault)):
        if words := text(told, member):
            raise fault(words)
