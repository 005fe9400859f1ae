"""The common parts of bundle defects: the setups that show them, and ways to change a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from reference_ca.defects.model import ExpectedFinding, Needs
from reference_ca.defects.plan import FactorySetup, SetupParameters

Message: TypeAlias = dict[Any, Any]

BUNDLE = "line1-0001.cbor"
NEEDS = Needs(devices=1, form="cbor")
CHAINED = Needs(devices=1, form="cbor", length=2, depth=2)
SETUP_PARAMETERS = SetupParameters(devices=1, form="cbor")
KEYS, CERTIFICATES, CHAINS, PARAMETERS, REQUESTS = (
    "Keys",
    "Certificates",
    "CertificateChains",
    "ConfigParams",
    "CsrReqs",
)
LONG_CHAIN = ExpectedFinding("DEV018", BUNDLE, level="notice")
"""More than 1024 octets: told as a notice of every setup that carries so much."""
DEEP = Needs(devices=1, form="cbor", length=3, depth=3)
DEPTH_3, SIX = SetupParameters(depth=3, devices=1, form="cbor"), SetupParameters(length=6, devices=1, form="cbor")


def expected_at(code: str, field: str = "", level: str = "error") -> ExpectedFinding:
    """A place in the bundle of the first device."""
    return ExpectedFinding(code, BUNDLE, None, field, level)


def edit(s: FactorySetup, change: Callable[[Message], object]) -> None:
    """Change the first device's message before it is encoded."""
    s.device.message_edits.append(change)


def edit_bytes(s: FactorySetup, change: Callable[[bytes], bytes]) -> None:
    """Change the first device's message when it is encoded."""
    s.device.content_edits.append(change)


def parameter(message: Message, name: str) -> dict[str, Any]:
    """The ConfigParams item of that name."""
    return next(item for item in message[PARAMETERS] if item["Name"] == name)


def set_parameter(s: FactorySetup, name: str, value: object) -> None:
    """Give a ConfigParams item another value; at the end where there is none of that name."""

    def change(message: Message) -> None:
        for item in message[PARAMETERS]:
            if item["Name"] == name:
                item["Data"] = value
                return
        message[PARAMETERS].append({"Name": name, "Data": value})

    edit(s, change)


def drop_parameter(s: FactorySetup, name: str) -> None:
    """Leave a ConfigParams item out."""
    edit(s, lambda message: message[PARAMETERS].remove(parameter(message, name)))


def regroup(message: Message, *first: str) -> None:
    """Put groups in front of the others, in the given order."""
    for name in reversed(first):
        content = message.pop(name)
        rest = dict(message)
        message.clear()
        message[name] = content
        message.update(rest)
