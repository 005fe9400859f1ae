"""BDL034 and BDL035: the keys of a bundle, and the certificates that they belong to."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import (
    CERTIFICATES,
    CHAINS,
    KEYS,
    MODES,
    Bundle,
    Item,
)
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.private_keys import PrivateKey
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.rules.bundle.chains import breaks
from fcu_conform.rules.bundle.formatting import (
    KEY_TYPES,
    READABLE,
    VERIFICATION,
    bundle_of,
    client_source,
    finding_in_item,
    mode_items,
    needs_all_items,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Level, device_rule, requires


@device_rule(
    "BDL034",
    Level.ERROR,
    requirement="PrKN names a private key that comes before it in the bundle, or in an earlier message",
    title="PrKN names a key that the device does not have yet",
    why='The device reads the groups in order and looks up the key at once: status 34, "Item does not exist". If an'
    " earlier message is not part of the output, its keys are unknown. Then a bundle with a SID gets the benefit"
    " of the doubt, but the device's own certificate must name the device's own key: otherwise the device would"
    " need the same key twice.",
    fix="put Keys before the certificates, and use the item's name as PrKN",
    passes="Keys with the key, then CertificateChains with its name as PrKN",
    fails="Keys after CertificateChains, the name of a key that is nowhere",
    source=client_source("fcc_bundle_certificate_utils.c", "B-04", "B-05"),
    needs=READABLE,
)
def named_keys_come_first(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    needs_all_items(bundle, KEYS)
    there: set[str] = set()
    later = {item.name for item in bundle.items(KEYS) if item.is_private_key}
    untyped = {item.name for item in bundle.items(KEYS) if item.fields.get("Type") not in KEY_TYPES}
    findings = []
    for item in bundle.items(KEYS, CERTIFICATES, CHAINS):
        if item.is_private_key and item.name is not None:
            there.add(item.name)
        elif item.key_name is not None and item.key_name not in there | untyped:  # BDL017 and BDL020 tell these
            if item.key_name in later:
                findings.append(finding_in_item(item, "PrKN", f"{item.key_name} comes after it", "Keys before it"))
            elif not _came_earlier(bundle, item, item.key_name):
                findings.append(
                    finding_in_item(item, "PrKN", f"there is no private key {item.key_name}", "a key in Keys")
                )
    return findings


def _came_earlier(bundle: Bundle, item: Item, key_name: str) -> bool:
    """An earlier message can have given the device the key that the item names."""
    if bundle.before is not None:
        return bundle.before.makes_key(key_name)
    own_keys = [own["private key"] for own in map(mode_items, MODES) if item.name == own["certificate"]]
    return "SID" in bundle.groups and (not own_keys or key_name in own_keys)


@device_rule(
    "BDL035",
    Level.ERROR,
    requirement="the first certificate of an item has the public key of the item's private key",
    title="a certificate does not match its private key",
    why="The device compares its certificate with its own key and with the key that PrKN names, and answers with status"
    " 34 if they do not match: it could never prove that the certificate is its own.",
    fix="issue the certificate for the public key of this private key; check whether two devices were mixed up",
    passes="openssl pkey -pubout of the key equals openssl x509 -pubkey of the certificate",
    fails="the key of another device",
    source=client_source(f"{VERIFICATION}, fcc_bundle_certificate_utils.c", "DB-16"),
    needs=READABLE,
)
def keys_match_their_certificates(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    pairs = [
        (item, name, public)
        for item in bundle.items(CERTIFICATES, CHAINS)
        for name in dict.fromkeys(_key_names(item))
        if item.leaf is not None and (public := _public_key(bundle, name)) is not None
    ]
    requires(pairs, "the bundle has no certificate together with its private key")
    unfit = [(i, name) for i, name, public in pairs if i.leaf is not None and i.leaf.public_key.bits != public.bits]
    for item, name in unfit:
        if item.leaf is not None and item.leaf.public_key.trouble:
            raise Blocked("DEV008")
        if breaks([certificate for _, certificate in item.certificates if isinstance(certificate, Certificate)]):
            raise Blocked("BDL024")
        if sum(key.name == name and key.is_private_key for key in bundle.items(KEYS)) > 1:
            raise Blocked("BDL026")
    return [
        finding_in_item(item, "", f"its public key is not that of {name}", f"the public key of {name}")
        for item, name in unfit
    ]


def _key_names(item: Item) -> list[str]:
    """The private keys that the item's first certificate has to match."""
    names = [] if item.key_name is None else [item.key_name]
    for mode in ("bootstrap", "lwm2m"):
        own = mode_items(mode)
        if item.name == own["certificate"]:
            names.append(own["private key"])
    return names


def _public_key(bundle: Bundle, name: str) -> PublicKey | None:
    item = bundle.private_key(name)
    key = None if item is None else item.read_key
    return key.public_key if isinstance(key, PrivateKey) else None
