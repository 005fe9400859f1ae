"""fcu.yml: the settings that a CA and its devices depend on, read strictly and written with their reasons."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reference_ca.errors import ConfigError, FcuCode
from reference_ca.files import Blob, read_regular
from reference_ca.key_source import KeySource
from reference_ca.names import FIELD_NAMES, DistinguishedName

CONFIG_FILE = "fcu.yml"

KEY_MODES = ("by_device", "by_tool", "externally_supplied")
"""The values of `device-key-generation-mode` and `entropy-generation-mode` (facts Y-09, Y-10)."""

_TYPES: dict[str, type] = {
    "setup-ca-as-intermediate": bool,
    "use-bootstrap": bool,
    "first-to-claim": bool,
    "time-sync": bool,
    "verify-on-device": bool,
    "device-key-generation-mode": str,
    "entropy-generation-mode": str,
    "device-certificate-chain-depth": int,
    "certificate-authority": dict,
    "device-info": dict,
    "bootstrap-server-uri": str,
    "bootstrap-server-uri-first-to-claim": str,
    "bootstrap-server-ca-certificate-file": str,
    "lwm2m-server-uri": str,
    "lwm2m-server-ca-certificate-file": str,
    "update-auth-certificate-file": str,
    "vendor-id": str,
    "class-id": str,
}
"""The settings that are read. The two `…-ca-certificate-file`, `lwm2m-server-uri` and the keys of
`device-info` other than `timezone` are not in the public documents; they are named after their documented
neighbours.
"""

_WORDS = {bool: "true or false", int: "a whole number", str: "text", dict: "a mapping"}
_TEMPLATE = re.compile(r"<%=\s*ENV\[\s*['\"](\w+)['\"]\s*\]\s*%>")

_REASONS = {
    "setup-ca-as-intermediate": "false: setup makes a self-signed fcu.crt; true: fcu_csr.pem to be signed",
    "device-certificate-chain-depth": "certificates on a device, its own included; a chain needs it",
    "certificate-authority": "the subject of the FCU certificate",
    "use-bootstrap": "false: the device connects to LwM2M directly",
    "time-sync": "puts the time into the bundle, so that the device can judge dates",
}


@dataclass(frozen=True)
class Config:
    """The settings, with the values that FCU ships for those that have one (facts Y-03 to Y-08).

    ``device_info`` holds the keys manufacturer, model-number, device-type, hardware-version, memory-total-kb
    and timezone. ``settings_file`` is where it was read, for messages and for paths that are relative to it.
    """

    setup_ca_as_intermediate: bool = False
    device_certificate_chain_depth: int | None = None
    certificate_authority: DistinguishedName = field(default_factory=DistinguishedName)
    use_bootstrap: bool = True
    first_to_claim: bool = False
    time_sync: bool = True
    verify_on_device: bool = True
    device_key_generation_mode: str = "by_tool"
    entropy_generation_mode: str = "by_device"
    device_info: Mapping[str, str | int] = field(default_factory=dict)
    bootstrap_server_uri: str | None = None
    bootstrap_server_uri_first_to_claim: str | None = None
    bootstrap_server_ca_certificate_file: str | None = None
    lwm2m_server_uri: str | None = None
    lwm2m_server_ca_certificate_file: str | None = None
    update_auth_certificate_file: str | None = None
    vendor_id: str | None = None
    class_id: str | None = None
    settings_file: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse values that no FCU could work with (error 201)."""
        for key in ("device-key-generation-mode", "entropy-generation-mode"):
            value = getattr(self, key.replace("-", "_"))
            if value not in KEY_MODES:
                raise self.error(f"{key} is {value!r}", f"use one of {', '.join(KEY_MODES)}")
        depth = self.device_certificate_chain_depth
        if depth is not None and depth < 1:
            raise self.error(
                f"device-certificate-chain-depth is {depth}", "count the device's own certificate: at least 1"
            )
        if self.first_to_claim and not self.use_bootstrap:
            raise self.error(
                "first-to-claim needs use-bootstrap", "set use-bootstrap to true, or first-to-claim to false"
            )

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Config:
        """Read an fcu.yml. `ConfigError` 195 not found, 197 no permission, 190 unreadable, 200 not YAML, 201
        wrong attributes.
        """
        path = Path(path)
        return cls.from_mapping(_parse(_text_of(path), path), path)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any], path: Path | None = None) -> Config:
        """Take settings under fcu.yml's keys; one without a value counts as not given, an unknown one is left
        alone.
        """
        given: dict[str, Any] = {}
        for key, kind in _TYPES.items():
            value = _expanded(settings.get(key), key, path)
            if value is None or value == "":
                continue
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise _invalid(path, f"{key} is not {_WORDS[kind]}", "correct it")
            given[key.replace("-", "_")] = value
        authority = given.pop("certificate_authority", {})
        for key in authority:
            if key in FIELD_NAMES and not isinstance(authority[key], str | None):
                raise _invalid(path, f"certificate-authority: {key} is not text", "put it in quotation marks")
        return cls(certificate_authority=DistinguishedName.from_mapping(authority), settings_file=path, **given)

    @classmethod
    def example(
        cls,
        source: KeySource,
        *,
        name: str | None = None,
        mode: str = "bootstrap",
        depth: int | None = None,
        first_to_claim: bool = False,
        device_keys: str = "by_tool",
    ) -> Config:
        """Settings that are complete for one FCU instance, in mode "bootstrap" or "lwm2m".

        The subject is told apart by a short id, for the portal takes no subject twice (fact P-09). Account
        and servers are stand-ins: the account id has the public form (DL-06), and .example can be no one's
        server.
        """
        account = source.octets("account", 16).hex()
        name = name or f"FCU {source.octets('name/fcu', 4).hex()}"
        lwm2m = mode == "lwm2m"
        return cls(
            certificate_authority=DistinguishedName(name, "Example Devices", "Factory", "Espoo", "Uusimaa", "FI"),
            device_certificate_chain_depth=depth,
            use_bootstrap=not lwm2m,
            first_to_claim=first_to_claim,
            device_key_generation_mode=device_keys,
            bootstrap_server_uri=None if lwm2m else f"coaps://bootstrap.example:5684?aid={account}",
            bootstrap_server_uri_first_to_claim=None if lwm2m else "coaps://bootstrap.example:5684",
            lwm2m_server_uri=f"coaps://lwm2m.example:5684?aid={account}" if lwm2m else None,
            device_info={
                "manufacturer": "Example Devices",
                "model-number": "Example 1",
                "device-type": "sensor",
                "hardware-version": "1.0",
                "memory-total-kb": 256,
                "timezone": "UTC",
            },
        )

    def as_mapping(self) -> dict[str, Any]:
        """The settings under fcu.yml's keys, without those that have no value."""
        values = {key: getattr(self, key.replace("-", "_")) for key in _TYPES}
        values["certificate-authority"] = self.certificate_authority.as_mapping()
        values["device-info"] = dict(self.device_info)
        return {key: value for key, value in values.items() if value not in (None, {})}

    def as_yaml(self) -> Blob:
        """The file's text. Every scalar is written as JSON, which is YAML in every version (a bare NO would
        be false in 1.1).
        """
        return Blob(to_yaml(self.as_mapping()))

    @property
    def server_ca_certificate_file(self) -> str | None:
        """The file of the server's CA certificate, of the server that the mode connects to first."""
        if self.use_bootstrap:
            return self.bootstrap_server_ca_certificate_file
        return self.lwm2m_server_ca_certificate_file

    def with_server_ca(self, name: str) -> Config:
        """The same settings with another file for `server_ca_certificate_file`."""
        if self.use_bootstrap:
            return dataclasses.replace(self, bootstrap_server_ca_certificate_file=name)
        return dataclasses.replace(self, lwm2m_server_ca_certificate_file=name)

    def beside(self, name: str) -> Path:
        """The path of a file that a setting names: relative ones are looked for beside fcu.yml."""
        return (self.settings_file.parent if self.settings_file else Path()) / name

    def error(self, what: str, todo: str) -> ConfigError:
        """An error 201 about this file."""
        return _invalid(self.settings_file, what, todo)


def to_yaml(settings: Mapping[str, Any]) -> bytes:
    """Settings as fcu.yml's text, each with its reason; values are written as JSON, so any of them can be read back."""
    lines = []
    for key, value in settings.items():
        lines += [f"# {_REASONS[key]}"] if key in _REASONS else []
        if isinstance(value, dict):
            lines.append(f"{key}:")
            lines += [f"  {name}: {json.dumps(item, ensure_ascii=False)}" for name, item in value.items()]
        else:
            lines.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    return ("\n".join(lines) + "\n").encode()


def find_config(keystore: Path) -> Path | None:
    """The fcu.yml that belongs to a keystore: `../config/fcu.yml` (fact Y-01), `../fcu.yml` or
    `./fcu.yml`.
    """
    folder = keystore.absolute()
    places = (folder.parent / "config", folder.parent, folder)
    return next((place / CONFIG_FILE for place in places if (place / CONFIG_FILE).exists()), None)


def _text_of(path: Path) -> str:
    try:
        return read_regular(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            FcuCode.CONFIG_NOT_FOUND,
            "the configuration file is not found",
            path,
            "create it, or name another",
        ) from None
    except PermissionError:
        raise ConfigError(
            FcuCode.NO_PERMISSION, "no permission to open the file", path, "let its user read it"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            FcuCode.CONFIG_NOT_LOADED,
            "the configuration file cannot be loaded",
            path,
            "make it a UTF-8 text file",
        ) from None


def _parse(text: str, path: Path) -> Mapping[str, Any]:
    from ruamel import yaml  # only where a configuration is read: it takes as long as all the rest of a start

    try:
        settings = yaml.YAML(typ="safe", pure=True).load(text)
    except (yaml.error.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else path
        raise ConfigError(
            FcuCode.CONFIG_NOT_YAML, "the configuration file is not valid YAML", where, "correct it"
        ) from None
    if not isinstance(settings, dict):
        raise ConfigError(
            FcuCode.CONFIG_NOT_YAML,
            "the configuration file is not one mapping of settings",
            path,
            "write `setting: value` lines",
        )
    return settings


def _expanded(value: Any, key: str, path: Path | None) -> Any:
    """`value` with `<%= ENV['NAME'] %>` exchanged for the environment's value, as in published fcu.yml files
    (fact Y-17).
    """
    if isinstance(value, dict):
        # one level is all there is; a mapping may hold itself, by an alias
        return {
            name: _expanded(item, f"{key}: {name}", path) if isinstance(item, str) else item
            for name, item in value.items()
        }
    if not isinstance(value, str):
        return value

    def exchange(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise _invalid(path, f"{key} needs the environment variable {name}", "set it, or write the value")
        return os.environ[name]

    return _TEMPLATE.sub(exchange, value)


def _invalid(path: Path | None, what: str, todo: str) -> ConfigError:
    return ConfigError(FcuCode.CONFIG_INVALID, what, path or CONFIG_FILE, todo)
