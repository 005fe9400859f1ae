"""How the certificates of a chain in a bundle hang together."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.encodings.certificate import Certificate


def breaks(chain: list[Certificate]) -> list[int]:
    """The certificates, by number, that the next one did not sign."""
    return [
        number
        for number, (lower, upper) in enumerate(pairwise(chain))
        if not (_ca_links(lower.raw, upper.raw) if number else lower.signed_by(upper.public_key))
    ]


@lru_cache(maxsize=256)
def _ca_links(lower: bytes, upper: bytes) -> bool:
    """Whether a CA certificate was signed by another; remembered, since all devices of a lot share them."""
    return Certificate(lower).signed_by(Certificate(upper).public_key) is True


def is_chain_broken(bundle: Bundle) -> bool:
    """A link of the device's chain does not hold, so that BDL024 tells what is wrong with it."""
    chain = [certificate for certificate in bundle.device_certificates if isinstance(certificate, Certificate)]
    return bool(breaks(chain))
