"""The libraries that meet a certificate request: what each reads in it, or why it refuses it; all verify it."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from asn1crypto import csr as asn1  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fcu_conform.validators.adapters import mbedtls
from fcu_conform.validators.model import ValidatorFault

from .libcrypto import libcrypto, written

EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


class Refused(Exception):
    """The reader's own words of refusal."""


@dataclass(frozen=True)
class Seen:
    """What a request asks for: subject and key as DER, the attributes' OIDs, the OIDs of the extensions."""

    subject: bytes
    key: bytes
    attributes: tuple[str, ...]
    extensions: tuple[str, ...]


def by_openssl(der: bytes) -> Seen:
    library = libcrypto()
    library.ERR_clear_error()
    position = ctypes.c_char_p(der)
    request = ctypes.c_void_p(library.d2i_X509_REQ(None, ctypes.byref(position), ctypes.c_long(len(der))))
    bio = ctypes.c_void_p(library.BIO_new(ctypes.c_void_p(library.BIO_s_mem())))
    try:
        return _seen_by_openssl(library, _not_null(request), bio)
    finally:
        library.X509_REQ_free(request)
        library.BIO_free(bio)
        library.ERR_clear_error()


def _seen_by_openssl(library: Any, request: ctypes.c_void_p, bio: ctypes.c_void_p) -> Seen:
    key = _not_null(ctypes.c_void_p(library.X509_REQ_get0_pubkey(request)))
    if library.X509_REQ_verify(request, key) != 1:
        raise Refused("does not verify")
    if library.X509_REQ_print(bio, request) != 1:
        raise Refused("cannot be shown")
    subject = ctypes.c_void_p(library.X509_REQ_get_subject_name(request))
    attributes = []
    for number in range(library.X509_REQ_get_attr_count(request)):
        attribute = ctypes.c_void_p(library.X509_REQ_get_attr(request, number))
        attributes.append(_oid(library, library.X509_ATTRIBUTE_get0_object(attribute)))
    extensions = []
    stack = ctypes.c_void_p(library.X509_REQ_get_extensions(request))
    if EXTENSION_REQUEST in attributes:
        _not_null(stack)
    for number in range(max(0, library.OPENSSL_sk_num(stack))):
        extension = ctypes.c_void_p(library.OPENSSL_sk_value(stack, number))
        extensions.append(_oid(library, library.X509_EXTENSION_get_object(extension)))
        if library.X509V3_EXT_get(extension):
            _not_null(ctypes.c_void_p(library.X509V3_EXT_d2i(extension)))
    return Seen(
        written(library.i2d_X509_NAME, subject),
        written(library.i2d_PUBKEY, key),
        tuple(attributes),
        tuple(extensions),
    )


def _not_null(found: ctypes.c_void_p) -> ctypes.c_void_p:
    if not found:
        library = libcrypto()
        raise Refused(library.ERR_error_string(library.ERR_get_error(), None).decode())
    return found


def _oid(library: Any, found: int) -> str:
    text = ctypes.create_string_buffer(200)
    library.OBJ_obj2txt(text, len(text), ctypes.c_void_p(found), 1)
    return text.value.decode()


def by_cryptography(der: bytes) -> Seen:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # lengths beyond X.520's bounds: it reads them
            request = x509.load_der_x509_csr(der)
            key = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            repr((request.subject, request.signature_hash_algorithm))
            seen = Seen(
                request.subject.public_bytes(),
                key,
                tuple(each.oid.dotted_string for each in request.attributes),
                tuple(each.oid.dotted_string for each in request.extensions),
            )
            repr(list(request.extensions))
            is_valid = request.is_signature_valid
    except Exception as fault:  # it has exceptions of a dozen kinds, KeyError among them
        raise Refused(f"{type(fault).__name__}: {fault}") from None
    if not is_valid:
        raise Refused("does not verify")
    return seen


def by_asn1crypto(der: bytes) -> Seen:
    try:
        request = asn1.CertificationRequest.load(der, strict=True)
        info = request["certification_request_info"]
        repr((info["subject"].native, info["subject"].human_friendly, info["subject_pk_info"].native))
        # Values of attributes that it does not know it cannot read at all.
        asked = [attribute for attribute in info["attributes"] if attribute["type"].dotted == EXTENSION_REQUEST]
        extensions = [extension for attribute in asked for value in attribute["values"] for extension in value]
        for extension in extensions:
            if "." not in extension["extn_id"].native:
                repr(extension["extn_value"].parsed.native)
        return Seen(
            info["subject"].dump(),
            info["subject_pk_info"].dump(),
            tuple(attribute["type"].dotted for attribute in info["attributes"]),
            tuple(extension["extn_id"].dotted for extension in extensions),
        )
    except Exception as fault:  # of whatever kind its parsing meets
        raise Refused(f"{type(fault).__name__}: {' '.join(str(fault).split())[:100]}") from None


def by_mbedtls(der: bytes) -> None:
    """Parses it; the library gives what it has read as text alone, which it cuts."""
    library = mbedtls._library()
    request = ctypes.create_string_buffer(mbedtls._ROOM)
    library.x509.mbedtls_x509_csr_init(request)
    try:
        result = library.x509.mbedtls_x509_csr_parse_der(request, der, ctypes.c_size_t(len(der)))
        if result:
            raise Refused(library.words(result))
    finally:
        library.x509.mbedtls_x509_csr_free(request)


READERS: dict[str, Callable[[bytes], Seen | None]] = {
    "OpenSSL": by_openssl,
    "cryptography": by_cryptography,
    "Mbed TLS": by_mbedtls,
    "asn1crypto": by_asn1crypto,
}


@cache
def available() -> list[str]:
    """The readers that are installed: Mbed TLS need not be."""
    try:
        mbedtls._library()
    except ValidatorFault:
        return [name for name in READERS if name != "Mbed TLS"]
    return list(READERS)


def readings(der: bytes) -> tuple[dict[str, Seen], dict[str, str]]:
    """By reader what it has read, and why it refuses the request."""
    seen, refused = {}, {}
    for name in available():
        try:
            found = READERS[name](der)
        except Refused as refusal:
            refused[name] = str(refusal)
            continue
        if found is not None:
            seen[name] = found
    return seen, refused
