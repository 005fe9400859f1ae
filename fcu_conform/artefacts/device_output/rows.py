"""A row of a table of device output, as a factory's database exports it: a device.

Columns: ``endpoint_name``, text; ``chain``, PEM text or a list of DER certificates (base64 in JSON), the device's own
first, or ``bundle``, CBOR (base64 in JSON); ``enrollment_id``, text, optional. Private keys have no place in a table.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import DEVICE_FILE
from fcu_conform.artefacts.device import DeviceFile, Kind, Remark
from fcu_conform.artefacts.device_key import unreadable
from fcu_conform.artefacts.device_output.columns import fault_of_columns

COLUMNS = ("endpoint_name", "chain", "bundle", "enrollment_id")
_KNOWN = frozenset(COLUMNS)


class RowError(ValueError):
    """A row that does not describe a device; the text says why."""


def row_name(table: str, number: int) -> str:
    """What a row of a table goes by; ``number`` counts from 1."""
    return f"{table} row {number}"


def is_row_of(table: str, name: str) -> bool:
    """A device of this name stands in a row of the table."""
    return name.startswith(f"{table} row ")


def nameless(table: str) -> DeviceFile:
    """Stands for a table that has no endpoint names."""
    return DeviceFile(table, remark=Remark(is_nameless=True))


def read_row(table: str, number: int, row: Any, *, has_names: bool) -> DeviceFile:
    """The device that one row tells of.

    Args:
        table: the file's name.
        number: of the row, from 1.
        row: the values by their columns; certificates and bundles are bytes or base64 text, as the format has them.
        has_names: the table has endpoint names. Then each row must have one, and otherwise none.
    """
    place = row_name(table, number)
    if not isinstance(row, dict):
        return unread(place, "is not an object with columns")
    name = row.get("endpoint_name")
    shown = f"{place} ({name})" if name and isinstance(name, str) else place
    try:
        return _device(place, shown, row, has_names)
    except RowError as fault:
        return unread(shown, str(fault))
    except Exception as fault:
        return unread(shown, unreadable(fault))


def _device(place: str, shown: str, row: dict[str, Any], has_names: bool) -> DeviceFile:
    if not row.keys() <= _KNOWN and (fault := fault_of_columns(list(row), COLUMNS)):
        raise RowError(fault)
    name = _text(row, "endpoint_name")
    chain, bundle = row.get("chain"), row.get("bundle")
    if (chain is None) == (bundle is None):
        raise RowError("has neither a chain nor a bundle" if chain is None else "has both a chain and a bundle")
    names = (name,) if name else ()
    device = DeviceFile(shown, endpoint_names=names, enrollment_id=_text(row, "enrollment_id"), identity=name or place)
    if bundle is not None:
        device.kind, device.data = Kind.BUNDLE, _binary(bundle, "bundle")
    elif isinstance(chain, str):
        device.kind, device.data = Kind.PEM, chain.encode("utf-8", "surrogatepass")
        if b"PRIVATE KEY" in device.data:
            raise RowError("chain: has a private key, which a table must not have")
    elif isinstance(chain, (list, tuple)):
        device.kind, device.chain = Kind.CHAIN, tuple(_binary(one, "chain") for one in chain)
    else:
        raise RowError("chain: is neither PEM text nor a list of DER certificates")
    if len(device.data) + sum(map(len, device.chain)) > DEVICE_FILE:
        raise RowError(f"has more than {DEVICE_FILE} bytes")
    if (name is not None) is not has_names:
        raise RowError(
            "has no endpoint_name, but other rows have one"
            if has_names
            else "has an endpoint_name, but the rows before it have none"
        )
    return device


def _text(row: dict[str, Any], column: str) -> str | None:
    value = row.get(column)
    if value is not None and not isinstance(value, str):
        raise RowError(f"{column}: is not text")
    return value or None


def _binary(value: Any, column: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise RowError(f"{column}: is not base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise RowError(f"{column}: is not base64 text") from None


def unread(place: str, trouble: str) -> DeviceFile:
    """Stands for a row that was not read, or for a table."""
    return DeviceFile(place, troubles=(trouble,))
