"""The console's options: those of a run, made from the table that pytest's are made from, and their older spellings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

import click

from fcu_conform.interfaces.run.options import OPTIONS, Option

Command = TypeVar("Command", bound=Callable[..., Any])

BY_NAME = {option.name: option for option in OPTIONS}


class OptionWithAliases(click.Option):
    """An option that can be typed in older ways, which no help shows."""

    def __init__(self, *arguments: Any, aliases: Sequence[str] = (), **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.aliases = aliases

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Lets the parser know the older spellings too."""
        shown = self.opts
        self.opts = [*shown, *self.aliases]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = shown


def run_option(
    name: str,
    *,
    aliases: Sequence[str] = (),
    help: str = "",  # noqa: A002
    required: bool = False,
    once: bool = False,
) -> Callable[[Command], Command]:
    """Gives a command one of the options of a run; its value comes as text under the name of its field.

    Args:
        name: the option's name in the table.
        aliases: older spellings.
        help: what it means here, where that is not what the table says.
        once: of a list, one alone; the value comes under the option's own name.
    """
    option = BY_NAME[name]
    return click.option(
        option.plain_flag,
        option.name.replace("-", "_") if once else option.field,
        cls=OptionWithAliases,
        aliases=aliases,
        metavar=option.metavar or None,
        is_flag=option.kind == "switch",
        multiple=option.is_list and not once,
        required=required,
        help=help or _sentence(option, once=once),
    )


def run_options(
    *, required: Collection[str] = (), once: Collection[str] = (), without: Collection[str] = ()
) -> Callable[[Command], Command]:
    """Gives a command the options of a run, but for some; `settings_of` makes the settings from their values."""

    def decorate(command: Command) -> Command:
        for option in reversed(OPTIONS):
            if option.name not in without:
                add = run_option(option.name, required=option.name in required, once=option.name in once)
                command = add(command)
        return command

    return decorate


def _sentence(option: Option, *, once: bool) -> str:
    text = option.help.removesuffix("; repeatable") if once else option.help
    return f"{text[:1].upper()}{text[1:]}."
