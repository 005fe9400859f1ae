"""Device output: PEM chains, DER certificates or CBOR bundles, as one file, a folder, a tar or a zip, with a
manifest.
"""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from reference_ca.archives import open_sink
from reference_ca.authority import Authority
from reference_ca.chain import check_depth
from reference_ca.config import Config
from reference_ca.configuration import prepare_device_configuration
from reference_ca.errors import DepthError, DeviceError, FcuCode, ReferenceCaError
from reference_ca.files import Blob, SecretBlob, must_not_exist
from reference_ca.parameters import account_id

FORMATS = ("pem", "der", "cbor")
LAYOUTS = ("flat", "tree")
MANIFEST = "devices.csv"
MANIFEST_COLUMNS = ("endpoint_name", "file", "enrollment_id", "key_file")

_FILE_NAME_OCTETS = 200  # file systems take 255, and endings come behind it


@dataclass(frozen=True)
class DeviceOutput:
    """The factory's output for one device: ``content`` is its certificate, chain or bundle, ``key``
    its private key.

    ``form`` is "pem", "der" or "cbor" and becomes the files' ending. A bundle holds the key itself, so there
    is none beside it.
    """

    endpoint_name: str
    enrollment_id: str
    form: str
    content: Blob
    key: SecretBlob | None = field(default=None, repr=False)


def issue_outputs(
    endpoint_names: Iterable[str],
    authority: Authority,
    config: Config | None = None,
    *,
    form: str = "pem",
    depth: int | None = None,
) -> Iterator[DeviceOutput]:
    """Issue one device after the other, each in the form "pem" (a chain), "der" (its certificate alone) or
    "cbor" (a bundle).

    The depth is ``depth``, else fcu.yml's. A single DER file holds one certificate (fact DB-07), so "der" is
    for depth 1 only (`DepthError`). "cbor" needs ``config``, and takes the depth from there.
    """
    if form == "cbor":
        if config is None:
            raise ReferenceCaError("a bundle needs the settings of fcu.yml", todo="name it")
        yield from (_bundle(name, authority, config) for name in endpoint_names)
        return
    if depth is None and config is not None:
        depth = config.device_certificate_chain_depth
    depth = check_depth(depth, len(authority.chain), config.settings_file or "" if config else "")
    if form == "der" and depth != 1:
        raise DepthError(
            FcuCode.CONFIG_INVALID,
            f"a DER file holds one certificate, and the depth is {depth}",
            todo="use PEM or CBOR",
        )
    account = account_id(config) if config is not None else None
    for name in endpoint_names:
        device = authority.issue_device(name, account_id=account)
        if form == "pem":
            yield DeviceOutput(name, device.enrollment_id, form, device.chain_pem(depth), device.private_key_pem)
        else:
            der = Blob(device.certificate_der)
            yield DeviceOutput(name, device.enrollment_id, form, der, device.private_key_der)


def _bundle(endpoint_name: str, authority: Authority, config: Config) -> DeviceOutput:
    request = prepare_device_configuration(endpoint_name, authority, config)
    if request.device is None:
        raise DeviceError(
            FcuCode.GENERAL,
            "the device makes its own key, so there is no bundle before it has answered",
            endpoint_name,
            "use prepare_device_configuration, or device-key-generation-mode: by_tool",
        )
    return DeviceOutput(endpoint_name, request.device.enrollment_id, "cbor", SecretBlob(request.config_data))


def write_device(output: DeviceOutput, path: str | os.PathLike[str]) -> list[Path]:
    """Write one device to the file ``path``, its key beside it as NAME.key.pem or NAME.key.der, and return
    the files.

    Readers take the endpoint name from the file's name, so ``path`` is best named after it.
    """
    path = Path(path)
    key_path = path.with_name(f"{path.stem}.key.{output.form}")
    must_not_exist(path, *([key_path] if output.key else []))
    files = [output.content.write_to_path(path)]
    if output.key:
        files.append(output.key.write_to_path(key_path))
    return files


def write_lot(
    outputs: Iterable[DeviceOutput],
    destination: str | os.PathLike[str],
    *,
    layout: str = "flat",
    at: datetime,
) -> int:
    """Write devices to a folder, or to a .tar, .tar.gz (.tgz) or .zip by the destination's ending; returns
    how many.

    ``layout`` "flat" puts the files side by side, "tree" gives each device a folder of its name.
    `devices.csv` lists them, in order: endpoint_name, file, enrollment_id, key_file, paths being relative to
    it. Files are written as they come, so the lot need not fit into memory. ``at`` is the time that archives
    give their files. An existing archive, or a folder with anything in it, raises `ExistsError`, and an
    endpoint name that comes twice `DeviceError` (DB-11); an archive that cannot be finished is removed.
    """
    seen: set[bytes] = set()
    with (
        open_sink(Path(destination), at) as sink,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as rows,
    ):
        manifest = csv.writer(rows, lineterminator="\n")
        manifest.writerow(MANIFEST_COLUMNS)
        for output in outputs:
            digest = hashlib.blake2b(output.endpoint_name.encode(), digest_size=12).digest()
            if digest in seen:
                what = "the endpoint name stands in the lot twice"
                raise DeviceError(FcuCode.GENERAL, what, output.endpoint_name, "give each device a unique name")
            seen.add(digest)
            name = file_name(output.endpoint_name)
            folder = f"{name}/" if layout == "tree" else ""
            file, key_file = f"{folder}{name}.{output.form}", ""
            sink.add(file, output.content.data, output.content.mode)
            if output.key:
                key_file = f"{folder}{name}.key.{output.form}"
                sink.add(key_file, output.key.data, output.key.mode)
            manifest.writerow((output.endpoint_name, file, output.enrollment_id, key_file))
        rows.seek(0)
        sink.add(MANIFEST, rows.read().encode(), Blob.mode)
    return len(seen)


def file_name(endpoint_name: str) -> str:
    """The endpoint name as a file's name: itself wherever that is safe, else percent-encoded, else its
    digest.

    The manifest holds the true name.
    """
    name = quote(endpoint_name, safe=" '()+,=@")
    if name.startswith(".") or name.endswith((" ", ".")):
        name = "".join(f"%{octet:02X}" if octet in b". " else chr(octet) for octet in name.encode())
    if name.lower().endswith(".key") or name.lower() == "devices" or len(name) > _FILE_NAME_OCTETS:
        return _digest_name(endpoint_name)
    return name


def _digest_name(endpoint_name: str) -> str:
    return f"device-{hashlib.sha256(endpoint_name.encode()).hexdigest()[:32]}"
