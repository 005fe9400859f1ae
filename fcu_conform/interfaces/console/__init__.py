"""The console script ``fcu-conform``: one module a command."""

import sys

from fcu_conform.interfaces.console import search_path

TYPE_CHECKING = False  # see search_path: typing could come from the current folder here
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Runs one command and gives its exit code.

    Args:
        arguments: those after the program's name; the process's own without.
    """
    # What the current folder could stand in for is imported only once that is off the search path.
    if arguments is None:
        search_path.leave_current_folder_out()
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] in (["check"], ["fix"]) and not sys.flags.isolated:
        from fcu_conform.interfaces.console.isolation import run_isolated  # not before the folder is left out

        return run_isolated(given, replace=arguments is None)
    from fcu_conform.interfaces.console import app  # not before the folder is left out

    return app.main(arguments)
