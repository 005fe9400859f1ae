"""Finds, in this process, an OpenSSL whose elliptic-curve functions can be called, and declares those that are used.

Python's own modules for TLS and digests are linked to the system's libcrypto. That one is loaded already, so no search
path, folder or environment variable decides which file it is. `cryptography` has another one inside, which exports
nothing. A Python with OpenSSL built in exports nothing either; then there are no tables.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

from fcu_conform.engine.lot.verification.libcrypto_abi import ffi

DECLARATIONS = """
typedef ... BIGNUM;
typedef ... BN_CTX;
typedef ... EC_GROUP;
typedef ... EC_POINT;

const char *OpenSSL_version(int what);
void ERR_clear_error(void);

BIGNUM *BN_new(void);
void BN_free(BIGNUM *number);
BIGNUM *BN_bin2bn(const unsigned char *octets, int size, BIGNUM *number);
int BN_bn2binpad(const BIGNUM *number, unsigned char *octets, int size);
BN_CTX *BN_CTX_new(void);
void BN_CTX_free(BN_CTX *context);

EC_GROUP *EC_GROUP_new_by_curve_name(int curve);
void EC_GROUP_free(EC_GROUP *group);
const BIGNUM *EC_GROUP_get0_order(const EC_GROUP *group);
const BIGNUM *EC_GROUP_get0_cofactor(const EC_GROUP *group);
int EC_GROUP_set_generator(EC_GROUP *group, const EC_POINT *point, const BIGNUM *order, const BIGNUM *cofactor);
int EC_GROUP_precompute_mult(EC_GROUP *group, BN_CTX *context);
int EC_GROUP_have_precompute_mult(const EC_GROUP *group);

EC_POINT *EC_POINT_new(const EC_GROUP *group);
void EC_POINT_free(EC_POINT *point);
int EC_POINT_oct2point(const EC_GROUP *group, EC_POINT *point, const unsigned char *octets, size_t size,
                       BN_CTX *context);
int EC_POINT_mul(const EC_GROUP *group, EC_POINT *product, const BIGNUM *times, const EC_POINT *other,
                 const BIGNUM *times_other, BN_CTX *context);
int EC_POINT_add(const EC_GROUP *group, EC_POINT *sum, const EC_POINT *one, const EC_POINT *other, BN_CTX *context);
int EC_POINT_get_Jprojective_coordinates_GFp(const EC_GROUP *group, const EC_POINT *point, BIGNUM *x, BIGNUM *y,
                                             BIGNUM *z, BN_CTX *context);
"""
"""What `libcrypto_abi` was generated from. Deprecated since OpenSSL 3.0 are EC_GROUP_precompute_mult, its question
EC_GROUP_have_precompute_mult, and EC_POINT_get_Jprojective_coordinates_GFp.
"""

_FUNCTIONS = re.findall(r"(\w+)\(", DECLARATIONS)

_SUPPORTED = re.compile(r"OpenSSL 3\.\d+\.\d+\S* ")
"""LibreSSL, BoringSSL and AWS-LC call themselves something else, or OpenSSL 1.1.1 with a remark."""


@cache
def find_libcrypto() -> Any:
    """OpenSSL 3 as Python's own modules use it, its functions as attributes; None where there is none to call."""
    # Through the handle of a module the loader finds what that module is linked to, and loads nothing. Python's hashlib
    # has imported this one, where there is one.
    path = getattr(sys.modules.get("_hashlib"), "__file__", None)
    if path is None:
        return None
    try:
        library = ffi.dlopen(path)
        for name in _FUNCTIONS:
            getattr(library, name)
    except (OSError, AttributeError):
        return None
    return library if _SUPPORTED.match(version_of(library)) else None


def version_of(library: Any) -> str:
    """What the library calls itself: ``OpenSSL 3.0.15 3 Sep 2024``."""
    text: bytes = ffi.string(library.OpenSSL_version(0))
    return text.decode("ascii", "replace")
