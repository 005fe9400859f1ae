"""How the console's commands write: as wide as the terminal, plain where there is no colour to be had."""

from __future__ import annotations

import click
from rich.console import Console, RenderableType

LEVEL_STYLES = {"error": "bold red", "warning": "bold yellow", "notice": "bold cyan"}

WIDEST = 120
"""Prose in longer lines is hard to read."""


def show(*parts: RenderableType) -> None:
    """Writes to standard output, an empty line between the parts; what rules say is text, never markup."""
    console = Console(markup=False, highlight=False, emoji=False)
    if console.width > WIDEST:
        console.width = WIDEST
    for number, part in enumerate(parts):
        with console.capture() as captured:
            console.print(part, crop=False)
        # A table fills its lines up to the full width: nobody wants that in a file or a copied text.
        lines = [line.rstrip() for line in captured.get().strip("\n").split("\n")]
        click.echo("\n".join([*([""] if number else []), *lines]), color=console.is_terminal and not console.no_color)
