"""Sound device certificates of several kinds, signed anew after each change, and what the rules say of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from independent_corpus import der
from independent_corpus.floor import lamp
from independent_corpus.maker import CLIENT_AUTH, Cert, basic_constraints, extended_key_usage, extension, line, name

from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Blocked, Level, NotApplicable, Scope

from .changes import changed, drawn
from .elements import parse

CHAIN = line(3)
CN = "lamp-0002"


def _pair(kind: str, value: bytes) -> bytes:
    return der.set_of(der.seq(der.oid(kind), value))


ATTRIBUTES = der.seq(
    *(_pair("2.5.4.6", der.printable("FI")), _pair("2.5.4.8", der.teletex("Uusimaa"))),
    *(_pair("2.5.4.7", der.utf8("Jyväskylä")), _pair("2.5.4.10", der.bmp("Aurora"))),
    _pair("0.9.2342.19200300.100.1.25", der.ia5("aurora")),
    _pair("1.2.840.113549.1.9.1", der.ia5("a@aurora.example")),
    _pair("2.5.4.11", der.printable("Lamps")),
    _pair("2.5.4.3", der.utf8(CN)),
    _pair("2.5.4.5", der.printable("0002")),
)
SEVERAL = der.seq(
    der.set_of(der.seq(der.oid("2.5.4.10"), der.utf8("Aurora")), der.seq(der.oid("2.5.4.11"), der.utf8("Lamps"))),
    _pair("2.5.4.3", der.printable(CN)),
)


def _points(*names: bytes) -> bytes:
    return der.seq(der.seq(der.explicit(0, der.explicit(0, *names))))


URI = der.implicit(6, b"http://ca.example/x.crl")
NAMES = der.seq(
    *(der.implicit(1, b"a@b.example"), der.implicit(2, b"lamp.example"), der.explicit(4, name(CN="other"))),
    *(URI, der.implicit(7, b"\x0a\0\0\1"), der.implicit(8, b"\x2a\x03\x04")),
    der.explicit(0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.explicit(0, der.utf8("a@b"))),
)
QUALIFIERS = der.seq(
    der.seq(der.oid("1.3.6.1.5.5.7.2.1"), der.ia5("http://ca.example/cps")),
    der.seq(
        der.oid("1.3.6.1.5.5.7.2.2"),
        der.seq(der.seq(der.utf8("Aurora"), der.seq(der.integer(1))), der.utf8("as agreed")),
    ),
)
ACCESS = der.seq(
    der.seq(der.oid("1.3.6.1.5.5.7.48.1"), der.implicit(6, b"http://ocsp.example")),
    der.seq(der.oid("1.3.6.1.5.5.7.48.2"), der.implicit(6, b"http://ca.example/ca.cer")),
)
EXTENSIONS = {
    "usual": (basic_constraints(False), extended_key_usage(CLIENT_AUTH)),
    "names": (extension("2.5.29.17", NAMES), extension("2.5.29.18", der.seq(URI))),
    "points": (
        extension("2.5.29.31", _points(URI)),
        extension("2.5.29.46", _points(URI)),
        extension("1.3.6.1.5.5.7.1.1", ACCESS),
        extension("1.3.6.1.5.5.7.1.11", der.seq(der.seq(der.oid("1.3.6.1.5.5.7.48.5"), URI))),
    ),
    "policies": (
        extension("2.5.29.32", der.seq(der.seq(der.oid("1.3.6.1.4.1.55555.9"), QUALIFIERS))),
        extension("2.5.29.16", der.seq(der.implicit(0, b"20260101000000Z"), der.implicit(1, b"20460101000000Z"))),
    ),
    "others": (
        extension("2.5.29.9", der.seq(der.seq(der.oid("2.5.4.6"), der.set_of(der.printable("FI"))))),
        extension("2.16.840.1.113730.1.1", der.bits(b"\x80", 7)),
        extension("2.16.840.1.113730.1.13", der.ia5("made by a tool")),
        extension("1.3.6.1.5.5.7.1.24", der.seq(der.integer(5))),
        extension("1.3.6.1.4.1.55555.7", der.octets(b"free")),
    ),
    "constraints": (
        extension("2.5.29.36", der.seq(der.implicit(0, b"\0"))),
        extension("2.5.29.54", der.integer(0)),
        extension("2.5.29.33", der.seq(der.seq(der.oid("1.3.6.1.4.1.55555.9"), der.oid("1.3.6.1.4.1.55555.8")))),
    ),
}


@dataclass(frozen=True)
class Plan:
    """A sound device certificate by name."""

    name: str
    certificate: Cert

    def changes(self) -> list[tuple[str, Callable[[], bytes]]]:
        """What is changed, and what makes the certificate with it, signed again."""
        certificate = self.certificate
        (signed,), (whole,) = parse(certificate._to_be_signed()), parse(certificate.der)
        return [
            *((f"signed part {what}", partial(_signed_again, certificate, new)) for what, new in changed(signed)),
            *((f"outside {what}", partial(bytes, new)) for what, new in changed(whole) if what[:5] not in _INSIDE),
        ]


_INSIDE = ("/0/0 ", "/0/0/")
"""Where the signed part is, in the whole: a change of it is to be signed."""


def _signed_again(certificate: Cert, new: bytes) -> bytes:
    return replace(certificate, before_signing=lambda _: new).der


def plans() -> list[Plan]:
    found = [Plan("plain", lamp(CHAIN[0], CN))]
    found.append(Plan("attributes", lamp(CHAIN[0], CN, subject=ATTRIBUTES)))
    found.append(Plan("several", lamp(CHAIN[0], CN, subject=SEVERAL)))
    found += [Plan(title, lamp(CHAIN[0], CN, more=more)) for title, more in EXTENSIONS.items()]
    return found


def drawn_certificate(random: Random) -> tuple[str, bytes]:
    """A certificate of a subject and extensions that are drawn, changed and signed again; what was done."""
    more = random.sample([each for several in EXTENSIONS.values() for each in several], random.randint(0, 3))
    subject = random.choice([{}, {"subject": ATTRIBUTES}, {"subject": SEVERAL}])
    certificate = lamp(CHAIN[0], CN, more=tuple(more), **subject)
    if random.random() < 0.9:
        what, new = drawn(certificate._to_be_signed(), random)
        return f"signed part {what}", _signed_again(certificate, new)
    what, new = drawn(certificate.der, random)
    return f"outside {what}", new


def errors(data: bytes, setup: Setup) -> dict[str, str]:
    """By code the first error of each rule over single devices; of bundles there is none here."""
    device = DeviceFile("lamp-0002.pem", Kind.CHAIN, chain=(data, CHAIN[0].der), endpoint_names=(CN,)).read()
    found = {}
    for rule in CATALOGUE:
        if rule.scope is not Scope.DEVICE:
            continue
        try:
            findings = list(rule.check(device, setup.ca))
        except (Blocked, NotApplicable):
            continue
        weighty = [finding.message for finding in findings if (finding.level or rule.level) is Level.ERROR]
        # Readers that compare names octet by octet refuse what RFC 5280 and the device accept: a warning.
        weighty += [finding.message for finding in findings if rule.code == "DEV004"]
        if weighty:
            found[rule.code] = weighty[0]
    return found
