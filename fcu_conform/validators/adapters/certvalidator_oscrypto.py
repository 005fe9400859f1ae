"""A compatibility layer under certvalidator 0.11.1, whose oscrypto cannot load today's OpenSSL.

oscrypto 1.3.0 reads OpenSSL's version by a pattern that "3.0.19" does not match; the correction was never released.
certvalidator takes only signature checks from it: three functions that verify, two that load a key, one exception.
This module offers those six on top of `cryptography` while certvalidator is imported, and then puts `sys.modules` back
as it was: the copy of certvalidator made here is seen by nobody else. Nothing of certvalidator's own judgement is
touched. oscrypto is not tried first: where it fails, that alone takes as long as asking everybody else, and where it
works, the signatures are the same.
"""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

_LOCK = threading.Lock()
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class SignatureError(Exception):
    """A signature does not verify; stands for `oscrypto.errors.SignatureError`."""


@lru_cache(maxsize=1)
def load() -> ModuleType:
    """Certvalidator's package.

    Raises:
        ModuleNotFoundError: certvalidator or asn1crypto is not installed.
    """
    with _LOCK, warnings.catch_warnings(), _set_apart("oscrypto", "certvalidator"):
        warnings.simplefilter("ignore")  # a package of 2016 has spellings that today's Python warns of
        sys.modules.update(_stand_ins())
        return importlib.import_module("certvalidator")


@contextmanager
def _set_apart(*packages: str) -> Iterator[None]:
    """Hide packages from `sys.modules`, and afterwards put back exactly what was there."""
    names = set().union(*map(_of, packages))
    hidden = {name: sys.modules.pop(name) for name in names}
    try:
        yield
    finally:
        for name in set().union(*map(_of, packages)):
            del sys.modules[name]
        sys.modules.update(hidden)


def _of(package: str) -> set[str]:
    return {name for name in sys.modules if name == package or name.startswith(f"{package}.")}


def _stand_ins() -> dict[str, ModuleType]:
    asymmetric = _module(
        "oscrypto.asymmetric",
        load_public_key=_load_public_key,
        load_certificate=_load_certificate,
        rsa_pkcs1v15_verify=_rsa_pkcs1v15_verify,
        dsa_verify=_dsa_verify,
        ecdsa_verify=_ecdsa_verify,
    )
    errors = _module("oscrypto.errors", SignatureError=SignatureError)
    trust_list = _module("oscrypto.trust_list", get_list=_no_system_roots)
    package = _module("oscrypto", asymmetric=asymmetric, errors=errors, trust_list=trust_list, __path__=[])
    return {module.__name__: module for module in (package, asymmetric, errors, trust_list)}


def _module(name: str, **contents: object) -> ModuleType:
    module = ModuleType(name, "A stand-in for certvalidator alone.")
    vars(module).update(contents)
    return module


def _load_public_key(info: Any) -> Any:
    return serialization.load_der_public_key(info.dump())


def _load_certificate(certificate: Any) -> Any:
    return _load_public_key(certificate.public_key)


def _rsa_pkcs1v15_verify(key: Any, signature: bytes, data: bytes, hash_algorithm: str) -> None:
    _need(key, rsa.RSAPublicKey)
    _verify(key, signature, data, padding.PKCS1v15(), _hash(hash_algorithm))


def _dsa_verify(key: Any, signature: bytes, data: bytes, hash_algorithm: str) -> None:
    _need(key, dsa.DSAPublicKey)
    _verify(key, signature, data, _hash(hash_algorithm))


def _ecdsa_verify(key: Any, signature: bytes, data: bytes, hash_algorithm: str) -> None:
    _need(key, ec.EllipticCurvePublicKey)
    _verify(key, signature, data, ec.ECDSA(_hash(hash_algorithm)))


def _verify(key: Any, *arguments: object) -> None:
    try:
        key.verify(*arguments)
    except InvalidSignature:
        raise SignatureError("Signature is invalid") from None


def _need(key: object, kind: type) -> None:
    """As oscrypto does, call a key of another kind an error of the caller, not a bad signature."""
    if not isinstance(key, kind):
        raise ValueError(f"The key specified is not a {kind.__name__}, but a {type(key).__name__}")


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise ValueError(f"hash_algorithm must be one of {', '.join(_HASHES)}, not {name}")
    return _HASHES[name]()


def _no_system_roots() -> list[Any]:
    raise RuntimeError("the system's trusted roots are not for devices of a factory")
