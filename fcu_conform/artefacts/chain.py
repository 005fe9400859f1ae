"""How the certificates of fcu.crt form a chain, whatever their order in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import NameConstraints
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore_files import Entry


@dataclass(frozen=True)
class Link:
    """An entry of the file with its certificate, which could be read."""

    entry: Entry
    certificate: Certificate

    @property
    def index(self) -> int:
        """The certificate's number in the file, from 1."""
        return self.entry.index


class IssuerSearch:
    """Finds who may have issued what among some links; each signature is verified once.

    In a file full of one name any certificate may be the issuer of any other.
    """

    def __init__(self, links: tuple[Link, ...]) -> None:
        self._links = links
        self._found: dict[int, list[Link]] = {}

    def issuer_of(self, link: Link, taken: Set[int]) -> Link | None:
        """The likeliest issuer of a link that is not taken yet; ``taken`` are ids of links."""
        if id(link) not in self._found:
            self._found[id(link)] = self._find(link)
        return next((other for other in self._found[id(link)] if id(other) not in taken), None)

    def _find(self, link: Link) -> list[Link]:
        """Every link that may be the issuer, the likeliest first."""
        certificate = link.certificate
        if certificate.is_self_signed:
            return []
        named = [
            other
            for other in self._links
            if other is not link and other.certificate.subject.matches(certificate.issuer)
        ]
        if len(named) < 2 and not certificate.is_self_issued:
            return named
        verifying = {id(other) for other in named if certificate.signed_by(other.certificate.public_key)}
        if certificate.is_self_issued:
            # A root whose own signature is bad is still the end; only a key that does verify makes it a link.
            named = [other for other in named if id(other) in verifying]
        return sorted(named, key=lambda other: (id(other) not in verifying, not other.certificate.is_self_issued))


@dataclass(frozen=True)
class Chain:
    """The certificates of one file taken as a chain.

    Attributes:
        links: every readable certificate in the order of the file.
        key: the public key that belongs to the private key in the keystore, where that is known; it decides which of
            several possible ends is the FCU certificate.
    """

    links: tuple[Link, ...]
    key: PublicKey | None = None

    @cached_property
    def repeated(self) -> tuple[Link, ...]:
        """Links that stand in the file once more, the first occurrences left out."""
        first: dict[bytes, Link] = {}
        return tuple(link for link in self.links if first.setdefault(link.certificate.raw, link) is not link)

    @cached_property
    def distinct(self) -> tuple[Link, ...]:
        """The links without repetitions."""
        repeated = {id(link) for link in self.repeated}
        return tuple(link for link in self.links if id(link) not in repeated)

    @cached_property
    def path(self) -> tuple[Link, ...]:
        """From the FCU certificate, issuer by issuer by their names, as far as the file goes.

        Of several certificates with the issuer's name the one whose key verifies the signature is taken, and before
        others the one that is self-signed.
        """
        start = self._start()
        return tuple(self._path_from(start)) if start else ()

    @cached_property
    def _issuers(self) -> IssuerSearch:
        return IssuerSearch(self.distinct)

    def _start(self) -> Link | None:
        if not self.distinct:
            return None
        issuers = {id(issuer) for link in self.distinct if (issuer := self._issuers.issuer_of(link, {id(link)}))}
        ends = [link for link in self.distinct if id(link) not in issuers] or [self.distinct[0]]
        if self.key is not None:
            for link in ends:
                if link.certificate.public_key.der == self.key.der:
                    return link
        first = self.distinct[0]
        return first if first in ends else max(ends, key=lambda link: len(self._path_from(link)))

    def _path_from(self, start: Link) -> list[Link]:
        path, taken = [start], {id(start)}
        while (issuer := self._issuers.issuer_of(path[-1], taken)) is not None:
            path.append(issuer)
            taken.add(id(issuer))
        return path

    @property
    def is_complete(self) -> bool:
        """The path ends in a self-issued certificate."""
        return bool(self.path) and self.path[-1].certificate.is_self_issued

    @cached_property
    def off_path(self) -> tuple[Link, ...]:
        """Distinct certificates that the path does not use."""
        return tuple(link for link in self.distinct if link not in self.path)

    @cached_property
    def constrained(self) -> tuple[tuple[Link, NameConstraints], ...]:
        """The certificates of the path that constrain the names below them, with how."""
        named = ((link, link.certificate.name_constraints) for link in self.path)
        return tuple((link, constraints) for link, constraints in named if constraints is not None)

    @cached_property
    def twins(self) -> tuple[tuple[Link, Link], ...]:
        """Pairs of different certificates with the same subject and the same key, in the order of the file."""
        return tuple(
            (one, other)
            for number, one in enumerate(self.distinct)
            for other in self.distinct[number + 1 :]
            if one.certificate.public_key.der == other.certificate.public_key.der
            and one.certificate.subject.matches(other.certificate.subject)
        )

    @property
    def is_in_order(self) -> bool:
        """The path's certificates stand in the file in the path's order."""
        numbers = [link.index for link in self.path]
        return numbers == sorted(numbers)

    @property
    def has_gap(self) -> bool:
        """The path breaks off although certificates are left that are not on it."""
        return not self.is_complete and bool(self.off_path)


def namesakes(path: tuple[Link, ...]) -> Iterator[tuple[Link, Link]]:
    """Pairs of a path of one subject and two keys, the lower one first, which the other did not issue itself."""
    for place, lower in enumerate(path):
        for upper in path[place + 2 :]:
            has_key_of_its_own = lower.certificate.public_key.der != upper.certificate.public_key.der
            if has_key_of_its_own and lower.certificate.subject.matches(upper.certificate.subject):
                yield lower, upper


def links_of(entries: Iterable[Entry]) -> tuple[Link, ...]:
    """The entries of a file whose certificate could be read."""
    return tuple(Link(entry, entry.certificate) for entry in entries if entry.certificate is not None)


def is_of_device(certificate: Certificate, key: PublicKey) -> bool:
    """A certificate is of a device of the FCU with this key: that signed it for another key, and not as a CA."""
    constraints = certificate.basic_constraints
    if (constraints is not None and constraints.ca) or certificate.is_self_issued or certificate.public_key == key:
        return False
    return certificate.signed_by(key) is True
