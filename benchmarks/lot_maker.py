"""Makes lots to measure with: one certificate by cryptography's builder, the others by putting other bytes into it.

It shares no code with the reference CA nor with the suite, and makes a device in little more than the time that its key
and its signature take.

    python benchmarks/lot_maker.py FOLDER COUNT [--form folder|jsonl|parquet|tar.gz|zip]
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import secrets
import tarfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha1
from itertools import islice
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
AT = "2026-11-23T00:00:00Z"
DAY = timedelta(days=1)
IN_SUBFOLDER = 1000

_CURVE = ec.SECP256R1()
_ECDSA = ec.ECDSA(hashes.SHA256())
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


class Line:
    """An FCU of three certificates; devices carry the first of them."""

    def __init__(self) -> None:
        self.keys = [ec.generate_private_key(_CURVE) for _ in range(3)]
        names = [self._name(cn) for cn in ("Bench FCU", "Bench CA", "Bench root")]
        self.chain = [self._certificate(place, names) for place in range(3)]
        self.tail = self.chain[0].public_bytes(Encoding.PEM).decode()
        self._learn()

    @staticmethod
    def _name(cn: str) -> x509.Name:
        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bench Lamps")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn), organization])

    def _certificate(self, place: int, names: list[x509.Name], device: str = "") -> x509.Certificate:
        signer = self.keys[0] if device else self.keys[min(place + 1, 2)]
        issuer = names[0] if device else names[min(place + 1, 2)]
        key = ec.generate_private_key(_CURVE) if device else self.keys[place]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)]) if device else names[place]
        public, ca = key.public_key(), not device
        builder = x509.CertificateBuilder(issuer, subject, public, secrets.randbits(158) | 1 << 158)
        start = NOW - DAY if device else NOW - (300 + place) * DAY
        end = NOW + 7300 * DAY if device else NOW + (12800 + place) * DAY
        builder = builder.not_valid_before(start).not_valid_after(end)
        usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        builder = builder.add_extension(usage, critical=True)
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        else:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        return builder.add_extension(authority, critical=False).sign(signer, hashes.SHA256())

    def _learn(self) -> None:
        """Where in a device's certificate its own parts stand."""
        first = self._certificate(0, [self.chain[0].subject], device="lamp-00000000")
        body = first.tbs_certificate_bytes
        self._body = bytearray(body)
        point = first.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        identifier = first.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        serial = first.serial_number.to_bytes(20, "big")
        self._places = [body.index(part) for part in (serial, b"lamp-00000000", point, identifier)]

    def device(self, number: int) -> tuple[str, bytes]:
        """Name and DER certificate of a device."""
        name = f"lamp-{number:08}"
        key = ec.generate_private_key(_CURVE).public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        serial = (secrets.randbits(158) | 1 << 158).to_bytes(20, "big")
        parts = (serial, name.encode(), point, sha1(point, usedforsecurity=False).digest())
        for place, part in zip(self._places, parts, strict=True):
            self._body[place : place + len(part)] = part
        body = bytes(self._body)
        signature = self.keys[0].sign(body, _ECDSA)
        content = body + _ECDSA_SHA256 + _element(0x03, b"\0" + signature)
        return name, _element(0x30, content)

    def devices(self, count: int, faulty: Collection[int] = ()) -> Iterator[tuple[str, str]]:
        """Names and PEM chains; those of the faulty numbers have a signature of which one bit is wrong."""
        for number in range(count):
            name, der = self.device(number)
            if number in faulty:
                der = der[:-1] + bytes([der[-1] ^ 1])
            text = base64.b64encode(der).decode()
            rows = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
            yield name, f"-----BEGIN CERTIFICATE-----\n{rows}\n-----END CERTIFICATE-----\n{self.tail}"

    def write(self, folder: Path, count: int, form: str = "folder", faulty: Collection[int] = ()) -> Path:
        """Writes keystore, fcu.yml, upload and devices; gives the path of the devices."""
        self.write_keystore(folder)
        return WRITERS[form](folder, self.devices(count, faulty))

    def write_keystore(self, folder: Path) -> None:
        """Writes keystore, fcu.yml and upload."""
        keystore = folder / "keystore"
        keystore.mkdir(parents=True, mode=0o700)
        pems = [certificate.public_bytes(Encoding.PEM) for certificate in self.chain]
        (keystore / "fcu.crt").write_bytes(b"".join(pems))
        (keystore / "fcu_private_key.pem").touch(0o600)
        secret = self.keys[0].private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (keystore / "fcu_private_key.pem").write_bytes(secret)
        (folder / "fcu.yml").write_text("use-bootstrap: true\ndevice-certificate-chain-depth: 2\n")
        (folder / "upload.pem").write_bytes(b"".join(pems[1:]))


Devices = Iterable[tuple[str, str]]


def _write_folder(folder: Path, devices: Devices) -> Path:
    path = folder / "devices"
    for number, (name, text) in enumerate(devices):
        below = path / f"{number // IN_SUBFOLDER:05}"
        if number % IN_SUBFOLDER == 0:
            below.mkdir(parents=True)
        (below / f"{name}.pem").write_text(text)
    return path


def _write_lines(folder: Path, devices: Devices) -> Path:
    path = folder / "lot.jsonl"
    with path.open("w") as file:
        for name, text in devices:
            file.write(json.dumps({"endpoint_name": name, "chain": text}) + "\n")
    return path


def _write_parquet(folder: Path, devices: Devices) -> Path:
    import pyarrow
    from pyarrow import parquet

    path = folder / "lot.parquet"
    kind = pyarrow.schema({"endpoint_name": pyarrow.string(), "chain": pyarrow.string()})
    with parquet.ParquetWriter(path, kind) as writer:
        rows = iter(devices)
        while some := list(islice(rows, IN_SUBFOLDER)):
            names, texts = zip(*some, strict=True)
            writer.write_table(pyarrow.table({"endpoint_name": names, "chain": texts}, kind))
    return path


def _write_tar(folder: Path, devices: Devices) -> Path:
    path = folder / "lot.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for name, text in devices:
            entry = tarfile.TarInfo(f"{name}.pem")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def _write_zip(folder: Path, devices: Devices) -> Path:
    path = folder / "lot.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in devices:
            archive.writestr(f"{name}.pem", text)
    return path


WRITERS: dict[str, Callable[[Path, Devices], Path]] = {
    "folder": _write_folder,
    "jsonl": _write_lines,
    "parquet": _write_parquet,
    "tar.gz": _write_tar,
    "zip": _write_zip,
}
"""How a lot is given, and what writes it so below a folder."""


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = (
        bytes([size])
        if size < 0x80
        else (b"\x81" if size < 0x100 else b"\x82") + size.to_bytes(1 if size < 0x100 else 2, "big")
    )
    return bytes([tag]) + octets + content


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--form", choices=tuple(WRITERS), default="folder")
    given = parser.parse_args()
    print(Line().write(given.folder, given.count, given.form))
