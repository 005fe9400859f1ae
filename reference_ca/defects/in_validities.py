"""Defects of serial numbers and validity in the certificates of fcu.crt."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from reference_ca.defects import asn1
from reference_ca.defects.in_chains import end_of
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup, SetupParameters

CRT = "fcu.crt"
CHAIN = Needs(length=3)
EXTERNAL = Needs(external=True)
EXTERNAL_CHAIN = SetupParameters(external=True)
UNKNOWN = "1.3.6.1.4.1.99999.1"
DAY = timedelta(days=1)


def _end_fcu(s: FactorySetup, end: datetime) -> None:
    """Let the FCU certificate end then, after a life of 36 years."""
    s.chain[0].not_before, s.chain[0].not_after = end - 36 * 366 * DAY, end


@defect(ExpectedFinding("CRT006", CRT, 1, "notAfter"), baseline="expires-this-second")
def fcu_certificate_expired(s: FactorySetup) -> None:
    """The FCU certificate expired a second ago, after 36 years."""
    _end_fcu(s, s.now - timedelta(seconds=1))


@defect(
    ExpectedFinding("CRT006", CRT, 2, "notAfter"), ExpectedFinding("CHN010", CRT, 1, "notAfter", "warning"), needs=CHAIN
)
def intermediate_expired(s: FactorySetup) -> None:
    """The intermediate has expired, and the FCU certificate below it has decades to go."""
    s.chain[1].not_after = s.now - DAY


@defect(ExpectedFinding("CRT006", CRT, 3, "notBefore"), needs=CHAIN, baseline="valid-since-this-second")
def root_not_valid_yet(s: FactorySetup) -> None:
    """The root is valid from the next second on."""
    s.chain[-1].not_before = s.now + timedelta(seconds=1)


@near_miss(ExpectedFinding("CRT010", CRT, 1, "notAfter", "warning"), about="CRT006")
def expires_this_second(s: FactorySetup) -> None:
    """The FCU certificate is valid through this very second: still valid, but not for the devices made today."""
    _end_fcu(s, s.now)


@near_miss(needs=CHAIN, about="CRT006")
def valid_since_this_second(s: FactorySetup) -> None:
    """The root is valid from this very second on."""
    s.chain[-1].not_before = s.now


@defect(ExpectedFinding("CRT009", CRT, 1, "validity", "warning"), baseline="lasts-35-times-365-days")
def lasts_20_years(s: FactorySetup) -> None:
    """The FCU certificate is valid for 7300 days, as in the page's example."""
    s.chain[0].not_after = s.chain[0].not_before + 7300 * DAY  # type: ignore[operator]


@near_miss(about="CRT009")
def lasts_35_times_365_days(s: FactorySetup) -> None:
    """The FCU certificate is valid for 35 times 365 days, some days short of 35 years."""
    s.chain[0].not_after = s.chain[0].not_before + 35 * 365 * DAY  # type: ignore[operator]


@defect(ExpectedFinding("CRT010", CRT, 1, "notAfter", "warning"), baseline="expires-in-ten-years")
def expires_before_devices_do(s: FactorySetup) -> None:
    """The FCU certificate expires a second before a device made today has lasted ten years."""
    _end_fcu(s, s.now + 3650 * DAY - timedelta(seconds=1))


@near_miss(about="CRT010")
def expires_in_ten_years(s: FactorySetup) -> None:
    """The FCU certificate expires in exactly 3650 days."""
    _end_fcu(s, s.now + 3650 * DAY)


@defect(ExpectedFinding("CRT011", CRT, 1, "serialNumber"))
def serial_zero(s: FactorySetup) -> None:
    """The FCU certificate's serial number is 0."""
    s.chain[0].serial = 0


@defect(ExpectedFinding("CRT011", CRT, 2, "serialNumber"), needs=CHAIN)
def serial_negative(s: FactorySetup) -> None:
    """The intermediate's serial number is negative."""
    s.chain[1].serial = -s.chain[1].serial


@defect(ExpectedFinding("CRT011", CRT, 3, "serialNumber"), needs=CHAIN, baseline="serial-of-20-octets")
def serial_of_21_octets(s: FactorySetup) -> None:
    """The root's serial number takes 21 octets in DER."""
    s.chain[-1].serial = 1 << 159


@near_miss(about="CRT011")
def serial_of_20_octets(s: FactorySetup) -> None:
    """The root's serial number is the greatest of 20 octets."""
    s.chain[-1].serial = (1 << 159) - 1


@near_miss(about="CRT011")
def serial_one(s: FactorySetup) -> None:
    """The root's serial number is 1."""
    s.chain[-1].serial = 1


@defect(ExpectedFinding("CRT016", CRT, 3, "notBefore", "warning"), needs=CHAIN)
def generalized_time_before_2050(s: FactorySetup) -> None:
    """The root's notBefore of the year 2000 is a GeneralizedTime, which is for 2050 and later."""
    s.chain[-1].not_before = asn1.generalized_time("20000101000000Z")


@defect(ExpectedFinding("CRT016", CRT, 3, "notBefore"), needs=CHAIN)
def time_without_seconds(s: FactorySetup) -> None:
    """The root's notBefore has no seconds."""
    s.chain[-1].not_before = asn1.utc_time("0001010000Z")


@defect(ExpectedFinding("CRT016", CRT, 3, "notBefore"), needs=CHAIN)
def time_with_offset(s: FactorySetup) -> None:
    """The root's notBefore has an offset instead of Z."""
    s.chain[-1].not_before = asn1.utc_time("000101020000+0200")


@defect(ExpectedFinding("CRT016", CRT, 3, "notAfter"), needs=CHAIN)
def time_with_fractions(s: FactorySetup) -> None:
    """The root's notAfter has fractions of a second."""
    end = end_of(s.chain[-1]).replace(year=max(2060, end_of(s.chain[-1]).year))
    s.chain[-1].not_after = asn1.generalized_time(f"{end:%Y%m%d%H%M%S}.5Z")


@near_miss(about="CRT016")
def no_end_in_sight(s: FactorySetup) -> None:
    """Every certificate is valid to the last second of 9999, RFC 5280's way to say that it has no end."""
    for certificate in s.chain:
        certificate.not_after = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
