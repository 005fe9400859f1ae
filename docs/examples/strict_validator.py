#!/usr/bin/env python3
"""A validator for --fcu-validator-command: OpenSSL with X509_STRICT, as TLS programs of Python 3.13 use it.

It needs pyOpenSSL. What it raises ends it with a status other than 0, which fcu-conform takes for a fault and never
for a verdict.
"""

import base64
import json
import sys
from datetime import datetime

from OpenSSL import SSL, crypto

request = json.load(sys.stdin)
if request["protocol"] != 1:
    sys.exit("this program speaks protocol 1")


def certificate(text: str) -> crypto.X509:
    """A certificate of the request."""
    return crypto.load_certificate(crypto.FILETYPE_ASN1, base64.b64decode(text))


response = {"protocol": 1, "version": SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()}
try:
    store = crypto.X509Store()
    for anchor in request["anchors"]:
        store.add_cert(certificate(anchor))
    store.set_flags(crypto.X509StoreFlags.X509_STRICT | crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.set_time(datetime.strptime(request["at"], "%Y-%m-%dT%H:%M:%SZ"))
    untrusted = [certificate(text) for text in request["untrusted"]]
    crypto.X509StoreContext(store, certificate(request["leaf"]), untrusted).verify_certificate()
except crypto.X509StoreContextError as refusal:
    response.update(verdict="refused", reason=str(refusal))
except crypto.Error as unreadable:
    response.update(verdict="refused", reason=f"cannot be read: {unreadable}")
else:
    response.update(verdict="accepted")
json.dump(response, sys.stdout)
