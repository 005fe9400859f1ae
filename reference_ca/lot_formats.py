"""The output formats of a lot: a folder of PEM chains, JSON Lines, or Parquet.

Each form packs a part of the lot wherever it was made, in another process perhaps, and the one process that writes
puts the packed parts together in order.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from reference_ca.errors import ReferenceCaError
from reference_ca.files import PUBLIC_FILE, naming
from reference_ca.lot_devices import NUMBER_WIDTH, PART, LotDevice, pem_text

Numbered = Iterable[tuple[int, LotDevice]]

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class LotFormat(Protocol):
    """One form. ``listed`` says whether it gives the enrollment identity beside the certificates."""

    listed: bool

    def place(self, number: int, name: str, /) -> str:
        """Where the device of this number and name stands: a file below the output, or a line or row of it."""

    def pack(self, devices: Numbered) -> Any:
        """Pack one part of the lot; what is returned can go from process to process."""

    def write(self, packed: Any) -> None:
        """Write the next part, in the process that writes."""

    def close(self) -> None:
        """Finish the output."""


class FolderFormat:
    """`devices/00000/device-0000001.pem`: a PEM chain a device, a folder a part."""

    listed = False

    def __init__(self, folder: Path) -> None:
        """Take the lot's folder."""
        self._root = folder / "devices"

    def place(self, number: int, name: str, /) -> str:
        """The file below `devices`. A name that exists already gets a folder of its own."""
        part = (number - 1) // PART
        if int(name[-NUMBER_WIDTH:]) == number:
            return f"{part:05d}/{name}.pem"
        return f"{part:05d}-again/{number}/{name}.pem"

    def pack(self, devices: Numbered) -> None:
        """Write the part; there is nothing to put together."""
        with naming(self._root):
            for number, device in devices:
                path = f"{self._root}/{self.place(number, device.name)}"
                try:
                    handle = os.open(path, _NEW_FILE, PUBLIC_FILE)
                except FileNotFoundError:  # the first one of its folder
                    Path(path).parent.mkdir(parents=True)
                    handle = os.open(path, _NEW_FILE, PUBLIC_FILE)
                try:
                    os.write(handle, chain_pem(device))
                finally:
                    os.close(handle)

    def write(self, packed: None) -> None:
        """Do nothing: it is written."""

    def close(self) -> None:
        """Do nothing: each file was finished."""


class _OneFile:
    """The common base of formats that are one file with a line or row for each device."""

    listed = True
    ending: str

    def __init__(self, folder: Path) -> None:
        """Take the lot's folder."""
        self._path = folder / f"devices.{self.ending}"

    def place(self, number: int, _name: str, /) -> str:
        """The line or row, counted from 1."""
        return f"{self._path.name}:{number}"


class JsonLinesFormat(_OneFile):
    """`devices.jsonl`: one object a line with endpoint_name, chain (PEM text) and enrollment_id."""

    ending = "jsonl"

    def pack(self, devices: Numbered) -> bytes:
        """The part's lines."""
        return b"".join(
            b'{"endpoint_name": %s, "chain": "%s", "enrollment_id": "%s"}\n'
            % (
                _json_text(device.name),
                chain_pem(device, b"\\n"),
                device.enrollment_id.encode(),
            )
            for _, device in devices
        )

    def write(self, packed: bytes) -> None:
        """Append the lines."""
        with naming(self._path), self._path.open("ab") as file:
            file.write(packed)

    def close(self) -> None:
        """Do nothing: the file is whole after every part."""


class ParquetFormat(_OneFile):
    """`devices.parquet`: endpoint_name (string), chain (list of binary), enrollment_id (string).

    The chain is DER certificates, the device's own first.
    """

    ending = "parquet"

    def __init__(self, folder: Path) -> None:
        """Take the lot's folder. `ReferenceCaError` where pyarrow is not installed."""
        super().__init__(folder)
        self._writer: Any = None
        _pyarrow()

    def pack(self, devices: Numbered) -> tuple[list[str], list[list[bytes]], list[str]]:
        """The part's columns."""
        listed = [device for _, device in devices]
        return [d.name for d in listed], [list(d.chain) for d in listed], [d.enrollment_id for d in listed]

    def write(self, packed: tuple[list[str], list[list[bytes]], list[str]]) -> None:
        """Append the part as a row group."""
        arrow, parquet = _pyarrow()
        fields = (
            ("endpoint_name", arrow.string()),
            ("chain", arrow.list_(arrow.binary())),
            ("enrollment_id", arrow.string()),
        )
        schema = arrow.schema([arrow.field(name, kind, nullable=False) for name, kind in fields])
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._path, schema, compression="zstd")
        columns = [arrow.array(column, kind) for column, (_, kind) in zip(packed, fields, strict=True)]
        self._writer.write_table(arrow.Table.from_arrays(columns, schema=schema))

    def close(self) -> None:
        """Write the file's foot."""
        if self._writer is not None:
            self._writer.close()


FORMATS: dict[str, type[FolderFormat] | type[JsonLinesFormat] | type[ParquetFormat]] = {
    "folder": FolderFormat,
    "jsonl": JsonLinesFormat,
    "parquet": ParquetFormat,
}


def _json_text(name: str) -> bytes:
    """A name as JSON; nearly all are letters, digits and dashes, which need no encoder."""
    is_plain = name.isascii() and name.replace("-", "").isalnum()
    return b'"%s"' % name.encode() if is_plain else json.dumps(name).encode()


def chain_pem(device: LotDevice, end: bytes = b"\n") -> bytes:
    """The device's chain as PEM, its own certificate first; ``end`` stands for each newline."""
    own, *above = device.chain
    return b"".join([pem_text(own, end), *[_pem_of(der, end) for der in above]])


@functools.lru_cache(maxsize=16)  # what stands above the device certificate is the same for nearly all
def _pem_of(der: bytes, end: bytes) -> bytes:
    return pem_text(der, end)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow.parquet  # dear, and may not be there
    except ImportError:
        raise ReferenceCaError(
            "Parquet needs pyarrow", todo="pip install 'fcu-conform[parquet]', or use jsonl"
        ) from None
    return pyarrow, pyarrow.parquet
