"""What `isolation` runs under ``python -I -B``: completes the search path, then runs the command.

A program and not a module: this package may lie where an isolated Python does not look.
"""

import json
import site
import sys


def main() -> int:
    """Runs the command that the arguments name, after what is told about the search path."""
    told = json.loads(sys.argv[1])
    sys.path[:0] = told["first"]
    if told["site"] is not None:
        site.addsitedir(told["site"])
    if told["last"] not in sys.path:
        sys.path.append(told["last"])
    if told["encoding"]:
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding=told["encoding"])  # type: ignore[union-attr]  # as PYTHONIOENCODING says
    # This package is found by what was told, and the rest of it is imported once the current folder is left out.
    from fcu_conform.interfaces.console import search_path

    search_path.leave_current_folder_out()
    from fcu_conform.interfaces.console import app  # only now is it this package's for certain

    return app.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
