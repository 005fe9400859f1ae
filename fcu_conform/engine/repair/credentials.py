"""Key, certificates and request of the repaired copy: each repaired, or found under another name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fcu_conform.artefacts.bounded_io.limits import PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble, read_file
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore import CERTIFICATE_NAME, KEY_NAME, Keystore
from fcu_conform.artefacts.keystore_files import CertificateFile, KeyFile
from fcu_conform.engine.repair.certificates import chain_of, read_certificates, repair_chain
from fcu_conform.engine.repair.plan import Plan, as_found, mode_of
from fcu_conform.engine.repair.private_key import key_pem, keys_in, own_key, repair_key
from fcu_conform.engine.repair.repaired import NotRepairable, Repaired
from fcu_conform.engine.repair.request import repair_request

_NO_CERTIFICATES: tuple[Certificate, ...] = ()


def take_credentials(keystore: Keystore, plan: Plan) -> None:
    """Puts fcu_private_key.pem, fcu.crt and fcu_csr.pem into the copy, in which the other files are already."""
    fcu_key = _fcu_key(keystore)
    _take_key(keystore, plan, fcu_key)
    key = _public_key(plan) or fcu_key
    _take_chain(keystore, plan, key)
    _take_request(keystore, plan, key)
    for file in (keystore.key_file.file, keystore.fcu_crt.file, keystore.request_file.file):
        if file.trouble not in (None, Trouble.MISSING) and file.name not in plan.files:
            plan.leave_out(file.name, file.detail or str(file.trouble))


def certificates_in(plan: Plan) -> Sequence[Certificate]:
    """The certificates of fcu.crt in the copy, in order; none where one of them cannot be read."""
    planned = plan.files.get(CERTIFICATE_NAME)
    if planned is None:
        return _NO_CERTIFICATES
    file = CertificateFile(FileBytes(CERTIFICATE_NAME, Path(CERTIFICATE_NAME), planned.data))
    return file.certificates if file.is_whole else _NO_CERTIFICATES


def _fcu_key(keystore: Keystore) -> PublicKey | None:
    """The public key of the FCU certificate, as far as fcu.crt tells without the private key."""
    key = keystore.key_file.key
    try:
        chain = chain_of(read_certificates(keystore.fcu_crt.file.data), None if key is None else key.public_key)
    except NotRepairable:
        return None
    return chain.path[0].certificate.public_key if chain.path else None


def _public_key(plan: Plan) -> PublicKey | None:
    """The public key of the copy's private key, where that can be read."""
    planned = plan.files.get(KEY_NAME)
    key = None if planned is None else KeyFile(FileBytes(KEY_NAME, Path(KEY_NAME), planned.data)).key
    return None if key is None else key.public_key


def _take_key(keystore: Keystore, plan: Plan, fcu_key: PublicKey | None) -> None:
    file = keystore.key_file
    if not keys_in(file.file.data) and not file.is_encrypted and _take_key_elsewhere(keystore, plan, fcu_key):
        return
    if file.file.trouble is not None:
        return
    try:
        repaired = repair_key(file, fcu_key)
    except NotRepairable:
        repaired = None
    access = keystore.key_access
    if access.grants:
        change = f"mode 0600 instead of {access.mode}"
        old = Repaired(file.file.data, ()) if repaired is None else repaired
        repaired = Repaired(old.data, (*old.changes, change))
    if repaired is None:
        plan.files[KEY_NAME] = as_found(file.file, keystore.path)
        return
    plan.take(KEY_NAME, repaired, 0o600)
    if file.file.is_link:  # the file that it leads to would be a second copy of the key
        target = os.path.relpath(os.path.realpath(file.file.path), os.path.realpath(keystore.path))
        plan.files.pop(target, None)


def _take_key_elsewhere(keystore: Keystore, plan: Plan, fcu_key: PublicKey | None) -> bool:
    """Takes the private key from another file of the keystore, if it belongs to the FCU certificate."""
    for copy in keystore.key_copies:
        file = read_file(keystore.path / copy.name, PEM_FILE, within=keystore.path)
        key = own_key(keys_in(file.data), fcu_key)
        if key is not None:
            change = f"the key is taken from {copy.name}: it belongs to the FCU certificate"
            plan.take(KEY_NAME, Repaired(key_pem(key), (change,)), 0o600)
            return True
    return False


def _take_chain(keystore: Keystore, plan: Plan, key: PublicKey | None) -> None:
    file = keystore.fcu_crt
    if file.file.trouble is not None:
        _take_chain_elsewhere(plan, key)
        return
    try:
        repaired = repair_chain(file, key)
    except NotRepairable:
        repaired = None
    _take(keystore, plan, file.file, repaired)


def _take_chain_elsewhere(plan: Plan, key: PublicKey | None) -> None:
    """Takes the chain from the one file of the copy, or the folder, that has a chain for the private key."""
    found: dict[tuple[str, ...], Repaired] = {}
    folder = tuple(name for name in plan.files if Path(name).parts[0] == CERTIFICATE_NAME)
    for names in [folder] if folder else [(name,) for name in plan.files if name != KEY_NAME]:
        data = b"\n".join(plan.files[name].data for name in names)
        try:
            chain = chain_of(read_certificates(data), key)
            repaired = repair_chain(CertificateFile(FileBytes(names[0], Path(names[0]), data)), key)
        except NotRepairable:
            continue
        if key is not None and chain.path[0].certificate.public_key.der == key.der:
            found[names] = repaired or Repaired(data, ())
    if len(found) == 1:
        ((names, repaired),) = found.items()
        for name in names:
            del plan.files[name]
        for name in [name for name in plan.folders if Path(name).parts[:1] == (CERTIFICATE_NAME,)]:
            del plan.folders[name]
        where = f"{CERTIFICATE_NAME}/, a folder" if folder else names[0]
        plan.take(CERTIFICATE_NAME, replace(repaired, changes=(f"made from {where}", *repaired.changes)), 0o644)


def _take_request(keystore: Keystore, plan: Plan, key: PublicKey | None) -> None:
    file = keystore.request_file
    if file.file.trouble is not None:
        return
    try:
        repaired = repair_request(file, key)
    except NotRepairable:
        repaired = None
    _take(keystore, plan, file.file, repaired)


def _take(keystore: Keystore, plan: Plan, file: FileBytes, repaired: Repaired | None) -> None:
    if repaired is None:
        plan.files[file.name] = as_found(file, keystore.path)
    else:
        plan.take(file.name, repaired, mode_of(file))
