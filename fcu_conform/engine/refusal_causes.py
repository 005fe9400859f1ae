"""Which rule explains which refusal: what validators' words tell of, and what each rule makes a validator refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache


class Kind(Enum):
    """What a refusal is about."""

    VALIDITY = "a certificate has expired or is not valid yet"
    SIGNATURE = "a signature does not verify"
    ISSUER = "an issuer is not found"
    PATH_LENGTH = "a path length constraint"
    NAME_CONSTRAINTS = "a name constraint"
    NOT_A_CA = "an issuer is not a CA"
    KEY_USAGE = "an issuer may not sign certificates"
    EXTENSION = "an extension is critical and unknown, or there twice"
    ALGORITHM = "a key or a signature algorithm is not supported"
    VERSION = "a certificate is not version 3"
    SERIAL = "a serial number"
    NAME = "a name is empty"
    ENCODING = "a certificate cannot be parsed"


_TRUST = (Kind.ISSUER, Kind.SIGNATURE, Kind.NOT_A_CA, Kind.KEY_USAGE, Kind.PATH_LENGTH)
"""What Mbed TLS looks at before it takes a certificate for the issuer, and does not tell apart."""

_WORDS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    (r"\bexpired\b|not (yet )?valid (yet|until|at)|not yet valid|certificate_expired", (Kind.VALIDITY,)),
    (r"signature (failure|does not match|in the certificate is invalid)|signature of .* not be verified|bad signature|"
     r"signature is invalid", (Kind.SIGNATURE,)),
    (r"issuer (certificate|is unknown)|issuer of|no issuer matching|no interior errors|unknown ca\b|unknownissuer|"
     r"trust anchor|self-signed|self signed", (Kind.ISSUER,)),
    (r"not correctly signed by the trusted ca", _TRUST),
    (r"path.?len|maximum path", (Kind.PATH_LENGTH,)),
    (r"subtree|name.?constraint", (Kind.NAME_CONSTRAINTS,)),
    (r"signer's constraints", (Kind.PATH_LENGTH, Kind.NAME_CONSTRAINTS)),
    (r"not a ca\b|invalid ca certificate|basic.?constraints|2\.5\.29\.19", (Kind.NOT_A_CA,)),
    (r"key.?usage|certificate signing|2\.5\.29\.15: missing", (Kind.KEY_USAGE,)),
    (r"critical extension|unaccounted|duplicate extension|extension tag or value", (Kind.EXTENSION,)),
    (r"algorithm|\bcurve\b|explicit ecc|combination|invalid key tag", (Kind.ALGORITHM,)),
    (r"x509v3 certificate|\bversion\b", (Kind.VERSION,)),
    (r"serial", (Kind.SERIAL,)),
    (r"name tag or value|non-empty (issuer|subject)|no issuer matching \"\"|requested data were not available",
     (Kind.NAME,)),
    (r"^cannot be read|asn1|asn\.1|\bder\b|pars(e|ing)|format error in", (Kind.ENCODING,)),
)  # fmt: skip
"""What the validators say, in any letter case, and what it is about; compiled where somebody refuses."""

_SAYING_NOTHING = (
    r"(the certificate is not trusted\.)?|.*alert.*(bad certificate|certificate unknown|handshake failure).*"
)
"""Refusals that do not say why."""

EXPLAINS: Mapping[str, frozenset[Kind]] = {
    "CRT003": frozenset({Kind.VERSION, Kind.NOT_A_CA, Kind.ISSUER}),
    "CRT004": frozenset({Kind.ALGORITHM, Kind.SIGNATURE, Kind.ENCODING}),
    "CRT005": frozenset({Kind.ALGORITHM, Kind.SIGNATURE, Kind.ENCODING}),
    "CRT006": frozenset({Kind.VALIDITY}),
    "CRT007": frozenset({Kind.NOT_A_CA, Kind.ISSUER}),
    "CRT008": frozenset({Kind.KEY_USAGE, Kind.NOT_A_CA, Kind.ISSUER}),
    "CRT011": frozenset({Kind.SERIAL}),
    "CRT012": frozenset({Kind.NAME, Kind.ISSUER}),
    "CRT014": frozenset({Kind.ISSUER}),
    "CRT015": frozenset({Kind.EXTENSION, Kind.ISSUER}),
    "CRT016": frozenset({Kind.ENCODING, Kind.VALIDITY}),
    "CRT018": frozenset({Kind.ENCODING}),
    "CRT019": frozenset({Kind.ENCODING, Kind.NAME}),
    "CRT020": frozenset({Kind.ENCODING, Kind.ALGORITHM}),
    "CRT021": frozenset({Kind.ENCODING, Kind.EXTENSION, Kind.NAME_CONSTRAINTS, Kind.ISSUER}),
    "CHN001": frozenset({Kind.ISSUER}),
    "CHN003": frozenset({Kind.ISSUER}),
    "CHN004": frozenset({Kind.SIGNATURE, Kind.ISSUER}),
    "CHN005": frozenset({Kind.ISSUER}),
    "CHN008": frozenset({Kind.PATH_LENGTH}),
    "CHN009": frozenset({Kind.NAME_CONSTRAINTS}),
    "CHN011": frozenset({Kind.SIGNATURE, Kind.ISSUER}),
    "CHN012": frozenset({Kind.SIGNATURE, Kind.ISSUER, Kind.PATH_LENGTH}),
    "UPL002": frozenset({Kind.ISSUER, Kind.SIGNATURE}),
    "UPL003": frozenset({Kind.ISSUER}),
    "UPL004": frozenset({Kind.ISSUER}),
    "UPL005": frozenset({Kind.VALIDITY, Kind.ALGORITHM, Kind.SIGNATURE}),
    "UPL006": frozenset({Kind.ISSUER, Kind.SIGNATURE}),
}
"""By the code of each rule that can explain a refusal, what the refusal is about then."""

_FATAL = frozenset(
    {
        *("CRT003", "CRT006", "CRT007", "CRT015", "CHN004", "CHN005", "CHN008", "CHN009", "CHN011"),
        *("UPL002", "UPL003", "UPL004"),
    }
)
"""Rules whose faults every reader that follows RFC 5280 section 6.1 refuses, whatever it says."""


@lru_cache(maxsize=1024)
def kinds_of(reason: str) -> frozenset[Kind]:
    """What a validator's words are about; empty where nobody knows."""
    return frozenset(kind for words, kinds in _WORDS if re.search(words, reason, re.IGNORECASE) for kind in kinds)


def explains(code: str, reason: str) -> bool:
    """Whether a rule that failed on the setup explains a refusal with these words.

    Words that do not say why are explained by every rule that can make a validator refuse; words that nobody knows by
    faults that no reader may accept, and by no others.
    """
    if code not in EXPLAINS:
        return False
    if re.fullmatch(_SAYING_NOTHING, reason, re.IGNORECASE):
        return True
    kinds = kinds_of(reason)
    return bool(EXPLAINS[code] & kinds) if kinds else code in _FATAL
