"""Times are read by a quick way and a careful one: both, and a third reader, say the same of every edge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from artefacts.makers import der as der_of
from artefacts.makers import make_certificate
from fcu_conform.artefacts.encodings import der, times
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.times import Time

UTC, GENERALIZED = der.UTC_TIME, der.GENERALIZED_TIME
FIELDS = (
    ("00", "01", "06", "12", "13", "99"),
    ("00", "01", "28", "29", "30", "31", "32"),
    ("00", "23", "24"),
    ("00", "59", "60"),
    ("00", "59", "60"),
)


def _edges() -> Iterator[tuple[int, bytes]]:
    plain = ("06", "15", "12", "30", "45")
    for tag, years in (
        (UTC, ("00", "01", "26", "48", "49", "50", "51", "99")),
        (GENERALIZED, ("0000", "0001", "1949", "1999", "2026", "2049", "2050", "2051", "4949", "9999")),
    ):
        for year in years:
            for number, values in enumerate(FIELDS):
                for value in values:
                    for end in ("Z", "", "z", "0", "+0000", "-0130", ".5Z"):
                        fields = (*plain[:number], value, *plain[number + 1 :])
                        yield tag, (year + "".join(fields) + end).encode()
            yield tag, f"{year}06151230Z".encode()
            yield tag, f"{year}0615Z".encode()
            yield tag, f"{year}02291230{'00'}Z".encode()


def _said(read: object, tag: int, content: bytes) -> object:
    try:
        return read(tag, content)  # type: ignore[operator]
    except der.DerError as fault:
        return str(fault)


def test_the_fast_path_reads_the_same_time_as_the_full_path() -> None:
    edges = list(_edges())
    assert len(edges) > 1000
    for tag, content in edges:
        assert _said(times.parse_time, tag, content) == _said(times._parse, tag, content), (tag, content)


@given(st.sampled_from([UTC, GENERALIZED]), st.from_regex(rb"\A[0-9]{10,15}[Zz]?\Z"))
@settings(max_examples=300)
def test_both_paths_agree_on_any_digits(tag: int, content: bytes) -> None:
    assert _said(times.parse_time, tag, content) == _said(times._parse, tag, content)


@pytest.mark.parametrize(
    ("tag", "content", "time"),
    [
        (UTC, b"491231235959Z", Time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc))),
        (UTC, b"500101000000Z", Time(datetime(1950, 1, 1, tzinfo=timezone.utc))),
        (UTC, b"000102030405Z", Time(datetime(2000, 1, 2, 3, 4, 5, tzinfo=timezone.utc))),
        (UTC, b"991231235959Z", Time(datetime(1999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))),
        (GENERALIZED, b"20500102030405Z", Time(datetime(2050, 1, 2, 3, 4, 5, tzinfo=timezone.utc))),
        (GENERALIZED, b"99991231235959Z", Time(datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))),
        (
            GENERALIZED,
            b"20491231235959Z",
            Time(
                datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
                ("GeneralizedTime for the year 2049: before 2050 it must be UTCTime",),
            ),
        ),
        (UTC, b"2601020304Z", Time(datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc), ("no seconds",))),
        (
            GENERALIZED,
            b"2060010203Z",
            Time(datetime(2060, 1, 2, 3, tzinfo=timezone.utc), ("no seconds",)),
        ),
        (
            GENERALIZED,
            b"20600102030405,25Z",
            Time(datetime(2060, 1, 2, 3, 4, 5, tzinfo=timezone.utc), ("fractions of a second",)),
        ),
        (
            UTC,
            b"260102030405-0130",
            Time(datetime(2026, 1, 2, 4, 34, 5, tzinfo=timezone.utc), ("zone -0130 instead of Z",)),
        ),
        (
            UTC,
            b"260102030405+1145",
            Time(datetime(2026, 1, 1, 15, 19, 5, tzinfo=timezone.utc), ("zone +1145 instead of Z",)),
        ),
        (UTC, b"260102030405", Time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), ("no zone",))),
    ],
)
def test_the_first_and_last_instants_are_read(tag: int, content: bytes, time: Time) -> None:
    assert times.parse_time(tag, content) == time
    assert times._parse(tag, content) == time


def test_an_invalid_time_is_shown_with_at_most_forty_characters() -> None:
    content = b"9" * 41
    for read in (times.parse_time, times._parse):
        with pytest.raises(der.DerError) as refused:
            read(UTC, content)
        assert str(refused.value) == f"not a time: {'9' * 40!r}"
    with pytest.raises(der.DerError) as refused:
        times.parse_time(GENERALIZED, b"20601332030405." + b"1" * 40 + b"Z")
    assert str(refused.value) == f"not a date that exists: {'20601332030405.' + '1' * 25!r}"


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)))
@settings(max_examples=100)
def test_another_library_writes_the_same_instants(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone.utc)
    tag = UTC if moment.year < 2050 else GENERALIZED
    text = moment.strftime("%y%m%d%H%M%SZ") if tag == UTC else f"{moment.year:04}" + moment.strftime("%m%d%H%M%SZ")
    assert times.parse_time(tag, text.encode()) == Time(moment)


def test_another_library_reads_the_same_dates_of_a_certificate() -> None:
    for start in (datetime(1999, 12, 31, 23, 59, 59), datetime(2049, 12, 31, 23, 59, 59), datetime(2050, 1, 1)):
        made = make_certificate("INT_CA", "ROOT_CA", start=start.replace(tzinfo=timezone.utc), days=1)
        raw = der_of(made)
        loaded = x509.load_der_x509_certificate(raw)
        read = Certificate(raw)
        assert read.not_before == Time(loaded.not_valid_before_utc)
        assert read.not_after == Time(loaded.not_valid_after_utc)
        assert read.is_valid_at(loaded.not_valid_before_utc)
        assert read.is_valid_at(loaded.not_valid_after_utc)
        assert not read.is_valid_at(loaded.not_valid_before_utc - timedelta(seconds=1))
        assert not read.is_valid_at(loaded.not_valid_after_utc + timedelta(seconds=1))


@pytest.mark.parametrize("digits", [11, 13, 14, 15, 16, 20])
def test_a_utc_time_of_another_length_is_refused(digits: int) -> None:
    with pytest.raises(der.DerError, match="not a time"):
        times.parse_time(UTC, b"2006151230450000000000"[:digits] + b"Z")
