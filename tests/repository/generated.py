"""Generated files that are kept in the tree: one command writes all of them, part by part.

``tox -e expected`` compares; ``tox -e expected -- --write`` writes what changed. Without tox: `python -m
repository.generated --check` or `--write`, from tests/.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from repository.begun import unfinished

TESTS = Path(__file__).resolve().parents[1]

COMMAND = "tox -e expected -- --write"
NEXT = f"if the change is meant: {COMMAND}, and read the difference before it is committed"
"""What a test says whose expectation is a file of these."""

PARTS = {
    "fixtures/ and the list of published keys": ("-m", "vectors.regenerate"),
    "tests/vectors/expected_output": ("-m", "vectors.record_output"),
    "tests/rules/declared.txt and outcomes.txt": ("-m", "rules.snapshots"),
    "fcu_conform/engine/lot/verification/libcrypto_abi.py": ("-m", "engine.lot.verification.declare_abi"),
    "tests/interfaces/snapshots": ("-m", "interfaces.record_snapshots"),
    "docs/images/terminal.svg": ("-m", "interfaces.draw_images"),
    "the options in docs/reference.md": (str(TESTS.parent / "docs" / "options.py"),),
}
"""What is generated, and what Python runs for it, in order: recorded output depends on the fixtures.

docs/images/report.png (interfaces.photograph_report) is not among them: its pixels depend on the browser and the fonts
of the machine.
"""


def compare_or_write(files: Iterable[tuple[Path, str]], arguments: Sequence[str]) -> int:
    """Compares files with what is to stand in them, or writes them.

    Returns:
        The exit code: 1 where a file differs and is not written, 2 where neither is asked for.
    """
    if list(arguments) not in (["--check"], ["--write"]):
        print("expected --check or --write", file=sys.stderr)
        return 2
    differing = [(path, text) for path, text in files if not path.is_file() or path.read_text("utf-8") != text]
    for path, text in differing:
        print(f"{path.relative_to(TESTS.parent)} {'is written' if arguments[0] == '--write' else 'differs'}")
        if arguments[0] == "--write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(bool(differing) and arguments[0] == "--check")


def main(arguments: Sequence[str]) -> int:
    """Each part in a process of its own, for a part reads what the one before it wrote; ends at one that fails."""
    if begun := list(unfinished(TESTS.parent)):
        print("begun, and not finished:", *begun, sep="\n")
        return 1
    code = 0
    for what, script in PARTS.items():
        print(f"== {what}", flush=True)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
        done = subprocess.run([sys.executable, *script, *arguments], cwd=TESTS, env=environment, check=False)
        code = max(code, done.returncode)
        if done.returncode and list(arguments) != ["--check"]:
            return done.returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
