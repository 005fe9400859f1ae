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
    statement=f"{CURRENT_TIME}, where present, is a time in seconds since 1970 that a device takes, 2017 or later",
    why="The device sets its clock by it. Text or bytes it takes for some absurd time, a time before 2017 it refuses"
    " with status 1, a negative one and milliseconds it takes for the far future: all certificates expired (13). 0 it"
    " takes for no time: this rule is stricter, and asks to leave the parameter out then.",
    fix="write the integer of seconds: int(time.time())",
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
    message = f"is {shown_value(time)}" + (", which look like milliseconds" if in_milliseconds else "")
    return (of_parameter(bundle, CURRENT_TIME, message, expected),)


@device_rule(
    "BDL046",
    Level.ERROR,
    statement=f"no parameter has a beginning of {CURRENT_TIME} for its name",
    why="The device compares only as many characters as the name has, so it takes mbed or mbed.C for its time and sets"
    " its clock by it: status 1 for a time before 2017, 13 where all certificates have expired by it. This rule is"
    " stricter where the value happens to be a time: the parameter is not stored.",
    fix=f"write {CURRENT_TIME}, or give the parameter another name",
    passes="acme.C, mbed.CurrentTimeZone",
    fails="mbed, mbed.Current, m",
    source=client_source("fcc_bundle_config_params_utils.c", "B-14"),
    needs=READABLE,
)
def names_are_no_beginning_of_the_time(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, "Name", f"the device takes it for {CURRENT_TIME}", "another name", shown_value(item.name))
        for item in bundle_of(device).items(PARAMETERS)
        if item.name and item.name != CURRENT_TIME and CURRENT_TIME.startswith(item.name)
    ]


@device_rule(
    "BDL047",
    Level.ERROR,
    statement=f"no certificate has expired at the time that {CURRENT_TIME} sets the device's clock to",
    why="The device compares the end of its own chain's certificates and of its update certificate's with its clock,"
    ' and answers with status 13, "Certificate expired", though they are valid now. This rule is stricter: it'
    " asks it of the server's CA too, and where Verify is 0.",
    fix="set the clock of the machine that makes the bundles, and make them anew",
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
        of_parameter(bundle, CURRENT_TIME, f"is {format_instant(clock)}, after the end of {', '.join(ended)}", "now"),
    )
