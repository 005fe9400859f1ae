"""What rules over devices may know of the CA that signs them: the same in this process and in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.chain import Chain, Link, is_of_device, links_of
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key
from fcu_conform.artefacts.keystore_files import CertificateFile


@dataclass(frozen=True)
class Slicing:
    """fcu.crt cut at a depth: what follows the device certificate on the device, and what goes to the portal.

    The depth counts the device certificate (fact K-07), so the cut is after the first ``depth - 1`` certificates
    (K-08).
    """

    depth: int
    certificates: tuple[Certificate, ...]

    @property
    def on_device(self) -> tuple[Certificate, ...]:
        """The certificates of fcu.crt that the device carries, in order."""
        return self.certificates[: self.depth - 1]

    @property
    def on_portal(self) -> tuple[Certificate, ...]:
        """The rest of fcu.crt, in order; empty where the depth takes in the whole chain."""
        return self.certificates[self.depth - 1 :]


@dataclass(frozen=True)
class CaContext:
    """The public facts about a CA, without a secret, so that it can be sent to another process or another machine.

    Only its input is pickled; derived values are computed again on arrival.

    Attributes:
        name: the label of the FCU instance.
        fcu_crt: fcu.crt as it was read.
        key_public: the public key of fcu_private_key.pem, where that could be read.
        depth: device-certificate-chain-depth, from wherever it is known.
        mode: "bootstrap" or "lwm2m", None where neither fcu.yml nor an option says.
        account_id: that in the LwM2M server URI, None outside LwM2M mode or where it is not known.
        at: the instant of judgement; no rule reads the clock.
    """

    name: str
    fcu_crt: CertificateFile
    key_public: PublicKey | None
    depth: int | None
    mode: str | None
    account_id: str | None
    at: datetime

    def __reduce__(self) -> tuple[Any, ...]:
        key = None if self.key_public is None else self.key_public.der
        return _made_again, (self.name, self.fcu_crt.file, key, self.depth, self.mode, self.account_id, self.at)

    @property
    def is_portable(self) -> bool:
        """No private key stands in fcu.crt, where none belongs."""
        return b"PRIVATE KEY" not in self.fcu_crt.file.data

    @cached_property
    def chain(self) -> Chain:
        """The certificates of fcu.crt as a chain, those of devices left out."""
        devices = {link.index for link in self.device_links}
        return Chain(tuple(o for o in links_of(self.fcu_crt.entries) if o.index not in devices), self.key_public)

    @cached_property
    def device_links(self) -> tuple[Link, ...]:
        """Device certificates in fcu.crt, which the key of the keystore signed."""
        key = self.key_public
        links = links_of(self.fcu_crt.entries)
        return () if key is None else tuple(link for link in links if is_of_device(link.certificate, key))

    @cached_property
    def lacks_fcu_certificate(self) -> bool:
        """Device certificates stand in fcu.crt, and no certificate of the key that signed them."""
        if not self.device_links:
            return False
        return all(link.certificate.public_key != self.key_public for link in self.chain.links)

    @cached_property
    def fcu_link(self) -> Link | None:
        """The FCU certificate with its place in the file: where the order is right, the first."""
        chain = self.chain
        return chain.path[0] if chain.path and not self.lacks_fcu_certificate else None

    @cached_property
    def fcu_certificate(self) -> Certificate | None:
        """The certificate that signs devices."""
        return None if self.fcu_link is None else self.fcu_link.certificate

    @cached_property
    def certain_fcu_link(self) -> Link | None:
        """The FCU certificate, unless it may be one of those that could not be read.

        It is the first of the file and somebody else's; a root at that place may have been put there by mistake.
        """
        link = self.fcu_link
        if link is None or self.fcu_crt.is_whole:
            return link
        return link if link.index == 1 and not link.certificate.is_self_issued else None

    @cached_property
    def certain_fcu_certificate(self) -> Certificate | None:
        """The certificate of `certain_fcu_link`."""
        return None if self.certain_fcu_link is None else self.certain_fcu_link.certificate

    @cached_property
    def slicing(self) -> Slicing | None:
        """How fcu.crt is cut between device and portal; None where no depth is known.

        A single certificate needs no depth: the device then carries its own certificate alone (fact K-05).
        """
        certificates = self.fcu_crt.certificates
        depth = self.depth
        if depth is None and len(certificates) == 1:
            depth = 1
        if depth is None or not 1 <= depth <= len(certificates) + 1:
            return None
        return Slicing(depth, certificates)

    @cached_property
    def ca_certificates(self) -> frozenset[bytes]:
        """The raw bytes of every certificate of fcu.crt, those of devices apart."""
        return frozenset(link.certificate.raw for link in self.chain.links)

    @cached_property
    def ca_keys(self) -> frozenset[bytes]:
        """The public keys (DER) of every certificate of fcu.crt, those of devices apart, and of fcu_private_key.pem."""
        keys = {link.certificate.public_key.der for link in self.chain.links}
        return frozenset(keys | ({self.key_public.der} if self.key_public else set()))


def _made_again(
    name: str,
    file: FileBytes,
    key: bytes | None,
    depth: int | None,
    mode: str | None,
    account_id: str | None,
    at: datetime,
) -> CaContext:
    public = None if key is None else parse_public_key(key)
    return CaContext(name, CertificateFile(file), public, depth, mode, account_id, at)
