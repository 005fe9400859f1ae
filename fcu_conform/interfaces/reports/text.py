"""Text for people: nothing in it can steer a terminal, and it is wrapped by what a terminal shows."""

from __future__ import annotations

from fcu_conform.artefacts.redaction import redact
from fcu_conform.artefacts.text_width import columns


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


def device_states(conformant: int, non_conformant: int, not_decided: int, asked: int) -> str:
    """How many devices are in which state, in words, and about how many somebody was asked beside the rules."""
    states = f"{conformant:,} conformant, {non_conformant:,} non-conformant, {not_decided:,} not decided"
    return f"{states} (validators were asked about {asked:,})" if asked else states
