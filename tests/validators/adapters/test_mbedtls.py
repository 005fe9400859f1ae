"""Mbed TLS is asked through its real function, keeps dates and everything else apart, and leaves no memory behind."""

from __future__ import annotations

import ctypes
import random
import resource
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from fcu_conform.validators.adapters import mbedtls
from fcu_conform.validators.adapters.mbedtls import MbedTls
from fcu_conform.validators.model import Answer, Question, ValidatorFault
from validators import paths
from validators.paths import Plan

DAY = timedelta(days=1)
ROOT, INTERMEDIATE, FCU, DEVICE = map(paths.for_decades, (paths.ROOT, paths.INTERMEDIATE, paths.FCU, paths.DEVICE))
ASK = MbedTls().ask


def usual(root: Plan = ROOT, intermediate: Plan = INTERMEDIATE, fcu: Plan = FCU, device: Plan = DEVICE) -> paths.Path:
    return paths.usual(root, intermediate, fcu, device)


def now() -> datetime:
    return datetime.now(timezone.utc)


def yesterday() -> datetime:
    return (now() - DAY).replace(microsecond=0)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _memory() -> int:
    """Resident memory in KiB; where only the greatest so far is known, that."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize() // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _trouble() -> str:
    try:
        MbedTls().version()
    except ValidatorFault as fault:
        return str(fault)
    return ""


needs_it = pytest.mark.skipif(bool(_trouble()), reason=_trouble())


@pytest.fixture
def _anew() -> Iterator[None]:
    mbedtls._library.cache_clear()
    yield
    mbedtls._library.cache_clear()


def _no_wheel(_name: str) -> None:
    return None


@needs_it
def test_the_version_is_the_librarys_own() -> None:
    assert MbedTls().version().startswith(("2.28.", "3."))


@needs_it
@pytest.mark.parametrize("mode", ["R", "D1"])
@pytest.mark.parametrize("change", ["not_after", "not_before"])
def test_dates_are_judged_if_the_instant_is_now(mode: str, change: str) -> None:
    day = yesterday() if change == "not_after" else yesterday() + 2 * DAY
    path = usual(device=DEVICE.but(**{change: day}))
    word = "has expired" if change == "not_after" else "starts in the future"
    assert ASK(replace(path.in_mode(mode), at=now())) == Answer(False, f"The certificate validity {word}")


@needs_it
def test_an_expired_anchor_is_refused_if_the_instant_is_now() -> None:
    path = usual(fcu=FCU.but(not_after=yesterday()))
    for mode in ("D1", "P1"):  # d06b
        assert ASK(replace(path.in_mode(mode), at=now())) == Answer(False, "The certificate validity has expired")


@needs_it
@pytest.mark.parametrize("which", ["leaf", "untrusted", "anchors"])
@pytest.mark.parametrize("change", ["not_after", "not_before"])
def test_dates_are_ignored_if_a_validity_begins_or_ends_between_clock_and_instant(which: str, change: str) -> None:
    plans = {"anchors": ROOT, "untrusted": FCU, "leaf": DEVICE}
    bound = yesterday() if change == "not_after" else yesterday() + 2 * DAY
    question = paths.path(*({**plans, which: plans[which].but(**{change: bound})}).values()).root_only()
    inside = bound - timedelta(seconds=1) if change == "not_after" else bound
    assert ASK(replace(question, at=inside)) == Answer(True, dates_left_out=True)
    assert not ASK(replace(question, at=now())).accepted


@needs_it
@pytest.mark.parametrize("offset", [-2 * DAY, 2 * DAY, timedelta(seconds=-70), timedelta(seconds=70)])
def test_dates_are_judged_if_none_is_between_the_clock_and_the_instant(offset: timedelta) -> None:
    assert ASK(replace(usual().root_only(), at=now() + offset)) == Answer(True)
    expired = usual(device=DEVICE.but(not_after=yesterday() - 2 * DAY)).root_only()
    assert ASK(replace(expired, at=now() + offset)) == Answer(False, "The certificate validity has expired")


@needs_it
@pytest.mark.parametrize("zone", [-11, 0, 5.5])
def test_the_current_time_is_recognised_in_every_zone(zone: float) -> None:
    at = now().astimezone(timezone(timedelta(hours=zone)))
    assert ASK(replace(usual().root_only(), at=at)) == Answer(True)


@needs_it
def test_other_faults_are_reported_although_dates_are_ignored() -> None:
    device = DEVICE.but(not_after=yesterday(), digest="sha1")
    question = usual(device=device).root_only()
    refused = Answer(False, "The certificate is signed with an unacceptable hash.")
    assert ASK(replace(question, at=now() - 3 * DAY)) == replace(refused, dates_left_out=True)
    both = ASK(replace(question, at=now()))
    assert both == Answer(False, f"The certificate validity has expired; {refused.reason}")


@needs_it
def test_an_expired_ca_hides_nothing_below_it() -> None:
    path = usual(fcu=FCU.but(not_after=yesterday()), device=DEVICE.but(signed_by="x"))
    answer = ASK(replace(path.root_only(), at=now() - 3 * DAY))
    assert answer == Answer(False, "The certificate is not correctly signed by the trusted CA", dates_left_out=True)


@needs_it
def test_a_chain_that_is_too_long_is_refused_with_a_fatal_error() -> None:
    cas = [INTERMEDIATE.but(common_name=f"CA {number}") for number in range(10)]
    for at in (now(), now() + 3 * DAY):
        answer = ASK(replace(paths.path(ROOT, *cas, DEVICE).root_only(), at=at))
        assert not answer.accepted
        assert answer.reason.startswith("X509 - A fatal error occurred, eg the chain is too long")
        assert answer.reason.endswith("(-0x3000)")


@needs_it
@pytest.mark.parametrize("place", ["leaf", "untrusted", "anchors"])
def test_an_unreadable_certificate_is_refused_even_if_the_rest_suffices(place: str) -> None:
    good = usual().full()
    cut = good.untrusted[0][:-1]
    question = {
        "leaf": replace(good, leaf=cut),
        "untrusted": replace(good, untrusted=(*good.untrusted, cut)),
        "anchors": replace(good, anchors=(*good.anchors, cut)),
    }[place]
    answer = ASK(question)
    assert not answer.accepted
    assert answer.reason.startswith("cannot be read: X509 - ")


@needs_it
def test_no_mutation_of_a_certificate_is_a_fault() -> None:
    dice, good = random.Random(11), usual()
    for _ in range(150):
        changed = [bytearray(der) for der in (good.leaf, *good.above)]
        victim = dice.choice(changed)
        victim[dice.randrange(len(victim))] = dice.randrange(256)
        leaf, *above = map(bytes, changed)
        ASK(paths.Path(leaf, tuple(above)).in_mode(dice.choice(("R", "D1"))))


@needs_it
def test_without_anchors_there_is_no_verdict() -> None:
    with pytest.raises(ValidatorFault, match="no certificate is trusted"):
        ASK(Question(usual().leaf, (), (), now()))


@needs_it
def test_the_buffer_for_a_certificate_is_larger_than_the_structure() -> None:
    room = ctypes.create_string_buffer(b"\xa5" * 65536, 65536)
    mbedtls._library().x509.mbedtls_x509_crt_init(room)
    used = 65536 - len(room.raw) + len(room.raw.rstrip(b"\xa5"))
    assert 100 < used < mbedtls._ROOM / 2


@needs_it
def test_memory_does_not_grow_with_the_calls() -> None:
    good, junk = usual().depth(1), usual().full()
    junk = replace(junk, anchors=(*junk.anchors, b"junk"))
    for _ in range(50):
        ASK(good)
        ASK(junk)
    before = _memory()
    for _ in range(400):
        ASK(good)
        ASK(junk)
    # one leaked certificate is above 1 KiB: 400 calls that leak would be above 2 MiB
    assert _memory() - before < 1024


@needs_it
def test_threads_do_not_disturb_each_other() -> None:
    good, bad = usual().root_only(), usual(device=DEVICE.but(signed_by="x")).root_only()
    seen: list[tuple[bool, bool]] = []

    def work(question: Question, accepted: bool) -> None:
        seen.extend((ASK(question).accepted, accepted) for _ in range(15))

    threads = [threading.Thread(target=work, args=one) for one in ((good, True), (bad, False)) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 90
    assert all(was == is_ for was, is_ in seen)


@pytest.mark.usefixtures("_anew")
def test_a_missing_library_is_reported_with_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbedtls, "find_spec", _no_wheel)
    monkeypatch.setattr(mbedtls, "_SYSTEM", (("libno-crypto.so", "libno-x509.so"),))
    for ask in (MbedTls().version, lambda: ASK(usual().root_only())):
        with pytest.raises(ValidatorFault, match=r"pip install python-mbedtls .*apt-get install libmbedx509-1"):
            ask()


@pytest.mark.usefixtures("_anew")
def test_the_library_of_the_system_is_used_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbedtls, "find_spec", _no_wheel)
    if not any(_loads(x509) for _, x509 in mbedtls._SYSTEM):
        with pytest.raises(ValidatorFault, match="Mbed TLS is not installed"):
            MbedTls().version()
        return
    assert MbedTls().version().startswith(("2.28.", "3.6."))
    assert ASK(usual().root_only()).accepted
    assert not ASK(usual(device=DEVICE.but(signed_by="x")).root_only()).accepted
