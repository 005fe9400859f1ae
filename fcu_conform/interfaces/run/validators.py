"""Which independent validators a run asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.settings import Settings
from fcu_conform.validators.isolation.asking import plugged_in
from fcu_conform.validators.model import Validator
from fcu_conform.validators.registry import NAMES, select


def select_validators(settings: Settings, chosen: Sequence[Validator] | None = None) -> list[Validator]:
    """The validators that are to be asked, those that are plugged in last.

    Args:
        chosen: the caller's own, in place of those that the settings name.

    Raises:
        UsageError: one that is named is not known, or a command has no name, no words or the name of another.
    """
    try:
        validators = select(settings.validators) if chosen is None else list(chosen)
    except ValueError as fault:
        raise UsageError(f"--fcu-validators: {fault}") from None
    taken = set(NAMES)
    for text in settings.validator_commands:
        name, _, command = text.partition("=")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name) or not command.strip() or name in taken:
            given = f"--fcu-validator-command: '{printable(text)}'"
            raise UsageError(f"{given} is not NAME=COMMAND with a new name of a-z, 0-9 and -")
        taken.add(name)
        try:
            validators.append(plugged_in(name, command))
        except ValueError as fault:
            raise UsageError(f"--fcu-validator-command: {name}: {fault}") from None
    return validators
