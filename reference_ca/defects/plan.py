"""A whole factory setup as a plan: sound as it is made, and open to any change before it is written."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.bundle import Bundle
from reference_ca.config import Config, to_yaml
from reference_ca.credentials import key_der, key_pem
from reference_ca.defects import asn1
from reference_ca.defects.certificates import Certificate, PrivateKey, Request, ca_extensions, device_extensions
from reference_ca.defects.files import digest_id, pem_block, write_tree
from reference_ca.key_source import KeySource
from reference_ca.parameters import account_id, parameters
from reference_ca.profiles import CA_YEARS, DEVICE_YEARS, add_years

Files: TypeAlias = dict[str, bytes]
"""What a setup is written as: the bytes of each file by its path, with slashes, below the setup's folder."""

Piece: TypeAlias = Certificate | bytes
"""A part of a PEM file: a certificate to be signed and encoded as PEM, or text as it is."""

MADE_BEFORE = timedelta(days=150)
"""How long before the instant of judgement everything was made."""

KEY_FILE, CERTIFICATE_FILE, REQUEST_FILE = (
    "keystore/fcu_private_key.pem",
    "keystore/fcu.crt",
    "keystore/fcu_csr.pem",
)
CONFIG_FILE, SERVER_CA_FILE, UPLOAD_FILE = "config/fcu.yml", "config/server_ca.pem", "upload.pem"
ENROLLMENT_FILE = "enroll.csv"
DEVICES = "devices"
DEPTH = "device-certificate-chain-depth"


@dataclass(frozen=True)
class SetupParameters:
    """The parameters of a sound setup.

    ``length`` counts the certificates of fcu.crt (1 is a self-signed one), ``depth`` is
    device-certificate-chain-depth, ``devices`` how many devices there are, in the ``form`` "pem", "der" or "cbor".
    ``upload``: the portal upload is there too. ``external``: key and chain were made elsewhere, not by FCU's setup.
    ``critical``: the CAs mark basicConstraints and keyUsage critical, as RFC 5280 asks and FCU does not.
    ``enrollment``: devices are free to be claimed, and enroll.csv lists their identities.
    """

    length: int = 3
    depth: int = 2
    devices: int = 0
    form: str = "pem"
    upload: bool = False
    mode: str = "bootstrap"
    external: bool = False
    critical: bool = True
    enrollment: bool = False

    def __str__(self) -> str:
        """A name for it that says only what is not as usual."""
        parts = ["self-signed" if self.length == 1 else f"chain-of-{self.length}"]
        if self.length > 1 and self.depth != 2:
            parts.append(f"depth-{self.depth}")
        if self.devices:
            parts.append({1: "device", 2: "devices"}.get(self.devices, f"{self.devices}-devices"))
            parts += [self.form] if self.form != "pem" else []
        parts += ["upload"] if self.upload else []
        parts += ["enrollment"] if self.enrollment else []
        parts += [self.mode] if self.mode != "bootstrap" else []
        parts += ["external"] if self.external else []
        parts += [] if self.critical else ["as-fcu"]
        return "-".join(parts)


@dataclass(eq=False)
class Device:
    """One device to be: its certificate and key, and what it carries after its certificate (None: what the depth says).

    ``file`` is its path below devices/; ``endpoint_name`` and ``enrollment_id`` stand in the manifest, if there is
    one. ``message_edits`` change its bundle before it is encoded, ``content_edits`` the bytes of its file.
    """

    endpoint_name: str
    certificate: Certificate
    key: PrivateKey
    file: str
    carries: list[Certificate] | None = None
    key_beside: bool = True
    enrollment_id: str = ""
    message_edits: list[Callable[[dict[str, Any]], object]] = field(default_factory=list)
    content_edits: list[Callable[[bytes], bytes]] = field(default_factory=list)

    @property
    def key_file(self) -> str:
        """The path of its private key, below devices/."""
        stem, _, form = self.file.rpartition(".")
        return f"{stem}.key.{form}"


class SetupPlan:
    """The planned content of a factory setup: sound at first, and open to any change.

    Attributes:
        source: where keys and serials come from; its instant is the one that the setup is to be judged at.
        now, made: that instant, and when everything was made.
        chain: the FCU certificate first, the root last.
        crt: what fcu.crt holds, in order; usually `chain`.
        key: FCU's private key.
        request: fcu_csr.pem, where FCU's setup made one.
        settings: fcu.yml.
        server_ca: the CA of the server that devices connect to; devices in the form "cbor" hold it.
        devices, upload: as in `SetupParameters`; ``upload`` is None where it is what the depth leaves.
        details: what is typed in beside the upload, where it is given.
        manifest: whether devices.csv lists the devices.
        edits: changes to the files, the last thing before they are written.
        modes, links: POSIX modes and symbolic links by path; ``repository``: the whole lies in a git work tree.
    """

    def __init__(self, parameters: SetupParameters, source: KeySource, name: str = "FCU line 1") -> None:
        """Plan a setup of a shape; nothing is written or signed yet."""
        self.parameters, self.source = parameters, source
        self.now = source.now()
        self.made = self.now - MADE_BEFORE
        self.chain = self._chain(name)
        self.crt: list[Piece] = list(self.chain)
        self.key: PrivateKey = self.chain[0].key
        generated = parameters.length > 1 and not parameters.external
        self.request = Request(self.chain[0].subject, self.key) if generated else None
        self.settings = self._settings(name)
        self._prepared = Config.from_mapping(copy.deepcopy(self.settings))
        self.server_ca = self._ca("Server CA", None)
        self.upload: list[Piece] | None = None
        self.details: dict[str, Any] | None = None
        self.manifest = False
        self.edits: list[Callable[[Files], None]] = []
        self.modes = {"keystore": 0o700, KEY_FILE: 0o600}
        self.links: dict[str, str] = {}
        self.repository = False
        self.devices = [self.make_device(f"line1-{number:04d}") for number in range(1, parameters.devices + 1)]

    def _chain(self, name: str) -> list[Certificate]:
        above: Certificate | None = None
        names = [f"INT_CA {number}" for number in range(self.parameters.length - 2, 0, -1)]
        for title in ["ROOT_CA", *names] if self.parameters.length > 1 else []:
            above = self._ca(title, above)
        chain = [self._ca(name, above)]
        while chain[-1].issuer is not None:
            chain.append(chain[-1].issuer)
        return chain

    def _ca(self, name: str, issuer: Certificate | None) -> Certificate:
        """A CA of FCU's profile; each is a day older than what it signs and lives a day longer."""
        ahead, above = self.parameters.length, issuer
        while above is not None:
            ahead, above = ahead - 1, above.issuer
        end = add_years(self.made, CA_YEARS) + timedelta(days=ahead)
        return Certificate(
            asn1.name(("CN", name), ("O", "Example Devices"), ("C", "FI")),
            self.new_key(name),
            self.source.serial(f"serial/{name}"),
            self.made - timedelta(days=ahead),
            end,
            issuer,
            extensions=ca_extensions(critical=self.parameters.critical),
        )

    def new_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """A P-256 key, another one for each label."""
        return self.source.private_key(label)

    def make_device(self, endpoint_name: str) -> Device:
        """A device signed by FCU; it is not among `devices` yet."""
        key = self.new_key(f"device/{endpoint_name}")
        account = account_id(self._prepared)
        certificate = Certificate(
            asn1.name(("CN", endpoint_name), *([("OU", account)] if account else [])),
            key,
            self.source.serial(f"serial/device/{endpoint_name}"),
            self.made,
            add_years(self.made, DEVICE_YEARS),
            self.chain[0],
            extensions=device_extensions(),
        )
        return Device(endpoint_name, certificate, key, f"{endpoint_name}.{self.parameters.form}")

    def _settings(self, name: str) -> dict[str, Any]:
        parameters = self.parameters
        example = Config.example(self.source, name=name, mode=parameters.mode, depth=parameters.depth)
        settings = replace(example, setup_ca_as_intermediate=parameters.length > 1).as_mapping()
        authority = {"common-name": name, "organization-name": "Example Devices", "country-name": "FI"}
        settings["certificate-authority"] = authority
        if parameters.external:
            # the page's way for credentials of one's own: setup is not run, and the section stays empty
            del settings["certificate-authority"]
            settings["setup-ca-as-intermediate"] = False
        if parameters.enrollment:
            settings["first-to-claim"] = True
        if parameters.length == 1:
            del settings[DEPTH]
        if parameters.devices and parameters.form == "cbor":
            settings = Config.from_mapping(settings).with_server_ca(Path(SERVER_CA_FILE).name).as_mapping()
        else:
            del settings["device-info"]
        return settings

    @property
    def depth(self) -> int:
        """The depth that devices and upload are cut at: that of fcu.yml, or the planned one where it makes no sense."""
        depth = self.settings.get(DEPTH)
        return depth if isinstance(depth, int) and depth > 0 else self.parameters.depth

    @property
    def device(self) -> Device:
        """The first device."""
        return self.devices[0]

    def edit_file(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of a file when everything else is done."""

        def edit(files: Files) -> None:
            files[path] = change(files[path])

        self.edits.append(edit)

    def edit_config(self, change: Callable[[str], str]) -> None:
        """Change the text of fcu.yml when everything else is done."""
        self.edit_file(CONFIG_FILE, lambda data: change(data.decode()).encode())

    def add_file(self, path: str, data: bytes) -> None:
        """Put one more file into the setup."""
        self.edits.append(lambda files: files.update({path: data}))

    def remove_file(self, path: str) -> None:
        """Leave a file out."""

        def remove(files: Files) -> None:
            del files[path]

        self.edits.append(remove)


class FactorySetup(SetupPlan):
    """A conformant factory setup, until a defect changes it: a plan, and the files written from it.

    Attributes:
        others: further FCU instances beside this one; ``folder`` is then the folder of each.
    """

    def __init__(self, parameters: SetupParameters, source: KeySource, name: str = "FCU line 1") -> None:
        """Plan a setup of a shape; nothing is written or signed yet."""
        super().__init__(parameters, source, name)
        self.others: list[FactorySetup] = []
        self.folder = ""

    def files(self) -> Files:
        """Every file of the setup, signed and encoded."""
        files: Files = {KEY_FILE: private_key_pem(self.key), CERTIFICATE_FILE: pem(self.crt)}
        if self.request is not None:
            files[REQUEST_FILE] = pem_block("CERTIFICATE REQUEST", self.request.der)
        files[CONFIG_FILE] = to_yaml(self.settings)
        if self.devices and self.parameters.form == "cbor":
            files[SERVER_CA_FILE] = pem([self.server_ca])
        for device in self.devices:
            files |= self._device_files(device)
        if self.manifest:
            files[f"{DEVICES}/devices.csv"] = self._manifest()
        if self.parameters.upload:
            files[UPLOAD_FILE] = pem(self.chain[self.depth - 1 :] if self.upload is None else self.upload)
            if self.details is not None:
                files["upload.json"] = (json.dumps(self.details, indent=2, ensure_ascii=False) + "\n").encode()
        if self.parameters.enrollment:
            files[ENROLLMENT_FILE] = self._enrollment()
        for edit in self.edits:
            edit(files)
        files = {self.folder + path: data for path, data in files.items()}
        for other in self.others:
            files |= other.files()
        return files

    def write(self, folder: Path) -> None:
        """Write the setup below a new or empty folder, with its modes and links."""
        write_tree(folder, self.files(), self.all_modes(), self.links, repository=self.repository)

    def all_modes(self) -> dict[str, int]:
        """The modes of this instance and of those beside it, by path."""
        modes = {self.folder + path: mode for path, mode in self.modes.items()}
        for other in self.others:
            modes |= other.all_modes()
        return modes

    def _device_files(self, device: Device) -> Files:
        carried = self.chain[: self.depth - 1] if device.carries is None else device.carries
        certificates = [device.certificate, *carried]
        key = {f"{DEVICES}/{device.key_file}": private_key_pem(device.key)} if device.key_beside else {}
        if self.parameters.form == "pem":
            content = pem(certificates)
        elif self.parameters.form == "der":
            content = b"".join(certificate.der for certificate in certificates)
            key = {name: private_key_der(device.key) for name in key}
        else:
            content, key = self._bundle(device, certificates), {}
        for change in device.content_edits:
            content = change(content)
        return {f"{DEVICES}/{device.file}": content, **key}

    def _bundle(self, device: Device, certificates: Iterable[Certificate]) -> bytes:
        # as fcu.yml was when the bundles were prepared: what a defect does to the file it does afterwards
        config = self._prepared
        prefix = "mbed.Bootstrap" if config.use_bootstrap else "mbed.LwM2M"
        bundle = Bundle(verify=config.verify_on_device)
        bundle.add_private_key(f"{prefix}DevicePrivateKey", private_key_der(device.key))
        bundle.add_certificates(f"{prefix}ServerCACert", [self.server_ca.der])
        bundle.add_certificates(f"{prefix}DeviceCert", [certificate.der for certificate in certificates])
        bundle.add_parameters(parameters(config, device.endpoint_name, device.endpoint_name, self.made))
        message = bundle.message()
        for change in device.message_edits:
            change(message)
        encoded: bytes = cbor2.dumps(message)
        return encoded

    def _enrollment(self) -> bytes:
        lines = ["enrollment_identity", *(digest_id(device.certificate.der) for device in self.devices)]
        return "".join(f"{line}\n" for line in lines).encode()

    def _manifest(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["endpoint_name", "file", "enrollment_id"])
        for device in self.devices:
            enrolled = device.enrollment_id or digest_id(device.certificate.der)
            writer.writerow([device.endpoint_name, device.file, enrolled])
        return text.getvalue().encode()

    def drawing(self) -> str:
        """fcu.crt as arrows from subject to issuer, a comma where the next one is not an issuer, a bar at the depth."""
        parts: list[str] = []
        listed = [piece for piece in self.crt if isinstance(piece, Certificate)]
        for number, certificate in enumerate(listed):
            parts.append(asn1.value_of(certificate.subject, "CN") or "(no name)")
            last = number + 1 == len(listed)
            if last:
                parts.append("" if certificate.issuer is None else " -> ?")
            elif number + 2 == self.depth:
                parts.append(" | ")
            else:
                parts.append(" -> " if certificate.issuer is listed[number + 1] else ", ")
        return ("device -> " if self.depth > 1 else "device | ") + "".join(parts)


def pem(pieces: Iterable[Piece]) -> bytes:
    """A PEM file."""
    return b"".join(pem_block("CERTIFICATE", p.der) if isinstance(p, Certificate) else p for p in pieces)


def private_key_pem(key: PrivateKey) -> bytes:
    """A key of any kind as unencrypted PKCS#8 PEM."""
    return key_pem(key).data  # type: ignore[arg-type]


def private_key_der(key: PrivateKey) -> bytes:
    """A key of any kind as unencrypted PKCS#8 DER."""
    return key_der(key).data  # type: ignore[arg-type]
