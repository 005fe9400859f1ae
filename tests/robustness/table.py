"""The table of all readers: one more reader is one more line."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import Bundle
from fcu_conform.artefacts.config import ConfigFile
from fcu_conform.artefacts.device_output.manifest import read_manifest
from fcu_conform.artefacts.encodings import cbor, der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.pem import parse_pem
from fcu_conform.artefacts.encodings.private_keys import parse_private_key
from fcu_conform.artefacts.keystore_files import CertificateFile, KeyFile, RequestFile

from .archives import mutate_tar, mutate_zip
from .factory import CONFIG, CRT, CSR, KEY, UPLOAD, Factory
from .mutation import mutate_bytes, mutate_cbor, mutate_der, mutate_pem, mutate_text
from .other_readers import other_readers
from .readers import Reader, World, explored, read_as


def all_readers(factory: Factory) -> list[Reader]:
    """The table: readers by themselves, and each kind of file read and judged as part of a whole setup."""
    world = World(factory)
    pems = [world.file(name) for name in (KEY, CRT, CSR, UPLOAD)] + list(world.members.values())[:4]
    ders = {
        label: [b.data for pem in pems for b in parse_pem(pem).blocks if label in b.label and b.data]
        for label in ("CERTIFICATE", "REQUEST", "PRIVATE KEY")
    }
    certificates, chain, config, rows = (
        ders["CERTIFICATE"],
        world.file(CRT),
        world.file(CONFIG),
        world.members["devices.csv"],
    )
    device, key = world.members["device-0001.pem"], world.members["device-0001.key.pem"]
    details = b'name = "line"\nservice = "bootstrap"\n'
    tar, tree_zip = mutate_tar(world.members), mutate_zip(world.members)
    return [
        Reader("der", certificates, mutate_der, explored(lambda data: der.normalise(data)[1:])),
        Reader("certificate", certificates, mutate_der, explored(Certificate)),
        Reader("request", ders["REQUEST"], mutate_der, explored(Request)),
        Reader("private-key", ders["PRIVATE KEY"], mutate_der, explored(parse_private_key)),
        Reader("pem", pems, mutate_pem, explored(parse_pem)),
        Reader("key-file", [world.file(KEY)], mutate_pem, read_as(KeyFile, "key.pem")),
        Reader("certificate-file", [chain], mutate_pem, read_as(CertificateFile, "fcu.crt")),
        Reader("request-file", [world.file(CSR)], mutate_pem, read_as(RequestFile, "fcu_csr.pem")),
        Reader("yaml", [config], mutate_text, read_as(ConfigFile, "fcu.yml")),
        Reader("cbor", world.bundles, mutate_cbor, explored(cbor.scan)),
        Reader("bundle", world.bundles, mutate_cbor, explored(Bundle)),
        Reader("manifest", [rows], mutate_text, read_as(read_manifest, "devices.csv")),
        Reader("judged-key", [world.file(KEY)], mutate_pem, world.judged(KEY)),
        Reader("judged-chain", [chain], mutate_pem, world.judged(CRT)),
        Reader("judged-request", [world.file(CSR)], mutate_pem, world.judged(CSR)),
        Reader("judged-yaml", [config], mutate_text, world.judged(CONFIG)),
        Reader("judged-upload", [world.file(UPLOAD)], mutate_pem, world.judged(UPLOAD)),
        Reader("judged-toml", [details], mutate_text, world.judged("upload.toml")),
        Reader("judged-copy", [world.file(KEY), *ders["PRIVATE KEY"]], mutate_bytes, world.judged("keystore/old.bak")),
        Reader("judged-device", [device], mutate_pem, world.judged("out/device-0001.pem")),
        Reader("judged-both-ways", [device], mutate_pem, world.judged_both_ways()),
        Reader("judged-der", certificates[-1:], mutate_der, world.judged("out/device-0003.der")),
        Reader("judged-device-key", [key], mutate_pem, world.judged("out/device-0001.key.pem")),
        Reader("judged-bundle", world.bundles, mutate_cbor, world.judged("out/device-0004.cbor")),
        Reader("judged-manifest", [rows], mutate_text, world.judged("out/devices.csv")),
        Reader("judged-tar", [b""], tar, world.judged("lot.tar")),
        Reader("judged-tgz", [b""], tar, world.judged("lot.tar.gz")),
        Reader("judged-zip", [b""], tree_zip, world.judged("lot.zip")),
        *other_readers(world),
    ]
