"""What fcu.yml says about servers, ownership and the device, as the items that a bundle carries."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timezone, tzinfo
from uuid import UUID

from cryptography import x509

from reference_ca.authority import RootAuthority
from reference_ca.chain import DEVICE_CHAIN_LIMIT, Certificates, read_chain, to_der
from reference_ca.config import Config
from reference_ca.errors import DeviceError, FcuCode
from reference_ca.files import naming, read_regular
from reference_ca.key_source import KeySource
from reference_ca.names import DistinguishedName

_AID = re.compile(r"[?&]aid=(.*)", re.DOTALL)

EARLIEST_TIME = datetime(2017, 1, 1, 10, tzinfo=timezone.utc)
"""The device's clock refuses anything earlier."""

DEVICE_INFO: dict[str, tuple[str, str | int]] = {
    # key in device-info: item on the device (fact N-04), and the value where fcu.yml has none
    "manufacturer": ("mbed.Manufacturer", "Example Devices"),
    "model-number": ("mbed.ModelNumber", "Example 1"),
    "device-type": ("mbed.DeviceType", "sensor"),
    "hardware-version": ("mbed.HardwareVersion", "1.0"),
    "memory-total-kb": ("mbed.MemoryTotalKB", 256),
}
"""Six items must be on every device; the sixth is the serial number. The keys are inferred (see `config`)."""


def mode_prefix(config: Config) -> str:
    """How the items of the mode begin on the device: mbed.Bootstrap… or mbed.LwM2M… (facts N-01, N-02)."""
    return "mbed.Bootstrap" if config.use_bootstrap else "mbed.LwM2M"


def server_uri(config: Config) -> str:
    """The server's address, checked as the device checks it (facts Y-06, N-11, DL-03). `ConfigError` 201."""
    if not config.use_bootstrap:
        key = "lwm2m-server-uri"
    elif config.first_to_claim:
        key = "bootstrap-server-uri-first-to-claim"
    else:
        key = "bootstrap-server-uri"
    uri: str | None = getattr(config, key.replace("-", "_"))
    if not uri:
        raise config.error(f"{key} has no value", "fill it in")
    if not uri.startswith(("coap://", "coaps://")):
        raise config.error(f"{key} is not a coap:// or coaps:// address", "correct it")
    account = _account(uri)
    if config.first_to_claim and account is not None:
        raise config.error(f"{key} names an account (aid), which first-to-claim forbids", "take aid out")
    if not config.first_to_claim and account is None:
        raise config.error(f"{key} names no account (aid)", "add ?aid= and the account id")
    if not config.use_bootstrap and (not account or "&" in account or _account(f"?{account}") is not None):
        raise config.error(f"{key} does not end with its one aid, as the device wants it", "put one aid, and last")
    return uri


def _account(uri: str) -> str | None:
    """The account as the device takes it: all behind the first aid=, up to a NUL (fact DL-03)."""
    match = _AID.search(uri.partition("\0")[0])
    return match[1] if match else None


def account_id(config: Config) -> str | None:
    """What becomes the OU of a device certificate: the account id in LwM2M mode (fact DL-02), nothing in
    bootstrap mode (DL-04).
    """
    return None if config.use_bootstrap else _account(server_uri(config))


def server_ca(config: Config, source: KeySource) -> tuple[list[bytes], bool]:
    """DER of the server's CA certificate, and whether it is a stand-in because fcu.yml names no file."""
    name = config.server_ca_certificate_file
    if name is None:
        return to_der(stand_in_server_ca(source).chain), True
    return to_der(_certificates(config, name)), False


@functools.lru_cache(maxsize=8)  # one server stands behind all the devices of a source
def stand_in_server_ca(source: KeySource) -> RootAuthority:
    """A CA for a server that nobody runs: every device must hold one (fact N-08)."""
    return RootAuthority(DistinguishedName("Server CA stand-in"), source=source)


def update_authority(config: Config) -> Certificates:
    """The update certificate with its chain, or nothing (facts Y-13, N-06)."""
    name = config.update_auth_certificate_file
    return _certificates(config, name) if name else ()


def parameters(config: Config, endpoint_name: str, serial_number: str, now: datetime) -> dict[str, str | int | bytes]:
    """Every ConfigParams item of a device, by name, in the order in which the device verifies them (fact
    N-08).
    """
    items: dict[str, str | int | bytes] = {}
    if config.time_sync:
        if now < EARLIEST_TIME:
            raise DeviceError(
                FcuCode.GENERAL, "the device takes no time before 2017", f"{now:%Y-%m-%d}", "choose a later instant"
            )
        zone_name = str(config.device_info.get("timezone", "UTC"))
        offset = now.astimezone(_zone(zone_name, config)).strftime("%z")
        items["mbed.CurrentTime"] = int(now.timestamp())
        items["mbed.Timezone"] = zone_name
        items["mbed.UTCOffset"] = f"{offset[:3]}:{offset[3:5]}"
    items["mbed.UseBootstrap"] = int(config.use_bootstrap)
    items["mbed.EndpointName"] = endpoint_name
    for key, (name, default) in DEVICE_INFO.items():
        value = config.device_info.get(key)
        items[name] = default if value is None else _like(default, value, key, config)
    items["mbed.SerialNumber"] = serial_number
    items[f"{mode_prefix(config)}ServerURI"] = server_uri(config)
    if config.first_to_claim:
        items["mbed.FirstToClaim"] = 1
    for key, name in (("class-id", "mbed.ClassId"), ("vendor-id", "mbed.VendorId")):
        text: str | None = getattr(config, key.replace("-", "_"))
        if text is not None:
            items[name] = _uuid(text, key, config)
    return items


def _certificates(config: Config, name: str) -> Certificates:
    path = config.beside(name)
    with naming(path):
        data = read_regular(path)
    try:
        found: Certificates = (x509.load_der_x509_certificate(data),)
    except ValueError:
        found = read_chain(data, path)
    if len(found) > DEVICE_CHAIN_LIMIT:
        what = f"{name} has {len(found)} certificates, and a device stores at most {DEVICE_CHAIN_LIMIT} in a chain"
        raise config.error(what, "leave out those that the device does not need")
    return found


def _zone(name: str, config: Config) -> tzinfo:
    from zoneinfo import ZoneInfo  # a database of all zones, of which only the setting's is wanted

    if name in ("UTC", "Etc/UTC"):
        return timezone.utc  # known without a time zone database
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise config.error(f"timezone {name!r} is not known here", "use a name of the IANA database") from None


def _like(default: str | int, value: str | int, key: str, config: Config) -> str | int:
    if isinstance(default, int):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
            raise config.error(f"{key} is not a whole number below 2^32", "correct it")
        return value
    return str(value)


def _uuid(text: str, key: str, config: Config) -> bytes:
    try:
        return UUID(text).bytes
    except ValueError:
        raise config.error(f"{key} is not a UUID", "write it as RFC 4122 does") from None
