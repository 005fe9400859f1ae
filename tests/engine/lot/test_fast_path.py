"""The fast path alone: which devices become templates, which are recognised, and which rules are run for them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from independent_corpus.maker import Cert, pem_block

from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE, DeviceField
from fcu_conform.artefacts.device_key import DeviceKey
from fcu_conform.engine.lot import fast_path as module
from fcu_conform.rules.model import Blocked, Finding, NotApplicable, Scope

from .one_template import CHAIN, FORMS, SIZE, FastPathProbe, cert, made, size_of


@pytest.mark.parametrize("form", FORMS)
def test_devices_that_match_a_template_are_recognised(form: str) -> None:
    fast_path = FastPathProbe()
    assert fast_path.knows(made(1, form)) == [False]
    fast_path.learn(made(0, form))
    assert fast_path.knows(made(1, form), made(2, form), made(3, form, size=SIZE + 1), made(0, form)) == [
        True,
        True,
        False,
        True,
    ]
    assert fast_path.asked == [("DEV001", "1"), ("DEV001", "2"), ("DEV001", "0")]
    assert fast_path.take_counts() == [({"DEV001": None}, 3)]
    assert fast_path.take_counts() == []
    assert size_of(fast_path) == [1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_a_device_in_another_form_does_not_match(form: str, other: str) -> None:
    fast_path = FastPathProbe()
    fast_path.learn(made(0, form))
    assert fast_path.knows(made(1, other)) == [form == other]


@pytest.mark.parametrize("form", ["pem", "chain"])
@pytest.mark.parametrize("rest", [(), CHAIN[:2], CHAIN[1:2], CHAIN[1::-1], [*CHAIN[:1], CHAIN[0]]])
def test_a_device_with_another_chain_does_not_match(form: str, rest: Sequence[Cert]) -> None:
    fast_path = FastPathProbe()
    fast_path.learn(made(0, form))
    assert fast_path.knows(made(1, form, rest)) == [False]
    fast_path.learn(made(1, form, rest))
    assert fast_path.knows(made(2, form, rest), made(2, form)) == [True, True]
    assert size_of(fast_path) == [1, 1]
    for its in (rest, CHAIN[:1]):
        found = fast_path.way._prepare(made(2, form, its))
        assert found is not None
        assert [one.raw for one in found[1].certificates[1:]] == [one.der for one in its]


KEY = DeviceKey("key.pem", b"public")


@pytest.mark.parametrize("learnt", [{}, {"key": KEY}, {"enrollment_id": "id"}, {"key": KEY, "enrollment_id": "id"}])
@pytest.mark.parametrize("given", [{}, {"key": KEY}, {"enrollment_id": "id"}, {"key": KEY, "enrollment_id": "id"}])
def test_a_device_with_other_accompanying_files_does_not_match(
    learnt: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    fast_path = FastPathProbe()
    fast_path.learn(made(0, **learnt))
    assert fast_path.knows(made(1, **given)) == [learnt == given]


SORTS = {
    "dated": {"looks_at": frozenset({DeviceField.VALIDITY})},
    "asked": {"looks_at": frozenset({DeviceField.NAME})},
    "both": {"looks_at": frozenset({DeviceField.NAME, DeviceField.VALIDITY})},
    "signed": {"looks_at": frozenset({DeviceField.SIGNATURE, DeviceField.VALIDITY})},
    "remembering": {"looks_at": frozenset({DeviceField.SERIAL, DeviceField.SIGNATURE}), "scope": Scope.UNIQUE},
    "keyed": {"looks_at": frozenset({DeviceField.PRIVATE_KEY})},
    "enrolled": {"looks_at": frozenset({DeviceField.ENROLLMENT})},
    "nothing": {"looks_at": WHAT_ALL_SHARE},
}


def all_sorts() -> FastPathProbe:
    return FastPathProbe(*SORTS.items())


@pytest.mark.parametrize(
    ("beside", "asked"),
    [
        ({}, []),
        ({"key": KEY}, ["keyed"]),
        ({"enrollment_id": "id"}, ["enrolled"]),
        ({"key": KEY, "enrollment_id": "id"}, ["keyed", "enrolled"]),
    ],
)
def test_only_rules_that_read_variable_parts_are_run(beside: Mapping[str, Any], asked: list[str]) -> None:
    fast_path = all_sorts()
    fast_path.learn(made(0, **beside))
    assert fast_path.knows(made(1, **beside), made(2, **beside)) == [True, True]
    plain = ["asked", "both", *asked]
    assert [code for code, name in fast_path.asked if name == "1"] == ["dated", *plain, "signed", "remembering"]
    assert [code for code, name in fast_path.asked if name == "2"] == [*plain, "signed", "remembering"]
    order = [code for code, _ in fast_path.asked]
    assert order[-4:] == ["signed", "signed", "remembering", "remembering"]


def test_each_pair_of_dates_is_judged_once() -> None:
    fast_path = all_sorts()
    fast_path.learn(made(0))
    assert fast_path.knows(made(1), made(2), made(3, start=1), made(4, start=1), made(5)) == [True] * 5
    assert [name for code, name in fast_path.asked if code == "dated"] == ["1", "3"]


def test_dates_with_a_finding_are_not_cached() -> None:
    fast_path = all_sorts()
    fast_path.learn(made(0))
    fast_path.answers["dated", "1"] = (Finding("late"),)
    assert fast_path.knows(made(1), made(2), made(1)) == [False, True, True]
    assert [name for code, name in fast_path.asked if code == "dated"] == ["1", "2"]
    assert fast_path.take_counts()[0][1] == 2


@pytest.mark.parametrize(("limit", "asked"), [(1, [1, 2, 3, 1]), (2, [1, 2, 3, 1]), (3, [1, 2, 3]), (4, [1, 2, 3])])
def test_dates_are_cached_up_to_the_limit(limit: int, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DATE_PAIRS", limit)
    fast_path = all_sorts()
    fast_path.learn(made(0))
    assert fast_path.knows(*(made(number, start=number) for number in (1, 2, 3, 1))) == [True] * 4
    assert [int(name) for code, name in fast_path.asked if code == "dated"] == asked


def test_invalid_dates_take_the_full_path() -> None:
    fast_path = FastPathProbe(("DEV001", {"looks_at": frozenset({DeviceField.NAME})}))
    fast_path.learn(made(0))
    good = cert(1).der
    place = good.index(b"\x17\x0d") + 2
    spoiled = DeviceFile(
        "x", Kind.PEM, (pem_block(good[:place] + b"269999" + good[place + 6 :]) + CHAIN[0].pem).encode()
    )
    assert fast_path.knows(spoiled, made(1)) == [False, True]


ANSWERS = [
    ((), None, True),
    ((Finding("wrong"),), None, False),
    (NotApplicable("no"), None, False),
    ((), "no", False),
    ((Finding("wrong"),), "no", False),
    (NotApplicable("no"), "no", True),
    (NotApplicable("other"), "no", False),
    (Blocked("DEV009"), None, False),
    (ValueError(), None, False),
]


@pytest.mark.parametrize("sort", ["dated", "asked", "signed", "remembering"])
@pytest.mark.parametrize(("answer", "reason", "passes"), ANSWERS)
def test_a_device_with_another_finding_takes_the_full_path(
    sort: str, answer: Any, reason: str | None, passes: bool
) -> None:
    fast_path = FastPathProbe((sort, SORTS[sort]))
    fast_path.learn(made(0), {sort: reason})
    fast_path.answers[sort, "1"] = answer
    assert fast_path.knows(made(1)) == [passes]
    assert fast_path.take_counts() == ([({sort: reason}, 1)] if passes else [])


def test_rules_that_did_not_judge_the_first_device_are_not_run() -> None:
    fast_path = all_sorts()
    fast_path.learn(made(0), {"asked": None, "nothing": None})
    assert fast_path.knows(made(1)) == [True]
    assert [code for code, _ in fast_path.asked] == ["asked"]


def test_expensive_rules_run_only_for_devices_that_passed_the_others() -> None:
    fast_path = all_sorts()
    fast_path.learn(made(0))
    fast_path.answers.update({("asked", "1"): (Finding("wrong"),), ("signed", "2"): (Finding("wrong"),)})
    stranger = made(9, rest=CHAIN[1:2])
    assert fast_path.knows(made(1), made(2), stranger, made(3), made(4), first=40) == [False, False, False, True, True]
    assert [name for code, name in fast_path.asked if code == "signed"] == ["2", "3", "4"]
    assert [name for code, name in fast_path.asked if code == "remembering"] == ["3", "4"]
    assert fast_path.turned == [43, 44]
    assert fast_path.take_counts()[0][1] == 2


@pytest.mark.parametrize("form", FORMS)
def test_a_ca_certificate_is_never_taken_for_a_device_certificate(form: str) -> None:
    fast_path = FastPathProbe(ca=[cert(0), cert(1)])
    fast_path.learn(made(0, form))
    assert fast_path.knows(made(2, form)) == [False]
    fast_path.learn(made(2, form))
    assert fast_path.knows(made(3, form), made(1, form), made(0, form)) == [True, False, False]


def test_shapes_are_cached_once_and_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TEMPLATES", 2)
    fast_path = FastPathProbe()
    for number, length in enumerate((10, 10, 11, 11, 12, 12)):
        fast_path.learn(made(number, cn_length=length))
    assert size_of(fast_path) == [2]
    assert fast_path.knows(*(made(20, cn_length=length) for length in (10, 11, 12))) == [True, True, False]
    assert sorted(count for _, count in fast_path.take_counts()) == [1, 1]


def test_the_most_recently_used_chain_is_cached_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHAINS", 3)
    fast_path = FastPathProbe()
    tails = [CHAIN[:1], CHAIN[1:2], CHAIN[2:], CHAIN[:2]]
    for number, tail in enumerate(tails[:3]):
        fast_path.learn(made(number, rest=tail))
    assert len(size_of(fast_path)) == 3
    assert fast_path.knows(made(4, rest=tails[0])) == [True]
    fast_path.learn(made(3, rest=tails[3]))
    assert len(size_of(fast_path)) == 3
    assert fast_path.knows(*(made(5, rest=tail) for tail in tails)) == [True, False, True, True]


def test_the_requested_chain_moves_to_the_front() -> None:
    fast_path = FastPathProbe()
    tails = [CHAIN[:1], CHAIN[1:2], CHAIN[2:]]
    for number, tail in enumerate(tails):
        fast_path.learn(made(number, rest=tail))
    order = [frame.tail for frame in fast_path.way._chains]
    fast_path.knows(made(4, rest=tails[1]))
    assert [frame.tail for frame in fast_path.way._chains] == [order[1], order[0], order[2]]
    fast_path.knows(made(5, rest=tails[0]))
    assert [frame.tail for frame in fast_path.way._chains] == [order[2], order[1], order[0]]


def bundle(data: bytes) -> DeviceFile:
    return DeviceFile("x", Kind.BUNDLE, data)


@pytest.mark.parametrize(
    "file",
    [
        DeviceFile("x", Kind.PEM, b""),
        DeviceFile("x", Kind.PEM, b"text\n" + made(0).data),
        DeviceFile("x", Kind.CHAIN),
        DeviceFile("x", None, made(0).data),
        bundle(b"\xa0"),
        DeviceFile("x", Kind.PEM, b"-----BEGIN CERTIFICATE-----"),
        DeviceFile("x", Kind.PEM, pem_block(cert(0).der + b"\0").encode()),
        DeviceFile("x", Kind.PEM, pem_block(CHAIN[0].der[:-9]).encode()),
    ],
)
def test_only_files_in_the_usual_form_become_templates(file: DeviceFile) -> None:
    fast_path = FastPathProbe()
    fast_path.learn(file)
    assert sum(size_of(fast_path)) == 0
    assert fast_path.knows(file) == [False]


def test_a_device_with_a_key_in_the_same_file_does_not_become_a_template() -> None:
    file = made(0, data=made(0).data + cert(0).key.sec1().encode())
    assert file.read().key is not None
    fast_path = FastPathProbe()
    fast_path.learn(file)
    assert size_of(fast_path) == []
    with_both = made(0, data=file.data, key=KEY)
    fast_path.learn(with_both)
    assert size_of(fast_path) == [1]


def test_a_bundle_does_not_become_a_template() -> None:
    file = made(0)
    device = file.read()
    device.bundle = cast(Any, object())
    fast_path = FastPathProbe()
    fast_path.way.learn(file, device, {"DEV001": None})
    assert size_of(fast_path) == []


def text(width: int, newline: str, number: int = 1) -> bytes:
    rows = pem_block(cert(number).der, width=width).splitlines()
    return (newline.join(rows) + "\n" + CHAIN[0].pem).encode()


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (text(64, "\n"), True),
        (text(76, "\n"), True),
        (text(64, "\r\n"), True),
        (text(64, " \t\n"), True),
        (text(1, "\n"), True),
        (text(64, "   \n"), False),
        (text(64, "\n \t"), False),
        (text(64, "\n\n"), False),
        (text(64, "\n").replace(b"\n", b"\n\n", 1), False),
        (text(64, "\n").replace(b"\n", b"", 1), False),
        (text(64, "\n").replace(b"\n-----END", b"-----END", 1), False),
        (text(64, "\n").replace(b"\n-----END", b"\n\n-----END", 1), False),
        (text(64, "\n").replace(b"\n-----END", b"\n -----END", 1), False),
        (text(64, "\r"), False),
        (text(64, "\n").replace(b"\n", b"\n!", 1), False),
        (text(64, "\n").replace(b"\n", b"\n\x0b", 1), False),
        (text(64, "\n").replace(b"CERTIFICATE-----", b"CERTIFICATE----", 1), False),
        (b"\n" + text(64, "\n"), False),
        (text(64, "\n") + b"\n", False),
        (text(64, "\n")[:-1], False),
        (CHAIN[0].pem.encode(), False),
        (b"-----BEGIN CERTIFICATE----------END CERTIFICATE-----\n" + CHAIN[0].pem.encode(), False),
        (b"-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----\n" + CHAIN[0].pem.encode(), False),
        (b"-----BEGIN CERTIFICATE-----AA==-----END CERTIFICATE-----\n" + CHAIN[0].pem.encode(), False),
    ],
)
def test_text_is_recognised_only_if_openssl_reads_it(data: bytes, known: bool) -> None:
    fast_path = FastPathProbe()
    fast_path.learn(made(0))
    assert fast_path.knows(made(1, data=data)) == [known]


def test_unused_bits_of_base64_must_be_zero() -> None:
    fast_path = FastPathProbe()
    sizes = {len(cert(n).der) % 3 for n in (0, 1)}
    assert sizes == {SIZE % 3} != {0}
    fast_path.learn(made(0))
    body = base64.b64encode(cert(1).der)
    assert body.endswith(b"=")
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = body.rstrip(b"=")[-1:]
    odd = body.rstrip(b"=")[:-1] + letters[letters.index(last) + 1 :][:1] + b"=" * body.count(b"=")
    head, tail = b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n" + CHAIN[0].pem.encode()
    assert base64.b64decode(odd) == cert(1).der
    assert fast_path.knows(made(1, data=head + body + tail), made(1, data=head + odd + tail)) == [True, False]


def test_a_device_with_unusual_text_has_no_shape() -> None:
    fast_path = FastPathProbe()
    body = base64.b64encode(cert(0).der).decode()
    odd = f"-----BEGIN CERTIFICATE-----\n{body}\n====\n-----END CERTIFICATE-----\n{CHAIN[0].pem}".encode()
    fast_path.learn(made(0, data=odd))
    assert sum(size_of(fast_path)) == 0
    fast_path.learn(made(1))
    assert fast_path.knows(made(2)) == [True]


def test_every_cache_has_a_limit() -> None:
    assert (module.CHAINS, module.TEMPLATES, module.DATE_PAIRS) == (64, 4096, 4096)
