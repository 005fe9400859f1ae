"""Where a validator comes from: what one process tells another so that it can make the same one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from fcu_conform.validators.libraries import missing
from fcu_conform.validators.model import ValidatorFault, words

if TYPE_CHECKING:
    from collections.abc import Callable

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
