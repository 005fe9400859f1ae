"""The enrollment identity of a device certificate."""

from __future__ import annotations

import re

from fcu_conform.artefacts.encodings.certificate import Certificate

_FORM = re.compile(r"A-[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}")


def is_identity(text: str) -> bool:
    """It is ``A-`` and 32 octets as hex with colons between (fact T-04)."""
    return _FORM.fullmatch(text) is not None


def identity_of(certificate: Certificate) -> str:
    """``A-`` and the SHA-256 fingerprint of a device certificate, in capitals (facts T-04, T-05)."""
    digest = certificate.sha256.upper()
    return "A-" + ":".join(digest[start : start + 2] for start in range(0, len(digest), 2))
