"""Where the console's commands take code from: what is installed, what the caller names, never the current folder.

Only modules that Python itself has loaded at its start are imported here: until `leave_current_folder_out` has run, any
other could come from the current folder, where ``python -m fcu_conform`` looks first.
"""

import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
"""The folder that this package was imported from."""

INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Names of folders of installed packages: they stay, even where one is the current folder."""


def leave_current_folder_out() -> None:
    """Takes the current folder off this process's search paths for modules and for programs, whoever put it there.

    Where this very package was imported from it, as in a clone of the project, it becomes the last to be looked in.
    """
    kept = [entry for entry in sys.path if not is_current_folder(entry)]
    if len(kept) < len(sys.path) and is_current_folder(HOME):
        kept.append(HOME)
    sys.path[:] = kept
    if "PATH" in os.environ:
        entries = os.environ["PATH"].split(os.pathsep)
        os.environ["PATH"] = os.pathsep.join(entry for entry in entries if not is_current_folder(entry))


def is_current_folder(entry: str) -> bool:
    """An entry of a search path means the current folder, or one that is looked for from there."""
    if not os.path.isabs(entry):
        return True
    if os.path.basename(os.path.normpath(entry)) in INSTALLED or entry == os.path.dirname(os.__file__):
        return False
    try:
        return os.path.realpath(entry) == os.path.realpath(os.getcwd())
    except OSError:  # the current folder is gone
        return False
