"""Mbed TLS, the device's own library: `mbedtls_x509_crt_verify` itself, called through ctypes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fcu_conform.validators.adapters.clock import differs
from fcu_conform.validators.model import Answer, Question, ValidatorFault

_VERIFY_FAILED = -0x2700
_ON_DATES = 0x01 | 0x20 | 0x0200 | 0x0400
"""MBEDTLS_X509_BADCERT_EXPIRED, BADCRL_EXPIRED, BADCERT_FUTURE and BADCRL_FUTURE."""
_OUT_OF_MEMORY = (0x2880, 0x3F80, 0x4D80, 0x006A, 0x0010)
"""How X.509, PK, ECP, ASN.1 and bignum say that there is no memory: each a part of an error, and no word on a path."""
_ROOM = 4096
"""Room for a mbedtls_x509_crt, in octets: it has less than 1,000 in all versions of 2.28 and 3.6."""
_SYSTEM = (("libmbedcrypto.so.7", "libmbedx509.so.1"), ("libmbedcrypto.so.16", "libmbedx509.so.7"))
"""What Debian and others call the libraries of 2.28 and of 3.6."""
_MISSING = (
    "Mbed TLS is not installed: pip install python-mbedtls (there are wheels up to Python 3.12), "
    "or apt-get install libmbedx509-1 (any Python; libmbedx509-7 on newer systems)"
)


class MbedTls:
    """The path validation of the device, order-sensitive as the device is.

    The library is the one that python-mbedtls's wheel carries, else the system's. (python-mbedtls's own `CRT.verify`
    checks one signature and nothing else.) It reads the clock and cannot be told an instant.
    """

    name = "mbedtls"
    stands_for = "the device itself, and servers built on Mbed TLS"
    acceptance_counts = True

    def version(self) -> str:
        """The version of Mbed TLS, as the library tells it.

        Raises:
            ValidatorFault: the library is not there or cannot be used.
        """
        return _library().version()

    def load(self) -> None:
        """Loads the library.

        Raises:
            ValidatorFault: it is not there or cannot be used.
        """
        _library()

    def ask(self, question: Question) -> Answer:
        """The library's verdict; of dates only where they are the same by the clock and at the instant.

        Raises:
            ValidatorFault: the library is missing or out of memory, or no certificate is trusted.
        """
        if not question.anchors:
            raise ValidatorFault("mbedtls cannot be asked: no certificate is trusted")
        library = _library()
        try:
            # nothing is kept between calls: verifying writes into the keys of the anchors, and parsing costs 1 %
            with (
                library.certificates((question.leaf, *question.untrusted)) as chain,
                library.certificates(question.anchors) as anchors,
            ):
                result, flags = library.verify(chain, anchors)
        except _Unreadable as fault:
            return Answer(False, f"cannot be read: {fault}")
        another = differs((question.leaf, *question.untrusted, *question.anchors), question.at)
        if result not in (0, _VERIFY_FAILED):
            return Answer(False, library.words(result), dates_left_out=another)
        if another:
            flags &= ~_ON_DATES
        if flags:
            return Answer(False, library.meaning(flags), dates_left_out=another)
        if result and not another:
            raise ValidatorFault("mbedtls refused without a reason")
        return Answer(True, dates_left_out=another)


class _Unreadable(Exception):
    """A certificate that the library cannot parse; the text is the library's."""


@dataclass(frozen=True)
class _Library:
    """The two shared libraries, and the few of their functions that are needed."""

    crypto: ctypes.CDLL
    x509: ctypes.CDLL

    def __post_init__(self) -> None:
        pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        unsigned = ctypes.c_uint32
        for library, function, result, arguments in (
            (self.crypto, "mbedtls_version_get_string", None, [ctypes.c_char_p]),
            (self.crypto, "mbedtls_strerror", None, [number, ctypes.c_char_p, size]),
            (self.x509, "mbedtls_x509_crt_init", None, [pointer]),
            (self.x509, "mbedtls_x509_crt_free", None, [pointer]),
            (self.x509, "mbedtls_x509_crt_parse_der", number, [pointer, ctypes.c_char_p, size]),
            # chain, anchors, revocation list, name, flags, callback and its argument
            (self.x509, "mbedtls_x509_crt_verify", number, [pointer] * 4 + [ctypes.POINTER(unsigned)] + [pointer] * 2),
            (self.x509, "mbedtls_x509_crt_verify_info", number, [ctypes.c_char_p, size, ctypes.c_char_p, unsigned]),
        ):
            found = getattr(library, function)
            found.restype, found.argtypes = result, arguments

    def version(self) -> str:
        text = ctypes.create_string_buffer(64)
        self.crypto.mbedtls_version_get_string(text)
        return text.value.decode("ascii", "replace")

    @contextmanager
    def certificates(self, ders: Sequence[bytes]) -> Iterator[ctypes.Array[ctypes.c_char]]:
        """A linked list of certificates in this order, freed at the end.

        They are parsed one by one: of a bundle the library would keep what it can read, and return how many it cannot.

        Raises:
            _Unreadable: one of them cannot be parsed.
        """
        head = ctypes.create_string_buffer(_ROOM)
        self.x509.mbedtls_x509_crt_init(head)
        try:
            for der in ders:
                result = self.x509.mbedtls_x509_crt_parse_der(head, der, len(der))
                if result:
                    raise _Unreadable(self.words(result))
            yield head
        finally:
            self.x509.mbedtls_x509_crt_free(head)

    def verify(self, chain: ctypes.Array[ctypes.c_char], anchors: ctypes.Array[ctypes.c_char]) -> tuple[int, int]:
        """What mbedtls_x509_crt_verify returns, and its flags."""
        flags = ctypes.c_uint32()
        result = self.x509.mbedtls_x509_crt_verify(chain, anchors, None, None, ctypes.byref(flags), None, None)
        return int(result), flags.value

    def words(self, result: int) -> str:
        """An error in the library's words, with its number.

        Raises:
            ValidatorFault: it says that there is no memory.
        """
        text = ctypes.create_string_buffer(256)
        self.crypto.mbedtls_strerror(result, text, len(text))
        high, low = -result & 0xFF80, -result & 0x7F
        if high in _OUT_OF_MEMORY or low in _OUT_OF_MEMORY:
            raise ValidatorFault("mbedtls has no memory")
        return f"{text.value.decode('ascii', 'replace')} (-0x{-result:04x})"

    def meaning(self, flags: int) -> str:
        """The flags of a refusal in the library's words, on one line."""
        text = ctypes.create_string_buffer(4096)
        length = self.x509.mbedtls_x509_crt_verify_info(text, len(text), b"", flags)
        if length < 0:
            raise ValidatorFault(f"mbedtls cannot explain its flags 0x{flags:x} into words")
        return "; ".join(text.value.decode("ascii", "replace").splitlines())


@lru_cache(maxsize=1)
def _library() -> _Library:
    """The library of the wheel, else the system's.

    Raises:
        ValidatorFault: there is none, or what is there cannot be used.
    """
    troubles = []
    for crypto, x509 in (*_from_the_wheel(), *_SYSTEM):
        try:
            # the crypto library first: the other one asks for it by name
            return _Library(ctypes.CDLL(crypto), ctypes.CDLL(x509))
        except (OSError, AttributeError) as error:
            if os.sep in x509:
                troubles.append(f"the library in python-mbedtls cannot be used: {error}")
    raise ValidatorFault("; ".join([_MISSING, *troubles]))


def _from_the_wheel() -> list[tuple[str, str]]:
    """The libraries of the wheel, beside the package or, on macOS, in it."""
    spec = find_spec("mbedtls")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    for folder in (package.with_name("python_mbedtls.libs"), package / ".dylibs"):
        crypto, x509 = (sorted(folder.glob(f"{stem}*")) for stem in ("libmbedcrypto", "libmbedx509"))
        if len(crypto) == len(x509) == 1:
            return [(str(crypto[0]), str(x509[0]))]
    return []
