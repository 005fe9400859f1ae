"""What validators do in the processes that they work in; nothing is imported here that only those who ask need."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from fcu_conform.validators.adapters.python_library import import_when_used
from fcu_conform.validators.isolation.messages import Message, decoded, to_question
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.isolation.worker import keep_watch
from fcu_conform.validators.model import CannotTell, LimitReached, ValidatorFault

if TYPE_CHECKING:
    from fcu_conform.validators.model import Validator


@lru_cache(maxsize=64)
def _made(module: str, make: str, arguments: tuple[object, ...], distribution: str) -> Validator:
    return Origin(module, make, arguments, distribution).validator()


def load(given: Message) -> Callable[[], Message]:
    """The task of loading some validators before anything is asked; who cannot be loaded tells it when it is asked."""
    import_when_used("asyncio")  # as `ask` does
    for origin in given["origins"]:
        _told(partial(_load, origin, []))
    gc.freeze()  # what is loaded stays, and need not be gone through again
    return dict


def ask(given: Message) -> Callable[[], Message]:
    """The task of a validator: what it says of a question, and its version where only its library tells that."""
    import_when_used("asyncio")  # one library imports it for fetching, which is off
    question = to_question(given["question"])
    made: list[Validator] = []
    failed = _told(lambda: _load(given, made))

    def answer() -> Message:
        (validator,) = made
        told = _told(lambda: asdict(validator.ask(question)))
        return told | ({"version": validator.version()} if getattr(validator, "tells_version", False) else {})

    return (lambda: failed) if failed else answer


def accept(given: Message) -> Callable[[], Message]:
    """The task of a program that verifies many at once: whether it accepts all questions of a batch."""
    questions = [to_question(one) for one in given["questions"]]
    made: list[Validator] = []
    failed = _told(lambda: _load(given, made))
    accepts_all = None if failed else getattr(made[0], "accepts_all", None)
    if accepts_all is None:
        return lambda: {"accepted": False}
    return lambda: _told(lambda: {"accepted": accepts_all(questions)})


def _load(given: Message, made: list[Validator]) -> Message:
    """Puts the validator into ``made``, with all loaded that it needs."""
    validator = _made(given["module"], given["make"], tuple(given["arguments"]), given["distribution"])
    made.append(validator)
    load = getattr(validator, "load", None)
    if load is not None:
        load()
    if getattr(validator, "starts_programs", False):
        keep_watch()
    return {}


def shake(given: Message) -> Callable[[], Message]:
    """The task of the handshakes."""
    # A process that only answers questions does without.
    from fcu_conform.artefacts.encodings.private_keys import Secret
    from fcu_conform.validators.handshake.trials import LIBRARIES, end_of, shake_hands

    for library in LIBRARIES:
        with suppress(ImportError):  # `shake_hands` tells what is missing
            end_of(library)
    chain, anchors = (tuple(map(decoded, given[which])) for which in ("chain", "anchors"))
    key, at = Secret(decoded(given["key"])), datetime.fromisoformat(given["at"])
    return lambda: _told(lambda: asdict(shake_hands(chain, key, anchors, at=at)))


def _told(do: Callable[[], Message]) -> Message:
    """What comes of something, or the fault in its place; of an unknown fault the type, since nobody knows its text."""
    try:
        return do()
    except CannotTell as doubt:
        return {"doubt": str(doubt)}
    except LimitReached as limit:
        return {"limit": str(limit)}
    except ValidatorFault as fault:
        return {"fault": str(fault)}
    except MemoryError:
        raise
    except Exception as fault:
        return {"fault": f"broke: {type(fault).__name__}"}
