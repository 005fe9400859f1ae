"""The common part of the adapters of Python libraries: distinguishes a missing or failing library from a refusal."""

from __future__ import annotations

import importlib
import sys
import warnings
from abc import ABC, abstractmethod
from types import ModuleType
from typing import Any

from fcu_conform.validators.libraries import Library, missing
from fcu_conform.validators.model import Answer, Question, ValidatorFault, words


class PythonLibrary(ABC):
    """A validator that is a Python package: the module of its adapter imports it, and is imported when it is asked.

    Attributes:
        library: what is known of it without that.
    """

    library: Library

    @property
    def name(self) -> str:
        """What users call it."""
        return self.library.name

    @property
    def stands_for(self) -> str:
        """Who in the field meets the chain with this library."""
        return self.library.stands_for

    @property
    def acceptance_counts(self) -> bool:
        """Its acceptance counts."""
        return self.library.acceptance_counts

    @property
    def tells_version(self) -> bool:
        """What it says of its version only the library itself knows."""
        return self.library.tells_version

    def version(self) -> str:
        """The version of the installed package.

        Raises:
            ValidatorFault: it is not installed.
        """
        return self.library.version()

    def ask(self, question: Question) -> Answer:
        """The library's verdict.

        Raises:
            ValidatorFault: the library is missing, or raised something that is not one of its refusals.
        """
        if not question.anchors:
            raise ValidatorFault(f"{self.name} cannot be asked: no certificate is trusted")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # where warnings are errors, a library's warning would look like its fault
                return self._judge(question)
        except ValidatorFault:
            raise
        except ModuleNotFoundError:
            raise missing(self.library.distribution) from None
        except MemoryError:
            raise
        except Exception as error:
            raise ValidatorFault(f"{self.name} failed: {type(error).__name__}: {words(error)}") from error

    @abstractmethod
    def _judge(self, question: Question) -> Answer:
        """Put the question to the library; only its own refusals and its parse errors become a refusal."""


def import_when_used(name: str) -> None:
    """Puts a stand-in where imports find a module; the module is imported when something of it is looked at.

    Only in a process that is there for validators alone: others would come across the stand-in.
    """
    if name in sys.modules:
        return
    stand_in = ModuleType(name, "A stand-in for a module that nothing was needed of so far.")

    def look(attribute: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    vars(stand_in)["__getattr__"] = look
    sys.modules[name] = stand_in
