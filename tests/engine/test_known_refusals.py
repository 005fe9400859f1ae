"""Known causes of a refusal: each applies exactly where it should, and to those validators that are known for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fcu_conform.artefacts.encodings import oids
from fcu_conform.artefacts.encodings.extensions import GeneralName
from fcu_conform.engine.known_refusals import CAUSES, KnownRefusal, find_known_refusal
from fcu_conform.rules.model import PathQuestion

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
BYTES, STRINGS, DIRECTORY, DNS, CRITICAL, POLICIES, LONG, DATES, SECOND, PURPOSES, ANCHORS = CAUSES

OPENSSL = {"openssl", "openssl-partial", "openssl-command"}
KNOWN_FOR = {
    BYTES: {"cryptography", "certtool", "mbedtls"},
    STRINGS: {"pyhanko", "certvalidator"},
    DIRECTORY: {"cryptography", "certtool", "certvalidator"},
    DNS: {"certtool", "certvalidator"},
    CRITICAL: {"mbedtls"},
    POLICIES: {"cryptography", "certtool"},
    LONG: {"mbedtls", "cryptography"},
    DATES: {"cryptography", "mbedtls", "certtool", *OPENSSL},
    SECOND: OPENSSL,
    PURPOSES: {"certtool", "cryptography", *OPENSSL},
    ANCHORS: {"certtool", *OPENSSL},
}


@dataclass(frozen=True)
class Called:
    """A name: two match where they are the same but for case, and have the bytes of their text."""

    text: str

    @property
    def der(self) -> bytes:
        return self.text.encode("utf-8", "surrogatepass")

    def matches(self, other: Called) -> bool:
        return self.text.lower() == other.text.lower()

    @property
    def rdns(self) -> tuple[tuple[Any, ...], ...]:
        return ((SimpleNamespace(text="DE"),), (SimpleNamespace(text="x"), SimpleNamespace(text=self.text)))


@dataclass(frozen=True)
class Cert:
    """As much of a certificate as causes look at."""

    subject: Called
    issuer: Called
    key: bytes = b"key"
    name_constraints: Any = None
    extensions: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    last_notes: tuple[str, ...] = ()
    until: datetime = AT + timedelta(days=1)
    extended_key_usage: tuple[str, ...] | None = None
    public_key: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_key", SimpleNamespace(der=self.key))

    @property
    def not_before(self) -> Any:
        return SimpleNamespace(notes=self.notes, instant=AT)

    @property
    def not_after(self) -> Any:
        return SimpleNamespace(notes=self.last_notes, instant=self.until)


def certs(*names: str) -> list[Cert]:
    """Certificates each issued by the next."""
    return [Cert(Called(name), Called(names[min(n + 1, len(names) - 1)])) for n, name in enumerate(names)]


def path_of(leaf: Cert, untrusted: Iterable[Cert] = (), anchors: Iterable[Cert] = ()) -> PathQuestion:
    return PathQuestion(*cast(Any, (leaf, tuple(untrusted), tuple(anchors))))


LEAF, MIDDLE, ROOT = certs("leaf", "middle", "root")
PLAIN = path_of(LEAF, [MIDDLE], [ROOT])
PLACES = ("leaf", "untrusted", "anchors")


def with_one(place: str, **changes: Any) -> PathQuestion:
    """The plain path with one certificate changed."""
    leaf, middle, root = (
        replace(cert, **changes) if place == name else cert
        for name, cert in zip(PLACES, (LEAF, MIDDLE, ROOT), strict=True)
    )
    return path_of(leaf, [middle], [root])


def applying(path: PathQuestion, at: datetime = AT) -> list[KnownRefusal]:
    return [cause for cause in CAUSES if cause.applies(path, at)]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.what[:30])
def test_each_cause_is_known_for_exactly_these_validators(cause: KnownRefusal) -> None:
    assert cause.validators == KNOWN_FOR[cause]
    assert cause.what
    assert cause.who


def test_nothing_explains_the_refusal_of_a_plain_path() -> None:
    assert applying(PLAIN) == []
    assert [find_known_refusal(PLAIN, name, AT) for name in sorted(set().union(*KNOWN_FOR.values()))] == [None] * 8


@pytest.mark.parametrize(
    ("names", "applies"),
    [
        (("Leaf", "Middle", "Root"), False),
        (("leaf", "MIDDLE", "root"), True),
        (("leaf", "middle", "ROOT"), True),
        (("LEAF", "middle", "root"), False),
    ],
)
def test_equal_names_with_different_bytes_are_a_known_cause(names: tuple[str, ...], applies: bool) -> None:
    leaf, middle, root = names
    issuers = (Called("middle"), Called("root"), Called("root")) if applies or leaf == "LEAF" else None
    chain = certs(leaf, middle, root)
    if issuers is not None:
        chain = [replace(cert, issuer=issuer) for cert, issuer in zip(chain, issuers, strict=True)]
    assert applying(path_of(chain[0], [chain[1]], [chain[2]])) == ([BYTES] if applies else [])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("plain", False),
        ("Käse", False),
        ("\u017f", False),
        ("\u0221", True),  # a1: not there in Unicode 3.2
        ("\ue000", True),  # c3: private use
        ("\ufdd0", True),  # c4: no character
        ("\ud800", True),  # c5: a surrogate
        ("\ufff9", True),  # c6: no plain text
        ("\u2ff0", False),  # c7: a description of an ideograph, which is a symbol as any other
        ("\u202a", True),  # c8: display
        ("\U000e0001", True),  # c9: tag
        ("א", True),  # d1: from right to left
        ("ab א", True),
        ("\x7f", False),
        ("\u1e9e", True),
    ],
)
def test_characters_beyond_string_preparation_are_a_known_cause(place: str, text: str, applies: bool) -> None:
    for name in ("subject", "issuer"):
        assert (STRINGS in applying(with_one(place, **{name: Called(text)}))) is applies


def test_the_prepared_form_of_a_character_counts_as_well() -> None:
    # ALEF SYMBOL is in no table, and becomes a letter from right to left.
    assert STRINGS in applying(with_one("leaf", subject=Called("\u2135")))


def constraints(permitted: Iterable[int] = (), excluded: Iterable[int] = ()) -> Any:
    return SimpleNamespace(
        permitted=[SimpleNamespace(choice=choice) for choice in permitted],
        excluded=[SimpleNamespace(choice=choice) for choice in excluded],
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("side", ["permitted", "excluded"])
@pytest.mark.parametrize(
    ("choices", "causes"),
    [
        ([], []),
        ([GeneralName.DIRECTORY], [DIRECTORY]),
        ([GeneralName.DNS], [DNS]),
        ([GeneralName.DNS - 1], []),
        ([GeneralName.DNS + 1], []),
        ([GeneralName.DIRECTORY + 1], []),
        ([0, 7, GeneralName.DIRECTORY], [DIRECTORY]),
        ([GeneralName.DNS, GeneralName.DIRECTORY], [DIRECTORY, DNS]),
    ],
)
def test_constraints_of_one_kind_of_name_are_a_known_cause(
    place: str, side: str, choices: list[int], causes: list[KnownRefusal]
) -> None:
    assert applying(with_one(place, name_constraints=constraints(**{side: choices}))) == causes


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("oid", "critical", "causes"),
    [
        ("1.2.3", True, [CRITICAL, POLICIES]),
        ("1.2.3", False, []),
        (oids.NETSCAPE_CERT_TYPE, True, [POLICIES]),
        (oids.NAME_CONSTRAINTS, True, [CRITICAL]),
        (oids.BASIC_CONSTRAINTS, True, []),
        (oids.KEY_USAGE, True, []),
        (oids.EXTENDED_KEY_USAGE, True, []),
        (oids.SUBJECT_ALT_NAME, True, []),
        (oids.NAME_CONSTRAINTS, False, []),
    ],
)
def test_critical_extensions_that_some_cannot_parse_are_a_known_cause(
    place: str, oid: str, critical: bool, causes: list[KnownRefusal]
) -> None:
    harmless = SimpleNamespace(oid=oids.KEY_USAGE, critical=True)
    extensions = (harmless, SimpleNamespace(oid=oid, critical=critical))
    assert applying(with_one(place, extensions=extensions)) == causes


@pytest.mark.parametrize(("intermediates", "applies"), [(0, False), (7, False), (8, False), (9, True), (12, True)])
def test_more_than_eight_intermediates_are_a_known_cause(intermediates: int, applies: bool) -> None:
    leaf, *untrusted, root = certs(*(f"ca {number}" for number in range(intermediates + 2)))
    assert applying(path_of(leaf, untrusted, [root])) == ([LONG] if applies else [])
    assert "more than 8 intermediates" in LONG.what


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("which", ["notes", "last_notes"])
def test_dates_in_an_unusual_encoding_are_a_known_cause(place: str, which: str) -> None:
    assert applying(with_one(place, **{which: ("odd",)})) == [DATES]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("distance", "applies"),
    [
        (timedelta(0), True),
        (timedelta(microseconds=999_999), True),
        (timedelta(seconds=1), False),
        (timedelta(microseconds=-1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_the_last_second_of_validity_is_a_known_cause(place: str, distance: timedelta, applies: bool) -> None:
    assert applying(with_one(place, until=AT), AT + distance) == ([SECOND] if applies else [])


@pytest.mark.parametrize(
    ("purposes", "applies"),
    [
        (None, False),
        ((oids.CLIENT_AUTH,), False),
        ((oids.ANY_EXTENDED_KEY_USAGE,), False),
        (("1.2.3", oids.CLIENT_AUTH), False),
        ((oids.CLIENT_AUTH, oids.ANY_EXTENDED_KEY_USAGE), False),
        (("1.2.3",), True),
        ((), True),
    ],
)
def test_purposes_of_a_ca_without_clients_are_a_known_cause(purposes: tuple[str, ...] | None, applies: bool) -> None:
    for place in PLACES[1:]:
        assert applying(with_one(place, extended_key_usage=purposes)) == ([PURPOSES] if applies else [])
    assert (
        applying(with_one("leaf", extended_key_usage=purposes)) == []
    )  # the leaf's own purposes are its rules' matter


ONE, OTHER, THIRD = (Cert(Called(name), Called("up")) for name in ("root", "other", "third"))


@pytest.mark.parametrize(
    ("anchors", "applies"),
    [
        ([ROOT], False),
        ([ROOT, ROOT], False),
        ([ROOT, replace(ROOT, key=b"new")], True),
        ([ROOT, OTHER, replace(ROOT, key=b"new")], True),
        ([OTHER, ROOT, replace(ROOT, key=b"new")], True),
        ([replace(ROOT, key=b"a"), ROOT], True),
        ([replace(ROOT, key=b"z"), ROOT], True),
        ([ROOT, replace(OTHER, key=b"new")], False),
        ([ROOT, OTHER, THIRD], False),
        ([ROOT, OTHER, THIRD, replace(THIRD, key=b"new")], True),
        ([], False),
    ],
)
def test_anchors_with_one_name_and_different_keys_are_a_known_cause(anchors: list[Cert], applies: bool) -> None:
    assert applying(path_of(LEAF, [MIDDLE], anchors)) == ([ANCHORS] if applies else [])
    assert applying(path_of(LEAF, anchors, [MIDDLE])) == []


def test_a_validator_is_explained_by_the_first_cause_that_it_is_known_for() -> None:
    path = with_one("untrusted", notes=("odd",), extended_key_usage=("1.2.3",), name_constraints=constraints([4]))
    told = {
        name: find_known_refusal(path, name, AT) for name in ("cryptography", "mbedtls", "openssl", "pyhanko", "nobody")
    }
    assert told == {"cryptography": DIRECTORY, "mbedtls": DATES, "openssl": DATES, "pyhanko": None, "nobody": None}
