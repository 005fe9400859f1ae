"""Gathers P-256 keys whose private half is published, for the list that the rules know them by.

    python -m repository.published_keys "OpenSSL 3.0=openssl-3.0.tar.gz" …    from tests/

Each argument names a source and gives the archive or folder to look into, archives within it too. What is found is
added to the list: the SHA-256 of the SubjectPublicKeyInfo, and where the private key stands. A private key is known by
what it is: the scalar of an ECPrivateKey (RFC 5915) in PEM, DER, text or an array of C, or a scalar in hex or base64,
whose curve or public point stands beside it. No private key is kept; what weak_keys.json has is left to that.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import lzma
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RULES = Path(__file__).resolve().parents[2] / "fcu_conform" / "rules" / "support"
PUBLISHED = RULES / "published_keys.json"
WEAK = RULES / "weak_keys.json"

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SMALL = 256
"""So many multiples of the generator are listed, and as many of its negative."""
LARGEST = 8 << 20
"""Octets of a file that is looked into."""
LONGEST = 100
"""Characters that say where a key stands."""

_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
)
_CURVE = bytes.fromhex("06082a8648ce3d030107")
_CUE = re.compile(rb"PRIVATE KEY|\x02\x01\x01\x04\x20|p-?256|secp256r1|prime256v1|2a8648ce3d030107|02010104", re.I)
_PEM = re.compile(rb"-----BEGIN (?:EC )?PRIVATE KEY-----(.{40,2000}?)-----END (?:EC )?PRIVATE KEY-----", re.S)
_BASE64 = re.compile(rb'(?<![A-Za-z0-9+/])M[CGHIE][A-Za-z0-9+/\s\\n"]{60,400}={0,2}')
_ARRAY = re.compile(rb"(?:0[xX][0-9a-fA-F]{1,2}[uU]?\s*,\s*){31,}0[xX][0-9a-fA-F]{1,2}")
_ESCAPED = re.compile(rb"(?:\\x[0-9a-fA-F]{2}){32,}")
_COLONS = re.compile(rb"(?:[0-9a-fA-F]{2}[:\s]\s*){31,}[0-9a-fA-F]{2}")
_HEX = re.compile(rb"(?<![0-9a-zA-Z])(?:0[xX])?([0-9a-fA-F]{62,})(?![0-9a-zA-Z])")
_SCALAR = re.compile(rb"\x02\x01\x01\x04\x20(.{32})", re.S)
_JWK = re.compile(rb'"(d|x)"\s*:\s*"([A-Za-z0-9_-]{43})"')
_WYCHEPROOF_CURVE = re.compile(rb'"curve"\s*:\s*"([^"]+)"')
_WYCHEPROOF = re.compile(rb'"private"\s*:\s*"([0-9a-f]{64,66})"')


def files(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, archives within it too, by their paths; or the file itself."""
    try:
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as zipped:
                for info in zipped.infolist():
                    if not info.is_dir() and info.file_size <= LARGEST:
                        yield from files(f"{name}/{info.filename}", zipped.read(info))
            return
        if re.search(r"\.(tar|tar\.\w+|tgz)$", name):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive:
                    stream = archive.extractfile(member) if member.isfile() and member.size <= LARGEST else None
                    if stream is not None:
                        yield from files(f"{name}/{member.name}", stream.read())
            return
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,
        lzma.LZMAError,
        zlib.error,
    ):
        return  # an archive that is itself material of tests
    if len(data) <= LARGEST:
        yield name, data


def below(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a source: its path, without the archive's own folder, and its bytes."""
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file() and not one.is_symlink():
                yield from files(one.relative_to(path).as_posix(), one.read_bytes())
        return
    for name, data in files(path.name, path.read_bytes()):
        yield re.sub(r"^[^/]+/(package/|[^/]*\d[^/]*/)?", "", name), data


def writings(data: bytes) -> Iterator[bytes]:
    """The bytes of a file as they are, and those in it that are written in base64 or hex."""
    yield data
    text = re.sub(rb"\\[nr]|[\"']", b"", data)
    for encoded in [*(match[1] for match in _PEM.finditer(text)), *(match[0] for match in _BASE64.finditer(data))]:
        body = re.sub(rb"[^A-Za-z0-9+/]", b"", encoded.replace(b"\\n", b""))
        yield base64.b64decode(body[: len(body) // 4 * 4])
    joined = re.sub(rb'"\s*"', b"", data)
    for pattern, digits in ((_ARRAY, rb"0[xX]([0-9a-fA-F]{1,2})"), (_ESCAPED, rb"\\x(..)")):
        for match in pattern.finditer(joined):
            yield bytes(int(digit, 16) for digit in re.findall(digits, match[0]))
    for match in _COLONS.finditer(data):
        yield bytes.fromhex(re.sub(rb"[^0-9a-fA-F]", b"", match[0]).decode())
    for match in _HEX.finditer(joined):
        digits = match[1].decode()
        yield bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)


def scalars(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What may be private keys in a file, each with where its point has to stand; nothing there: its curve is known."""
    everything = list(writings(data))
    numbers = [(match[1], base64.urlsafe_b64decode(match[2] + b"=")) for match in _JWK.finditer(data)]
    whole = b"\n".join([*everything, *(number for kind, number in numbers if kind == b"x")])
    for written in everything:
        for match in _SCALAR.finditer(written):
            beside = written[max(0, match.start() - 48) : match.end() + 96]
            yield match[1], b"" if _CURVE in beside else whole
        if 31 <= len(written) <= 33:
            yield written, whole
    yield from ((number, whole) for kind, number in numbers if kind == b"d")
    if set(_WYCHEPROOF_CURVE.findall(data)) == {b"secp256r1"}:
        yield from ((bytes.fromhex(match.decode()), b"") for match in _WYCHEPROOF.findall(data))


def public_keys(data: bytes) -> Iterator[str]:
    """The digest of every P-256 key whose private half stands in a file."""
    if not _CUE.search(data):
        return
    seen: set[int] = set()
    for scalar, where in scalars(data):
        number = int.from_bytes(scalar, "big")
        if number in seen or not 0 < number < ORDER:
            continue
        seen.add(number)
        key = ec.derive_private_key(number, ec.SECP256R1())
        x = key.public_key().public_numbers().x
        if not where or x.to_bytes(32, "big") in where or x.to_bytes(32, "little") in where:
            yield digest(key)


def digest(key: ec.EllipticCurvePrivateKey) -> str:
    """How a key is listed: SHA-256, in hex, of its DER SubjectPublicKeyInfo."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def weak_keys() -> dict[str, str]:
    """Digest to what is wrong with it of the weak keys that can be told by their public half."""
    reasons: dict[int, str] = {}
    for number in range(1, SMALL + 1):
        reasons[number] = f"its private key is a number up to {SMALL}"
        reasons[ORDER - number] = f"its private key is up to {SMALL} below the order of the curve"
    reasons |= {1: "it is the generator of the curve", ORDER - 1: "it is the negative of the generator of the curve"}
    for octet in range(1, 255):
        reasons[int.from_bytes(bytes([octet]) * 32, "big")] = "its private key is one octet, 32 times"
    return {digest(ec.derive_private_key(number, ec.SECP256R1())): reason for number, reason in reasons.items()}


def origin(title: str, name: str) -> str:
    """Source and path, shortened from the left where it is long."""
    room = LONGEST - len(title) - 2
    while len(name) > room and "/" in name:
        name = name.split("/", 1)[1]
    return f"{title}: {name[:room]}"


def read(path: Path) -> dict[str, str]:
    """A list as digest to origin."""
    listed = json.loads(path.read_text("utf-8"))
    return {one: where for where, digests in listed.items() for one in digests}


def text_of(listed: dict[str, str]) -> str:
    """A list as its file has it: what was found where, a line for each place, all sorted."""
    places: dict[str, list[str]] = {}
    for one, where in sorted(listed.items(), key=lambda pair: (pair[1], pair[0])):
        places.setdefault(where, []).append(one)
    return "{\n" + ",\n".join(f"{json.dumps(where)}: {json.dumps(found)}" for where, found in places.items()) + "\n}\n"


def gather(title: str, path: Path, known: Collection[str]) -> dict[str, str]:
    """Digest to origin of the keys in a source that are not known; the first file that has a key names it."""
    found: dict[str, str] = {}
    for name, data in below(path):
        for one in public_keys(data):
            if one not in known:
                found.setdefault(one, origin(title, name))
    return found


def main(arguments: Sequence[str]) -> int:
    """Writes the list of weak keys, and adds what the sources have to that of published ones, one after the other."""
    weak = weak_keys()
    WEAK.write_text(text_of(weak), encoding="utf-8")
    for title, _, path in (argument.partition("=") for argument in arguments):
        published = read(PUBLISHED)
        found = gather(title, Path(path), published.keys() | weak.keys())
        PUBLISHED.write_text(text_of(published | found), encoding="utf-8")
        print(f"{title}: {len(found)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
