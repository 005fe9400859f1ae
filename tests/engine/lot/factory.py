"""A lot of thousands of devices, made in a second by cryptography's own builder, with defects where asked for."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
AT = "2026-11-23T00:00:00Z"
DAY = timedelta(days=1)


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(cn: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


@dataclass
class Factory:
    """An FCU of three certificates at depth 2, and its devices: PEM text by endpoint name."""

    count: int
    defects: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = [_key() for _ in range(3)]
        names = [_name(cn) for cn in ("Lamp FCU", "Lamp CA", "Lamp Root")]
        self.chain = [self._ca(place, names) for place in range(3)]
        self.device_keys: dict[int, ec.EllipticCurvePrivateKey] = {}

    def _ca(self, place: int, names: list[x509.Name]) -> x509.Certificate:
        issuer = min(place + 1, 2)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        public = self.keys[place].public_key()
        builder = x509.CertificateBuilder(names[issuer], names[place], public, x509.random_serial_number())
        builder = builder.not_valid_before(NOW - (300 + place) * DAY).not_valid_after(NOW + (12800 + place) * DAY)
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.keys[issuer].public_key())
        return builder.add_extension(authority, critical=False).sign(self.keys[issuer], hashes.SHA256())

    def _device(self, number: int) -> str:
        defect = self.defects.get(number, "")
        cn = f"lamp-{number if defect != 'name' else number + 500000:06}"
        key = self._last_key if defect == "same key" else _key()
        self._last_key = self.device_keys[number] = key
        serial = self._last_serial if defect == "same serial" else x509.random_serial_number()
        self._last_serial = serial
        start = NOW - DAY - timedelta(seconds=number)
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if defect == "purpose" else ExtendedKeyUsageOID.CLIENT_AUTH
        usage = x509.KeyUsage(True, False, False, False, False, defect == "ca", False, False, False)
        builder = x509.CertificateBuilder(self.chain[0].subject, _name(cn), key.public_key(), serial)
        builder = builder.not_valid_before(start).not_valid_after(start + 7300 * DAY)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        signer = _key() if defect == "signature" else self.keys[0]
        pem = builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        if defect == "cut":
            return pem[:-200]
        return pem if defect == "depth" else pem + self._tail

    @cached_property
    def _tail(self) -> str:
        return self.chain[0].public_bytes(Encoding.PEM).decode()

    @cached_property
    def devices(self) -> dict[str, str]:
        """PEM text by endpoint name, in order."""
        return {f"lamp-{number:06}": self._device(number) for number in range(self.count)}

    def write_keystore(self, folder: Path) -> Path:
        """Writes keystore, fcu.yml and upload; gives the keystore's folder."""
        keystore = folder / "keystore"
        keystore.mkdir(parents=True, mode=0o700)
        pems = [certificate.public_bytes(Encoding.PEM) for certificate in self.chain]
        (keystore / "fcu.crt").write_bytes(b"".join(pems))
        secret = sec1(self.keys[0])
        (keystore / "fcu_private_key.pem").touch(0o600)
        (keystore / "fcu_private_key.pem").write_bytes(secret)
        (folder / "fcu.yml").write_text("use-bootstrap: true\ndevice-certificate-chain-depth: 2\n")
        (folder / "upload.pem").write_bytes(b"".join(pems[1:]))
        return keystore

    def write_folder(self, folder: Path) -> Path:
        """Writes the devices, a hundred in a subfolder."""
        for number, (name, text) in enumerate(self.devices.items()):
            place = folder / f"{number // 100:04}" / f"{name}.pem"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return folder

    def rows(self) -> list[dict[str, object]]:
        """The devices as rows of a table."""
        return [{"endpoint_name": name, "chain": text} for name, text in self.devices.items()]

    def write_lines(self, path: Path) -> Path:
        """Writes the devices as JSON Lines, packed where the name says so."""
        data = b"".join(json.dumps(row).encode() + b"\n" for row in self.rows())
        path.write_bytes(gzip.compress(data, 1) if path.suffix == ".gz" else data)
        return path


def sec1(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def ders(pem: str) -> list[bytes]:
    """The certificates of PEM text as DER; of one that was cut as much as there is."""
    bodies = ["".join(body.split("-----END")[0].split()) for body in pem.split("-----BEGIN CERTIFICATE-----")[1:]]
    return [base64.b64decode(body[: len(body) // 4 * 4]) for body in bodies]
