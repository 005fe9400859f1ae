"""The libraries that meet a certificate: what each says of one that it refuses, read to the last field and verified."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509
from independent_corpus.maker import NOW
from OpenSSL import crypto

from fcu_conform.validators.adapters import mbedtls
from fcu_conform.validators.model import ValidatorFault

Reader = Callable[[bytes, bytes], str]
"""A certificate and its issuer's to the reader's own words of refusal; empty where it takes the certificate."""


def by_openssl(der: bytes, issuer: bytes) -> str:
    try:
        certificate = crypto.load_certificate(crypto.FILETYPE_ASN1, der)
        store = crypto.X509Store()
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, issuer))
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(NOW.replace(tzinfo=None))
        crypto.X509StoreContext(store, certificate).verify_certificate()
    except crypto.X509StoreContextError as refusal:
        return f"verify: {refusal}"
    except (crypto.Error, ValueError) as fault:
        return f"{type(fault).__name__}: {fault}"
    finally:
        with suppress(crypto.Error):  # which empties OpenSSL's queue of errors
            crypto.load_certificate(crypto.FILETYPE_ASN1, b"")
    return ""


def by_cryptography(der: bytes, issuer: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # lengths beyond X.520's bounds: it reads them
            certificate = x509.load_der_x509_certificate(der)
            certificate.public_key()
            repr((certificate.subject, certificate.issuer, certificate.serial_number, certificate.version))
            repr((certificate.not_valid_before_utc, certificate.not_valid_after_utc))
            repr((certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters))
            repr(list(certificate.extensions))
            certificate.verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except Exception as fault:  # it has exceptions of a dozen kinds, KeyError among them
        return f"{type(fault).__name__}: {fault}"
    return ""


def by_mbedtls(der: bytes, issuer: bytes) -> str:
    library = mbedtls._library()
    try:
        with library.certificates((der,)) as chain, library.certificates((issuer,)) as anchors:
            _, flags = library.verify(chain, anchors)
    except mbedtls._Unreadable as fault:
        return str(fault)
    flags &= ~mbedtls._ON_DATES
    return library.meaning(flags) if flags else ""


def by_asn1crypto(der: bytes, _issuer: bytes) -> str:
    try:
        certificate = asn1.Certificate.load(der, strict=True)
        repr(certificate.native)
        certificate.dump(force=False)
        for name in (certificate.subject, certificate.issuer):
            repr(name.human_friendly)
        for extension in certificate["tbs_certificate"]["extensions"]:
            if "." not in extension["extn_id"].native:
                repr(extension["extn_value"].parsed.native)
    except Exception as fault:  # of whatever kind its parsing meets
        if "'NoneType' object is not subscriptable" in str(
            fault
        ):  # it breaks over any ENUMERATED that it does not know
            return ""
        return f"{type(fault).__name__}: {' '.join(str(fault).split())[:100]}"
    return ""


class _Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint)]


class _Out(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


@cache
def _gnutls() -> Any:
    library = ctypes.CDLL("libgnutls.so.30")
    library.gnutls_strerror.restype = ctypes.c_char_p
    library.gnutls_global_init()
    return library


def by_gnutls(der: bytes, _issuer: bytes) -> str:
    library = _gnutls()
    handle = ctypes.c_void_p()
    library.gnutls_x509_crt_init(ctypes.byref(handle))
    try:
        datum = _Datum(der, len(der))
        result = library.gnutls_x509_crt_import(handle, ctypes.byref(datum), 0)
        if result:
            return library.gnutls_strerror(result).decode()
        out = _Out()
        result = library.gnutls_x509_crt_print(handle, 0, ctypes.byref(out))
        if result:
            return library.gnutls_strerror(result).decode()
        text = ctypes.string_at(out.data, out.size).decode("utf-8", "replace")
        errors = [line.strip() for line in text.splitlines() if line.strip().startswith("error:")]
        return errors[0] if errors else ""
    finally:
        library.gnutls_x509_crt_deinit(handle)


READERS: dict[str, Reader] = {
    "OpenSSL": by_openssl,
    "cryptography": by_cryptography,
    "Mbed TLS": by_mbedtls,
    "asn1crypto": by_asn1crypto,
    "GnuTLS": by_gnutls,
}


@cache
def available() -> list[str]:
    """The readers that are installed: Mbed TLS and GnuTLS need not be."""
    missing = set()
    try:
        mbedtls._library()
    except ValidatorFault:
        missing.add("Mbed TLS")
    try:
        _gnutls()
    except OSError:
        missing.add("GnuTLS")
    return [name for name in READERS if name not in missing]


def refusals(der: bytes, issuer: bytes) -> dict[str, str]:
    """By reader, why it refuses a certificate; those that take it are not there."""
    return {name: told for name in available() if (told := READERS[name](der, issuer))}
