"""What independent validators say of the corpus: never a false alarm, never a fault of the run."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.engine import Outcome, Report
from fcu_conform.engine.known_refusals import CAUSES
from fcu_conform.validators.registry import CORE, NAMES, available

from . import der, keystores_openssl
from .cases import Case, Room, all_cases, floor_cases
from .floor import healthy, pem, plant, upload
from .keys import key
from .maker import Cert, directory, extension, line, name, name_constraints
from .verdict import assert_expected, judged

CORPUS = [*all_cases(), *floor_cases()]
CONFORMANT = [case for case in CORPUS if not any(case.allowed)]
DEFECTIVE = [case for case in CORPUS if all(case.allowed)][::5]
HERE = {validator.name for validator in available()}
BY_VALIDATORS = ("CHN013", "DEV024", "SYS002")


def failed(report: Report) -> list[tuple[str, list[str]]]:
    return [
        (result.target, [finding.message for finding in result.findings])
        for result in report.results
        if result.code in BY_VALIDATORS and result.outcome in (Outcome.FAILED, Outcome.ERROR)
    ]


@pytest.mark.parametrize("case", [*CONFORMANT, *DEFECTIVE], ids=lambda case: case.id)
def test_every_refusal_has_a_known_cause_or_a_failed_rule(case: Case, tmp_path: Path) -> None:
    if case.topic == "openssl" and not keystores_openssl.available():
        pytest.skip("the openssl command is not on PATH")
    room = case.make(tmp_path)
    report = judged(room, "auto")
    if isinstance(report, Report):
        assert failed(report) == []
    else:
        assert_expected(case, room, report)  # a case that is wrong use: nobody is asked


def paths(room: Room, code: str = "CHN013") -> dict[str, Any]:
    """The result of each validator that is installed, by its name."""
    report = judged(room, "auto")
    return {result.target.removeprefix("keystore-"): result for result in report.results if result.code == code}


def words(result: Any) -> str:
    return " ".join(finding.message for finding in result.findings if finding.found.startswith("refused"))


def refusing(results: dict[str, Any]) -> set[str]:
    return {validator for validator, result in results.items() if words(result)}


def string_types_differ(room: Room) -> None:
    subject = {"subject": name(der.printable, O="Aurora", CN="Issuing CA")}
    room.keystore_of(line(middle=subject, fcu={"issuer_name": name(der.utf8, O="Aurora", CN="Issuing CA")}))


def spaces_differ(room: Room) -> None:
    subject = {"subject": name(der.utf8, O="Aurora", CN="Issuing CA")}
    room.keystore_of(line(middle=subject, fcu={"issuer_name": name(der.utf8, O="Aurora", CN="ISSUING  CA")}))


def a_name_has_a_young_character(room: Room) -> None:
    room.keystore_of(line(middle={"subject": name(der.utf8, O="Aurora", CN="Issuing CA \N{LLAMA}")}))


def a_name_has_a_character_whose_small_letter_is_young(room: Room) -> None:
    room.keystore_of(line(middle={"subject": name(der.utf8, O="Aurora", CN="Issuing CA \N{CHEROKEE LETTER A}")}))


def a_name_runs_both_ways(room: Room) -> None:
    room.keystore_of(line(middle={"subject": name(der.utf8, O="Aurora", CN="Issuing CA \N{HEBREW LETTER ALEF}1")}))


def names_are_constrained(room: Room) -> None:
    elsewhere = directory(name(O="Somebody Else"))
    room.keystore_of(line(middle={"more": (name_constraints(excluded=elsewhere),)}))


def host_names_are_constrained(room: Room) -> None:
    room.keystore_of(line(middle={"more": (name_constraints(der.implicit(2, b"aurora.example"), critical=False),)}))


def host_names_are_constrained_critically(room: Room) -> None:
    room.keystore_of(line(middle={"more": (name_constraints(excluded=der.implicit(2, b"aurora.example")),)}))


def policies_are_critical(room: Room) -> None:
    any_policy = der.seq(der.seq(der.oid("2.5.29.32.0")))
    room.keystore_of(line(middle={"more": (extension("2.5.29.32", any_policy, critical=True),)}))


def the_chain_is_long(room: Room) -> None:
    room.keystore_of(line(12))


def a_date_has_the_longer_form_too_early(room: Room) -> None:
    room.keystore_of(line(middle={"not_after": der.tlv(0x18, b"20481231235959Z")}))


def purposes_leave_clients_out(room: Room) -> None:
    room.keystore_of(line(middle={"more": (extension("2.5.29.37", der.seq(der.oid("1.3.6.1.5.5.7.3.1"))),)}))


def the_last_second_has_come(room: Room) -> None:
    chain = line()
    room.keystore_of(chain)
    room.at = chain[0].not_after  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("lay_out", "who", "what"),
    [
        (string_types_differ, {"cryptography"}, "compares bytes"),
        (spaces_differ, {"cryptography", "mbedtls"}, "compares bytes"),
        (a_name_has_a_young_character, {"pyhanko"}, "string preparation"),
        (a_name_has_a_character_whose_small_letter_is_young, {"pyhanko"}, "string preparation"),
        (a_name_runs_both_ways, {"pyhanko"}, "string preparation"),
        (names_are_constrained, {"cryptography", "mbedtls"}, "directoryName constraints|Mbed TLS cannot parse"),
        (host_names_are_constrained_critically, {"mbedtls"}, "Mbed TLS cannot parse"),
        (policies_are_critical, {"cryptography"}, "policies"),
        (the_chain_is_long, {"cryptography", "mbedtls"}, "more than 8 intermediates"),
        (a_date_has_the_longer_form_too_early, {"cryptography"}, "CRT016"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_refusal_with_a_known_cause_is_a_warning_that_names_it(
    lay_out: Callable[[Room], None], who: set[str], what: str, tmp_path: Path
) -> None:
    room = Room(tmp_path)
    lay_out(room)
    results = paths(room)
    if int(metadata.version("cryptography").partition(".")[0]) < 49 and lay_out is names_are_constrained:
        who = who - {"cryptography"}  # which then passes over them
    assert refusing(results) & set(CORE) == who & HERE
    for validator in refusing(results) - {"certvalidator"}:
        assert results[validator].outcome is Outcome.WARNED
        assert re.search(what, words(results[validator]))
        (finding,) = [f for f in results[validator].findings if f.found.startswith("refused")]
        assert finding.why != results[validator].rule.why, "the finding says who meets it"


@pytest.mark.parametrize(
    "lay_out",
    [host_names_are_constrained, purposes_leave_clients_out, the_last_second_has_come],
    ids=lambda value: value.__name__,
)
def test_a_refusal_by_some_versions_only_is_not_an_error(lay_out: Callable[[Room], None], tmp_path: Path) -> None:
    room = Room(tmp_path)
    lay_out(room)
    results = paths(room)
    assert len(results) >= 2
    assert {result.outcome for result in results.values()} <= {
        Outcome.PASSED,
        Outcome.WARNED,
        Outcome.NOT_APPLICABLE,
    }


def test_validators_named_by_causes_exist() -> None:
    assert len(CAUSES) >= 9
    for cause in CAUSES:
        assert cause.validators <= set(NAMES)
        assert cause.what
        assert cause.who


def test_an_unreadable_date_fails_its_rule_which_explains_the_refusals(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.keystore_of(line(middle={"not_after": der.tlv(0x18, b"20601231235959.5Z")}))
    results = paths(room)
    refused = refusing(results)
    assert refused & set(CORE) == {"cryptography", "openssl", "mbedtls"} & HERE
    for validator in refused - {"certvalidator"}:
        assert (results[validator].outcome, results[validator].blocked_by) == (Outcome.BLOCKED, ("CRT016",))


def test_a_refusal_by_openssl_alone_is_reported_with_the_rule_that_explains_it(tmp_path: Path) -> None:
    """The identifier names the right key and another certificate of its owner, which only OpenSSL compares."""
    chain = line()
    issuer = chain[1]
    named = der.implicit(0, issuer.own_identifier)
    elsewhere = der.tlv(0xA1, directory(name(CN="Another Root"))) + der.implicit(2, b"\x7f")
    authority = extension("2.5.29.35", der.seq(named, elsewhere))
    room = Room(tmp_path)
    room.keystore_of(line(fcu={"authority": authority}))
    results = paths(room)
    assert refusing(results) & {"cryptography", "mbedtls", "openssl"} == {"openssl"}
    assert (results["openssl"].outcome, results["openssl"].blocked_by) == (Outcome.BLOCKED, ("CRT014",))
    assert "issuer certificate" in words(results["openssl"])
    assert results["cryptography"].outcome is Outcome.PASSED


def forged(genuine: Cert) -> Cert:
    """An attacker's certificate with the names and the signature value of a genuine one."""
    signature = genuine.der[-len(_signature(genuine.der)) :]
    changed = {**vars(genuine)}
    changed.pop("der", None)
    fake = Cert(**{**changed, "key": key("attacker")})
    made = fake.der
    body = made[: -len(_signature(made))] + signature
    return Cert(**{**changed, "key": key("attacker"), "after_signing": lambda _whole: _resized(body)})


def _signature(certificate: bytes) -> bytes:
    """The signature's BIT STRING, which ends every certificate."""
    from asn1crypto.x509 import Certificate

    return bytes(Certificate.load(certificate)["signature_value"].dump())


def _resized(body: bytes) -> bytes:
    """The outer SEQUENCE with the length of what it holds now."""
    return der.seq(body[4:])


def test_a_forged_root_is_accepted_only_by_ignored_validators(tmp_path: Path) -> None:
    chain = line()
    room = Room(tmp_path)
    room.key(chain[0].key)
    room.chain(chain[0], chain[1], forged(chain[2]))
    report = judged(room, "auto")
    assert "CHN004" in report.errors()
    results = {r.target.removeprefix("keystore-"): r for r in report.results if r.code == "CHN013"}
    for validator in HERE - {"certvalidator"}:
        assert results[validator].outcome is Outcome.BLOCKED, validator
    if "certvalidator" in HERE:
        assert results["certvalidator"].outcome is not Outcome.PASSED


def test_a_forged_upload_is_refused_for_every_device(tmp_path: Path) -> None:
    room = Room(tmp_path)
    chain = plant(room, 3, 2)
    healthy(room, chain, 2)
    upload(room, chain[1], forged(chain[2]))
    report = judged(room, "auto")
    assert "UPL002" in report.errors()
    opinions = {r.target.removeprefix("keystore-"): r for r in report.results if r.code == "DEV024"}
    assert opinions["openssl"].outcome is Outcome.BLOCKED
    assert Outcome.PASSED not in {opinions[name].outcome for name in opinions if name == "certvalidator"}


def test_a_device_that_is_its_own_anchor_is_an_error_although_every_library_accepts_it(tmp_path: Path) -> None:
    room = Room(tmp_path)
    chain = plant(room, 3, 2)
    device = healthy(room, chain, 2)
    upload(room, pem(chain[1], chain[2], device))
    report = judged(room, "auto")
    assert {"UPL002", "UPL003"} & report.errors()
    assert report.verdict.value == "non-conformant"
