"""The CBOR bundle that configures a device (config_data): its groups, its items, and how it is encoded.

Byte strings are kept as `Secret`, all of them: private keys, entropy and root of trust are among them, and in a bundle
that is wrong they may stand anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from fcu_conform.artefacts.encodings import cbor, der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret, parse_private_key

KEYS = "Keys"
CERTIFICATES = "Certificates"
CHAINS = "CertificateChains"
PARAMETERS = "ConfigParams"
REQUESTS = "CsrReqs"
ITEM_GROUPS = (KEYS, CERTIFICATES, CHAINS, PARAMETERS, REQUESTS)

ENDPOINT_NAME = "mbed.EndpointName"
USE_BOOTSTRAP = "mbed.UseBootstrap"
CURRENT_TIME = "mbed.CurrentTime"
MODES = {"bootstrap": "mbed.Bootstrap", "lwm2m": "mbed.LwM2M"}
"""What the names of a mode's own items begin with."""

PRIVATE_KEY_TYPE = "ECCPrivate"

_ACCOUNT = re.compile(rb"[?&]aid=(.*)", re.DOTALL)
_MODE_OF: dict[int | None, str] = {0: "lwm2m", 1: "bootstrap"}


@dataclass(frozen=True, repr=False)
class Item:
    """One item of a group: the group, its number in it (from 0) and its fields; byte strings are `Secret`."""

    group: str
    index: int
    fields: dict[str, Any]

    @property
    def place(self) -> str:
        """Its path in the bundle."""
        return f"{self.group}[{self.index}]"

    @property
    def name(self) -> str | None:
        """Name, where it is text."""
        name = self.fields.get("Name")
        return name if isinstance(name, str) else None

    @property
    def is_private_key(self) -> bool:
        """A private key by its type, whatever its data."""
        return self.group == KEYS and self.fields.get("Type") == PRIVATE_KEY_TYPE

    @property
    def key_name(self) -> str | None:
        """PrKN, where it is text."""
        name = self.fields.get("PrKN")
        return name if isinstance(name, str) else None

    @property
    def certificate_data(self) -> tuple[tuple[str, bytes], ...]:
        """The certificates that it holds, each with its path, as far as they are byte strings."""
        if self.group == CERTIFICATES:
            data = self.fields.get("Data")
            return ((f"{self.place}.Data", data.reveal()),) if isinstance(data, Secret) else ()
        array = self.fields.get("DataArray") if self.group == CHAINS else None
        elements = array if isinstance(array, list) else []
        return tuple(
            (f"{self.place}.DataArray[{number}]", element.reveal())
            for number, element in enumerate(elements)
            if isinstance(element, Secret)
        )

    @cached_property
    def certificates(self) -> tuple[tuple[str, Certificate | der.DerError], ...]:
        """The certificates with their paths, read; where one cannot be read, why."""
        return tuple((place, _certificate(data)) for place, data in self.certificate_data)

    @cached_property
    def read_key(self) -> PrivateKey | der.DerError | None:
        """The private key in a key's Data, whatever its type says, or why it cannot be read. None without Data.

        The reader's words may quote the bytes, so they are not for findings.
        """
        data = self.fields.get("Data")
        if self.group != KEYS or not isinstance(data, Secret):
            return None
        try:
            return parse_private_key(data.reveal())
        except der.DerError as fault:
            return fault

    @property
    def leaf(self) -> Certificate | None:
        """The first certificate, where it can be read."""
        array = self.fields.get("DataArray")
        if not self.certificates or (isinstance(array, list) and not isinstance(array[0], Secret)):
            return None
        first = self.certificates[0][1]
        return first if isinstance(first, Certificate) else None

    @property
    def is_whole(self) -> bool:
        """Every certificate that it is to hold is there and can be read."""
        array = self.fields.get("DataArray" if self.group == CHAINS else "Data")
        count = len(array) if isinstance(array, list) else 1
        return len(self.certificates) == count and all(isinstance(c, Certificate) for _, c in self.certificates)

    def __repr__(self) -> str:
        return f"<Item {self.place}>"


class BundleMessage:
    """The content of a bundle, for any bytes; reading never raises.

    Attributes:
        size: how many bytes it has.
        digest: the SHA-256 of these bytes.
        scan: how it is encoded.
        problem: why it cannot be read at all; empty if it can.
        groups: the top level by name, in order; byte strings are `Secret`. Empty where it could not be decoded.
        mode: "bootstrap" or "lwm2m" by mbed.UseBootstrap; None where the bundle does not say.
        before: the message before it in its session, which asked the device for certificate requests; None where none
            is known.
    """

    def __init__(self, data: bytes, before: Bundle | None = None) -> None:
        self.size = len(data)
        self.digest = sha256(data).digest()
        self.before = before
        self.scan = cbor.scan(data)
        self.problem = self.scan.problem
        self.groups: dict[str, Any] = {}
        if self.scan.is_map and self.scan.is_decodable:
            decoded = cbor.decode(data, self.scan)
            if isinstance(decoded, dict):
                self.groups = {str(name): _guarded(value) for name, value in decoded.items()}
            else:
                self.problem = "cannot be decoded"
        self._items = {group: tuple(self._read_items(group)) for group in ITEM_GROUPS}
        self.mode = _MODE_OF.get(as_uint32(self.parameter(USE_BOOTSTRAP)))

    def _read_items(self, group: str) -> Iterator[Item]:
        content = self.groups.get(group)
        if isinstance(content, list):
            for index, fields in enumerate(content):
                if isinstance(fields, dict):
                    yield Item(group, index, fields)

    def items(self, *groups: str) -> Iterator[Item]:
        """The items of these groups that are maps, of all groups if none is named.

        They come in the order in which the device takes them: that of the bundle, with certificate requests last.
        """
        wanted = groups or ITEM_GROUPS
        for group in self.groups:
            if group in wanted and group != REQUESTS:
                yield from self._items.get(group, ())
        if REQUESTS in wanted:
            yield from self._items[REQUESTS]

    def find(self, name: str, *groups: str) -> Item | None:
        """The first item of that name in these groups."""
        return next((item for item in self.items(*groups) if item.name == name), None)

    def parameter(self, name: str) -> Any:
        """Data of the ConfigParams item of that name; None if there is none."""
        item = self.find(name, PARAMETERS)
        return None if item is None else item.fields.get("Data")

    def private_key(self, name: str) -> Item | None:
        """The private key of that name, as far as its Data is a byte string."""
        named = (item for item in self.items(KEYS) if item.name == name and item.is_private_key)
        return next((item for item in named if isinstance(item.fields.get("Data"), Secret)), None)

    def makes_key(self, name: str) -> bool:
        """The device has a private key of that name after this message: it is in Keys, or the device makes it."""
        given = any(item.is_private_key and item.name == name for item in self.items(KEYS))
        return given or any(item.key_name == name for item in self.items(REQUESTS))

    def switch(self, name: str) -> int | None:
        """A top-level 0 or 1; None where it is absent or neither."""
        value = self.groups.get(name)
        return value if type(value) is int and value in (0, 1) else None

    @property
    def is_last(self) -> bool:
        """No further message of a session follows this one."""
        return self.switch("KpAlvSess") != 1

    @property
    def asks(self) -> bool:
        """The device is asked for certificate requests, and more messages of the session are announced."""
        return bool(self._items[REQUESTS]) and not self.is_last

    def continues(self, before: BundleMessage) -> bool:
        """It can be the next message of a session: it has the same SID, or none."""
        return "SID" not in self.groups or self.groups["SID"] == before.groups.get("SID")

    @property
    def is_verified(self) -> bool:
        """The device judges the whole configuration when it has taken this bundle, more to follow or not."""
        return self.switch("Verify") != 0


class Bundle(BundleMessage):
    """One bundle: what it holds, and what of that is the device's.

    Attributes:
        device_certificates: those of the mode's device certificate item, the device's own first; where one cannot be
            read, why.
        device_key: the mode's device key item, if the bundle has one.
        endpoint_name: mbed.EndpointName, if the bundle has one.
    """

    def _of_mode(self, suffix: str) -> tuple[str, ...]:
        """An item's name in the bundle's mode; in both where the bundle does not say which it is in."""
        return tuple(prefix + suffix for mode, prefix in MODES.items() if self.mode in (mode, None))

    @cached_property
    def device_item(self) -> Item | None:
        """The mode's device certificate or chain."""
        found = (self.find(name, CERTIFICATES, CHAINS) for name in self._of_mode("DeviceCert"))
        return next(filter(None, found), None)

    @property
    def has_two_device_items(self) -> bool:
        """The device certificate is given more than once, so nobody knows which one the device would store."""
        item = self.device_item
        return item is not None and sum(other.name == item.name for other in self.items(CERTIFICATES, CHAINS)) > 1

    @cached_property
    def device_certificates(self) -> tuple[Certificate | der.DerError, ...]:
        """See `Bundle`."""
        item = self.device_item
        return () if item is None else tuple(certificate for _, certificate in item.certificates)

    @cached_property
    def device_key(self) -> Item | None:
        """See `Bundle`."""
        found = (self.private_key(name) for name in self._of_mode("DevicePrivateKey"))
        return next((key for key in found if key is not None), None)

    @cached_property
    def endpoint_name(self) -> str | None:
        """See `Bundle`."""
        data = text_bytes(self.parameter(ENDPOINT_NAME))
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError:
            return None

    def __repr__(self) -> str:
        return f"<Bundle of {self.size} bytes>"


def as_uint32(value: object) -> int | None:
    """A parameter that the device keeps as four bytes, given as an integer or as those bytes in little endian."""
    if isinstance(value, Secret):
        data = value.reveal()
        return int.from_bytes(data, "little") if len(data) == 4 else None
    return value if type(value) is int and 0 <= value < 1 << 32 else None


def server_account(uri: bytes) -> bytes | None:
    """What the device takes for the account in a server's URI; None where it finds none.

    It reads the URI up to a NUL, and takes all that follows the first aid= behind a question mark or an ampersand.
    """
    found = _ACCOUNT.search(uri.partition(b"\0")[0])
    return None if found is None else found[1]


def text_bytes(value: object) -> bytes | None:
    """The bytes that the device stores for a text or byte string; None for anything else."""
    if isinstance(value, Secret):
        return value.reveal()
    return value.encode() if isinstance(value, str) else None


def _certificate(data: bytes) -> Certificate | der.DerError:
    try:
        return Certificate(data)
    except der.DerError as fault:
        return fault


def _guarded(value: Any) -> Any:
    """The decoded value with every byte string kept out of sight; nesting is bounded by the scan before."""
    if isinstance(value, bytes):
        return Secret(value)
    if isinstance(value, list):
        return [_guarded(element) for element in value]
    if isinstance(value, dict):
        return {name: _guarded(element) for name, element in value.items()}
    return value
