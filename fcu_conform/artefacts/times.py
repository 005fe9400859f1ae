"""X.509 times: the instants they stand for, and how their encoding departs from RFC 5280 section 4.1.2.5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from fcu_conform.artefacts import der

_UTC_TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?")
_GENERALIZED = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?([.,]\d+)?(Z|[+-]\d{4})?")


@dataclass(frozen=True)
class Time:
    """A time as a certificate has it: the instant, and what its encoding should not be (empty if all is well)."""

    instant: datetime
    notes: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def parse_time(tag: int, content: bytes) -> Time:
    """Reads the content of a UTCTime or GeneralizedTime; what BER or ISO 8601 allow beyond RFC 5280 is noted.

    Raises:
        DerError: no instant can be made of it.
    """
    text = content.decode("latin-1")
    match = (_UTC_TIME if tag == der.UTC_TIME else _GENERALIZED).fullmatch(text)
    if match is None:
        raise der.DerError(f"not a time: {text!r}")
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
        raise der.DerError(f"not a date that exists: {text!r}") from fault
    return Time(instant, tuple(notes))


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
