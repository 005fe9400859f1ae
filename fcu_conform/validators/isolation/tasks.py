"""What validators do in the processes that they work in; nothing is imported here that only those who ask need."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from fcu_conform.artefacts.data_classes import dataclass
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.validators.adapters.python_library import import_when_used, words
from fcu_conform.validators.isolation.messages import Message, decoded, to_question
from fcu_conform.validators.isolation.worker import keep_watch
from fcu_conform.validators.libraries import missing
from fcu_conform.validators.model import CannotTell, LimitReached, ValidatorFault

if TYPE_CHECKING:
    from fcu_conform.validators.model import Validator


@dataclass(frozen=True)
class Origin:
    """How to create a validator, in this process and in another.

    Attributes:
        module: the adapter's module.
        make: its class within the module.
        arguments: what the class is given: anything that JSON can hold.
        distribution: what `pip install` calls the library that the module imports; empty where it imports none.
    """

    module: str
    make: str
    arguments: tuple[object, ...] = ()
    distribution: str = ""

    def validator(self) -> Validator:
        """The validator, in this process, which imports its library.

        Raises:
            ValidatorFault: the library is not installed, or cannot be imported.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # where they are errors, a library's would look like its fault
                module = import_module(self.module)
        except ModuleNotFoundError as error:
            if not self.distribution or error.name == self.module:  # the adapter itself: a fault of this suite
                raise
            raise missing(self.distribution) from None
        except MemoryError:
            raise
        except Exception as error:
            name = self.distribution or self.module
            raise ValidatorFault(f"{name} failed: {type(error).__name__}: {words(error)}") from error
        make = cast("Callable[..., Validator]", getattr(module, self.make))
        return make(*self.arguments)


@lru_cache(maxsize=64)
def _made(module: str, make: str, arguments: tuple[object, ...], distribution: str) -> Validator:
    return Origin(module, make, arguments, distribution).validator()


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
