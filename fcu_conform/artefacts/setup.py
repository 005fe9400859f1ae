"""One FCU instance with all its inputs: the object that rules judge."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from fcu_conform.artefacts.bounded_io.limits import CONFIG_FILE, PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_file
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.config import ConfigFile
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore import Keystore
from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.redaction import REDACTOR
from fcu_conform.artefacts.upload import Upload, read_upload
from fcu_conform.artefacts.usage import UsageError, existing

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.artefacts.portal_state import PortalState
    from fcu_conform.artefacts.term import Term

CONFIG_PLACES = ("../config/fcu.yml", "../fcu.yml", "fcu.yml")
"""Where fcu.yml is looked for, seen from the keystore."""


@dataclass(frozen=True, eq=False)
class Setup:
    """A keystore with its configuration, and the instant at which it is judged.

    Attributes:
        name: the label of this FCU instance; differs from those of the others.
        keystore: the folder.
        config: its fcu.yml, if one was given or found.
        chain_depth: the depth that was given beside fcu.yml.
        at: the instant of judgement; no rule reads the clock.
        devices: the output for devices, if it was given.
        upload: what was, or will be, uploaded to the portal.
        mode_option: "bootstrap" or "lwm2m", where it was given beside fcu.yml.
        within: how far ahead the rules about what ends look, where they were asked for.
        portal_state: what the account trusts, where it was given; the same for all lines.
        portal_fault: why the portal, which was asked what the account trusts, did not answer as documented.
    """

    name: str
    keystore: Keystore
    config: ConfigFile | None
    chain_depth: int | None
    at: datetime
    devices: DeviceSet | None = None
    upload: Upload | None = None
    mode_option: str | None = None
    within: Term | None = None
    portal_state: PortalState | None = None
    portal_fault: str = ""

    def files(self) -> Iterator[FileBytes]:
        """What was read of it, the private key and device output apart: fcu.crt, the request, fcu.yml, the upload."""
        yield self.keystore.fcu_crt.file
        yield self.keystore.request_file.file
        if self.config is not None:
            yield self.config.file
        if self.upload is not None:
            yield self.upload.certificates.file
            if self.upload.details_file is not None:
                yield self.upload.details_file

    @property
    def depth(self) -> int | None:
        """device-certificate-chain-depth, from wherever it is known."""
        from_config = None if self.config is None else self.config.depth
        return self.chain_depth if from_config is None else from_config

    @property
    def mode(self) -> str | None:
        """ "bootstrap" or "lwm2m", from fcu.yml or as given; None where neither says."""
        flag = None if self.config is None else self.config.flag("use-bootstrap")
        if flag is None:
            return self.mode_option
        return "bootstrap" if flag else "lwm2m"

    @property
    def horizon(self) -> datetime | None:
        """The instant up to which the rules about what ends look, where they were asked for."""
        return None if self.within is None else self.within.after(self.at)

    @cached_property
    def account_id(self) -> str | None:
        """The account id in the LwM2M server URI, in LwM2M mode; None otherwise or where it is not known."""
        uri = None if self.config is None else self.config.text("lwm2m-server-uri")
        if self.mode != "lwm2m" or uri is None or "aid=" not in uri:
            return None
        return uri.rpartition("aid=")[2].partition("&")[0] or None

    @cached_property
    def server_ca(self) -> CertificateFile | None:
        """The CA of the server that devices connect to, from the file that fcu.yml names; None where it names none."""
        name = None if self.config is None else self.config.text(f"{self.mode}-server-ca-certificate-file")
        if self.config is None or not name or "\0" in name:
            return None
        return CertificateFile(read_file(self.config.path.parent / name, PEM_FILE))

    @cached_property
    def key_public(self) -> PublicKey | None:
        """The public key of fcu_private_key.pem, where the key could be read."""
        key = self.keystore.key_file.key
        return None if key is None else key.public_key

    @cached_property
    def ca(self) -> CaContext:
        """What of it rules over devices may know."""
        crt = self.keystore.fcu_crt
        return CaContext(self.name, crt, self.key_public, self.depth, self.mode, self.account_id, self.at)

    @property
    def is_contradictory(self) -> bool:
        """FCU is to be an intermediate CA, and fcu.crt holds one self-issued certificate."""
        entries = self.keystore.fcu_crt.entries
        lone = entries[0].certificate if len(entries) == 1 else None
        is_intermediate = self.config is not None and self.config.is_intermediate is True
        return is_intermediate and lone is not None and lone.is_self_issued

    @property
    def lacks_request(self) -> bool:
        """FCU's setup was to make a request, and there is none.

        Where certificate-authority is empty the credentials are external, and nothing was to be requested (fact K-11).
        """
        config = self.config
        if config is None or not config.is_intermediate or not config.authority:
            return False
        return not self.keystore.request_file.file.exists

    @cached_property
    def odd_one_out(self) -> str:
        """Which of key, request and certificate has another public key than the rest.

        "key", "request" or "certificate" where the other two agree; "all" where no two agree, or where only two are
        known and differ; empty where all that are known agree.
        """
        request = self.keystore.request_file.request
        keys = {
            "key": self.key_public,
            "request": None if request is None else request.public_key,
            "certificate": None if self.ca.fcu_certificate is None else self.ca.fcu_certificate.public_key,
        }
        known = {name: key.der for name, key in keys.items() if key is not None}
        if len(set(known.values())) < 2:
            return ""
        for name, value in known.items():
            others = {other for key, other in known.items() if key != name}
            if len(known) == 3 and len(others) == 1 and value not in others:
                return name
        return "all"


def read_setups(
    keystores: Sequence[str | os.PathLike[str]],
    *,
    config: str | os.PathLike[str] | None = None,
    chain_depth: int | None = None,
    at: datetime | None = None,
    devices: Sequence[str | os.PathLike[str]] = (),
    line_devices: Mapping[str, Sequence[str]] = MappingProxyType({}),
    portal_uploads: Sequence[str | os.PathLike[str]] = (),
    mode: str | None = None,
    within: Term | None = None,
    portal_state: PortalState | None = None,
    portal_fault: str = "",
    witnessed: bool = False,
) -> list[Setup]:
    """Looks at what was given and makes a setup of each keystore; files are read when a rule asks for them.

    ``devices`` is the output of the one keystore; of several ``line_devices`` holds it by the name of the line.
    With ``witnessed`` device output is noted as it is read, for a statement about it.

    Raises:
        UsageError: a keystore that is not a folder, a config that is not a file, a depth below 1 or one that
            contradicts fcu.yml.
    """
    paths = [_keystore_path(path) for path in keystores]
    for number, path in enumerate(paths):
        if any(path.samefile(other) for other in paths[:number]):
            raise UsageError(f"{path}: this keystore was passed twice")
    if chain_depth is not None and chain_depth < 1:
        raise UsageError(f"chain depth {chain_depth}: must be 1 or more")
    if at is not None and at.tzinfo is None:
        raise UsageError(f"instant {at.isoformat()}: has no time zone")
    if len(portal_uploads) > len(paths):
        raise UsageError(f"portal upload {portal_uploads[len(paths)]}: there is no keystore for it")
    if devices and len(paths) > 1:
        raise UsageError("devices: judge the devices of one keystore at a time")
    names = _names(paths)
    output = _by_line({names[0]: devices} if devices else line_devices, names)
    if witnessed:
        output = {name: device_set.witnessed() for name, device_set in output.items()}
    instant = datetime.now(timezone.utc) if at is None else at.astimezone(timezone.utc)
    stores = [Keystore(path) for path in paths]

    def read_device_keys() -> None:
        for device_set in output.values():
            device_set.read_keys()

    REDACTOR.expect(lambda: [store.key_file.key for store in stores], read_device_keys if output else None)
    setups: list[Setup] = []
    for number, (path, name) in enumerate(zip(paths, names, strict=True)):
        config_file = _config(path, config)
        from_config = None if config_file is None else config_file.depth
        if config_file and chain_depth is not None and from_config is not None and from_config != chain_depth:
            raise UsageError(
                f"chain depth {chain_depth}: contradicts device-certificate-chain-depth: {from_config}"
                f" in {config_file.path}"
            )
        uses_bootstrap = None if config_file is None else config_file.flag("use-bootstrap")
        if config_file and mode is not None and uses_bootstrap is not None and uses_bootstrap != (mode == "bootstrap"):
            raise UsageError(f"mode {mode}: contradicts use-bootstrap in {config_file.path}")
        upload = read_upload(portal_uploads[number]) if number < len(portal_uploads) else None
        store, lot = stores[number], output.get(name)
        asked = within, portal_state, portal_fault
        setups.append(Setup(name, store, config_file, chain_depth, instant, lot, upload, mode, *asked))
    return setups


def _keystore_path(given: str | os.PathLike[str]) -> Path:
    path = Path(given)
    try:
        if path.is_dir():
            os.scandir(path).close()
            return path
        missing = not os.path.lexists(path)
    except (OSError, ValueError) as fault:
        reason = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else str(fault)
        raise UsageError(f"keystore {path}: cannot be opened: {reason}") from None
    raise UsageError(f"keystore {path}: {'no such folder' if missing else 'is not a folder'}")


def _config(keystore: Path, given: str | os.PathLike[str] | None) -> ConfigFile | None:
    if given is not None:
        path = existing(given, "config")
        if path.is_dir():
            raise UsageError(f"config {path}: is a folder")
        return ConfigFile(read_file(path, CONFIG_FILE))
    found = config_beside(keystore)
    return None if found is None else ConfigFile(read_file(found, CONFIG_FILE))


def config_beside(keystore: Path) -> Path | None:
    """Where the fcu.yml of a keystore lies, if there is one in `CONFIG_PLACES`."""
    places = (Path(os.path.normpath(keystore.absolute() / place)) for place in CONFIG_PLACES)
    return next((path for path in places if os.path.lexists(path)), None)


def _by_line(
    line_devices: Mapping[str, Sequence[str | os.PathLike[str]]], names: Sequence[str]
) -> dict[str, DeviceSet]:
    """The device output of each line that has some."""
    unknown = next((name for name in line_devices if name not in names), None)
    if unknown is not None:
        raise UsageError(f"devices of {unknown}: there is no such line (there are: {', '.join(names)})")
    found = {name: read_devices(given) for name, given in line_devices.items()}
    return {name: device_set for name, device_set in found.items() if device_set is not None}


def read_devices(devices: Sequence[str | os.PathLike[str]]) -> DeviceSet | None:
    """The device output of some paths, read when it is gone over; None where no path was given.

    Raises:
        UsageError: a path is not there, was given twice, or is a table that nothing installed can read.
    """
    if not devices:
        return None
    # A run over a keystore alone does without.
    from fcu_conform.artefacts.device_output import device_set, tables

    paths = tuple(existing(path, "devices") for path in devices)
    for number, path in enumerate(paths):
        tables.check_reader(path)
        if any(path.samefile(other) for other in paths[:number]):
            raise UsageError(f"devices {path}: this output was passed twice")
    return device_set.DeviceSet(paths)


def _names(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths that tell the keystores apart.

    FCU calls the folder "keystore", so of several instances it is the folder above that tells them apart.
    """
    parts = [Path(os.path.normpath(path.absolute())).parts for path in paths]
    if len(parts) == 1:
        return [parts[0][-1]]
    length = 1
    while length < max(map(len, parts)) and len({part[-length:] for part in parts}) < len(parts):
        length += 1
    tails = [part[-length:] for part in parts]
    if len({tail[-1] for tail in tails}) == 1 and len({tail[:-1] for tail in tails}) == len(tails):
        tails = [tail[:-1] for tail in tails]
    return ["/".join(tail) for tail in tails]
