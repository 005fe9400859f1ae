"""Sound certificate requests of several kinds, signed anew after each change, and what the rules say of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from independent_corpus import der
from independent_corpus.maker import (
    CA_USAGE,
    CLIENT_AUTH,
    Request,
    basic_constraints,
    extended_key_usage,
    extension,
    line,
    pem_block,
    subject_key_identifier,
)

from fcu_conform.artefacts.bounded_io.reading import FileBytes
from fcu_conform.artefacts.keystore_files import RequestFile
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import Blocked, Level, NotApplicable

from .changes import changed, drawn
from .devices import ATTRIBUTES, NAMES, SEVERAL
from .elements import parse

CHAIN = line(3)
_FILE = Path("fcu_csr.pem")


def _attribute(dotted: str, *values: bytes) -> bytes:
    return der.seq(der.oid(dotted), der.set_of(*values))


def _asked(*extensions: bytes) -> bytes:
    return _attribute("1.2.840.113549.1.9.14", der.seq(*extensions))


ASKED = (
    basic_constraints(True, 0, critical=True),
    CA_USAGE,
    subject_key_identifier(CHAIN[0].key.identifier),
    extended_key_usage(CLIENT_AUTH),
    extension("2.5.29.17", NAMES),
    extension("2.5.29.32", der.seq(der.seq(der.oid("1.3.6.1.4.1.55555.9")))),
    extension("1.3.6.1.4.1.55555.7", der.octets(b"free")),
)
USUAL, OTHERS = _asked(*ASKED[:3]), _asked(*ASKED[3:])
PASSWORD = _attribute("1.2.840.113549.1.9.7", der.utf8("as agreed"))
UNSTRUCTURED = _attribute("1.2.840.113549.1.9.2", der.ia5("FCU line 1"))
PRIVATE = _attribute("1.3.6.1.4.1.55555.8", der.seq(der.integer(7), der.utf8("Oulu")))


@dataclass(frozen=True)
class Plan:
    """A sound request by name."""

    name: str
    request: Request

    def changes(self) -> list[tuple[str, Callable[[], bytes]]]:
        """What is changed, and what makes the request with it, signed again."""
        (signed,), (whole,) = parse(self.request.to_be_signed), parse(self.request.der)
        return [
            *((f"signed part {what}", partial(_signed_again, self.request, new)) for what, new in changed(signed)),
            *((f"outside {what}", partial(bytes, new)) for what, new in changed(whole) if what[:5] not in _INSIDE),
        ]


_INSIDE = ("/0/0 ", "/0/0/")
"""Where the signed part is, in the whole: a change of it is to be signed."""


def _signed_again(request: Request, new: bytes) -> bytes:
    return replace(request, before_signing=lambda _: new).der


def plans() -> list[Plan]:
    plain = Request(CHAIN[0].key)
    return [
        Plan("plain", plain),
        Plan("names", replace(plain, subject=ATTRIBUTES)),
        Plan("several", replace(plain, subject=SEVERAL)),
        Plan("extensions", replace(plain, attributes=USUAL)),
        Plan("other extensions", replace(plain, attributes=OTHERS)),
        Plan("attributes", replace(plain, attributes=b"".join(sorted((PASSWORD, UNSTRUCTURED, PRIVATE))))),
    ]


def drawn_request(random: Random) -> tuple[str, bytes]:
    """A request of a subject and attributes that are drawn, changed and signed again; what was done."""
    own = [_asked(*random.sample(ASKED, random.randint(1, 3))), PASSWORD, UNSTRUCTURED, PRIVATE]
    attributes = b"".join(sorted(random.sample(own, random.randint(0, 2))))
    subject = random.choice([{}, {"subject": ATTRIBUTES}, {"subject": SEVERAL}])
    request = Request(CHAIN[0].key, attributes=attributes, **subject)
    if random.random() < 0.9:
        what, new = drawn(request.to_be_signed, random)
        return f"signed part {what}", _signed_again(request, new)
    what, new = drawn(request.der, random)
    return f"outside {what}", new


RULES = [rule for rule in CATALOGUE if rule.family == "CSR"]


def with_request(setup: Setup, data: bytes) -> Setup:
    """The setup with another request in its keystore."""
    text = pem_block(data, "CERTIFICATE REQUEST").encode()
    keystore = replace(setup.keystore)
    keystore.__dict__["request_file"] = RequestFile(FileBytes(_FILE.name, _FILE, text))
    return replace(setup, keystore=keystore)


def errors(data: bytes, setup: Setup) -> dict[str, str]:
    """By code the first error of each rule over requests; their other levels are no refusals."""
    judged = with_request(setup, data)
    found = {}
    for rule in RULES:
        try:
            findings = [f.message for f in rule.check(judged) if (f.level or rule.level) is Level.ERROR]
        except (Blocked, NotApplicable):
            continue
        if findings:
            found[rule.code] = findings[0]
    return found
