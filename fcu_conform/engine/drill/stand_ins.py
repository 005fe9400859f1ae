"""Stand-ins of CA certificates: the same names, dates and extensions over keys that this process has made.

No private key of a line is ever used to sign, and the drill needs none: what validators say of a path depends on what
the certificates say and on which key has signed which, and both are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric import ec

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.validators.forging import device_certificate, forge, new_key

LONGEST = 16
"""Certificates of a path that a thief puts together."""
MOST = 32
"""Paths of one key."""


class StandIns:
    """The stand-ins of some CA certificates; each is made when it is first asked for.

    Args:
        certificates: all that are known, each once or more.
    """

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self._known = list({certificate.raw: certificate for certificate in certificates}.values())
        self._keys: dict[bytes, ec.EllipticCurvePrivateKey] = {}
        self._made: dict[bytes, Certificate] = {}
        self._issuers: dict[bytes, list[Certificate]] = {}

    def of(self, certificate: Certificate) -> Certificate:
        """The stand-in of a certificate."""
        if certificate.raw not in self._made:
            issuers = self._issuers_of(certificate)
            signer = self._key(issuers[0].public_key.der) if issuers else new_key()
            made = forge(certificate.raw, self._key(certificate.public_key.der), signer)
            self._made[certificate.raw] = Certificate(made)
        return self._made[certificate.raw]

    def all_of(self, certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
        """The stand-ins of several certificates, in their order."""
        return tuple(map(self.of, certificates))

    def device(self, fcu: Certificate) -> Certificate:
        """A device certificate that is signed by the stand-in of an FCU certificate."""
        return Certificate(device_certificate(fcu.raw, new_key(), self._key(fcu.public_key.der)))

    def paths(self, fcu: Certificate) -> list[tuple[Certificate, ...]]:
        """Every path from a certificate of FCU's key upwards, among all that are known; not stand-ins.

        A key may have several certificates, and a name several keys.
        """
        starts = [one for one in self._known if one.public_key.der == fcu.public_key.der]
        found = (path for start in starts or [fcu] for path in self._upwards((start,)))
        return [path for _, path in zip(range(MOST), found, strict=False)]

    def _upwards(self, path: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        above = [one for one in self._issuers_of(path[-1]) if one not in path]
        if not above or len(path) == LONGEST:
            yield path
            return
        for issuer in above:
            yield from self._upwards((*path, issuer))

    def _issuers_of(self, certificate: Certificate) -> list[Certificate]:
        """The certificates that are known and whose key has signed it."""
        if certificate.raw not in self._issuers:
            self._issuers[certificate.raw] = [
                one
                for one in self._known
                if one.subject.matches(certificate.issuer) and certificate.signed_by(one.public_key)
            ]
        return self._issuers[certificate.raw]

    def _key(self, public: bytes) -> ec.EllipticCurvePrivateKey:
        """The key that stands in for a public key, by its DER."""
        if public not in self._keys:
            self._keys[public] = new_key()
        return self._keys[public]
