"""Jinja2 as the reports use it: every value is made printable and escaped on its way out, in one place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from fcu_conform.interfaces.reports.text import printable


def environment(escaped: Callable[[str], str] = escape) -> Environment:
    """An environment over the templates of this package.

    Args:
        escaped: what makes text harmless in the form that is written; HTML's if not given.
    """
    return Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        finalize=partial(_harmless, escaped),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _harmless(escaped: Callable[[str], str], value: Any) -> Any:
    """What a template may write: its own markup as it is, anything else escaped and printable."""
    return value if isinstance(value, Markup) else Markup(escaped(printable(str(value))))  # noqa: S704  # escaped above
