"""Name constraints (RFC 5280 section 4.2.1.10) applied to the names of a certificate."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.extensions import GeneralName, NameConstraints
from fcu_conform.artefacts.encodings.names import parse_name

_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"


def excluded_names(constraints: NameConstraints, certificate: Certificate) -> Iterator[tuple[str, str]]:
    """Each name of a certificate that the constraints do not admit, with "excluded" or "not permitted"."""
    for name in _names(certificate):
        if any(_within(name, base) for base in constraints.excluded if base.choice == name.choice):
            yield _shown(name), "excluded"
        permitted = [base for base in constraints.permitted if base.choice == name.choice]
        if permitted and not any(_within(name, base) for base in permitted):
            yield _shown(name), "not permitted"


def _names(certificate: Certificate) -> Iterator[GeneralName]:
    if not certificate.subject.is_empty:
        yield GeneralName(GeneralName.DIRECTORY, certificate.subject.der)
    for address in certificate.subject.values(_EMAIL_ADDRESS):
        yield GeneralName(GeneralName.EMAIL, address.encode())
    yield from certificate.subject_alt_names


def _shown(name: GeneralName) -> str:
    if name.choice == GeneralName.DIRECTORY:
        return str(parse_name(name.content))
    if name.choice == GeneralName.IP:
        return name.content.hex()
    return name.content.decode("ascii", "backslashreplace")


def _within(name: GeneralName, base: GeneralName) -> bool:
    if name.choice == GeneralName.DIRECTORY:
        return _within_directory(name.content, base.content)
    if name.choice == GeneralName.IP:
        return _within_network(name.content, base.content)
    text, limit = (part.content.decode("ascii", "replace").lower() for part in (name, base))
    if name.choice == GeneralName.DNS:
        return not limit or text == limit.lstrip(".") or text.endswith("." + limit.lstrip("."))
    if name.choice == GeneralName.EMAIL:
        local, _, host = name.content.rpartition(b"@")  # before the @ case counts (RFC 5280 section 7.5)
        if "@" in limit:
            return text == limit and local == base.content.rpartition(b"@")[0]
        return _within_host(host.decode("ascii", "replace").lower(), limit)
    if name.choice == GeneralName.URI:
        parts = urlsplit(text)
        return "@" not in parts.netloc and _within_host(parts.hostname or "", limit)  # as OpenSSL takes a user's name
    return text == limit


def _within_host(host: str, limit: str) -> bool:
    """A limit with a leading dot means hosts below it, one without means that host."""
    return host.endswith(limit) if limit.startswith(".") else host == limit


def _within_directory(name: bytes, base: bytes) -> bool:
    try:
        limit = parse_name(base).comparable
        return parse_name(name).comparable[: len(limit)] == limit
    except der.DerError:
        return False


def _within_network(address: bytes, base: bytes) -> bool:
    half = len(base) // 2
    if len(address) != half or half not in (4, 16):
        return False
    number, network, mask = (int.from_bytes(part, "big") for part in (address, base[:half], base[half:]))
    return number & mask == network & mask
