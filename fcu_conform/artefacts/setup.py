"""One FCU instance with everything that was handed in about it: what the rules judge."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fcu_conform.artefacts.bounded_io.limits import CONFIG_FILE
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble, read_file
from fcu_conform.artefacts.chain import Chain, Link
from fcu_conform.artefacts.config import ConfigFile
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key
from fcu_conform.artefacts.keystore import Keystore
from fcu_conform.artefacts.keystore_files import CertificateFile, KeyFile
from fcu_conform.artefacts.redaction import REDACTOR
from fcu_conform.artefacts.usage import UsageError, existing

if TYPE_CHECKING:
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.artefacts.upload import Upload

CONFIG_PLACES = ("../config/fcu.yml", "../fcu.yml", "fcu.yml")
"""Where fcu.yml is looked for, seen from the keystore."""


@dataclass(frozen=True)
class Slicing:
    """fcu.crt cut at a depth: what follows the device certificate on the device, and what goes to the portal.

    The depth counts the device certificate (fact K-07), so the cut is after the first ``depth - 1`` certificates
    (K-08).
    """

    depth: int
    certificates: tuple[Certificate, ...]

    @property
    def on_device(self) -> tuple[Certificate, ...]:
        """The certificates of fcu.crt that the device carries, in order."""
        return self.certificates[: self.depth - 1]

    @property
    def on_portal(self) -> tuple[Certificate, ...]:
        """The rest of fcu.crt, in order; empty where the depth takes in the whole chain."""
        return self.certificates[self.depth - 1 :]


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
        peers: all set-ups of the run, this one among them.
    """

    name: str
    keystore: Keystore
    config: ConfigFile | None
    chain_depth: int | None
    at: datetime
    devices: DeviceSet | None = None
    upload: Upload | None = None
    mode_option: str | None = None
    peers: list[Setup] = field(default_factory=list, repr=False)

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

    @cached_property
    def account_id(self) -> str | None:
        """The account id in the LwM2M server URI, in LwM2M mode; None otherwise or where it is not known."""
        uri = None if self.config is None else self.config.text("lwm2m-server-uri")
        if self.mode != "lwm2m" or uri is None or "aid=" not in uri:
            return None
        return uri.rpartition("aid=")[2].partition("&")[0] or None

    @cached_property
    def key_public(self) -> PublicKey | None:
        """The public key of fcu_private_key.pem, where the key could be read."""
        key = self.keystore.key_file.key
        return None if key is None else key.public_key

    @cached_property
    def chain(self) -> Chain:
        """The certificates of fcu.crt as a chain."""
        links = tuple(
            Link(entry, entry.certificate) for entry in self.keystore.fcu_crt.entries if entry.certificate is not None
        )
        return Chain(links, self.key_public)

    @cached_property
    def fcu_link(self) -> Link | None:
        """The FCU certificate with its place in the file: where the order is right, the first."""
        return self.chain.path[0] if self.chain.path else None

    @cached_property
    def fcu_certificate(self) -> Certificate | None:
        """The certificate that signs devices."""
        return None if self.fcu_link is None else self.fcu_link.certificate

    @cached_property
    def certain_fcu_link(self) -> Link | None:
        """The FCU certificate, unless it may be one of those that could not be read.

        It is the first of the file and somebody else's; a root at that place may have been put there by mistake.
        """
        link = self.fcu_link
        if link is None or self.keystore.fcu_crt.is_whole:
            return link
        return link if link.index == 1 and not link.certificate.is_self_issued else None

    @cached_property
    def certain_fcu_certificate(self) -> Certificate | None:
        """The certificate of `certain_fcu_link`."""
        return None if self.certain_fcu_link is None else self.certain_fcu_link.certificate

    @cached_property
    def slicing(self) -> Slicing | None:
        """How fcu.crt is cut between device and portal; None where no depth is known.

        A single certificate needs no depth: the device then carries its own certificate alone (fact K-05).
        """
        certificates = self.keystore.fcu_crt.certificates
        depth = self.depth
        if depth is None and len(certificates) == 1:
            depth = 1
        if depth is None or not 1 <= depth <= len(certificates) + 1:
            return None
        return Slicing(depth, certificates)

    @cached_property
    def ca_certificates(self) -> frozenset[bytes]:
        """The raw bytes of every certificate of fcu.crt."""
        return frozenset(certificate.raw for certificate in self.keystore.fcu_crt.certificates)

    @cached_property
    def ca_keys(self) -> frozenset[bytes]:
        """The public keys (DER) of every certificate of fcu.crt, and of fcu_private_key.pem."""
        keys = {certificate.public_key.der for certificate in self.keystore.fcu_crt.certificates}
        return frozenset(keys | ({self.key_public.der} if self.key_public else set()))

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
            "certificate": None if self.fcu_certificate is None else self.fcu_certificate.public_key,
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
    portal_uploads: Sequence[str | os.PathLike[str]] = (),
    mode: str | None = None,
    witnessed: bool = False,
) -> list[Setup]:
    """Looks at what was given and makes a set-up of each keystore; files are read when a rule asks for them.

    With ``witnessed`` device output is noted as it is read, for a statement about it.

    Raises:
        UsageError: a keystore that is no folder, a config that is no file, a depth below 1 or one that contradicts
        fcu.yml.
    """
    paths = [_keystore_path(path) for path in keystores]
    for number, path in enumerate(paths):
        if any(path.samefile(other) for other in paths[:number]):
            raise UsageError(f"{path}: this keystore is given twice")
    if chain_depth is not None and chain_depth < 1:
        raise UsageError(f"chain depth {chain_depth}: must be 1 or more")
    if at is not None and at.tzinfo is None:
        raise UsageError(f"instant {at.isoformat()}: has no time zone")
    if len(portal_uploads) > len(paths):
        raise UsageError(f"portal upload {portal_uploads[len(paths)]}: there is no keystore for it")
    if devices and len(paths) > 1:
        raise UsageError("devices: judge the devices of one keystore at a time")
    device_set = _device_set(devices)
    if witnessed and device_set is not None:
        device_set = device_set.witnessed()
    instant = datetime.now(timezone.utc) if at is None else at.astimezone(timezone.utc)
    stores = [Keystore(path) for path in paths]
    REDACTOR.expect(
        lambda: [store.key_file.key for store in stores], None if device_set is None else device_set.read_keys
    )
    setups: list[Setup] = []
    for number, (path, name) in enumerate(zip(paths, _names(paths), strict=True)):
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
        upload = _upload(portal_uploads[number]) if number < len(portal_uploads) else None
        setups.append(Setup(name, stores[number], config_file, chain_depth, instant, device_set, upload, mode, setups))
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


def _device_set(devices: Sequence[str | os.PathLike[str]]) -> DeviceSet | None:
    if not devices:
        return None
    from fcu_conform.artefacts.device_output.device_set import DeviceSet
    from fcu_conform.artefacts.device_output.tables import check_reader

    paths = tuple(existing(path, "devices") for path in devices)
    for number, path in enumerate(paths):
        check_reader(path)
        if any(path.samefile(other) for other in paths[:number]):
            raise UsageError(f"devices {path}: this output is given twice")
    return DeviceSet(paths)


def _upload(path: str | os.PathLike[str]) -> Upload:
    from fcu_conform.artefacts.upload import read_upload

    return read_upload(path)


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


@dataclass(frozen=True)
class CaSide:
    """What of a set-up judging devices takes, without a secret: it can cross to another machine.

    ``crt`` is fcu.crt as it was read, ``key`` the DER public key of fcu_private_key.pem; depth, mode and account id are
    what fcu.yml and the options say together.
    """

    name: str
    crt: FileBytes
    key: bytes | None
    depth: int | None
    mode: str | None
    account_id: str | None
    at: datetime

    @classmethod
    def of(cls, setup: Setup) -> CaSide:
        """That of a set-up."""
        key = setup.key_public
        return cls(
            setup.name,
            setup.keystore.fcu_crt.file,
            None if key is None else key.der,
            setup.depth,
            setup.mode,
            setup.account_id,
            setup.at,
        )

    @property
    def is_portable(self) -> bool:
        """No private key stands in fcu.crt, where none belongs."""
        return b"PRIVATE KEY" not in self.crt.data

    def setup(self) -> Setup:
        """A set-up that says the same of devices; it reads nothing from disk."""
        keystore = Keystore(self.crt.path.parent)
        nothing = FileBytes("", self.crt.path, trouble=Trouble.MISSING)
        vars(keystore).update(fcu_crt=CertificateFile(self.crt), key_file=KeyFile(nothing))
        setup = Setup(self.name, keystore, None, self.depth, self.at, mode_option=self.mode)
        key = None if self.key is None else parse_public_key(self.key)
        vars(setup).update(key_public=key, account_id=self.account_id)
        return setup
