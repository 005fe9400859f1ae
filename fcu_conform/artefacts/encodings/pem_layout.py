"""How PEM text is laid out on lines: what OpenSSL does not read although the base64 is sound, and what mends it.

OpenSSL looks for a marker from the first column of a line, and takes an empty line for the end of headers (RFC 1421).
"""

from __future__ import annotations

import re

_LINE = 64
"""Characters of base64 in a line (RFC 7468)."""
_LONG_BLANKS = re.compile(rb"[ \t\r]{200}")
_LOOK_BACK = 256
"""Octets before a marker in which the beginning of its line is looked for."""
_BLANKS = b" \t"
_BOM = b"\xef\xbb\xbf"

CARRIAGE_RETURNS = "has line ends that are carriage returns only"
ONE_LINE = "is on a single line"
NUL = "has NUL octets before it"
BYTE_ORDER_MARK = "has a byte order mark before its BEGIN marker"
INDENTED = "is indented by"
BEFORE_MARKER = "has text before a BEGIN or END marker on the same line"
BEHIND_MARKER = "has text after a BEGIN or END marker on the same line"
BLANK_LINES = "has a blank line after each line"
BLANK_LINE = "has a blank line inside the block"
MANY_BLANKS = "has more than 200 blanks in a row"
OTHER_WIDTH = "has a blank line after its BEGIN marker, and lines that are not 64 characters long"
BACKSLASH_N = "has the characters \\n instead of line ends"
DAMAGED = "has a damaged BEGIN line"
DASHES = "has typographic dashes instead of ASCII hyphens"
PKCS7 = "is PKCS#7, with certificates in it"
PKCS12 = "is PKCS#12"
UTF_16 = "looks like UTF-16 text"
OPENSSH = "is in OpenSSH's own format"
JWK = "is a JSON Web Key"

KEY_LABELS = {"EC PRIVATE KEY": "SEC1", "PRIVATE KEY": "PKCS#8"}
"""The labels of keys that readers know, with the form of what stands under them (RFC 7468, RFC 5915)."""


def _relabelling(label: str) -> str:
    return f"sed -E 's/-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY-----/-----\\1 {label}-----/' {{file}} > NEW"


_STRIP_WORDS = "sed '/^subject=/d; /^issuer=/d; /^$/d'"
_MARKERS_ALONE = r"sed -E 's/[[:blank:]]*(-----(BEGIN|END) [A-Z0-9 ]+-----)[[:blank:]]*/\n\1\n/g'"
_NO_BLANKS = "sed -E '/^-----/!s/[[:space:]]//g; /^$/d' > NEW"
_ONE_A_LINE = f"{_MARKERS_ALONE} | {_NO_BLANKS}"
_FILE_ONE_A_LINE = f"{_MARKERS_ALONE} {{file}} | {_NO_BLANKS}"
_MENDING = (
    (CARRIAGE_RETURNS, f"tr '\\r' '\\n' < {{file}} | {_ONE_A_LINE}"),
    (NUL, f"tr -d '\\000' < {{file}} | {_ONE_A_LINE}"),
    *((words, _FILE_ONE_A_LINE) for words in (ONE_LINE, INDENTED, BLANK_LINES, BLANK_LINE, MANY_BLANKS, OTHER_WIDTH)),
    *((words, _FILE_ONE_A_LINE) for words in (BEFORE_MARKER, BEHIND_MARKER)),
    (BYTE_ORDER_MARK, r"LC_ALL=C sed 's/\xef\xbb\xbf//g' {file} > NEW"),
    (BACKSLASH_N, r"sed 's/\\n/\n/g' {file} > NEW"),
    (DASHES, f"sed -E 's/-*((–|—|‐|‑|−)-*)+/-----/g' {{file}} | {_ONE_A_LINE}"),  # noqa: RUF001
    (PKCS7, f"openssl pkcs7 {{form}}-in {{file}} -print_certs | {_STRIP_WORDS} > NEW"),
    (PKCS12, f"openssl pkcs12 -in {{file}} -nokeys | {_STRIP_WORDS} > NEW"),
    (UTF_16, "iconv -f UTF-16 -t UTF-8 {file} > NEW"),
    (OPENSSH, "cp {file} NEW && ssh-keygen -p -P '' -N '' -m PKCS8 -f NEW"),
    *((f"holds {form} ", _relabelling(label)) for label, form in KEY_LABELS.items()),
)
RELABEL = f"openssl crl2pkcs7 -nocrl -certfile {{file}} | openssl pkcs7 -print_certs | {_STRIP_WORDS} > NEW"
"""Writes every certificate under the usual label, in order."""


def mending(problem: str, file: str) -> str:
    """A command that mends what was told of a file, to be written beside it as NEW; empty where none is known."""
    command = next((command for words, command in _MENDING if words in problem), "")
    form = "" if "block" in problem else "-inform DER "
    return command.replace("{form}", form).replace("{file}", file)


def layout_fault(data: bytes, before: int, opened: re.Match[bytes], closed: re.Match[bytes]) -> str:
    """Why OpenSSL does not find a block between two markers, in words; empty if it does.

    Args:
        data: the whole text.
        before: where what stands before the block begins: at the end of the one before it, or 0.
        opened, closed: its markers.
    """
    if b"\0" in data[before : opened.start()]:
        return NUL
    body = data[opened.end() : closed.start()]
    lead = _lead(data, opened.start())
    if b"\r" in lead or (b"\n" not in body and b"\r" in body):
        return CARRIAGE_RETURNS
    if b"\n" not in body:
        return ONE_LINE
    first, *lines, last = body.split(b"\n")
    if lead == _BOM:
        if data[before : opened.start() - len(_BOM)].strip():  # OpenSSL looks for one right behind the block before
            return BYTE_ORDER_MARK
        lead = b""
    for start in (lead, last):
        if start.strip(_BLANKS + b"\r"):
            return BEFORE_MARKER
        if start:
            return _indented(start)
    behind = _rest_of_line(data, closed.end())
    if first.strip(_BLANKS + b"\r") or behind.strip(_BLANKS + b"\r\0"):
        return BEHIND_MARKER
    if _LONG_BLANKS.search(data, opened.start(), closed.end()):
        return MANY_BLANKS  # OpenSSL reads 254 octets at a time, and takes blanks alone for an empty line
    return _blank_lines(lines)


def _lead(data: bytes, start: int) -> bytes:
    """What stands before a marker on its line."""
    return data[max(0, start - _LOOK_BACK) : start].rpartition(b"\n")[2]


def _rest_of_line(data: bytes, position: int) -> bytes:
    line = data[position : position + _LOOK_BACK].partition(b"\n")[0]
    return b"" if line.startswith(b"-----BEGIN ") else line  # of which the next block tells


def _indented(start: bytes) -> str:
    if b"\r" in start:
        return CARRIAGE_RETURNS
    count = len(start)
    what = "blank" if start.strip(b" ") == b"" else "tab" if start.strip(b"\t") == b"" else "blank or tab"
    return f"{INDENTED} {count} {what}{'' if count == 1 else 's'}"


def _blank_lines(lines: list[bytes]) -> str:
    """An empty line is allowed right after BEGIN, where headers would end."""
    blank = [not line.strip(_BLANKS + b"\r") for line in lines]
    if any(blank[1:]):
        return BLANK_LINES if sum(blank) * 2 >= len(blank) > 1 else BLANK_LINE
    if blank[:1] == [True] and not _are_of_one_width(lines[1:]):
        return OTHER_WIDTH
    return ""


def _are_of_one_width(lines: list[bytes]) -> bool:
    """All but the last have 64 characters, which OpenSSL asks of what follows an empty line."""
    widths = [len(line.rstrip(_BLANKS + b"\r")) for line in lines]
    return all(width == _LINE for width in widths[:-1]) and max(widths[-1:], default=0) <= _LINE
