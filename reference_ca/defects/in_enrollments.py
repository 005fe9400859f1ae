"""Defects of the CSV with which devices are enrolled at the portal (first to claim)."""

from __future__ import annotations

from collections.abc import Callable

from reference_ca.defects.files import digest_id
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import ENROLLMENT_FILE, FactorySetup, SetupParameters

CSV = ENROLLMENT_FILE
ENROLLED = Needs(devices=2, enrollment=True)
TWO = SetupParameters(devices=2, enrollment=True)


def _edit_lines(s: FactorySetup, change: Callable[[list[str]], list[str]]) -> None:
    """Change the lines of the CSV, the header first."""
    s.edit_file(CSV, lambda data: "".join(f"{line}\n" for line in change(data.decode().splitlines())).encode())


@defect(ExpectedFinding("ENR001", CSV), needs=ENROLLED, parameters=TWO)
def enrollment_without_header(s: FactorySetup) -> None:
    """The CSV begins with the first device, which the portal takes for the header."""
    _edit_lines(s, lambda lines: lines[1:])


@defect(ExpectedFinding("ENR002", CSV), needs=ENROLLED, parameters=TWO)
def enrolled_identity_cut_short(s: FactorySetup) -> None:
    """A further line has an identity that lacks its last octet."""
    _edit_lines(s, lambda lines: [*lines, lines[-1][:-3]])


@defect(ExpectedFinding("ENR002", CSV), needs=ENROLLED, parameters=TWO)
def enrolled_identity_twice(s: FactorySetup) -> None:
    """The first device is enrolled in two lines."""
    _edit_lines(s, lambda lines: [*lines, lines[1]])


@defect(ExpectedFinding("ENR002", CSV), needs=ENROLLED, parameters=TWO)
def enrolled_device_of_another_lot(s: FactorySetup) -> None:
    """A device is enrolled that is not in the output."""
    other = s.make_device("line2-0001")
    _edit_lines(s, lambda lines: [*lines, digest_id(other.certificate.der)])


@defect(ExpectedFinding("ENR003", "line1-0002.pem"), needs=ENROLLED, parameters=TWO)
def second_device_not_enrolled(s: FactorySetup) -> None:
    """The identity of the second device is missing."""
    _edit_lines(s, lambda lines: [*lines[:2], *lines[3:]])


@defect(ExpectedFinding("ENR004", CSV), needs=ENROLLED, parameters=TWO)
def enrollment_with_byte_order_mark(s: FactorySetup) -> None:
    """A spreadsheet put a byte order mark in front of the CSV."""
    s.edit_file(CSV, lambda data: b"\xef\xbb\xbf" + data)


@defect(ExpectedFinding("ENR004", CSV), needs=ENROLLED, parameters=TWO)
def enrollment_in_utf_16(s: FactorySetup) -> None:
    """The CSV is UTF-16."""
    s.edit_file(CSV, lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"))


@defect(ExpectedFinding("ENR004", CSV), needs=ENROLLED, parameters=TWO)
def blanks_in_quotation_marks(s: FactorySetup) -> None:
    """A blank stands between an identity and its quotation marks."""
    _edit_lines(s, lambda lines: [lines[0], f'"{lines[1]} "', *lines[2:]])


@near_miss(about="ENR004", needs=ENROLLED, parameters=TWO)
def enrollment_with_names_and_empty_lines(s: FactorySetup) -> None:
    """The CSV has quotation marks, a second column, blanks around values, empty lines and CR LF."""

    def change(data: bytes) -> bytes:
        header, *lines = data.decode().splitlines()
        rows = [f' "{line}" , {device.endpoint_name}' for line, device in zip(lines, s.devices, strict=True)]
        return "".join(f"{row}\r\n" for row in [f'"{header}, endpoint"', "", *rows, ",,", ""]).encode()

    s.edit_file(CSV, change)


@near_miss(about="ENR002", needs=ENROLLED, parameters=TWO)
def enrolled_identities_in_lower_case(s: FactorySetup) -> None:
    """The identities are written in lower case."""
    _edit_lines(s, lambda lines: [lines[0], *(f"A-{line[2:].lower()}" for line in lines[1:])])
