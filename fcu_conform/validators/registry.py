"""All validators by name, in the order in which they are asked and reported."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from fcu_conform.validators.isolation.asking import Isolated
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.libraries import (
    CERTVALIDATOR,
    CRYPTOGRAPHY,
    OPENSSL,
    OPENSSL_PARTIAL,
    PYHANKO,
    Library,
)
from fcu_conform.validators.model import Validator, ValidatorFault


@dataclass(frozen=True)
class Entry:
    """One validator that can be chosen.

    Attributes:
        name: what users call it.
        module: the module of its adapter, in ``adapters``.
        make: the adapter's class within the module.
        arguments: what the class is given.
        library: what is known of the Python library that the module imports; None where it imports none.
        core: one of the four that a plain installation brings.
        is_program: it is a program of this system.
    """

    name: str
    module: str
    make: str
    arguments: tuple[object, ...] = ()
    library: Library | None = None
    core: bool = False
    is_program: bool = False

    @property
    def origin(self) -> Origin:
        """How the validator is made."""
        distribution = self.library.distribution if self.library else ""
        return Origin(f"fcu_conform.validators.adapters.{self.module}", self.make, self.arguments, distribution)

    def validator(self) -> Validator:
        """The validator in this process.

        Raises:
            ValidatorFault: its library is not there.
        """
        return self.origin.validator()

    def isolated(self) -> Validator:
        """The validator that another process answers for, whether or not its library is there."""
        return Isolated(self.origin, library=self.library, is_program=self.is_program)

    def available(self) -> bool:
        """Its library or command is there. A Python library is looked for and not imported."""
        if self.library:
            return find_spec(self.library.package) is not None
        try:
            self.validator().version()
        except ValidatorFault:
            return False
        return True


def _of(library: Library, module: str, make: str, *arguments: object, core: bool = False) -> Entry:
    return Entry(library.name, module, make, arguments, library, core)


ENTRIES = (
    _of(CRYPTOGRAPHY, "cryptography_", "Cryptography", core=True),
    _of(OPENSSL, "openssl_library", "OpensslLibrary", core=True),
    _of(OPENSSL_PARTIAL, "openssl_library", "OpensslLibrary", True),
    _of(PYHANKO, "pyhanko", "Pyhanko", core=True),
    Entry("mbedtls", "mbedtls", "MbedTls", core=True),
    Entry("certtool", "certtool", "Certtool", is_program=True),
    Entry("openssl-command", "openssl_command", "OpensslCommand", is_program=True),
    _of(CERTVALIDATOR, "certvalidator", "Certvalidator"),
)
NAMES = tuple(entry.name for entry in ENTRIES)
CORE = tuple(entry.name for entry in ENTRIES if entry.core)


def known() -> list[Validator]:
    """All validators, whether or not their libraries are here."""
    return [entry.isolated() for entry in ENTRIES]


def available() -> list[Validator]:
    """The validators whose library or command is installed here.

    One that is installed and broken is among them, and says so when it is asked.
    """
    return [entry.isolated() for entry in ENTRIES if entry.available()]


def select(spec: str) -> list[Validator]:
    """The validators that `--fcu-validators` names, in the order of this module and each once.

    Args:
        spec: `auto` (those installed), `all` (also those not installed, which raise ValidatorFault when asked), `none`,
            or names with commas between them.

    Raises:
        ValueError: a name is not known; the message holds those that are.
    """
    if spec == "auto":
        return available()
    if spec == "none":
        return []
    wanted = set(NAMES) if spec == "all" else {name.strip() for name in spec.split(",")}
    unknown = sorted(wanted.difference(NAMES))
    if unknown:
        given = ", ".join(map(repr, unknown))
        raise ValueError(f"unknown validator {given}: choose auto, all, none, or some of {', '.join(NAMES)}")
    return [entry.isolated() for entry in ENTRIES if entry.name in wanted]
