"""Hooks of schemathesis: where a request is to be valid, its certificate is one; text that is drawn never is."""

from __future__ import annotations

import itertools
from typing import Any

import schemathesis

from reference_ca import RootAuthority

_NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Exchange the certificate of a request that conforms to the description."""
    body, is_valid = case.body, case.meta is not None and case.meta.generation.mode.value == "positive"
    about_certificates = "/trusted-certificates" in case.operation.path and isinstance(body, dict)
    if is_valid and about_certificates and "certificate" in body:
        body["certificate"] = RootAuthority(f"Root {next(_NUMBERS)}").chain_pem.data.decode()
        body.pop("signature", None)
