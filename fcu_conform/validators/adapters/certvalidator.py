"""certvalidator 0.11.1 of 2016, made to run: it can be forged, so only its refusal is worth something."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm

from fcu_conform.validators.adapters.asn1_certificates import certificate, certificates
from fcu_conform.validators.adapters.certvalidator_oscrypto import load
from fcu_conform.validators.adapters.python_library import PythonLibrary
from fcu_conform.validators.libraries import CERTVALIDATOR, missing
from fcu_conform.validators.model import Answer, Question, words


class Certvalidator(PythonLibrary):
    """The library that FCU's users know, as it is.

    It identifies a trust anchor by its signature value alone, and never verifies an anchor's own signature. It takes a
    certificate with the anchor's name, its signature value and an attacker's key for an anchor, and also a leaf with
    that value. Hence `acceptance_counts` is false.
    """

    library = CERTVALIDATOR

    def load(self) -> None:
        """Imports the library.

        Raises:
            ValidatorFault: it is not installed.
        """
        self._package()

    def version(self) -> str:
        """The version of the library, and what it verifies signatures with.

        Raises:
            ValidatorFault: it is not installed.
        """
        return f"{self._package().__version__} (signatures verified by cryptography)"

    def _package(self) -> Any:
        try:
            return load()
        except ModuleNotFoundError:
            raise missing(self.library.distribution) from None

    def _judge(self, question: Question) -> Answer:
        library = load()
        errors = library.errors
        try:
            context = library.ValidationContext(
                trust_roots=certificates(question.anchors),
                other_certs=certificates(question.untrusted),
                moment=question.at,
                allow_fetching=False,
            )
            library.CertificateValidator(certificate(question.leaf), [], context).validate_usage(set())
        except (errors.PathError, errors.ValidationError) as refusal:
            return Answer(False, words(refusal))
        except (ValueError, UnsupportedAlgorithm) as error:
            # its parser reads a field when it is first looked at, so what cannot be read turns up in mid-path
            return Answer(False, f"cannot be read: {words(error)}")
        return Answer(True)
