"""PEM files: blocks with their lines, and the text between them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcu_conform.artefacts.bounded_io.limits import PEM_BLOCKS, STRAYS
from fcu_conform.artefacts.encodings.pem import PRIVATE_KEY_MARKER, Block, Stray, parse_pem


def pem_block(label: str, data: bytes, newline: str = "\n") -> bytes:
    body = base64.b64encode(data).decode()
    lines = [f"-----BEGIN {label}-----", *(body[i : i + 64] for i in range(0, len(body), 64)), f"-----END {label}-----"]
    return "".join(line + newline for line in lines).encode()


def test_blocks_come_in_order_with_the_lines_of_their_begin_markers() -> None:
    text = parse_pem(pem_block("CERTIFICATE", b"a" * 100) + pem_block("X509 CRL", b"b"))
    assert [(block.label, block.line, block.data, block.problem) for block in text.blocks] == [
        ("CERTIFICATE", 1, b"a" * 100, ""),
        ("X509 CRL", 6, b"b", ""),
    ]
    assert text.strays == ()
    assert text.problem == ""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one_line(newline: str) -> None:
    text = parse_pem(pem_block("A", b"x", newline) + newline.encode() + pem_block("B", b"y", newline))
    assert [(block.label, block.line) for block in text.blocks] == [("A", 1), ("B", 5)]
    assert [block.data for block in text.blocks] == ([None, None] if newline == "\r" else [b"x", b"y"])
    assert text.strays == ()


@pytest.mark.parametrize(
    ("between", "stray"),
    [
        (b"subject=CN = ROOT_CA\n", Stray(4, "20 characters of text")),
        (b"\n\n \tstray \n", Stray(6, "5 characters of text")),
        (b"\xef\xbb\xbf\n", Stray(4, "a byte order mark")),
        (b"\3\1\2\n", Stray(4, "3 stray bytes")),
    ],
)
def test_text_between_blocks_is_reported_with_its_line(between: bytes, stray: Stray) -> None:
    text = parse_pem(pem_block("A", b"x") + between + pem_block("A", b"y"))
    assert text.strays == (stray,)
    assert [block.data for block in text.blocks] == [b"x", b"y"]


def test_text_before_the_first_and_after_the_last_block_is_stray_too() -> None:
    text = parse_pem(b"before\n" + pem_block("A", b"x") + b"after\n")
    assert text.strays == (Stray(1, "6 characters of text"), Stray(5, "5 characters of text"))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"-----BEGIN A-----\n-----END A-----\n", "is empty"),
        (b"-----BEGIN A-----\n!!!\n-----END A-----\n", "is not base64"),
        (b"-----BEGIN A-----\nAA=A\n-----END A-----\n", "is not base64"),
        (b"-----BEGIN A-----\nAAAAA\n-----END A-----\n", "is truncated: its base64 is incomplete"),
        (b"-----BEGIN A-----\nAAAA\n-----END B-----\n", "ends with the wrong END line (B)"),
        (b"-----BEGIN A-----\nAAAA\n", "has no END line"),
    ],
)
def test_a_broken_block_is_reported_with_its_reason(data: bytes, problem: str) -> None:
    assert parse_pem(data).blocks == (Block("A", 1, None, problem),)


def test_an_end_line_without_its_begin_line_is_a_broken_block() -> None:
    text = parse_pem(b"-----END A-----\n" + pem_block("A", b"x"))
    assert text.blocks == (Block("A", 1, None, "has an END line without its BEGIN line"), Block("A", 2, b"x"))
    assert text.strays == ()


def test_a_block_that_begins_on_the_line_where_another_ends_is_broken() -> None:
    text = parse_pem(pem_block("A", b"x").rstrip() + pem_block("B", b"y"))
    assert text.blocks == (
        Block("A", 1, b"x"),
        Block("B", 3, None, "begins on the line where the block before it ends"),
    )


def test_a_block_without_its_end_does_not_swallow_the_next() -> None:
    text = parse_pem(b"-----BEGIN A-----\nAAAA\n" + pem_block("B", b"y"))
    assert text.blocks == (Block("A", 1, None, "has no END line before the next block begins"), Block("B", 3, b"y"))


@pytest.mark.parametrize("gap", ["\n", "\r\n"])
def test_rfc_1421_headers_are_skipped_and_mark_a_key_as_encrypted(gap: str) -> None:
    headers = gap.join(("Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00", "", ""))
    data = f"-----BEGIN EC PRIVATE KEY-----{gap}{headers}QUJD{gap}-----END EC PRIVATE KEY-----{gap}".encode()
    assert parse_pem(data).blocks == (Block("EC PRIVATE KEY", 1, b"ABC", encrypted=True),)


@pytest.mark.parametrize("label", ["CERTIFICATE", "CERTIFICATE REQUEST", "EC PRIVATE KEY"])
@pytest.mark.parametrize("headers", ["A: bc", "Proc-Type: 4,CLEAR", "A: bc\nProc-Type: 4,ENCRYPTED"])
def test_a_block_with_headers_that_openssl_refuses_is_broken(label: str, headers: str) -> None:
    data = f"-----BEGIN {label}-----\n{headers}\n\nQUJD\n-----END {label}-----\n".encode()
    problem = "has RFC 1421 headers, so OpenSSL cannot read it"
    assert parse_pem(data).blocks == (Block(label, 1, None, problem),)


def test_only_the_first_empty_line_ends_rfc_1421_headers() -> None:
    body = b"Proc-Type: 4,ENCRYPTED\n\nAQID\n\nBAUG\n"
    (block,) = parse_pem(b"-----BEGIN EC PRIVATE KEY-----\n" + body + b"-----END EC PRIVATE KEY-----\n").blocks
    assert (block.data, block.encrypted) == (b"\1\2\3\4\5\6", True)


def test_an_encrypted_key_keeps_being_one_when_its_body_is_damaged() -> None:
    data = b"-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n-----END PRIVATE KEY-----\n"
    assert parse_pem(data).blocks == (Block("PRIVATE KEY", 1, None, "is empty", encrypted=True),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b" \r\n\t\0", "has nothing but white space"),
        (b"0\x82\x01\x00", "is not PEM: it looks like DER (convert it with openssl)"),
        ("-----BEGIN A-----".encode("utf-16"), "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        ("-----BEGIN A-----".encode("utf-16-le"), "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        ("-----BEGIN A-----".encode("utf-16-be"), "is not PEM: it looks like UTF-16 text (save it as ASCII or UTF-8)"),
        (b"key", "is not PEM: it has no BEGIN line"),
    ],
)
def test_a_file_without_a_block_is_reported_with_its_format(data: bytes, problem: str) -> None:
    assert parse_pem(data).problem == problem


def test_exactly_as_many_blocks_as_the_limit_are_fine_and_one_more_is_a_problem() -> None:
    block = pem_block("A", b"x")
    assert parse_pem(block * PEM_BLOCKS).problem == ""
    assert len(parse_pem(block * PEM_BLOCKS).blocks) == PEM_BLOCKS
    text = parse_pem(block * (PEM_BLOCKS + 2))
    assert text.problem == f"has more than {PEM_BLOCKS} PEM blocks"
    assert len(text.blocks) == PEM_BLOCKS + 1


def test_only_the_first_stray_lines_of_a_file_are_reported() -> None:
    text = parse_pem(
        (b"stray\n" + pem_block("A", b"x")) * (PEM_BLOCKS - 1) + b"stray\n" + pem_block("A", b"x") + b"last\n"
    )
    assert len(text.blocks) == PEM_BLOCKS
    assert len(text.strays) == STRAYS
    assert text.strays[-1] == Stray(4 * STRAYS - 3, "5 characters of text")


def test_a_label_may_have_64_characters_and_no_more() -> None:
    assert [block.label for block in parse_pem(pem_block("L" * 64, b"x")).blocks] == ["L" * 64]
    assert parse_pem(pem_block("L" * 65, b"x")).blocks == ()


@pytest.mark.parametrize("label", ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"])
def test_every_kind_of_private_key_is_recognised_by_its_label(label: str) -> None:
    assert parse_pem(pem_block(label, b"x")).blocks[0].is_private_key
    assert PRIVATE_KEY_MARKER.search(b"x" + pem_block(label, b"x"))


@pytest.mark.parametrize("label", ["PUBLIC KEY", "CERTIFICATE", "EC PARAMETERS"])
def test_no_other_label_is_taken_for_a_private_key(label: str) -> None:
    assert not parse_pem(pem_block(label, b"x")).blocks[0].is_private_key
    assert not PRIVATE_KEY_MARKER.search(pem_block(label, b"x"))


def test_the_repr_of_a_block_does_not_show_its_bytes() -> None:
    block = parse_pem(pem_block("PRIVATE KEY", b"very secret")).blocks[0]
    assert block.data == b"very secret"
    assert "secret" not in repr(block)
    assert base64.b64encode(b"very secret").decode() not in repr(block)


PIECES = st.sampled_from(
    [b"-----BEGIN A-----", b"-----END A-----", b"-----END B-----", b"AAAA", b"\n", b"\r\n", b"\r", b"=", b":", b"-----"]
)


@settings(deadline=None)
@given(st.one_of(st.binary(), st.lists(st.one_of(PIECES, st.binary(max_size=3)), max_size=30).map(b"".join)))
def test_for_any_bytes_nothing_is_raised_and_every_line_is_in_the_file(data: bytes) -> None:
    text = parse_pem(data)
    lines = len(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    assert all(1 <= item.line <= lines for item in (*text.blocks, *text.strays))
    assert all((block.data is None) == bool(block.problem) for block in text.blocks)
    assert bool(text.blocks) != bool(text.problem)
