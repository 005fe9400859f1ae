"""Judges keystores, device output and portal uploads of the Factory Configurator Utility (FCU).

``check(keystore)`` is the whole suite as a library; the pytest plugin and the console script are thin drivers of it.
Names are imported on first use, so that pytest pays nothing for a plugin that is not asked for anything.
"""

from importlib import import_module

# `python -m` looks in the current folder first, so only what Python has loaded by then is imported here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fcu_conform.artefacts.usage import UsageError
    from fcu_conform.engine.report import Report
    from fcu_conform.interfaces.run.library import check
    from fcu_conform.version import __version__

__all__ = ["Report", "UsageError", "__version__", "check"]

_HOMES = {
    "Report": "fcu_conform.engine",
    "UsageError": "fcu_conform.artefacts.usage",
    "__version__": "fcu_conform.version",
    "check": "fcu_conform.interfaces.run.library",
}


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
