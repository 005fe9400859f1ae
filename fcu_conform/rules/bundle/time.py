"""BDL030, BDL046 and BDL047: the time that a bundle sets the device's clock to."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS, CURRENT_TIME, PARAMETERS, Bundle
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.rules.bundle.formatting import (
    READABLE,
    VERIFICATION,
    bundle_of,
    client_source,
    finding_in_item,
    of_parameter,
    parameter_of,
    shown_value,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Level, device_rule, requires
from fcu_conform.rules.support.formatting import format_instant

EARLIEST_TIME = 1483264800
"""2017-01-01 in the device's own clock, before which it takes no time (fact in pal_macros.h)."""

LATEST_TIME = 253402300799
"""9999-12-31T23:59:59Z, the last instant that a certificate can be valid at; milliseconds lie beyond it."""

_SHOWN = 3
"""Certificates that a message names."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def is_plausible_time(time: object) -> bool:
    """The device takes it for the time that it is meant to be."""
    return isinstance(time, int) and EARLIEST_TIME <= time <= LATEST_TIME


def device_time(bundle: Bundle) -> datetime | None:
    """What the device's clock says once it has the bundle; None where the bundle does not set it.

    Raises:
        Blocked: nobody knows what it would be set to.
    """
    time = bundle.parameter(CURRENT_TIME)
    if time is None:
        return None
    if not is_plausible_time(time):
        raise Blocked("BDL030")
    return _EPOCH + timedelta(seconds=time)


@device_rule(
    "BDL030",
    Level.ERROR,
    requirement=f"{CURRENT_TIME}, if present, is a time in seconds since 1970, not before 2017",
    title="mbed.CurrentTime is not a plausible time",
    why="The device sets its clock to this value. It reads text or bytes as an absurd time and refuses a time before"
    " 2017 with status 1; a negative value or milliseconds put its clock into the far future, where all"
    " certificates have expired (status 13). 0 means no time. This rule is stricter: it asks you to leave"
    " the parameter out instead.",
    fix="write the time as an integer of seconds: int(time.time())",
    passes="1767225600",
    fails='"2026-01-01", 1000, -1, 1767225600000',
    source=client_source("fcc_bundle_config_params_utils.c, pal_macros.h", "B-08"),
    needs=READABLE,
)
def device_time_is_plausible(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    time = parameter_of(bundle, CURRENT_TIME)
    if is_plausible_time(time):
        return ()
    expected = f"an integer of seconds from {EARLIEST_TIME} on"
    in_milliseconds = isinstance(time, int) and EARLIEST_TIME <= time // 1000 <= LATEST_TIME
    message = f"is {shown_value(time)}" + (", which looks like milliseconds" if in_milliseconds else "")
    return (of_parameter(bundle, CURRENT_TIME, message, expected),)


@device_rule(
    "BDL046",
    Level.ERROR,
    requirement=f"no parameter's name is a prefix of {CURRENT_TIME}",
    title="a parameter's name is a prefix of mbed.CurrentTime",
    why="The device compares only as many characters as the name has. It takes mbed or mbed.C for mbed.CurrentTime,"
    " sets its clock to the value and does not store the parameter. It answers with status 1 if the value is a time"
    " before 2017, and with status 13 if all certificates have expired by then. This rule is stricter: it refuses the"
    " name even if the value is a plausible time.",
    fix=f"write {CURRENT_TIME}, or rename the parameter",
    passes="acme.C, mbed.CurrentTimeZone",
    fails="mbed, mbed.Current, m",
    source=client_source("fcc_bundle_config_params_utils.c", "B-14"),
    needs=READABLE,
)
def names_are_no_beginning_of_the_time(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, "Name", f"the device reads it as {CURRENT_TIME}", "another name", shown_value(item.name))
        for item in bundle_of(device).items(PARAMETERS)
        if item.name and item.name != CURRENT_TIME and CURRENT_TIME.startswith(item.name)
    ]


@device_rule(
    "BDL047",
    Level.ERROR,
    requirement=f"every certificate is valid at the time in {CURRENT_TIME}",
    title="a certificate has expired at the time in mbed.CurrentTime",
    why="The device sets its clock to this time and checks its own chain and its update certificate against it. It"
    ' answers with status 13, "Certificate expired", although they are valid now. This rule is stricter: it includes'
    " the server's CA, and messages with Verify 0.",
    fix="correct the clock of the machine that makes the bundles, and make them again",
    passes="1767225600 (2026) and certificates of 20 years",
    fails="2398377600 (2046) and the same certificates",
    source=client_source(VERIFICATION, "DC-12"),
    needs=READABLE,
)
def certificates_outlive_the_time_given(device: Device, ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    clock = device_time(bundle)
    requires(clock, f"the bundle has no {CURRENT_TIME}")
    assert clock is not None
    ended = [
        place
        for item in bundle.items(CERTIFICATES, CHAINS)
        for place, certificate in item.certificates
        if isinstance(certificate, Certificate) and ca.at <= certificate.not_after.instant < clock
    ]
    if not ended:
        return ()
    return (
        of_parameter(
            bundle,
            CURRENT_TIME,
            f"is {format_instant(clock)}, after the end of {_first_of(ended)}",
            "the current time",
        ),
    )


def _first_of(places: list[str]) -> str:
    """The first few of them, and how many more there are."""
    more = len(places) - _SHOWN
    return ", ".join(places[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
