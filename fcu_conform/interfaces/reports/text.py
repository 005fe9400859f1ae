"""Text for people: nothing in it can steer a terminal, and it is wrapped by what a terminal shows."""

from __future__ import annotations

import re

from fcu_conform.artefacts.redaction import redact
from fcu_conform.artefacts.text_width import columns

_COMMAND = re.compile(
    r"(?:^|(?<=: ))(?:LC_ALL=C )?(?:cat|chmod|cp|fcu-conform|git|iconv|openssl|python3|sed|tr) "
    r"""(?:'[^']*'|"[^"]*"|[^'"();])*(?:'[^']*'|"[^"]*"|[^'"();\s])"""
)
"""A command for a shell: at the start of a text or after a colon, up to its end, a semicolon or a parenthesis."""


def printable(text: str) -> str:
    """``text`` without private keys, and with every character that is not to be seen written as its escape.

    Names in certificates, paths and YAML values come from outside: control characters, escape sequences,
    direction overrides, line breaks and lone surrogates in them are shown, never interpreted. Everything that any
    face prints of them goes through here.
    """
    text = redact(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, broken at spaces; a longer word (a path, say) stays whole."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        length = columns(word)
        if line and used + 1 + length > width:
            lines.append(line)
            line, used = word, length
        else:
            line, used = (f"{line} {word}", used + 1 + length) if line else (word, length)
    lines.append(line)
    return lines


def wrap_around_command(text: str, width: int) -> list[str]:
    """As `wrap`, but of a text that does not fit, a command is a line of its own, however long: so it can be pasted."""
    command = _COMMAND.search(text)
    if command is None or columns(text) <= width:
        return wrap(text, width)
    before, after = text[: command.start()].rstrip(), text[command.end() :].removeprefix(";").strip()
    return [*(wrap(before, width) if before else ()), command[0], *(wrap(after, width) if after else ())]


def device_states(conformant: int, non_conformant: int, not_decided: int, asked: int) -> str:
    """How many devices are in which state, in words, and about how many somebody was asked beside the rules."""
    states = f"{conformant:,} conformant, {non_conformant:,} non-conformant, {not_decided:,} not decided"
    return f"{states} (validators were asked about {asked:,})" if asked else states
