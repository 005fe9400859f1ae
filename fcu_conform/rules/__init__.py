"""The rules: one small function each, one module a family."""

from fcu_conform.rules import (
    bundle,
    bundle_contents,
    bundle_items,
    bundle_sessions,
    certificate,
    chain,
    config,
    device_certificate,
    device_chain,
    keys,
    lot,
    paths,
    request,
    run,
    upload,
)
from fcu_conform.rules.model import CATALOGUE

__all__ = [
    "CATALOGUE",
    "bundle",
    "bundle_contents",
    "bundle_items",
    "bundle_sessions",
    "certificate",
    "chain",
    "config",
    "device_certificate",
    "device_chain",
    "keys",
    "lot",
    "paths",
    "request",
    "run",
    "upload",
]
