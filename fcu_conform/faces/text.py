"""Text for people: nothing in it can steer a terminal, and it is wrapped by what a terminal shows."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with every character that is not to be seen written as its escape.

    Names in certificates, paths and YAML values come from outside: control characters, escape sequences,
    direction overrides, line breaks and lone surrogates in them are shown, never obeyed. Everything that any
    face prints of them goes through here.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def columns(text: str) -> int:
    """How many columns of a terminal printable text takes."""
    if text.isascii():
        return len(text)
    # Most text never comes here, and a run need not pay for the tables then.
    from rich.cells import cell_len

    return cell_len(text)


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
