"""OpenSSL's path validation through pyOpenSSL: the library that `cryptography`'s wheel carries."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache

from OpenSSL import SSL, crypto
from OpenSSL.version import __version__ as wrapper

from fcu_conform.validators.adapters.python_library import PythonLibrary
from fcu_conform.validators.libraries import OPENSSL, OPENSSL_PARTIAL
from fcu_conform.validators.model import Answer, Question


class OpensslLibrary(PythonLibrary):
    """OpenSSL as a server uses it to judge a client's chain, with or without partial chains.

    Without partial chains a path is followed up to a self-signed root, so the whole upload is judged; with them it
    ends at the first trusted certificate. Plain verification has no purpose and no security level: a SHA-1 signature
    that OpenSSL refuses within TLS is accepted here.
    """

    def __init__(self, partial: bool = False) -> None:
        self._partial = partial
        self.library = OPENSSL_PARTIAL if partial else OPENSSL

    def version(self) -> str:
        """The versions of pyOpenSSL and of the OpenSSL inside."""
        return f"{wrapper} ({SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode('ascii', 'replace')})"

    def _judge(self, question: Question) -> Answer:
        try:
            leaf = crypto.load_certificate(crypto.FILETYPE_ASN1, question.leaf)
            untrusted = _certificates(question.untrusted)
            store = _store(question.anchors, question.at, self._partial)
        except crypto.Error as error:
            return Answer(False, f"cannot be read: {_openssl_words(error)}")
        try:
            crypto.X509StoreContext(store, leaf, untrusted).verify_certificate()
        except crypto.X509StoreContextError as refusal:
            code, depth, text = refusal.errors
            return Answer(False, f"{code}@{depth} {text}")
        finally:
            _empty_error_queue()
        return Answer(True)


@lru_cache(maxsize=64)
def _certificates(ders: tuple[bytes, ...]) -> list[crypto.X509]:
    return [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in ders]


@lru_cache(maxsize=64)
def _store(anchors: tuple[bytes, ...], at: datetime, partial: bool) -> crypto.X509Store:
    store = crypto.X509Store()
    for certificate in _certificates(anchors):
        store.add_cert(certificate)
    if partial:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    # set_time reads the fields of its argument as UTC and ignores its time zone
    store.set_time(at.astimezone(timezone.utc).replace(tzinfo=None))
    return store


def _empty_error_queue() -> None:
    """Take away what a verification leaves in the thread's error queue.

    pyOpenSSL does not: the next parse error would be told in this path's words, and the next handshake in this thread
    would fail. Each error that pyOpenSSL raises empties the queue, so one is provoked.
    """
    with suppress(crypto.Error):
        crypto.load_certificate(crypto.FILETYPE_ASN1, b"")


def _openssl_words(error: crypto.Error) -> str:
    """The reasons of OpenSSL's error queue, the innermost first."""
    entries = error.args[0] if error.args else []
    return "; ".join(f"{library}: {reason}" for library, _function, reason in entries) or "no reason given"
