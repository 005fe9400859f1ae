"""A device's answer to a bundle: an indefinite-length map with a status, and the requests that it was
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reference_ca.bundle import SCHEME_VERSION
from reference_ca.errors import DeviceError, FcuCode, WarningInfo


@dataclass(frozen=True)
class DeviceResponseStatus:
    """A device's answer (facts A-04, B-10).

    ``status`` is the device's own number (`fcc_status_e`, 0 is success), ``message`` its text,
    ``warning_list`` its warnings, a line each. ``requests`` holds the DER requests by the name of the private
    key that each is for.
    """

    status: int
    message: str
    warning_list: list[WarningInfo] = field(default_factory=list)
    session_id: str | None = None
    requests: dict[str, bytes] = field(default_factory=dict, repr=False)


def read_response(response: bytes) -> DeviceResponseStatus:
    """Read a device's CBOR answer. `DeviceError` 180 where a field is missing or of another type, 110 for
    another scheme.
    """
    import cbor2  # as dear as the rest of a start, which most commands do without

    try:
        answer = cbor2.loads(response)
    except Exception:
        raise DeviceError(
            FcuCode.RESPONSE_LACKS_FIELD,
            "the device's response is not CBOR",
            todo="send what the device answered, whole",
        ) from None
    if not isinstance(answer, dict):
        raise _lacks("a map")
    if _field(answer, "SchemeVersion", str) != SCHEME_VERSION:
        raise DeviceError(
            FcuCode.PROTOCOL_VERSION,
            "the device's protocol version does not match",
            repr(answer["SchemeVersion"]),
            f"use a device with {SCHEME_VERSION}",
        )
    return DeviceResponseStatus(
        _field(answer, "ReturnStatus", int),
        _field(answer, "InfoMessage", str).strip(),
        [WarningInfo(line) for line in str(answer.get("WarningInfo", "")).splitlines() if line],
        answer.get("SID"),
        dict(_request(item) for item in _field({"Csrs": [], **answer}, "Csrs", list)),
    )


def _request(item: Any) -> tuple[str, bytes]:
    if not isinstance(item, dict):
        raise _lacks("Csrs")
    return _field(item, "PrKN", str), _field(item, "Data", bytes)


def _field(values: dict[Any, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if not isinstance(value, kind):
        raise _lacks(name)
    return value


def _lacks(name: str) -> DeviceError:
    return DeviceError(
        FcuCode.RESPONSE_LACKS_FIELD,
        "the device's response lacks a field",
        name,
        "send what the device answered, whole",
    )
