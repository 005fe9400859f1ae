"""A sound factory setup with every kind of file that the suite reads, made once and copied for each trap."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reference_ca.console import cli

AT = "2026-06-01T00:00:00Z"
"""The instant at which everything is judged; the setup was made half a year before."""

KEY, CRT, CSR = "keystore/fcu_private_key.pem", "keystore/fcu.crt", "keystore/fcu_csr.pem"
CONFIG, UPLOAD, DEVICES = "config/fcu.yml", "upload.pem", "out"


@dataclass(frozen=True)
class Factory:
    """A folder with keystore, configuration, upload and the output for two devices."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def keystore(self) -> Path:
        """The keystore that is judged."""
        return self.folder / "keystore"

    def copy_to(self, folder: Path) -> Factory:
        """Another one like it, to be broken."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, symlinks=True)
        return Factory(folder)

    def put(self, name: str, data: bytes, mode: int = 0o600) -> Path:
        """Writes a file in place of whatever is there."""
        path = self.clear(name)
        path.write_bytes(data)
        path.chmod(mode)
        return path

    def clear(self, name: str) -> Path:
        """Makes room at a place; the folders above it are there afterwards."""
        path = self.folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def secrets(self) -> Iterable[bytes]:
        """The private scalars of FCU and of every device, 32 octets each."""
        for path in (self / KEY, *sorted((self / DEVICES).rglob("*.key.pem"))):
            key = load_pem_private_key(path.read_bytes(), None)
            assert isinstance(key, EllipticCurvePrivateKey)
            yield key.private_numbers().private_value.to_bytes(32, "big")


def make_factory(folder: Path) -> Factory:
    """The setup: three certificates, depth 2, two devices with keys and a manifest; the same bytes each time."""
    made = ["--seed", "hostile", "--at", "2026-01-01T00:00:00Z"]

    def reference_ca(*arguments: str) -> None:
        cli.main(list(arguments), prog_name="reference-ca", standalone_mode=False)

    keystore = str(folder / "keystore")
    reference_ca("keystore", str(folder), "--length", "3", "--name", "FCU line 1", *made)
    reference_ca("devices", "--keystore", keystore, "--count", "2", "-o", str(folder / DEVICES), *made)
    reference_ca("upload", "--keystore", keystore, "-o", str(folder / UPLOAD))
    (folder / "upload.toml").write_text('name = "FCU line 1"\nservice = "bootstrap"\n')
    return Factory(folder)
