"""pyhanko-certvalidator: the maintained fork of certvalidator, RFC 5280 section 6.1 in pure Python."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from fcu_conform.validators.adapters.asn1_certificates import certificate, certificates
from fcu_conform.validators.adapters.python_library import PythonLibrary
from fcu_conform.validators.libraries import PYHANKO
from fcu_conform.validators.model import Answer, Question, ValidatorFault, words


class Pyhanko(PythonLibrary):
    """`pyhanko-certvalidator` without fetching and without revocation, for a path and no wished key usage.

    It treats an anchor as a name and a key: dates, CA, pathLen and constraints of the anchor's certificate are
    ignored. Its validity checks allow one second, which is the library's default.
    """

    library = PYHANKO

    def _judge(self, question: Question) -> Answer:
        try:
            context = ValidationContext(
                trust_roots=certificates(question.anchors),
                other_certs=certificates(question.untrusted),
                moment=question.at,
                allow_fetching=False,
            )
            validator = CertificateValidator(certificate(question.leaf), validation_context=context)
            _finish(validator.async_validate_path())
        except (PathError, ValidationError) as refusal:
            return Answer(False, words(refusal))
        except (ValueError, UnsupportedAlgorithm) as error:
            # its parser reads a field when it is first looked at, so what cannot be read turns up in mid-path
            return Answer(False, f"cannot be read: {words(error)}")
        return Answer(True)


def _finish(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that has nothing to wait for, whether or not an event loop runs in this thread.

    The library is asynchronous for the sake of fetching, which is off: every step of it is ready at once.

    Raises:
        ValidatorFault: it waits for something after all.
    """
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise ValidatorFault("pyhanko waits for input or output, although fetching is disabled")
