"""Types and small makers for the tests of the reference CA (`conftest` is no name to import by)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import reference_ca

OpenSsl = Callable[..., str]
Run = Callable[..., tuple[int, str, str]]


def with_chain(config: reference_ca.Config, length: int, depth: int | None = None) -> reference_ca.Config:
    """The settings for an fcu.crt of `length` certificates."""
    return dataclasses.replace(
        config, setup_ca_as_intermediate=length > 1, device_certificate_chain_depth=depth or min(length, 2)
    )
