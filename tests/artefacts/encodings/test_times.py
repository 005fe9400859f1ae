"""X.509 times: the instants, and how encodings depart from RFC 5280."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.der import GENERALIZED_TIME, UTC_TIME, DerError
from fcu_conform.artefacts.encodings.times import Time, parse_time


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=timezone.utc)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("tag", "content", "time"),
    [
        (UTC_TIME, b"261123093127Z", Time(utc(2026, 11, 23, 9, 31, 27))),
        (UTC_TIME, b"491231235959Z", Time(utc(2049, 12, 31, 23, 59, 59))),
        (UTC_TIME, b"500101000000Z", Time(utc(1950, 1, 1))),
        (UTC_TIME, b"2611230931Z", Time(utc(2026, 11, 23, 9, 31), ("no seconds",))),
        (UTC_TIME, b"261123093127", Time(utc(2026, 11, 23, 9, 31, 27), ("no zone",))),
        (UTC_TIME, b"261123093127+0130", Time(utc(2026, 11, 23, 8, 1, 27), ("zone +0130 instead of Z",))),
        (UTC_TIME, b"261123093127-0130", Time(utc(2026, 11, 23, 11, 1, 27), ("zone -0130 instead of Z",))),
        (GENERALIZED_TIME, b"20500101000000Z", Time(utc(2050, 1, 1))),
        (GENERALIZED_TIME, b"99991231235959Z", Time(utc(9999, 12, 31, 23, 59, 59))),
        (
            GENERALIZED_TIME,
            b"20491231235959Z",
            Time(utc(2049, 12, 31, 23, 59, 59), ("GeneralizedTime for the year 2049: before 2050 it must be UTCTime",)),
        ),
        (GENERALIZED_TIME, b"20600101000000.5Z", Time(utc(2060, 1, 1), ("fractions of a second",))),
        (GENERALIZED_TIME, b"2060010112Z", Time(utc(2060, 1, 1, 12), ("no seconds",))),
        (GENERALIZED_TIME, b"20600101000000", Time(utc(2060, 1, 1), ("no zone",))),
    ],
)
def test_a_time_is_its_instant_with_a_note_for_each_departure(tag: int, content: bytes, time: Time) -> None:
    assert parse_time(tag, content) == time


@pytest.mark.parametrize(
    ("tag", "content", "message"),
    [
        (UTC_TIME, b"", "not a time: ''"),
        (UTC_TIME, b"260230000000Z", "not a date that exists: '260230000000Z'"),
        (UTC_TIME, b"261123093160Z", "not a date that exists: '261123093160Z'"),
        (UTC_TIME, b"20261123093127Z", "not a time: '20261123093127Z'"),
        (GENERALIZED_TIME, b"261123093127Z", "not a date that exists: '261123093127Z'"),
        (GENERALIZED_TIME, b"26112309Z", "not a time: '26112309Z'"),
        (GENERALIZED_TIME, b"00000101000000Z", "not a date that exists: '00000101000000Z'"),
        (GENERALIZED_TIME, b"99991231235959-0100", "not a date that exists: '99991231235959-0100'"),
        (UTC_TIME, b"26112309312\xb2Z", "not a time: '26112309312\xb2Z'"),
    ],
)
def test_input_that_is_not_a_time_is_refused_with_a_reason(tag: int, content: bytes, message: str) -> None:
    with pytest.raises(DerError) as refused:
        parse_time(tag, content)
    assert str(refused.value) == message


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(9999, 12, 31)))
def test_times_in_the_form_of_rfc_5280_are_read_without_a_note(instant: datetime) -> None:
    instant = instant.replace(microsecond=0, tzinfo=timezone.utc)
    text = f"{instant.year:04}{instant:%m%d%H%M%S}Z"
    tag, text = (UTC_TIME, text[2:]) if instant.year < 2050 else (GENERALIZED_TIME, text)
    assert parse_time(tag, text.encode()) == Time(instant)


@given(st.sampled_from([UTC_TIME, GENERALIZED_TIME]), st.text("0123456789Z+-.,", max_size=22).map(str.encode))
def test_nothing_but_a_der_error_is_raised(tag: int, content: bytes) -> None:
    try:
        time = parse_time(tag, content)
    except der.DerError:
        return
    assert time.instant.tzinfo is timezone.utc
