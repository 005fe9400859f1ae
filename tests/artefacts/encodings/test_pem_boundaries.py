"""PEM text, line by line: line numbers, labels, base64 at its ends, and text between blocks."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509

from artefacts.makers import der, make_chain
from artefacts.makers import pem as written
from fcu_conform.artefacts.encodings import pem
from fcu_conform.artefacts.encodings.other_forms import describe_non_pem
from fcu_conform.artefacts.encodings.pem import Block, Stray, parse_pem, to_pem

KEY = "EC PRIVATE KEY"
HEADERS = "has RFC 1421 headers, so OpenSSL cannot read it"


def block(body: str = "AAAA", label: str = "X", end: str | None = None) -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {end or label}-----\n"


def only(text: str) -> Block:
    (found,) = parse_pem(text.encode("latin-1")).blocks
    return found


def test_certificates_are_written_as_another_library_writes_them() -> None:
    chain = make_chain("FCU line 1", "INT_CA", "ROOT_CA")
    assert to_pem(*map(der, chain)) == written(*chain)
    assert to_pem() == b""
    assert [x509.load_pem_x509_certificate(to_pem(der(one))) for one in chain] == chain


@pytest.mark.parametrize("size", [0, 1, 2, 3, 47, 48, 49, 96, 97])
def test_lines_have_sixty_four_characters_and_are_read_back(size: int) -> None:
    data = bytes(range(size))
    text = to_pem(data)
    lines = text.splitlines()
    assert lines[0] == b"-----BEGIN CERTIFICATE-----"
    assert lines[-1] == b"-----END CERTIFICATE-----"
    assert [len(line) for line in lines[1:-2]] == [64] * max(0, len(lines) - 3)
    assert base64.b64decode(b"".join(lines[1:-1])) == data
    expected = Block("CERTIFICATE", 1, data) if size else Block("CERTIFICATE", 1, None, "is empty")
    assert parse_pem(text).blocks == (expected,)


@pytest.mark.parametrize(
    ("body", "data", "problem"),
    [
        ("QQ==", b"A", ""),
        ("QUI=", b"AB", ""),
        ("QUJD", b"ABC", ""),
        (" Q U\tJD\r", b"ABC", ""),
        ("QUJD=", None, "is not base64"),
        ("\nQUJD", b"ABC", ""),
        ("\n\nQUJD", None, "has a blank line after each line"),
        ("QU\nJD\n\nQU==", None, "has a blank line inside the block"),
        ("QUI", None, "is truncated: its base64 is incomplete"),
        ("Q", None, "is truncated: its base64 is incomplete"),
        ("Q===", None, "is not base64"),
        ("QU=I", None, "is not base64"),
        ("QU-_", None, "is not base64"),
        ("", None, "is empty"),
        (" \t\r\n", None, "is empty"),
    ],
)
def test_base64_is_decoded_or_reported(body: str, data: bytes | None, problem: str) -> None:
    assert only(block(body)) == Block("X", 1, data, problem)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Proc-Type: 4,ENCRYPTED\n\nQUJD", Block(KEY, 1, b"ABC", encrypted=True)),
        ("Proc-Type: 4,CLEAR\n\nQUJD", Block(KEY, 1, None, HEADERS)),
        ("Proc-Type: 4,ENCRYPTED\nQUJD", Block(KEY, 1, None, "is not base64", True)),
        ("Proc-Type: 4,ENCRYPTED\n\n", Block(KEY, 1, None, "is empty", True)),
        ("Proc-Type: 4,ENCRYPTED\n\nQU", Block(KEY, 1, None, "is truncated: its base64 is incomplete", True)),
        ("QU\n\nJD", Block(KEY, 1, None, "has a blank line inside the block")),
    ],
)
def test_headers_are_distinguished_from_base64(text: str, found: Block) -> None:
    assert only(block(text, KEY)) == found


def test_blocks_without_an_end_or_a_begin_line_are_reported_with_their_lines() -> None:
    begin, end = "-----BEGIN X-----\n", "-----END X-----\n"
    assert parse_pem(("\n" + begin + "\n" + begin + "AAAA\n" + end).encode()).blocks == (
        Block("X", 2, None, "has no END line before the next block begins"),
        Block("X", 4, b"\0\0\0"),
    )
    assert parse_pem((end + "\n" + begin).encode()).blocks == (
        Block("X", 1, None, "has an END line without its BEGIN line"),
        Block("X", 3, None, "has no END line"),
    )
    assert parse_pem(block(end="Y").encode()).blocks == (Block("X", 1, None, "ends with the wrong END line (Y)"),)


def test_a_block_that_begins_on_the_end_line_of_another_is_reported_and_the_next_one_is_read() -> None:
    one = block().rstrip("\n")
    text = parse_pem((one + one + "\n" + block()).encode())
    assert text.blocks == (
        Block("X", 1, b"\0\0\0"),
        Block("X", 3, None, "begins on the line where the block before it ends"),
        Block("X", 6, b"\0\0\0"),
    )
    assert text.strays == ()
    for gap in ("----", "-----x", "----- "):
        problem = "has text before a BEGIN or END marker on the same line"
        assert parse_pem((gap + one).encode()).blocks == (Block("X", 1, None, problem),)
    assert parse_pem(("-----" + one).encode()).blocks[0].problem == "begins on the line where the block before it ends"


@pytest.mark.parametrize(
    ("between", "strays"),
    [
        ("", ()),
        (" \t\r\n", ()),
        ("\n\nabc", (Stray(6, "3 characters of text"),)),
        ("a b\tc\r\nd\n", (Stray(4, "8 characters of text"),)),
        ("\u00ef\u00bb\u00bf", (Stray(4, "a byte order mark"),)),
        ("\u00ef\u00bb\u00bfx", (Stray(4, "4 characters of text"),)),
        ("\x1f", (Stray(4, "1 stray bytes"),)),
        ("\x20\x21", (Stray(4, "1 characters of text"),)),
        ("a\x0bb", (Stray(4, "3 stray bytes"),)),
    ],
)
def test_text_between_two_blocks_is_reported(between: str, strays: tuple[Stray, ...]) -> None:
    text = parse_pem((block() + between + "\n" * bool(between) + block()).encode("latin-1"))
    assert text.strays == strays
    assert [found.data for found in text.blocks] == [b"\0\0\0"] * 2


def test_stray_lines_are_reported_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pem, "STRAYS", 2)
    lines = [stray.line for stray in parse_pem((("x\n" + block()) * 3 + "x\n").encode()).strays]
    assert lines == [1, 5]


@pytest.mark.parametrize(("count", "fine"), [(1, True), (2, True), (3, False)])
def test_blocks_are_read_up_to_the_limit(count: int, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pem, "PEM_BLOCKS", 2)
    text = parse_pem((block() * (count + 1)).encode()[: -len(block())] + b"-----BEGIN Y-----\n")
    assert (text.problem == "") is fine
    assert text.problem in ("", "has more than 2 PEM blocks")
    assert len(text.blocks) == (count + 1 if fine else 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \t\r\n\0", "has nothing but white space"),
        (b"\xff\xfex", "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        (b"\xfe\xff\0x", "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        (b"x\0", "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        (b"\0x", "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        (b"xy\0", "is not PEM: it has no BEGIN line"),
        (b"\xff\xffx", "is not PEM: it has no BEGIN line"),
        (b"\x30\x82", "is not PEM: it looks like DER (convert it with openssl)"),
        (b"\x31\x82", "is not PEM: it has no BEGIN line"),
        (b"\x2f\x82", "is not PEM: it has no BEGIN line"),
        (b"1", "is not PEM: it has no BEGIN line"),
    ],
)
def test_a_file_that_is_not_pem_is_recognised_by_its_first_bytes(data: bytes, words: str) -> None:
    assert describe_non_pem(data) == words
    assert parse_pem(data).problem == words


def test_labels_that_are_not_ascii_are_shown_escaped() -> None:
    assert only(block(label="\u00e4")).label == "\\xe4"


def test_every_kind_of_line_ending_is_counted_once() -> None:
    text = ("a\r\nb\rc\n\r\n" + block() + "\r\r" + block() + "x").encode()
    found = parse_pem(text)
    assert [one.line for one in found.blocks] == [5, 10]
    assert [(one.line, one.what) for one in found.strays] == [(1, "6 characters of text"), (13, "1 characters of text")]
