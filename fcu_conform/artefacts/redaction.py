"""Finds private keys that occur as text in anything that is shown, and removes them.

A name, a setting or a reason may hold a key that was typed into the wrong field or exported into the wrong column.
Findings about it go to terminals, reports and logs, where a key must never be.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from fcu_conform.artefacts.bounded_io.limits import KEYS_REMEMBERED

REMOVED: Final = "[private key removed]"

_PIECE = 8
"""Octets of a key that are looked for. Every run of 16 holds a piece that begins at a multiple of 8."""
_VARIETY = 4
"""Different octets that a piece has at least: others (zeros, padding) stand everywhere."""
_SHORTEST = 16
"""Characters of the shortest text of 16 octets, which is these as they are."""
_LONGEST = 78
"""Decimal digits of the largest scalar of P-256."""
_MOST_DIGITS = 400
"""Digits of a number that is taken for a key; the largest curve has 157."""
_LAYERS = 2
"""Times that base64 is unpacked: a PEM file in base64 holds its key in base64."""

_PEM_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,64}-----|\Z)", re.DOTALL)
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?:[^0-9A-Za-z]{0,8}(?:0?[xX])?[0-9A-Fa-f]{2}){15,}")
_HEX_DIGIT = re.compile(r"0?[xX]|([0-9A-Fa-f])")
_DIGITS = re.compile(r"[0-9A-Fa-f](?:[^0-9A-Za-z]{0,2}[0-9A-Fa-f]){31,}")
_NUMBERS = re.compile(r"[0-9]{1,3}(?:[^0-9A-Za-z]{1,4}[0-9]{1,3}){15,}")
_NUMBER = re.compile(r"(-?)([0-9]+)")
_ESCAPES = re.compile(r"(?:\\(?:x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2}|[0-7]{3}|[^0-7ux\s])|[ -\[\]-~]){16,}")
_ESCAPE = re.compile(r"\\(x..|u00..|[0-7]{3}|.)|.")
_LETTERS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_DECIMAL = re.compile(r"[0-9](?:[ _,.'\s]?[0-9]){32,}")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_=\s-]|\\(?=/)){22,}")
_GROUPS = re.compile("|".join(rf"(?:[\w+/-]{{{n}}}\s){{{-(-22 // n) - 1},}}[\w+/-]" for n in range(4, 11)), re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_URL_SAFE = str.maketrans("-_", "+/")
_STRETCH = re.compile(r"[\t\r\n -~]{22,}")
_PART_OF_WORD = re.compile(r"[A-Za-z0-9+/_=-]*")

Span = tuple[int, int]


class Redactor:
    """Knows the private keys that this process has read, by hashes of their pieces, and finds them in text."""

    __slots__ = ("_devices", "_first", "_keystores", "_latest")

    def __init__(self) -> None:
        # By the hash of a piece how many octets of the key stand before its beginning, and behind that.
        self._first: dict[int, Span] = {}
        self._latest: dict[int, Span] = {}
        self._keystores: Callable[[], object] | None = None
        self._devices: Callable[[], object] | None = None

    def __repr__(self) -> str:
        return "<Redactor>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied or pickled")

    def learn(self, secret: bytes) -> None:
        """Takes note of a private scalar, big-endian; of very many only the first and the latest ones are known."""
        known = self._first if len(self._first) < KEYS_REMEMBERED else self._latest
        if len(self._latest) >= KEYS_REMEMBERED:
            self._latest.clear()
        size = len(secret)
        for at in range(0, size - 2 * _PIECE + 1, _PIECE):
            known[hash(secret[at : at + _PIECE])] = at, size - at

    def expect(self, keystores: Callable[[], object], devices: Callable[[], object] | None) -> None:
        """Says how to read the keys of a run that begins, for when a text may hold one that was not read yet.

        Args:
            keystores: reads the keys of the keystores, which is done for any text.
            devices: reads those of the first devices, which takes longer and is done where that is asked for.
        """
        self._keystores, self._devices = keystores, devices

    def redact(self, text: str, *, read_ahead: bool = False) -> str:
        """The text without private keys: PEM blocks, and every known key of which it holds 16 octets in a row.

        Args:
            text: may hold them as hexadecimal, decimal or base64 digits, with whatever between these, or as octets.
            read_ahead: where the text may hold any key, those of the first devices are read before.
        """
        if len(text) < _SHORTEST:
            return text
        if "PRIVATE KEY-----" in text:
            text = _PEM_KEY.sub(REMOVED, text)
        if not _may_hold_a_key(text):
            return text
        self._read_keys(read_ahead)
        spans = sorted(_whole_words(text, self._spans(text, _LAYERS))) if self._first else []
        if not spans:
            return text
        parts, position = [], 0
        for start, stop in spans:
            if start >= position:
                parts += [text[position:start], REMOVED]
            position = max(position, stop)
        return "".join([*parts, text[position:]])

    def _read_keys(self, read_ahead: bool) -> None:
        keystores, self._keystores = self._keystores, None
        devices = self._devices if read_ahead else None
        if read_ahead:
            self._devices = None
        for read in (keystores, devices):
            if read is not None:
                read()

    def _spans(self, text: str, layers: int) -> Iterator[Span]:
        """Where known keys stand in a text."""
        if not text.isascii():
            yield from self._hits(text.encode("latin-1", "replace"))
        for data, places in _octets(text):
            for start, stop in self._hits(data):
                yield places[start][0], places[stop - 1][1]
        for run in _DECIMAL.finditer(text):
            yield from self._in_number(run)
        for run in _BASE64.finditer(text):
            if _is_mixed(run[0]) or _GROUPS.search(run[0]):
                yield from self._in_base64(run, layers)

    def _in_number(self, run: re.Match[str]) -> Iterator[Span]:
        """A key as a number, or the beginning of one that was cut: its first digits give its first octets."""
        digits = "".join(filter(str.isdecimal, run[0]))[:_MOST_DIGITS]
        for missing in range(max(_LONGEST - len(digits), 0) + 1):
            number = int(digits) * 10**missing
            if any(self._hits(number.to_bytes(number.bit_length() // 8 + _PIECE, "big"))):
                yield run.span()
                return

    def _in_base64(self, run: re.Match[str], layers: int) -> Iterator[Span]:
        """Keys in the octets of base64 text, wherever a group of four characters begins; in text that it holds too."""
        places = [run.start() + place for place, character in enumerate(run[0]) if character not in " \t\r\n\f\v=\\"]
        digits = "".join([run.string[place] for place in places]).translate(_URL_SAFE)
        if not digits.isascii():
            return
        for phase in range(4):
            group = digits[phase:]
            data = a2b_base64(group + "A" * (-len(group) % 4))
            found = list(self._hits(data))
            if layers > 1:
                found += self._in_layer(data.decode("latin-1"), layers - 1)
            for start, stop in found:
                last = min(phase + (stop * 4 + 2) // 3, len(places))
                yield places[min(phase + start * 4 // 3, last - 1)], places[last - 1] + 1

    def _in_layer(self, text: str, layers: int) -> Iterator[Span]:
        for stretch in _STRETCH.finditer(text):
            inner = stretch[0]
            for start, stop in ((match.span()) for match in _PEM_KEY.finditer(inner)):
                yield stretch.start() + start, stretch.start() + stop
            for start, stop in self._spans(inner, layers):
                yield stretch.start() + start, stretch.start() + stop

    def _hits(self, data: bytes) -> Iterator[Span]:
        """Where a piece of a key stands, as far as that key may reach."""
        for known in filter(None, (self._first, self._latest)):
            for at in range(len(data) - _PIECE + 1):
                piece = data[at : at + _PIECE]
                reach = known.get(hash(piece))
                if reach is not None and len(set(piece)) >= _VARIETY:
                    yield max(0, at - reach[0]), min(len(data), at + reach[1])


def redact_all(value: Any) -> Any:
    """Plain data (mappings, lists, text, numbers) with all its text redacted; what is not text stays what it is."""
    known: dict[str, str] = {}  # most of a report's texts are those of rules, many times over

    def redacted(value: Any) -> Any:
        if isinstance(value, str):
            if value not in known:
                known[value] = redact(value)
            return known[value]
        if isinstance(value, dict):
            return {key: redacted(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [redacted(member) for member in value]
        return value

    return redacted(value)


def _may_hold_a_key(text: str) -> bool:
    """Some of it looks like the digits of 16 octets; said of most texts without a look at any key."""
    written = (_HEX, _DIGITS, _NUMBERS, _DECIMAL, _GROUPS)
    return not text.isascii() or "\\" in text or any(form.search(text) for form in written) or _is_mixed(text)


def _octets(text: str) -> Iterator[tuple[bytes, list[Span]]]:
    """What may be octets in a text, one by one, and where each stands: hexadecimal, lists of numbers, escapes."""
    for form in (_HEX, _DIGITS):
        for run in form.finditer(text):
            places = [run.start() + digit.start() for digit in _HEX_DIGIT.finditer(run[0]) if digit[1]]
            for shift in (0, 1):
                pairs = list(zip(places[shift::2], places[shift + 1 :: 2], strict=False))
                data = bytes.fromhex("".join([text[first] + text[second] for first, second in pairs]))
                yield data, [(first, second + 1) for first, second in pairs]
    for run in _NUMBERS.finditer(text):
        numbers = list(_NUMBER.finditer(text, max(run.start() - 1, 0), run.end()))
        spans = [number.span() for number in numbers]
        yield bytes([int(number[2]) % 256 for number in numbers]), spans
        # Java's octets have a sign.
        yield bytes([int(number[1] + number[2]) % 256 for number in numbers]), spans
    for run in _ESCAPES.finditer(text) if "\\" in text else ():
        escapes = list(_ESCAPE.finditer(text, *run.span()))
        yield bytes(map(_unescaped, escapes)), [escape.span() for escape in escapes]


def _unescaped(escape: re.Match[str]) -> int:
    """The octet that an escape of C or Python, or a character as it is, stands for."""
    said: str = escape[1]
    if not said:
        return ord(escape[0])
    if said[1:]:
        return int(said[1:], 16) if said[0] in "xu" else int(said, 8) % 256
    return _LETTERS.get(said, ord(said) % 256)


def _is_mixed(text: str) -> bool:
    """A word in it has small letters and several capitals, as base64 has and most words have not."""
    return any(word != word.upper() and sum(map(str.isupper, word)) > 1 for word in _WORD.findall(text))


def _whole_words(text: str, spans: Iterator[Span]) -> Iterator[Span]:
    """The spans with what of a word they leave over: a key in base64 may be the middle of one."""
    for start, stop in spans:
        before = _PART_OF_WORD.match(text[:start][::-1])
        after = _PART_OF_WORD.match(text, stop)
        yield start - (before.end() if before else 0), after.end() if after else stop


REDACTOR: Final = Redactor()
"""That of this process: whatever key it reads, nothing that it shows may hold."""

redact: Final = REDACTOR.redact
