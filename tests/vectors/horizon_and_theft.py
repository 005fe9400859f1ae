"""The cases of what ends, and of what comes of the theft of a key: setups that are sound, and what is asked of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from reference_ca import KeySource
from reference_ca.defects import ExpectedFinding, FactorySetup, SetupParameters
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.plan import pem

from .case import Case


def usual(source: KeySource) -> FactorySetup:
    """Three certificates at depth 2, without devices or an upload."""
    return FactorySetup(SetupParameters(), source)


HORIZON = (
    Case(
        "sound/nothing-ends-in-time-asked-for",
        "For 20 years nothing ends, and a device that is made then still has ten.",
        "EXP001",
        (),
        usual,
        within="20y",
    ),
    Case(
        "EXP/path-ends-in-time-asked-for",
        "Every certificate of the path ends within the 36 years that were asked for.",
        "EXP001",
        tuple(ExpectedFinding("EXP001", "fcu.crt", number, "notAfter", "warning") for number in (1, 2, 3)),
        usual,
        "36 years are asked for",
        "sound/nothing-ends-in-time-asked-for",
        within="36y",
    ),
    Case(
        "EXP/last-devices-lose-years",
        "A device that is made in 30 years outlives the FCU certificate, which ends before the others.",
        "EXP002",
        (ExpectedFinding("EXP002", "fcu.crt", 1, "notAfter", "warning"),),
        usual,
        "30 years are asked for",
        "sound/nothing-ends-in-time-asked-for",
        within="30y",
    ),
)

BY = ("cryptography", "openssl-partial")
"""Who is asked about thefts: two that are installed everywhere, and end a path at any certificate that is trusted."""


def _lines(parameters: SetupParameters) -> Callable[[KeySource], FactorySetup]:
    """Two lines below one CA; without a CA each is its own."""

    def make(source: KeySource) -> FactorySetup:
        setup = FactorySetup(parameters, source)
        second_instance(setup, "FCU line 2")
        return setup

    return make


def _account(parameters: SetupParameters, *numbers: int, status: str = "ACTIVE") -> Callable[[KeySource], FactorySetup]:
    """A line and its account, with an entry for each of some certificates of its chain, by their numbers from 1."""

    def make(source: KeySource) -> FactorySetup:
        setup = FactorySetup(parameters, source)
        service = parameters.mode

        def add(files: dict[str, bytes]) -> None:
            entries = [
                {
                    "name": f"certificate {number}",
                    "service": service,
                    "status": status,
                    "certificate": pem([setup.chain[number - 1]]).decode(),
                }
                for number in numbers
            ]
            content = {"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": entries}
            files["account.json"] = (json.dumps(content, indent=1) + "\n").encode()

        setup.edits.append(add)
        return setup

    return make


def _both(*codes: str) -> tuple[ExpectedFinding, ...]:
    """Warnings of both lines."""
    lines = ("line-1", "line-2")
    return tuple(ExpectedFinding(code, "fcu.crt", 1, "", "warning", line) for line in lines for code in codes)


LWM2M = SetupParameters(mode="lwm2m")
DEVICE = SetupParameters(mode="lwm2m", devices=1)
STOLEN = ("keystore",)

THEFTS = (
    Case(
        "sound/lines-under-roots-of-their-own",
        "Two lines are their own roots: each can be shut out alone.",
        "DRL001",
        (),
        _lines(SetupParameters(length=1, depth=1)),
        ask=BY,
    ),
    Case(
        "DRL/lines-under-one-intermediate",
        "Two lines stand below one intermediate, and at depth 2 they make the same upload.",
        "DRL001",
        _both("DRL001"),
        _lines(SetupParameters()),
        "an intermediate above both",
        "sound/lines-under-roots-of-their-own",
        ask=BY,
    ),
    Case(
        "DRL/lines-under-one-intermediate-at-depth-1",
        "Two lines are uploaded with the one intermediate above them, which vouches for both.",
        "DRL002",
        _both("DRL001", "DRL002"),
        _lines(SetupParameters(depth=1)),
        "an intermediate above both, and depth 1",
        "sound/lines-under-roots-of-their-own",
        ask=BY,
    ),
    Case(
        "sound/one-entry-vouches",
        "The account trusts the FCU certificate and nothing else.",
        "DRL002",
        (),
        _account(SetupParameters(length=1, depth=1), 1),
        ask=BY,
        account=True,
    ),
    Case(
        "DRL/root-has-an-entry-too",
        "The account trusts the FCU certificate, and the root above it by an entry of its own.",
        "DRL002",
        (
            ExpectedFinding("DRL002", "fcu.crt", 1, "", "warning"),
            ExpectedFinding("PTL002", "account.json", None, "entry certificate 2", "warning"),
        ),
        _account(SetupParameters(length=2, depth=1), 1, 2),
        "the root has an entry of its own",
        "sound/one-entry-vouches",
        ask=BY,
        account=True,
    ),
    Case(
        "sound/stolen-key-is-shut-out",
        "The key is stolen, and its entry is INACTIVE.",
        "DRL003",
        (),
        _account(LWM2M, 2, status="INACTIVE"),
        ask=BY,
        account=True,
        stolen=STOLEN,
    ),
    Case(
        "DRL/stolen-key-is-trusted",
        "The key is stolen, and the entry above it is ACTIVE.",
        "DRL003",
        (ExpectedFinding("DRL003", "account.json", field="entry certificate 2"),),
        _account(LWM2M, 2),
        "the entry is ACTIVE",
        "sound/stolen-key-is-shut-out",
        ask=BY,
        account=True,
        stolen=STOLEN,
    ),
    Case(
        "sound/device-made-before-the-theft",
        "The key was stolen a day after the device was made.",
        "DRL004",
        (),
        lambda source: FactorySetup(DEVICE, source),
        ask=BY,
        stolen=STOLEN,
        since="2026-01-03T00:00:00Z",
    ),
    Case(
        "DRL/device-made-after-the-theft",
        "The key was stolen in the second in which the device was made.",
        "DRL004",
        (ExpectedFinding("DRL004", "line1-0001.pem", field="notBefore"),),
        lambda source: FactorySetup(DEVICE, source),
        "the theft was a day before",
        "sound/device-made-before-the-theft",
        ask=BY,
        stolen=STOLEN,
        since="2026-01-02T00:00:00Z",
    ),
    Case(
        "DRL/stolen-key-of-devices-with-bootstrap",
        "The key is stolen, and devices that went through bootstrap have other credentials.",
        "DRL005",
        (ExpectedFinding("DRL005", "fcu.yml", field="use-bootstrap", level="notice"),),
        _account(SetupParameters(), 2, status="INACTIVE"),
        "use-bootstrap is true",
        "sound/stolen-key-is-shut-out",
        ask=BY,
        account=True,
        stolen=STOLEN,
    ),
)
