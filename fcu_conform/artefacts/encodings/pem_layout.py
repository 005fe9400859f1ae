"""How PEM text is laid out on lines: what OpenSSL does not read although the base64 is sound, and what mends it.

OpenSSL looks for a marker from the first column of a line, and takes an empty line for the end of headers (RFC 1421).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from shlex import quote

_LINE = 64
"""Characters of base64 in a line (RFC 7468)."""
_LONG_BLANKS = re.compile(rb"[ \t\r]{200}")
_LOOK_BACK = 256
"""Octets before a marker in which the beginning of its line is looked for."""
_BLANKS = b" \t"
_BOM = b"\xef\xbb\xbf"


class Kind(Enum):
    """An object that people take for another one, in words."""

    CERTIFICATE = "a certificate"
    REQUEST = "a certificate request"
    PRIVATE_KEY = "a private key"
    PUBLIC_KEY = "a public key"


_KINDS = {
    "CERTIFICATE": Kind.CERTIFICATE.value,
    "X509 CERTIFICATE": Kind.CERTIFICATE.value,
    "TRUSTED CERTIFICATE": Kind.CERTIFICATE.value,
    "CERTIFICATE REQUEST": Kind.REQUEST.value,
    "NEW CERTIFICATE REQUEST": Kind.REQUEST.value,
    "PUBLIC KEY": Kind.PUBLIC_KEY.value,
    "EC PARAMETERS": "curve parameters",
    "X509 CRL": "a revocation list",
}


def kinds_of(labels: Iterable[str]) -> str:
    """What blocks hold by their labels, each kind once, in words; a label that nobody knows stands for itself."""
    named = (Kind.PRIVATE_KEY.value if one.endswith("PRIVATE KEY") else _KINDS.get(one, one) for one in labels)
    return ", ".join(dict.fromkeys(named))


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
    (PKCS12, "openssl pkcs12 -in {file} -nokeys | sed -n '/-----BEGIN/,/-----END/p' > NEW"),
    (UTF_16, "LC_ALL=C tr -d '\\000\\376\\377' < {file} > NEW"),
    ("certificates in base64", "split it, and convert each certificate: base64 -d CERT | openssl x509 -inform DER"),
    ("certificates as DER", "split it, and convert each certificate: openssl x509 -inform DER -in CERT -out CERT.pem"),
    (OPENSSH, "cp {file} NEW && ssh-keygen -p -P '' -N '' -m PKCS8 -f NEW"),
    *((f"holds {form} ", _relabelling(label)) for label, form in KEY_LABELS.items()),
)
RELABEL = f"openssl crl2pkcs7 -nocrl -certfile {{file}} | openssl pkcs7 -print_certs | {_STRIP_WORDS} > NEW"
"""Writes every certificate under the usual label, in order."""


_SERIALIZATION = "from cryptography.hazmat.primitives import serialization as s"
_WRITE_KEY = 'print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode(), end="")'
_FROM_JWK = (
    f"python3 -c 'import base64, json; {_SERIALIZATION}; from cryptography.hazmat.primitives.asymmetric import ec;"
    ' number = int.from_bytes(base64.urlsafe_b64decode(json.load(open(0))["d"] + "=="), "big");'
    f" key = ec.derive_private_key(number, ec.SECP256R1()); {_WRITE_KEY}' < {{file}} > NEW"
)
WITH_PUBLIC_HALF = (
    f"python3 -c 'import sys; {_SERIALIZATION}; key = s.load_pem_private_key(sys.stdin.buffer.read(), None);"
    f" {_WRITE_KEY}' < fcu_private_key.pem > NEW"
)
"""Writes a private key that lacks its public half with it; openssl pkey leaves out what was not there."""
_FROM_HEX = (
    'python3 -c \'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read().replace(":", "")))\' < {file}'
)
_TOOLS = {Kind.CERTIFICATE: "x509", Kind.REQUEST: "req", Kind.PRIVATE_KEY: "pkey"}


def _mending_of_kind(of: Kind) -> tuple[tuple[str, str], ...]:
    """What mends an object that is of the right kind, in another encoding."""
    into = f"openssl {_TOOLS[of]} -inform DER"
    of_key = (
        (PKCS12, "openssl pkcs12 -in {file} -nocerts -nodes | openssl pkey -out NEW"),
        (JWK, _FROM_JWK),
    )
    return (
        (f"is {of.value} as DER", f"{into} -in {{file}} -out NEW"),
        (f"is {of.value} in hexadecimal", f"{_FROM_HEX} | {into} -out NEW"),
        (f"is {of.value} in base64", f"base64 -d {{file}} | {into} -out NEW"),
        *(of_key if of is Kind.PRIVATE_KEY else ()),
    )


def mending(problem: str, file: str, of: Kind = Kind.CERTIFICATE) -> str:
    """A command that mends what was told of a file, to be written beside it as NEW; empty where none is known.

    Args:
        problem: what was told.
        file: the name of the file.
        of: what should be in it.
    """
    candidates = (*_mending_of_kind(of), *_MENDING)
    command = next((command for words, command in candidates if words in problem), "")
    form = "" if "block" in problem else "-inform DER "
    return command.replace("{form}", form).replace("{file}", quote(file))


def relabelling(label: str, file: str) -> str:
    """A command that makes CERTIFICATE blocks of one with another label; empty where it has no certificates."""
    if _KINDS.get(label) == Kind.CERTIFICATE.value:
        return RELABEL.replace("{file}", quote(file))
    return mending(f"the block {PKCS7}", file) if label == "PKCS7" else ""


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
