"""The OpenSSL that Python's own ssl module is linked with, or the system's, through ctypes."""

from __future__ import annotations

import _ssl
import ctypes
import ctypes.util
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

_POINTERS = (
    *("d2i_X509_REQ", "X509_REQ_get_subject_name", "X509_REQ_get0_pubkey", "X509_REQ_get_extensions"),
    *("X509_REQ_get_attr", "X509_ATTRIBUTE_get0_object", "X509_EXTENSION_get_object", "OPENSSL_sk_value"),
    *("X509V3_EXT_get", "X509V3_EXT_d2i", "BIO_s_mem", "BIO_new", "BIO_new_mem_buf", "PEM_read_bio_X509"),
)
_NO_START_LINE = 108
"""PEM_R_NO_START_LINE: no more blocks."""


@cache
def libcrypto() -> Any:
    """The library; what it gives as a pointer is an int or None."""
    library = _loaded()
    for name in _POINTERS:
        getattr(library, name).restype = ctypes.c_void_p
    library.ERR_error_string.restype = ctypes.c_char_p
    library.ERR_get_error.restype = ctypes.c_ulong
    library.ERR_error_string.argtypes = [ctypes.c_ulong, ctypes.c_void_p]
    return library


def _loaded() -> Any:
    """Python's own, where it is a library that can be asked; else the system's."""
    for place in (getattr(_ssl, "__file__", None), ctypes.util.find_library("crypto")):
        with suppress(OSError, AttributeError):
            if place:
                library = ctypes.CDLL(place)
                library.d2i_X509_REQ  # noqa: B018 - which a static build does not show
                return library
    pytest.skip("no library of OpenSSL that can be asked")


def written(write: Any, found: ctypes.c_void_p) -> bytes:
    """What one of the functions called i2d writes of an object."""
    out = ctypes.create_string_buffer(write(found, None))
    write(found, ctypes.byref(ctypes.cast(out, ctypes.c_char_p)))
    return out.raw


def pem_certificates(data: bytes) -> list[bytes] | None:
    """The certificates of PEM text one after the other, as `openssl` reads a chain; None where it refuses one."""
    library = libcrypto()
    library.ERR_clear_error()
    bio = ctypes.c_void_p(library.BIO_new_mem_buf(data, len(data)))
    found = []
    try:
        while certificate := ctypes.c_void_p(library.PEM_read_bio_X509(bio, None, None, None)):
            found.append(written(library.i2d_X509, certificate))
            library.X509_free(certificate)
        reason = library.ERR_get_error() & 0x7FFFFF
        return found if reason == _NO_START_LINE else None
    finally:
        library.BIO_free(bio)
        library.ERR_clear_error()
