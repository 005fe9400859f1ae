"""The adapters of Python libraries say what was recorded of those libraries, and keep refusal and fault apart."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import warnings
from datetime import timedelta, timezone
from importlib import metadata

import pytest
from packaging.version import Version

from fcu_conform.validators.adapters.certvalidator import Certvalidator
from fcu_conform.validators.adapters.cryptography_ import Cryptography
from fcu_conform.validators.adapters.openssl_library import OpensslLibrary
from fcu_conform.validators.adapters.pyhanko import Pyhanko
from fcu_conform.validators.adapters.python_library import import_when_used
from fcu_conform.validators.model import Answer, Question, Validator, ValidatorFault
from fcu_conform.validators.registry import ENTRIES
from validators import paths
from validators.paths import AT, DAY, DEVICE, FCU, Path, usual
from validators.recorded import EARLIER, ORDER, ROWS, Row

VALIDATORS: dict[str, Validator] = {
    one.name: one for one in (Cryptography(), OpensslLibrary(), OpensslLibrary(True), Pyhanko(), Certvalidator())
}
LIBRARIES = {
    "cryptography": "cryptography",
    "openssl": "OpenSSL",
    "openssl-partial": "OpenSSL",
    "pyhanko": "pyhanko_certvalidator",
    "certvalidator": "certvalidator",
}


@pytest.fixture(params=ORDER)
def validator(request: pytest.FixtureRequest) -> Validator:
    return VALIDATORS[request.param]


def _expected(row: Row) -> str:
    letters = list(row.verdicts)
    for package, since, names, labels, modes in EARLIER:
        if row.label in labels and row.mode in modes and Version(metadata.version(package)) < Version(since):
            for place in map(ORDER.index, names):
                letters[place] = "A" if letters[place] == "r" else "r"
    return "".join(letters)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_library_gives_its_recorded_verdict(row: Row) -> None:
    question = row.path.in_mode(row.mode)
    answers = {name: VALIDATORS[name].ask(question) for name in ORDER}
    assert "".join("A" if answers[name].accepted else "r" for name in ORDER) == _expected(row), answers
    for answer in answers.values():
        assert bool(answer.reason) != answer.accepted
        assert "\n" not in answer.reason
        assert not answer.dates_left_out


@pytest.mark.parametrize(
    ("name", "path", "reason"),
    [
        ("openssl", usual(device=DEVICE.but(not_after=AT - DAY)), "10@0 certificate has expired"),
        ("openssl", usual(device=DEVICE.but(aki=b"x" * 20)), "20@0 unable to get local issuer certificate"),
        ("pyhanko", usual(fcu=FCU.but(ca=False)), "intermediate certificate 2 is not a CA"),
        ("certvalidator", usual(fcu=FCU.but(ca=False)), "intermediate certificate 2 is not a CA"),
        ("cryptography", usual(fcu=FCU.but(usage=frozenset({"crl_sign"}))), "keyCertSign not set"),
        ("cryptography", usual(device=DEVICE.but(version=1)), "certificate must be an X509v3 certificate"),
    ],
)
def test_a_refusal_has_the_message_of_the_library(name: str, path: Path, reason: str) -> None:
    assert reason in VALIDATORS[name].ask(path.root_only()).reason


def test_an_unreadable_certificate_is_reported_with_its_own_fault(good_path: Path) -> None:
    openssl = VALIDATORS["openssl"]
    openssl.ask(usual(device=DEVICE.but(signed_by="x")).root_only())
    fresh = openssl.ask(good_path.with_leaf(b"\x30\x03\x02\x01\x05").root_only()).reason
    assert fresh.startswith("cannot be read: asn1 encoding routines")
    assert "signature" not in fresh


def test_openssl_leaves_no_errors_behind_for_a_later_handshake_in_the_thread(good_path: Path) -> None:
    from OpenSSL import crypto

    VALIDATORS["openssl"].ask(usual(device=DEVICE.but(signed_by="x")).root_only())
    with pytest.raises(crypto.Error) as caught:
        crypto.load_certificate(crypto.FILETYPE_ASN1, b"")
    assert "EVP lib" not in str(caught.value)


@pytest.mark.parametrize("which", ["leaf", "untrusted", "anchor"])
def test_an_unreadable_certificate_is_refused_at_any_position(
    validator: Validator, which: str, good_path: Path
) -> None:
    junk = b"\x30\x03\x02\x01\x05"
    fcu, intermediate, root = good_path.above
    question = {
        "leaf": good_path.with_leaf(junk).root_only(),
        "untrusted": Question(good_path.leaf, (junk, intermediate), (root,), AT),
        "anchor": Question(good_path.leaf, (), (fcu, junk), AT),
    }[which]
    answer = validator.ask(question)
    assert not answer.accepted
    assert answer.reason.startswith("cannot be read: ")


def test_a_library_gives_a_verdict_or_a_fault_for_any_bytes(validator: Validator, good_path: Path) -> None:
    dice = random.Random(7)
    faults = []
    for _ in range(80):
        changed = [bytearray(der) for der in (good_path.leaf, *good_path.above)]
        victim = dice.choice(changed)
        victim[dice.randrange(len(victim))] = dice.randrange(256)
        leaf, *above = map(bytes, changed)
        try:
            validator.ask(Path(leaf, tuple(above)).in_mode(dice.choice(("R", "D1"))))
        except ValidatorFault as fault:
            faults.append(str(fault))
    assert all(fault.startswith(f"{validator.name} failed: ") for fault in faults)
    assert len(faults) <= 4


def test_the_instant_is_the_same_in_every_time_zone(validator: Validator) -> None:
    # the device is valid for one hour, so that a zone read as if it were UTC lands outside
    hour = timedelta(hours=1)
    path = usual(device=DEVICE.but(not_before=AT, not_after=AT + hour))
    for offset in (-11, -5.5, 0, 5.5, 14):
        zone = timezone(timedelta(hours=offset))
        for moment, accepted in ((AT + hour / 2, True), (AT - hour, False), (AT + 2 * hour, False)):
            question = Path(path.leaf, path.above, moment.astimezone(zone)).root_only()
            assert validator.ask(question).accepted is accepted, (offset, moment)


def test_the_validity_ends_to_the_second(validator: Validator) -> None:
    # the last second itself is in dispute: OpenSSL before 4 counts it as expired
    path = usual(device=DEVICE.but(not_before=AT, not_after=AT + DAY))
    second = timedelta(seconds=1)
    for moment in (AT, AT + DAY - second):
        assert validator.ask(Path(path.leaf, path.above, moment).root_only()).accepted
    # pyhanko allows one second on either side
    for moment in (AT - 2 * second, AT + DAY + 2 * second):
        assert not validator.ask(Path(path.leaf, path.above, moment).root_only()).accepted


def test_anchors_of_one_question_are_not_used_for_another(validator: Validator, good_path: Path) -> None:
    stranger = usual(root=paths.ROOT.but(key="strange"), intermediate=paths.INTERMEDIATE.but(key="strange too"))
    for _ in range(3):
        assert validator.ask(good_path.root_only()).accepted
        assert not validator.ask(Path(good_path.leaf, (*good_path.above[:-1], stranger.above[-1])).root_only()).accepted
        assert not validator.ask(Path(good_path.leaf, good_path.above, AT + 3000 * DAY).root_only()).accepted


def test_without_an_anchor_nothing_is_judged(validator: Validator, good_path: Path) -> None:
    with pytest.raises(ValidatorFault, match="no certificate is trusted"):
        validator.ask(Question(good_path.leaf, good_path.above, (), AT))


def test_a_missing_library_is_a_fault_with_a_hint_to_install_it(
    validator: Validator, good_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_there(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    entry = next(entry for entry in ENTRIES if entry.name == validator.name)
    assert entry.library is not None
    monkeypatch.setattr("importlib.metadata.version", not_there)
    with pytest.raises(ValidatorFault, match="is not installed: pip install "):
        entry.library.version()
    monkeypatch.setitem(sys.modules, LIBRARIES[validator.name], None)
    monkeypatch.delitem(sys.modules, entry.origin.module)
    if validator.name != "certvalidator":  # it is imported on stand-ins, when its version is asked for
        with pytest.raises(ValidatorFault, match="is not installed: pip install "):
            entry.validator()


def test_an_unexpected_exception_of_a_library_is_a_fault(good_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object, _question: Question) -> Answer:
        raise AssertionError("two\nlines")

    monkeypatch.setattr(Pyhanko, "_judge", broken)
    with pytest.raises(ValidatorFault, match=r"^pyhanko failed: AssertionError: two lines$"):
        Pyhanko().ask(good_path.root_only())


def test_a_warning_of_a_library_is_not_a_fault_even_if_warnings_are_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = Cryptography().ask(usual(device=DEVICE.but(serial=-5)).root_only())
    assert "serial number cannot be negative" in answer.reason


def test_pyhanko_answers_while_an_event_loop_runs(good_path: Path) -> None:
    async def ask() -> Answer:
        return Pyhanko().ask(good_path.root_only())

    assert asyncio.run(ask()).accepted


def test_only_the_acceptance_by_certvalidator_does_not_count() -> None:
    assert [name for name in ORDER if not VALIDATORS[name].acceptance_counts] == ["certvalidator"]


def test_openssl_reports_both_versions() -> None:
    from OpenSSL import SSL, version

    inside = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    assert VALIDATORS["openssl"].version() == f"{version.__version__} ({inside})"
    assert inside.startswith("OpenSSL ")


def test_choosing_validators_imports_no_library() -> None:
    names = ",".join(LIBRARIES)
    program = (
        f"import sys\nfrom fcu_conform.validators import registry\nchosen = registry.select({names!r})\n"
        "assert all(one.stands_for and one.acceptance_counts is not None for one in chosen)\n"
        f"print([name for name in {sorted({*LIBRARIES.values(), 'asn1crypto', 'oscrypto'})!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pyhanko_does_not_import_an_asynchronous_network_client() -> None:
    program = "import sys, pyhanko_certvalidator\nprint('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_module_is_imported_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    import_when_used("colorsys")
    import colorsys

    assert colorsys.__doc__ == "A stand-in for a module that nothing was needed of so far."
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert vars(sys.modules["colorsys"])["rgb_to_hsv"]
    with pytest.raises(AttributeError):
        colorsys.no_such_thing  # noqa: B018
    before = sys.modules["colorsys"]
    import_when_used("colorsys")
    assert sys.modules["colorsys"] is before
