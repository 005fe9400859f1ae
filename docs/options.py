"""The table of a run's options in docs/reference.md; `tox -e expected -- --write` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fcu_conform.interfaces.run.options import OPTIONS, Option

REFERENCE = Path(__file__).with_name("reference.md")

BEGIN = "<!-- made from fcu_conform/interfaces/run/options.py by docs/options.py -->"
END = "<!-- end of what docs/options.py makes -->"


def table() -> str:
    """The table of all options, as Markdown."""
    return "\n".join(["| option | meaning |", "| --- | --- |", *map(row, OPTIONS)])


def row(option: Option) -> str:
    """One option's row: how it is typed for pytest, and what it means."""
    value = f"={option.metavar}" if option.metavar else ""
    page = option.page.removeprefix(REFERENCE.name)
    more = f" ([more]({page}))" if page else ""
    return f"| `{option.flag}{value}` | {option.help.replace('|', chr(92) + '|')}{more} |"


def with_table(text: str) -> str:
    """A page with its table as it is to be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Writes the page where it is not as it should be, with --write; else the exit code is 1 there."""
    text = REFERENCE.read_text(encoding="utf-8")
    made = with_table(text)
    if made != text and "--write" in arguments:
        REFERENCE.write_text(made, encoding="utf-8", newline="\n")
        return 0
    return int(made != text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
