"""X.509 times: the instants they stand for, and how their encoding departs from RFC 5280 section 4.1.2.5."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from fcu_conform.artefacts.encodings import der

_UTC_TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?")
_GENERALIZED = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?([.,]\d+)?(Z|[+-]\d{4})?")


class Time(NamedTuple):
    """A time as a certificate has it: the instant, and what its encoding should not be (empty if all is well)."""

    instant: datetime
    notes: tuple[str, ...] = ()


def parse_time(tag: int, content: bytes) -> Time:
    """Reads the content of a UTCTime or GeneralizedTime; what BER or ISO 8601 allow beyond RFC 5280 is noted.

    Raises:
        DerError: no instant can be made of it.
    """
    if content[-1:] == b"Z" and content[:-1].isdigit():
        # Nearly all times are written so, and a lot has two of its own in each certificate.
        try:
            if tag == der.UTC_TIME and len(content) == 13:
                return Time(_plain(int(content[:2]) + (2000 if content[0] < 0x35 else 1900), content[2:]))
            if tag == der.GENERALIZED_TIME and len(content) == 15 and content >= b"2050":
                return Time(_plain(int(content[:4]), content[4:]))
        except ValueError:
            pass
    return _parse(tag, content)


@lru_cache(maxsize=4096)
def _parse(tag: int, content: bytes) -> Time:
    text = content.decode("latin-1")
    match = (_UTC_TIME if tag == der.UTC_TIME else _GENERALIZED).fullmatch(text)
    if match is None:
        raise der.DerError(f"not a time: {text[:40]!r}")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    notes = []
    if tag == der.UTC_TIME:
        year += 2000 if year < 50 else 1900
    elif year < 2050:
        notes.append(f"GeneralizedTime for the year {year}: before 2050 it must be UTCTime")
    if match[5] is None or match[6] is None:
        notes.append("no seconds")
    if tag == der.GENERALIZED_TIME and match[7]:
        notes.append("fractions of a second")
    zone = match.groups()[-1]
    if zone != "Z":
        notes.append(f"zone {zone} instead of Z" if zone else "no zone")
    try:
        instant = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc) - _offset(zone)
    except (ValueError, OverflowError) as fault:
        raise der.DerError(f"not a date that exists: {text[:40]!r}") from fault
    return Time(instant, tuple(notes))


def _plain(year: int, rest: bytes) -> datetime:
    """The instant of MMDDhhmmssZ in a year. Raises ValueError where there is none."""
    month, day, hour, minute, second = int(rest[:2]), int(rest[2:4]), int(rest[4:6]), int(rest[6:8]), int(rest[8:10])
    return datetime(year, month, day, hour, minute, second, 0, timezone.utc)


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
