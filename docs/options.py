"""Writes the table of a run's options into docs/reference.md: ``python docs/options.py``."""

from __future__ import annotations

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


def main() -> None:
    """Writes the page, if it is not as it should be."""
    text = REFERENCE.read_text(encoding="utf-8")
    made = with_table(text)
    if made != text:
        REFERENCE.write_text(made, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
