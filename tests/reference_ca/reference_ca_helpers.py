"""Types and small makers for the tests of the reference CA (`conftest` is no name to import by)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import reference_ca
from reference_ca import Authority, KeySource

OpenSsl = Callable[..., str]
Run = Callable[..., tuple[int, str, str]]


def with_chain(config: reference_ca.Config, length: int, depth: int | None = None) -> reference_ca.Config:
    """The settings for an fcu.crt of `length` certificates."""
    return dataclasses.replace(
        config, setup_ca_as_intermediate=length > 1, device_certificate_chain_depth=depth or min(length, 2)
    )


def fcu(source: KeySource, length: int = 4) -> Authority:
    return reference_ca.make_hierarchy(length - 2, source)[-1].intermediate("FCU line 1")


def parameters_of(message: dict[str, Any]) -> dict[str, Any]:
    return {item["Name"]: item["Data"] for item in message["ConfigParams"]}
