"""What an account of the portal trusts, as a file: written by ``portal fetch``, read by every ``--portal-state``.

The file is one JSON object. What the REST interface answered stands in it as it came, so that nothing is lost::

    {"format": "fcu-conform portal state", "format_version": 1,
     "url": "https://api.us-east-1.mbedcloud.com", "fetched_at": "2026-06-01T00:00:00Z",
     "account": {"id": "…", "tier": "1", "limits": {"…": "…"}},
     "trusted_certificates": [{"id": "…", "name": "…", "service": "bootstrap", "status": "ACTIVE",
                               "certificate": "-----BEGIN CERTIFICATE-----…", "…": "…"}],
     "server_credentials": {"bootstrap": {"server_uri": "…", "server_certificate": "…"}, "lwm2m": {"…": "…"}},
     "devices": [{"endpoint_name": "…", "device_key": "…", "ca_id": "…", "…": "…"}]}

``format``, ``format_version`` and ``trusted_certificates`` must be there; of an entry its ``name``, ``service``
(bootstrap or lwm2m) and ``certificate``. ``status`` is ACTIVE where it is missing, as it is for the portal.
Members that are not known are kept and not looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.bounded_io.limits import PORTAL_ENTRIES, PORTAL_STATE_FILE
from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_file
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.usage import UsageError, existing

Json: TypeAlias = Mapping[str, Any]

FORMAT = "fcu-conform portal state"
FORMAT_VERSION = 1
SERVICES = ("bootstrap", "lwm2m")
STATUSES = ("ACTIVE", "INACTIVE")


@dataclass(frozen=True)
class TrustedCertificate:
    """One entry of the account: what the portal trusts, under which name, for which service.

    Attributes:
        name: the name that it was uploaded under.
        service: "bootstrap" or "lwm2m".
        is_active: devices are let in by it.
        pem: the text of its certificate, as it came.
        fields: all that the REST interface answered.
    """

    name: str
    service: str
    is_active: bool
    pem: str
    fields: Json = field(repr=False)

    @cached_property
    def file(self) -> CertificateFile:
        """Its text, taken apart as an upload is."""
        return CertificateFile(FileBytes(f"entry {self.name!r}", Path(), self.pem.encode("utf-8", "surrogatepass")))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """What can be read of it: one, by the documentation of the interface."""
        return self.file.certificates


@dataclass(frozen=True)
class PortalState:
    """What the portal said of an account at one instant.

    Attributes:
        name: how findings call the file.
        path: where it lies.
        entries: the trusted certificates, in the portal's order.
        account: what it said of the account and its limits; empty where that is not in the file.
        server_credentials: by service, URI and CA of the server; empty where they are not in the file.
        devices: the devices that have registered, None where they are not in the file.
        url: which portal it was.
        fetched_at: when, as RFC 3339; empty where the file does not say.
    """

    name: str
    path: Path
    entries: tuple[TrustedCertificate, ...]
    account: Json = field(default_factory=dict, repr=False)
    server_credentials: Mapping[str, Json] = field(default_factory=dict, repr=False)
    devices: Sequence[Json] | None = field(default=None, repr=False)
    url: str = ""
    fetched_at: str = ""

    def active(self, service: str | None) -> tuple[TrustedCertificate, ...]:
        """The entries by which devices are let in to a service; to any, where that is None."""
        return tuple(entry for entry in self.entries if entry.is_active and service in (None, entry.service))


def read_portal_state(given: str | os.PathLike[str]) -> PortalState:
    """Reads the state of an account from a file.

    Raises:
        UsageError: it is not there, too large, or not the state of an account; one line, what is wrong and where.
    """
    path = existing(given, "portal state")
    file = read_file(path, PORTAL_STATE_FILE)
    if file.trouble is not None:
        raise UsageError(f"portal state {path}: {file.detail or file.trouble.value}")
    try:
        return parse_portal_state(file.data, file.name, path)
    except ValueError as fault:
        raise UsageError(f"portal state {path}: {fault}") from None


def parse_portal_state(data: bytes, name: str, path: Path) -> PortalState:
    """The state of an account from the bytes of its file.

    Raises:
        ValueError: they are not the state of an account; one line.
    """
    try:
        return _state(path, name, parse_json(data))
    except json.JSONDecodeError as fault:
        raise ValueError(f"is not JSON (line {fault.lineno}: {fault.msg})") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


def dump_portal_state(
    trusted_certificates: Sequence[Json],
    *,
    account: Json | None = None,
    server_credentials: Mapping[str, Json] | None = None,
    devices: Sequence[Json] | None = None,
    url: str = "",
    fetched_at: str = "",
) -> bytes:
    """The file of an account's state, from what the REST interface answered; what is None is left out."""
    members = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "url": url or None,
        "fetched_at": fetched_at or None,
        "account": account,
        "trusted_certificates": list(trusted_certificates),
        "server_credentials": server_credentials,
        "devices": None if devices is None else list(devices),
    }
    kept = {name: value for name, value in members.items() if value is not None}
    return (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _state(path: Path, name: str, content: Any) -> PortalState:
    """The state in a JSON document. Raises ValueError where it is not one."""
    members = _object(content, "the document")
    if members.get("format") != FORMAT:
        raise ValueError(f"is not the state of an account: its format is not {FORMAT!r}")
    if type(members.get("format_version")) is not int or members["format_version"] != FORMAT_VERSION:
        raise ValueError(f"format_version is not {FORMAT_VERSION}, the only one that this version reads")
    entries = _objects(members.get("trusted_certificates"), "trusted_certificates")
    if len(entries) > PORTAL_ENTRIES:
        raise ValueError(f"trusted_certificates: has more than {PORTAL_ENTRIES} entries")
    credentials = _object(members.get("server_credentials", {}), "server_credentials")
    devices = members.get("devices")
    return PortalState(
        name,
        path,
        tuple(_entry(entry, f"trusted_certificates[{number}]") for number, entry in enumerate(entries)),
        _object(members.get("account", {}), "account"),
        {service: _object(value, f"server_credentials.{service}") for service, value in credentials.items()},
        None if devices is None else _objects(devices, "devices"),
        _text(members.get("url", ""), "url"),
        _text(members.get("fetched_at", ""), "fetched_at"),
    )


def _entry(fields: Json, where: str) -> TrustedCertificate:
    return TrustedCertificate(
        _text(fields.get("name"), f"{where}.name"),
        _one_of(SERVICES, fields.get("service"), f"{where}.service"),
        _one_of(STATUSES, fields.get("status", "ACTIVE"), f"{where}.status") == "ACTIVE",
        _text(fields.get("certificate"), f"{where}.certificate"),
        fields,
    )


def _object(value: Any, where: str) -> Json:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not an object")
    return value


def _objects(value: Any, where: str) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is not a list")
    return [_object(one, f"{where}[{number}]") for number, one in enumerate(value)]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} is not text")
    return value


def _one_of(known: Sequence[str], value: Any, where: str) -> str:
    text = _text(value, where)
    if text not in known:
        raise ValueError(f"{where} is {text[:40]!a}, and not {' or '.join(known)}")
    return text
