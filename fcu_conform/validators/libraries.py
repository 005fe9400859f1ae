"""The Python libraries among the validators, as far as they are known without being imported."""

from __future__ import annotations

from dataclasses import dataclass

from fcu_conform.validators.model import ValidatorFault


@dataclass(frozen=True)
class Library:
    """A library; its adapter imports it, and is imported where it is asked.

    Attributes:
        name: what users call it.
        stands_for: who in the field meets the chain with this library.
        distribution: what `pip install` calls it.
        package: what is imported of it.
        acceptance_counts: its acceptance counts.
        tells_version: what it says of its version only the library itself knows.
    """

    name: str
    stands_for: str
    distribution: str
    package: str
    acceptance_counts: bool = True
    tells_version: bool = False

    def version(self) -> str:
        """The version of the installed distribution, found without importing it.

        Raises:
            ValidatorFault: it is not installed.
        """
        from importlib import metadata  # a process that only asks does without, and its start is waited for

        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            raise missing(self.distribution) from None


def missing(distribution: str) -> ValidatorFault:
    """What is said of a library that is not installed."""
    return ValidatorFault(f"{distribution} is not installed: pip install {distribution}")


CRYPTOGRAPHY = Library(
    "cryptography", "strict validators: Rust programs, web PKI profiles", "cryptography", "cryptography"
)
OPENSSL = Library(
    "openssl", "the portal: OpenSSL servers with their defaults", "pyOpenSSL", "OpenSSL", tells_version=True
)
OPENSSL_PARTIAL = Library(
    "openssl-partial",
    "OpenSSL servers that trust any uploaded certificate, by PARTIAL_CHAIN",
    "pyOpenSSL",
    "OpenSSL",
    tells_version=True,
)
PYHANKO = Library(
    "pyhanko",
    "validators that follow RFC 5280 to the letter, the certvalidator family",
    "pyhanko-certvalidator",
    "pyhanko_certvalidator",
)
CERTVALIDATOR = Library(
    "certvalidator",
    "old scripts on certvalidator 0.11.1, which accepts forgeries",
    "certvalidator",
    "certvalidator",
    acceptance_counts=False,
    tells_version=True,
)
