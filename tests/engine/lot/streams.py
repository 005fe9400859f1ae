"""Devices to send down both ways: good ones, and ones that differ from them in one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from independent_corpus import der
from independent_corpus.cases import Room, settings
from independent_corpus.floor import ACCOUNT, enrollment, lamp, lwm2m_settings, pem
from independent_corpus.keys import Key, key, published
from independent_corpus.keystores_key import RFC_6979_A_2_5
from independent_corpus.maker import (
    DAY,
    FCU_NAME,
    NOW,
    Cert,
    attribute,
    directory,
    extension,
    line,
    name,
    name_constraints,
)

from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_field import WHAT_ALL_SHARE
from fcu_conform.artefacts.device_key import DeviceKey, read_key_file
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.engine.lot.chunk_judge import ChunkJudge, ChunkResult
from fcu_conform.engine.lot.duplicates import ENTRY
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import OVER_DEVICES, Rule

CHAIN = line(3)
OLD = [replace(cert, not_before=NOW - 8000 * DAY) for cert in CHAIN]
"""The same twenty years old."""
SEVENTIES = datetime(1975, 1, 1, tzinfo=timezone.utc)
FROM_1968 = [replace(cert, not_before=datetime(1968, 1, 1, tzinfo=timezone.utc)) for cert in CHAIN]
"""The same of a clock that was set in the nineteen-seventies."""
CONSTRAINED = [*CHAIN[:2], replace(CHAIN[2], more=(name_constraints(excluded=directory(name(CN="lamp-00002"))),))]
"""The same with a root that excludes one device by its name."""
SERIAL = 0x51 << 136
LENGTH = 491


def rules() -> list[Rule]:
    """All rules over devices that are not about bundles: those never take the fast path."""
    return [rule for rule in CATALOGUE if rule.scope in OVER_DEVICES and rule.family != "BDL"]


def setup_in(folder: Path, stream: str = "") -> Setup:
    """A good FCU of depth 2; of depth 1 where what devices carry of it would be an error of theirs."""
    room = Room(folder)
    is_early = stream == "before 1970"
    room.keystore_of({"old": OLD, "constrained": CONSTRAINED, "before 1970": FROM_1968}.get(stream, CHAIN))
    room.config(lwm2m_settings(2) if stream == "lwm2m" else settings(depth=1 if is_early else 2))
    (setup,) = read_setups([room.keystore], at=SEVENTIES if is_early else NOW)
    return setup


@dataclass(frozen=True)
class Lot:
    """Device files as a lot of chunks."""

    content: tuple[DeviceFile, ...]
    size: int = 7

    def chunks(self) -> Iterator[Chunk]:
        for start in range(0, len(self.content), self.size):
            yield FilesChunk(self.content[start : start + self.size])


def made(number: int, cert: Cert | None = None, data: bytes | None = None, **more: object) -> DeviceFile:
    """The file of a device called lamp-NUMBER."""
    cn = f"lamp-{number:05}"
    cert = cert or same_template(number)
    file = DeviceFile(f"{cn}.pem", Kind.PEM, pem(cert, CHAIN[0]).encode() if data is None else data)
    file.endpoint_names = (cn,)
    file.identity = cn
    for field, value in more.items():
        setattr(file, field, value)
    return file


def private(holder: Key, number: int) -> DeviceKey:
    """A key file beside a device."""
    return read_key_file(f"lamp-{number:05}.key.pem", holder.sec1().encode())


def fitting(make: Callable[[int], Cert], length: int = LENGTH) -> Cert:
    """The first of some certificates that has the lengths of all others here: signatures are of 70 to 72 octets."""
    for salt in range(200):
        cert = make(salt)
        if len(cert.der) == length and cert.der[13:15] == b"\x02\x12":
            return cert
    raise ValueError("no certificate of these lengths")


def same_template(number: int, cn: str = "", **changes: object) -> Cert:
    """The certificate of lamp-NUMBER with these changes, of the same lengths as that of all others."""
    cn = cn or f"lamp-{number:05}"
    salted = "serial" if "key" in changes or "spki" in changes else "key"

    def make(salt: int) -> Cert:
        own = {"serial": SERIAL + 1000 * number + salt} if salted == "serial" else {"key": key_of(number, salt)}
        return lamp(CHAIN[0], cn, **{"serial": SERIAL + number, **own, **changes})

    return fitting(make)


def key_of(number: int, salt: int) -> Key:
    """One of the keys that lamp-NUMBER may have."""
    return key(f"device {number} {salt}")


def variations() -> Iterator[DeviceFile]:
    """Good devices, and devices that differ from them in a part that is a device's own, of the same lengths all."""
    for number in (0, 1):
        yield made(number)
    yield made(2, same_template(2, "lamp-99999"))  # the name
    yield made(3, same_template(3, "lamp_00003"), endpoint_names=("lamp_00003",))
    yield made(4, same_template(4, serial=-(1 << 142) - 5))
    yield made(5, same_template(5, not_before=NOW + DAY, not_after=NOW + 7302 * DAY))
    yield made(6, same_template(6, not_before=NOW - 400 * DAY, not_after=NOW + 6901 * DAY))  # older than FCU
    yield made(7, same_template(7, not_after=NOW - DAY, not_before=NOW - 2 * DAY))
    yield made(8, same_template(8, not_after=NOW + 7200 * DAY))  # drift
    yield made(9, same_template(9, not_before=b"\x17\x0d261399000000Z"))
    yield made(10, same_template(10, key=CHAIN[0].key))
    yield made(11, same_template(11, spki=key("off the curve").spki[:-1] + b"\x00"))
    yield made(12, same_template(12, signer=key("stranger")))
    yield made(13, lamp(CHAIN[0], "lamp-00013", issuer_name=CHAIN[1].subject))
    yield made(14, data=pem(same_template(14), CHAIN[1]).encode())
    yield made(15, data=pem(same_template(15)).encode())
    yield made(16, data=pem(CHAIN[0], CHAIN[0]).encode())
    yield made(17, data=b"")
    yield made(18, same_template(18, key=published(RFC_6979_A_2_5)))
    yield made(19, same_template(19, key=published(1)))
    for number in (21, 22):
        good = same_template(number)
        yield made(number, good, enrollment_id=enrollment(good))
    yield made(23, enrollment_id=enrollment(good))
    for number in (24, 25):
        cert = same_template(number)
        yield made(number, cert, key=private(cert.key, number))
    yield made(26, key=private(cert.key, 26))
    yield made(27, key=private(CHAIN[0].key, 27))
    yield made(28, key=DeviceKey("lamp-00028.key.pem", trouble="is encrypted"))
    yield made(29)
    guessed = published(int.from_bytes(b"\xde\xad\xbe\xef" * 8, "big"))  # which its private half alone tells
    yield made(31, same_template(31, key=guessed), key=private(guessed, 31))
    yield made(32, same_template(32, serial=der.tlv(2, b"\0" + ((0x51 << 128) + 32).to_bytes(17, "big"))))
    yield made(33, same_template(33, serial=der.tlv(2, b"\xff\x91" + bytes(16))))
    yield made(34, same_template(34, subject=der.seq(der.set_of(attribute("CN", der.tlv(12, b"lamp-0003\xff"))))))
    # no seconds, which makes room for a year of four digits
    short, long = der.tlv(23, b"2611220000Z"), der.tlv(24, b"20461118000000Z")
    yield made(35, same_template(35, not_before=short, not_after=long))
    yield made(30, serial_of(1))


def serial_of(number: int) -> Cert:
    """The certificate of lamp-00030 with the serial number of another device."""
    return same_template(30, serial=SERIAL + number)


def ten_years() -> Iterator[DeviceFile]:
    """A little more than ten years, and exactly ten."""
    for number, days in enumerate((3652, 3652, 3650, 3652)):
        yield made(number, same_template(number, not_before=NOW - DAY, not_after=NOW + (days - 1) * DAY))


def old() -> Iterator[DeviceFile]:
    """Devices of an FCU that is twenty years old, one of which has expired."""
    for number, start in enumerate((100, 200, 7000, 300)):
        cert = same_template(number, not_before=NOW - start * DAY, not_after=NOW - (start - 5000) * DAY)
        yield made(number, data=pem(cert, OLD[0]).encode())


def before_1970() -> Iterator[DeviceFile]:
    """Devices judged in 1975, one of which begins in 1969."""
    for number, start in enumerate((100, 200, 2100, 300)):
        begin = SEVENTIES - start * DAY
        yield made(number, data=same_template(number, not_before=begin, not_after=begin + 3700 * DAY).pem.encode())


def named_like_fcu() -> Iterator[DeviceFile]:
    """Devices whose subject is FCU's but for the CN, and one with that too."""
    for number, cn in enumerate(("lamp-00000", "lamp-00001", FCU_NAME["CN"], "lamp-00003")):
        cert = lamp(CHAIN[0], cn, subject=name(**{**FCU_NAME, "CN": cn}), serial=SERIAL + number)
        cert = fitting(partial(_with_key, cert, number), 601)
        yield made(number, cert, endpoint_names=(cn,))


def _with_key(cert: Cert, number: int, salt: int) -> Cert:
    return replace(cert, key=key_of(number, salt))


def of_account() -> Iterator[DeviceFile]:
    """Devices of an LwM2M setup: the OU counts."""
    for number, unit in enumerate((ACCOUNT, ACCOUNT, ACCOUNT[:-1] + "1", ACCOUNT)):
        cn = f"lamp-{number:05}"
        yield made(number, lamp(CHAIN[0], cn, subject=name(CN=cn, OU=unit)))


def named_twice() -> Iterator[DeviceFile]:
    """Devices with alternative names, one of which is no text and one of which has a NUL."""
    for number, host in enumerate((b"lamp-0.example", b"lamp-1.example", b"lamp-\xff.example", b"lamp-\0.example")):
        names = extension("2.5.29.17", der.seq(der.implicit(2, host)))
        yield made(number, fitting(partial(_named_twice, number, names), 518))


def _named_twice(number: int, names: bytes, salt: int) -> Cert:
    return lamp(CHAIN[0], f"lamp-{number:05}", serial=SERIAL + number, key=key_of(number, salt), more=(names,))


def numbered() -> Iterator[DeviceFile]:
    """Devices with a serial number in their names, one of which has a letter that its string type does not have."""
    for number, written in enumerate(("A-00", "A-01", "A_02", "A-03")):
        subject = name(CN=f"lamp-{number:05}", serialNumber=written)
        yield made(number, fitting(partial(_numbered, number, subject), 506))


def _numbered(number: int, subject: bytes, salt: int) -> Cert:
    return lamp(CHAIN[0], subject=subject, serial=SERIAL + number, key=key_of(number, salt))


def constrained() -> Iterator[DeviceFile]:
    """Devices under a root that does not admit one of them."""
    return map(made, range(4))


STREAMS: dict[str, Callable[[], Iterator[DeviceFile]]] = {
    "variations": variations,
    "ten years": ten_years,
    "old": old,
    "before 1970": before_1970,
    "named like FCU": named_like_fcu,
    "lwm2m": of_account,
    "named twice": named_twice,
    "numbered": numbered,
    "constrained": constrained,
}
"""By the setup they are judged by, see `setup_in`."""


def judge(files: Sequence[DeviceFile], setup: Setup, *, fast_path: bool, judges: Sequence[Rule] = ()) -> ChunkResult:
    """What one chunk of these devices shows, down the fast path or the full path alone."""
    result = ChunkJudge(judges or rules(), setup.ca, sample=5, fast_path=fast_path).judge(files)
    # In which order a chunk's digests were written down means nothing.
    result.marks = {code: b"".join(sorted(_entries(marks))) for code, marks in result.marks.items()}
    return result


def _entries(marks: bytes) -> list[bytes]:
    return [marks[start : start + ENTRY.size] for start in range(0, len(marks), ENTRY.size)]


def without(code: str) -> list[Rule]:
    """All rules, one of which does not say what it looks at."""
    return [replace(rule, looks_at=WHAT_ALL_SHARE) if rule.code == code else rule for rule in rules()]
