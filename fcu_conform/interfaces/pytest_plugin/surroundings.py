"""What the suite changes of pytest itself for one run: how node ids are shown, and where pytest may write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.setup import Setup
from fcu_conform.interfaces.pytest_plugin.options import SELECTOR
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.output_files import keep_out


def show_node_ids_as_they_are(config: pytest.Config) -> None:
    """Keeps pytest from showing ``fcu::…`` as a path seen from the current folder, which no option takes."""
    rewrite = config.cwd_relative_nodeid

    def cwd_relative_nodeid(
        nodeid: Any,
    ) -> Any:  # text, or an object whose str() is the text, by pytest's version
        return nodeid if str(nodeid).startswith(SELECTOR) else rewrite(nodeid)

    config.cwd_relative_nodeid = cwd_relative_nodeid  # type: ignore[method-assign]


def keep_pytests_files_out(config: pytest.Config, setups: Sequence[Setup]) -> None:
    """Keeps what pytest itself writes out of what is judged.

    Raises:
        UsageError: a file that was asked for would lie in a keystore.
    """
    for name, flag in (("xmlpath", "--junitxml"), ("log_file", "--log-file"), ("basetemp", "--basetemp")):
        path = config.getoption(name, None)
        if path:
            keep_out(Path(path), setups, f"{flag}: {printable(str(path))}")
    cache = getattr(config, "cache", None)
    folder = getattr(cache, "_cachedir", None)  # pytest has no public way to ask
    if cache is not None and folder is not None:
        judged = [setup.keystore.path for setup in setups]
        judged += [path for setup in setups if setup.devices for path in setup.devices.paths]
        if any(folder.resolve().is_relative_to(path.resolve()) for path in judged):
            cache.set = _forget  # in a run from within a keystore, say


def _forget(_key: str, _value: object) -> None:
    """Takes what a cache is to keep, and does not."""
