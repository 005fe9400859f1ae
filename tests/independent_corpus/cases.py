"""What a case is: a function that lays out one FCU installation, and the codes that its maker expects of any judge."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path

from .keys import Key, key
from .maker import FCU_NAME, NOW, Cert, Request, line

#: The topic modules, in reading order.
TOPICS = (
    "good_chains",
    "good_files",
    "good_config",
    "config",
    "key",
    "copies",
    "request",
    "certificate",
    "encoding",
    "chain",
    "hostile",
    "openssl",
)
#: The topics of stage two: what FCU makes for devices, what goes to the portal, lots, and FCU instances beside others.
FLOOR_TOPICS = (
    "devices_good_profile",
    "devices_good_forms",
    "devices_good_manifest",
    "devices_good_archives",
    "devices_good_depth",
    "devices_name",
    "devices_certificate",
    "devices_extensions",
    "devices_chain",
    "devices_size",
    "devices_keystore",
    "devices_files",
    "devices_manifest",
    "devices_hostile",
    "uploads_good",
    "uploads_chain",
    "uploads_file",
    "uploads_details",
    "lots",
    "pairs",
)
#: What a case expects where the run must not start: a path that is not there, or too many of them.
USAGE = "USAGE"
CRT, KEY, CSR = "fcu.crt", "fcu_private_key.pem", "fcu_csr.pem"


@dataclass
class Room:
    """One FCU installation being laid out: `keystore` is its keystore folder, of mode 0700.

    `devices` and `uploads` are the paths handed to the judge. `guilty` are the device files, named from the path that
    was handed over, that errors must be found at, and no others. Each of `duplicates` is a group of device files that
    break a rule together: which of them is called the second is the judge's choice, that all are named is not.
    `keys_of` says whose a key file is: an error may lie at it where the text names the device.
    """

    base: Path
    at: datetime = NOW
    depth: int | None = None
    mode: str | None = None
    others: list[Room] = field(default_factory=list)
    secrets: list[Key] = field(default_factory=list)
    devices: list[Path] = field(default_factory=list)
    uploads: list[Path] = field(default_factory=list)
    guilty: set[str] = field(default_factory=set)
    duplicates: list[set[str]] = field(default_factory=list)
    keys_of: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keystore.mkdir(parents=True)
        self.keystore.chmod(0o700)

    @property
    def keystore(self) -> Path:
        """The keystore folder."""
        return self.base / "fcu" / "keystore"

    @property
    def keystores(self) -> list[Path]:
        """The keystores of all FCU instances of the case."""
        return [self.keystore, *(room.keystore for room in self.others)]

    def put(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        """Writes a file, named from the keystore."""
        path = self.keystore / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    def link(self, name: str, target: str) -> None:
        """Makes a symbolic link, named from the keystore."""
        (self.keystore / name).symlink_to(target)

    def pipe(self, name: str) -> None:
        """Makes a FIFO that nobody ever writes to."""
        os.mkfifo(self.keystore / name, 0o600)

    def socket(self, name: str) -> None:
        """Makes a socket that nobody listens on."""
        os.mknod(self.keystore / name, 0o140600)

    def key(self, holder: Key, pem: str | bytes | None = None, mode: int = 0o600) -> None:
        """Writes fcu_private_key.pem."""
        self.secrets.append(holder)
        self.put(KEY, holder.sec1() if pem is None else pem, mode)

    def chain(self, *certs: Cert | str) -> None:
        """Writes fcu.crt from certificates, or ready PEM text, in the order given."""
        self.put(CRT, "".join(cert if isinstance(cert, str) else cert.pem for cert in certs))

    def request(self, request: Request | str | bytes) -> None:
        """Writes fcu_csr.pem."""
        self.put(CSR, request.pem if isinstance(request, Request) else request)

    def keystore_of(self, certs: Iterable[Cert]) -> None:
        """Writes fcu.crt, and the key of its first certificate."""
        certs = list(certs)
        self.key(certs[0].key)
        self.chain(*certs)

    def config(self, text: str, where: str = "../config/fcu.yml") -> None:
        """Writes fcu.yml, named from the keystore."""
        self.put(where, text)

    def another(self, name: str) -> Room:
        """A second FCU instance, judged together with this one."""
        room = Room(self.base / name)
        self.others.append(room)
        return room


@dataclass(frozen=True)
class Case:
    """One keystore (or several) and the verdict that follows from the rule catalogue."""

    name: str
    topic: str
    why: str
    errors: frozenset[str]
    either: tuple[frozenset[str], ...]
    warnings: frozenset[str]
    notices: frozenset[str]
    never: frozenset[str]
    lay_out: Callable[[Room], None]

    @property
    def id(self) -> str:
        """topic.name, which is also the folder that it is written to."""
        return f"{self.topic}.{self.name}"

    @property
    def allowed(self) -> tuple[frozenset[str], ...]:
        """Every set of error codes that the catalogue allows, the best reading first."""
        return (self.errors, *self.either)

    def make(self, base: Path) -> Room:
        """Lays the case out below an empty folder."""
        room = Room(base)
        self.lay_out(room)
        return room


_CASES: dict[str, Case] = {}


def case(
    errors: Collection[str] = (),
    *,
    either: Collection[Collection[str]] = (),
    warnings: Collection[str] = (),
    notices: Collection[str] = (),
    never: Collection[str] = (),
) -> Callable[[Callable[[Room], None]], Callable[[Room], None]]:
    """Registers a case.

    `errors` is the exact set of error codes. `either` holds other sets where the catalogue really leaves the choice;
    the docstring says why.
    `warnings` and `notices` must be among those reported, whatever else is; `never` must not be reported at all.
    """

    def register(lay_out: Callable[[Room], None]) -> Callable[[Room], None]:
        topic = lay_out.__module__.rsplit(".", 1)[1].removeprefix("keystores_")
        made = Case(
            name=lay_out.__name__,
            topic=topic,
            why=" ".join((lay_out.__doc__ or "").split()),
            errors=frozenset(errors),
            either=tuple(map(frozenset, either)),
            warnings=frozenset(warnings),
            notices=frozenset(notices),
            never=frozenset(never),
            lay_out=lay_out,
        )
        if made.id in _CASES:
            raise ValueError(f"two cases are called {made.id}")
        if not made.why:
            raise ValueError(f"{made.id} does not say why its verdict is right")
        _CASES[made.id] = made
        return lay_out

    return register


def all_cases() -> list[Case]:
    """Every case of the keystores."""
    return _cases_of(TOPICS, "keystores_")


def floor_cases() -> list[Case]:
    """Every case of devices, uploads, lots and pairs of FCU instances."""
    return _cases_of(FLOOR_TOPICS, "")


def _cases_of(topics: tuple[str, ...], prefix: str) -> list[Case]:
    for topic in topics:
        import_module(f".{prefix}{topic}", __package__)
    return [made for made in _CASES.values() if made.topic in topics]


AUTHORITY_KEYS = {
    "CN": "common-name",
    "O": "organization-name",
    "OU": "organizational-unit-name",
    "L": "locality-name",
    "ST": "state-or-province-name",
    "C": "country-name",
}
BOOTSTRAP = "coaps://bootstrap.us-east-1.mbedcloud.com:5684?aid=0158d4a3b2c10242ac11000400000000"


def settings(
    extra: str = "",
    *,
    intermediate: object = "false",
    depth: object = None,
    authority: Mapping[str, str] | None = None,
) -> str:
    """The text of a production fcu.yml; `extra` lines follow, and a depth of None is not written."""
    rows = [
        f"setup-ca-as-intermediate: {intermediate}",
        "use-bootstrap: true",
        "first-to-claim: false",
        f"bootstrap-server-uri: {BOOTSTRAP}",
        "time-sync: true",
        "verify-on-device: true",
        "device-info:",
        "  timezone: UTC",
        "device-key-generation-mode: by_tool",
        "entropy-generation-mode: by_device",
    ]
    if depth is not None:
        rows.append(f"device-certificate-chain-depth: {depth}")
    if authority is not None:
        rows += ["certificate-authority:", *(f"  {AUTHORITY_KEYS[k]}: {v}" for k, v in authority.items())]
    return "\n".join(rows) + "\n" + extra


def intermediate(room: Room, size: int = 3, depth: object = 2) -> list[Cert]:
    """FCU set up as an intermediate by its own setup command, all done: key, request, signed chain, fcu.yml."""
    chain = line(size)
    room.keystore_of(chain)
    room.request(Request(chain[0].key))
    room.config(settings(intermediate="true", depth=depth, authority=FCU_NAME))
    return chain


def stranger(number: int = 0) -> Key:
    """A key that belongs to nothing else in the case."""
    return key(f"stranger {number}")
