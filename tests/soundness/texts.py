"""PEM text in shapes that people and their tools give it, one change or several of them drawn at random."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

BODY = re.compile(r"^[A-Za-z0-9+/=]+$", re.MULTILINE)


def _rewrapped(width: int) -> Callable[[str], str]:
    def rewrap(text: str) -> str:
        joined = re.sub(r"(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])", "", text)
        return BODY.sub(lambda found: "\n".join(re.findall(f".{{1,{width}}}", found[0])), joined)

    return rewrap


SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "indented by four": lambda text: re.sub("^(?=.)", "    ", text, flags=re.MULTILINE),
    "indented by a tab": lambda text: re.sub("^(?=.)", "\t", text, flags=re.MULTILINE),
    "markers indented": lambda text: text.replace("-----BEGIN", " -----BEGIN").replace("-----END", " -----END"),
    "END indented": lambda text: text.replace("-----END", "   -----END"),
    "body indented": lambda text: BODY.sub(lambda found: f"  {found[0]}", text),
    "a blank line after each": lambda text: text.replace("\n", "\n\n"),
    "a blank line before END": lambda text: text.replace("-----END", "\n-----END"),
    "a blank line after BEGIN": lambda text: re.sub("(-----BEGIN.*-----\n)", r"\1\n", text),
    "a blank line within": lambda text: re.sub(r"(-----BEGIN.*-----\n.{64}\n)", r"\1\n", text),
    "blanks behind": lambda text: text.replace("\n", "  \n"),
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "LF CR": lambda text: text.replace("\n", "\n\r"),
    "CR CR LF": lambda text: text.replace("\n", "\r\r\n"),
    "no end of line": lambda text: text.rstrip("\n"),
    "76 in a line": _rewrapped(76),
    "all in a line": _rewrapped(100_000),
    "one in a line": _rewrapped(1),
    "one line with blanks": lambda text: text.replace("\n", " "),
    "one line with tabs": lambda text: text.replace("\n", "\t"),
    "text behind END": lambda text: re.sub("(-----END.*-----)", r"\1 # it", text),
    "text before BEGIN": lambda text: text.replace("-----BEGIN", "it: -----BEGIN"),
    "in quotes": lambda text: f'"{text}"',
    "in YAML": lambda text: "text: |\n" + re.sub("^(?=.)", "  ", text, flags=re.MULTILINE),
    "text between": lambda text: re.sub("(-----END.*-----\n)", r"\1of a CA\n", text),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "byte order marks": lambda text: text.replace("-----BEGIN", "\ufeff-----BEGIN"),
    "text and a byte order mark": lambda text: re.sub("(-----END.*-----\n)", "\\1of a CA\n\ufeff", text),
    "a NUL before": lambda text: f"\0{text}",
    "a NUL behind": lambda text: f"{text}\0",
    "NULs between": lambda text: text.replace("-----\n-----", "-----\n\0\n-----"),
    "line ends written out": lambda text: text.replace("\n", "\\n"),
    "en dashes": lambda text: text.replace("-----", "\u2013" * 5),
    "em dashes": lambda text: text.replace("-----", "\u2014\u2014-"),
}

TOKENS = (
    *(" ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", "\0", "\v", "\f", "\x1a", "\x7f", "\ufeff", "\u00a0", "\u2013"),
    *("-", "--", "=", "A", "AAAA", ":", "a: b\n", "#", "\\", '"', ",", "\\n", "----- ", "-----\n", "~~\n"),
    *("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----BEGIN X-----\nAAAA\n-----END X-----\n"),
    *("Proc-Type: 4,ENCRYPTED\n", "subject=CN = x\n", "x" * 253, "x" * 254, "x" * 255, " " * 256, "A" * 1100),
)
_EDGE = re.compile(r"\n|-----BEGIN|-----END|-----$", re.MULTILINE)


def drawn_text(text: str, random: Random) -> tuple[str, bytes]:
    """The text after one to three changes, and what they are."""
    told = []
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        what, change = random.choice(_CHANGES)
        text, detail = change(text, random)
        told.append(f"{what} {detail}")
    return ", then ".join(told), text.encode()


def _place(text: str, random: Random) -> int:
    """Mostly where lines and markers begin and end."""
    edges = [place for found in _EDGE.finditer(text) for place in found.span()]
    return random.choice(edges) if edges and random.random() < 0.8 else random.randint(0, len(text))


def _in_shape(text: str, random: Random) -> tuple[str, str]:
    name = random.choice(list(SHAPES))
    return SHAPES[name](text), name


def _with_token(text: str, random: Random) -> tuple[str, str]:
    place, token = _place(text, random), random.choice(TOKENS)
    return text[:place] + token + text[place:], f"{token!r} at {place}"


def _without(text: str, random: Random) -> tuple[str, str]:
    place, size = _place(text, random), random.choice((1, 1, 2, 5, 27, 64, 65, 200))
    return text[:place] + text[place + size :], f"{size} at {place}"


def _with_other(text: str, random: Random) -> tuple[str, str]:
    place, token = _place(text, random), random.choice(TOKENS)
    return text[:place] + token + text[place + len(token) :], f"{token!r} over {place}"


def _lines_moved(text: str, random: Random) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return text, "none"
    number, kind = random.randrange(len(lines) - 1), random.choice(("swapped", "doubled", "dropped", "joined"))
    if kind == "swapped":
        lines[number : number + 2] = lines[number + 1], lines[number]
    elif kind == "doubled":
        lines.insert(number, lines[number])
    elif kind == "dropped":
        del lines[number]
    else:
        lines[number] = lines[number].rstrip("\r\n")
    return "".join(lines), f"{kind} {number}"


def _wrapped_anew(text: str, random: Random) -> tuple[str, str]:
    width = random.choice((1, 3, 4, 63, 65, 72, 76, 79, 80, 253, 254, 255, 256, 300, 1023, 1024, 1025))
    return _rewrapped(width)(text), f"{width}"


_CHANGES: tuple[tuple[str, Callable[[str, Random], tuple[str, str]]], ...] = (
    ("shape", _in_shape),
    ("with", _with_token),
    ("with", _with_token),
    ("without", _without),
    ("other", _with_other),
    ("line", _lines_moved),
    ("width", _wrapped_anew),
)
