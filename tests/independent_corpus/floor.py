"""The factory floor: devices that FCU signed, in every form of handing them over, and what goes to the portal."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from .cases import BOOTSTRAP, Room, settings
from .keys import Key, key
from .maker import DAY, DIGITAL_SIGNATURE, NOW, Cert, extension, key_usage, line, name

#: The healthy device that stands beside the odd one, and the odd one.
GOOD, ODD = "lamp-0001", "lamp-0002"
ACCOUNT = "0158d4a3b2c10242ac11000400000000"
#: An extension that nobody knows, of the maker's own arc.
UNKNOWN = "1.3.6.1.4.1.55555.7"


def lamp(issuer: Cert, cn: str = ODD, /, **changes: Any) -> Cert:
    """A device certificate as FCU makes it for 20 years, unless a field says otherwise."""
    fields: dict[str, Any] = {
        "subject": name(CN=cn),
        "key": key(f"device {cn}"),
        "issuer": issuer,
        "not_before": NOW - DAY,
        "not_after": NOW + 7300 * DAY,
        "constraints": None,
        "usage": key_usage(DIGITAL_SIGNATURE),
    }
    return Cert(**{**fields, **changes})


def pem(*parts: Cert | str) -> str:
    """The parts one after the other as PEM text."""
    return "".join(part if isinstance(part, str) else part.pem for part in parts)


def plant(room: Room, size: int = 3, depth: int | None = 2, **changes: Mapping[str, Any]) -> list[Cert]:
    """A good FCU with a chain of this size; `changes` are those of `line`. Without a depth there is no fcu.yml."""
    chain = line(size, **changes)
    room.keystore_of(chain)
    if depth is not None:
        room.config(settings(depth=depth))
    return chain


def lwm2m_settings(depth: int | None, aid: str = ACCOUNT) -> str:
    """fcu.yml of an FCU whose devices go to the LwM2M server without a bootstrap."""
    text = settings(f"lwm2m-server-uri: coaps://lwm2m.example:5684?aid={aid}\n", depth=depth)
    return text.replace("use-bootstrap: true", "use-bootstrap: false").replace(
        f"bootstrap-server-uri: {BOOTSTRAP}\n", ""
    )


def output(room: Room, path: str, content: bytes | str | Cert) -> Path:
    """Writes a file of the device output, and hands the output folder over."""
    data = content.pem if isinstance(content, Cert) else content
    target = room.put(f"../../out/{path}", data)
    folder = room.base / "out"
    if folder not in room.devices:
        room.devices.append(folder)
    return target


def device(room: Room, cn: str, *parts: Cert | str, guilty: bool = False) -> None:
    """Writes CN.pem into the device output."""
    output(room, f"{cn}.pem", pem(*parts))
    if guilty:
        room.guilty.add(f"{cn}.pem")


def healthy(room: Room, chain: list[Cert], depth: int = 2, cn: str = GOOD) -> Cert:
    """A device without any fault."""
    made = lamp(chain[0], cn)
    device(room, cn, made, *chain[: depth - 1])
    return made


def odd(room: Room, size: int = 3, depth: int = 2, cn: str = ODD, **changes: Any) -> None:
    """A healthy device, and beside it one whose own certificate has these changes."""
    chain = plant(room, size, depth)
    healthy(room, chain, depth)
    device(room, cn, lamp(chain[0], cn, **changes), *chain[: depth - 1], guilty=True)


def only(room: Room, size: int = 3, depth: int = 2, cn: str = ODD, **changes: Any) -> None:
    """One conformant device whose certificate has these changes."""
    chain = plant(room, size, depth)
    device(room, cn, lamp(chain[0], cn, **changes), *chain[: depth - 1])


def key_beside(
    room: Room, path: str, holder: Key, content: bytes | str | None = None, of: tuple[str, str] | None = None
) -> None:
    """Writes a device's private key, SEC1 PEM unless there is another form; `of` is the device's file and name."""
    room.secrets.append(holder)
    endpoint, beside, _ = path.partition(".key.")
    if of or beside:
        room.keys_of[path] = of or (f"{endpoint}.pem", endpoint)
    output(room, path, holder.sec1() if content is None else content)


def upload(room: Room, *parts: Cert | str | bytes, file: str = "portal.pem") -> Path:
    """Writes what was, or will be, uploaded."""
    data = b"".join(p.pem.encode() if isinstance(p, Cert) else p.encode() if isinstance(p, str) else p for p in parts)
    target = room.put(f"../../{file}", data)
    room.uploads.append(target)
    return target


def enrollment(cert: Cert, upper: bool = True) -> str:
    """The enrollment identity: A- and the SHA-256 fingerprint with colons."""
    text = sha256(cert.der).digest().hex(":")
    return "A-" + (text.upper() if upper else text)


def manifest(room: Room, *rows: str, head: str = "endpoint_name,file,enrollment_id,key_file") -> None:
    """Writes devices.csv."""
    output(room, "devices.csv", "\n".join([head, *rows, ""]))


def sized(cert: Cert, size: int) -> Cert:
    """The certificate grown to exactly this many octets of DER by a padded extension that is not critical."""
    for salt in range(64):
        start = max(size - len(cert.der) - 40, 0)
        for pad in range(start, start + 45):
            grown = replace(cert, more=(*cert.more, extension(UNKNOWN, bytes([salt]) * pad)))
            if len(grown.der) == size:
                return grown
    raise ValueError(f"no certificate of {size} octets")


def tarred(room: Room, members: Iterable[tuple[str, bytes | str]], file: str = "lot.tar") -> Path:
    """Hands over a tar archive; the ending chooses the compression."""
    mode = "w:gz" if file.endswith(("gz",)) else "w"
    target = room.base / file
    with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
        for path, content in members:
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), int(NOW.timestamp())
            archive.addfile(info, io.BytesIO(data))
    room.devices.append(target)
    return target


def zipped(room: Room, members: Iterable[tuple[str, bytes | str]], file: str = "lot.zip") -> Path:
    """Hands over a zip archive."""
    target = room.base / file
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members:
            archive.writestr(zipfile.ZipInfo(path, (2026, 11, 23, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    room.devices.append(target)
    return target
