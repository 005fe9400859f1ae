"""What a service trusts at this moment: the certificates of the entries that are ACTIVE and its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from cryptography import x509

from reference_ca.chain import read_chain
from reference_ca.portal.certificates import fingerprint
from reference_ca.portal.paging import REMOVED
from reference_ca.portal.resources.trusted_certificates import KIND
from reference_ca.portal.store import Entity, Store


class Reading(Enum):
    """Which certificates of an entry are trusted: the interface's documents leave that open."""

    ALL = "all"
    LOWEST = "lowest"


@dataclass(frozen=True)
class Trust:
    """The trust anchors of a service, by fingerprint, each with the entries that it stands in."""

    anchors: dict[str, x509.Certificate]
    entries: dict[str, list[Entity]]

    def entry_of(self, path: Sequence[x509.Certificate]) -> Entity | None:
        """The entry that let a device in by this path (the device's certificate first).

        Several entries can hold the anchor: the one whose lowest certificate is the lowest on the path counts.
        """
        on_path = [fingerprint(certificate) for certificate in path]
        found = [entry for anchor in on_path for entry in self.entries.get(anchor, [])]
        lowest = {entry.document["certificate_fingerprint"]: entry for entry in reversed(found)}
        return next((lowest[one] for one in on_path if one in lowest), found[0] if found else None)


def current_trust(store: Store, service: str, reading: Reading) -> Trust:
    """The anchors as of now."""
    anchors: dict[str, x509.Certificate] = {}
    entries: dict[str, list[Entity]] = {}
    for entry in store.entities(KIND):
        if entry.document["status"] != "ACTIVE" or entry.document["service"] != service:
            continue
        chain = _chain(entry)
        for certificate in chain if reading is Reading.ALL else chain[:1]:
            key = fingerprint(certificate)
            anchors[key] = certificate
            entries.setdefault(key, []).append(entry)
    return Trust(anchors, entries)


def related_entry(store: Store, presented: Iterable[x509.Certificate]) -> str:
    """The id of the newest entry that holds the issuer of the first certificate, else of the second, and so on.

    Entries count whether they are ACTIVE or not, deleted or not; the id is empty where there is none.
    """
    entries = list(store.entities(KIND, REMOVED + KIND, descending=True))
    for certificate in presented:
        for entry in entries:
            if certificate.issuer in {one.subject for one in _chain(entry)}:
                return entry.id
    return ""


def _chain(entry: Entity) -> tuple[x509.Certificate, ...]:
    return read_chain(entry.hidden["chain"].encode())
