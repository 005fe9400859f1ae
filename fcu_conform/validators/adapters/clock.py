"""Where a library reads the clock and another instant is in question: whether that can make a difference."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.der import DerError

_MINUTE = timedelta(minutes=1)


def differs(certificates: Iterable[bytes], instant: datetime) -> bool:
    """Some certificate begins or ends between the clock and an instant.

    Where none does, all are valid or not by the clock just as they are at the instant, however far that is: what a
    library says of dates holds. One that cannot be read may begin or end at any time, but not within a minute.

    Args:
        certificates: DER.
        instant: with a time zone.
    """
    clock = datetime.now(timezone.utc)
    sooner, later = min(clock, instant).replace(microsecond=0), max(clock, instant)
    known = [_bounds(certificate) for certificate in certificates]
    if None in known and later - sooner > _MINUTE:
        return True
    return any(sooner <= bound <= later for two in known if two is not None for bound in two)


@lru_cache(maxsize=256)
def _bounds(certificate: bytes) -> tuple[datetime, datetime] | None:
    try:
        read = Certificate(certificate)
    except DerError:
        return None
    return read.not_before.instant, read.not_after.instant
