"""What makes OpenSSL, cryptography or Mbed TLS refuse one certificate because of another, or of what it is used for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from independent_corpus import der
from independent_corpus.cases import Room
from independent_corpus.floor import device, lamp, plant
from independent_corpus.maker import Cert, extension, key_usage, line, name
from independent_corpus.verdict import judged

SOUND = line(3)
PROXY = extension("1.3.6.1.5.5.7.1.14", der.seq(der.seq(der.oid("1.3.6.1.5.5.7.21.1"))))
ROUTES = extension("1.3.6.1.5.5.7.1.8", der.seq(der.explicit(0, der.seq(der.integer(64512)))))
SERVER, CLIENT = (
    extension("2.16.840.1.113730.1.1", der.bits(bits, unused)) for bits, unused in ((b"\x40", 6), (b"\x80", 7))
)
NARROWED = key_usage(0, 5, 6, 7)


def found(room: Room, chain: list[Cert], made: Cert) -> dict[str, str]:
    """Code and level of what is worse than a notice."""
    plant(room)
    room.keystore_of(chain)
    device(room, "lamp-0002", made, chain[0])
    findings = judged(room).findings()
    return {result.code: finding.level.value for result, finding in findings if finding.level.value != "notice"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"more": (PROXY,)}, {"DEV034": "error"}),
        ({"more": (ROUTES,)}, {"DEV034": "error"}),
        ({"more": (SERVER,)}, {"DEV013": "error"}),
        ({"more": (CLIENT,)}, {}),
        ({"usage": key_usage(0, 7)}, {"DEV034": "error"}),
        ({"usage": key_usage(0, 4, 7)}, {}),
    ],
    ids=["proxy", "routes", "a server's", "a client's", "encipherOnly alone", "encipherOnly of keyAgreement"],
)
def test_a_device_certificate_for_another_use_is_an_error(
    tmp_path: Path, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    assert found(Room(tmp_path / "x"), SOUND, lamp(SOUND[0], **changes)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"more": (PROXY,)},
        {"more": (ROUTES,)},
        {"usage": NARROWED},
    ],
    ids=["proxy", "routes", "encipherOnly"],
)
def test_a_root_with_what_openssl_or_mbed_tls_refuse_is_an_error(tmp_path: Path, changes: dict[str, Any]) -> None:
    chain = line(3, root=changes)
    assert found(Room(tmp_path / "x"), chain, lamp(chain[0])) == {"CRT021": "error"}


@pytest.mark.parametrize(
    ("subject", "issuer", "expected"),
    [
        (name(CN="INT"), name(der.printable, CN="INT"), {"CHN003": "warning"}),
        (name(CN="INT"), name(CN="Int "), {"CHN003": "warning"}),
        (name(CN="\u00c4B"), name(CN="\u00e4b"), {"CHN003": "error"}),
    ],
    ids=["string type", "case and blank", "case beyond ASCII"],
)
def test_a_differently_encoded_issuer_in_fcu_crt_is_a_finding(
    tmp_path: Path, subject: bytes, issuer: bytes, expected: dict[str, str]
) -> None:
    middle = replace(SOUND[1], subject=subject)
    chain = [replace(SOUND[0], issuer=middle, issuer_name=issuer), middle, SOUND[2]]
    assert found(Room(tmp_path / "x"), chain, lamp(chain[0])) == expected


def test_a_device_with_an_issuer_of_another_name_to_openssl_is_an_error(tmp_path: Path) -> None:
    fcu = replace(SOUND[0], subject=name(CN="\u00c4B"))
    made = lamp(fcu, issuer_name=name(CN="\u00e4b"))
    assert found(Room(tmp_path / "x"), [fcu, *SOUND[1:]], made) == {"DEV004": "error"}


@pytest.mark.parametrize(
    ("identifier", "authority", "expected"),
    [(b"?", b"?", {}), (b"?", None, {"DEV027": "error"}), (None, b"?", {"CHN012": "error"})],
    ids=["told apart", "the device does not say whose it is", "no identifiers"],
)
def test_fcu_with_the_name_of_the_root_is_an_error_unless_key_identifiers_differ(
    tmp_path: Path, identifier: bytes | None, authority: bytes | None, expected: dict[str, str]
) -> None:
    fcu = replace(SOUND[0], subject=SOUND[2].subject, identifier=identifier)
    errors = found(Room(tmp_path / "x"), [fcu, *SOUND[1:]], lamp(fcu, authority=authority))
    assert {code: level for code, level in errors.items() if level == "error"} == expected
