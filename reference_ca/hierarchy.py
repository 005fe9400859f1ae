"""Whole hierarchies: CAs kept in folders of their own, and a keystore below as many of them as asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from reference_ca.authority import Authority, RootAuthority
from reference_ca.config import CONFIG_FILE, Config
from reference_ca.errors import ReferenceCaError
from reference_ca.files import must_not_exist, naming, private_folder, read_regular
from reference_ca.key_source import KeySource
from reference_ca.keystore import Keystore
from reference_ca.parameters import stand_in_server_ca
from reference_ca.profiles import CaProfile

KEY_FILE, CHAIN_FILE = "ca_private_key.pem", "ca_chain.pem"
SERVER_CA_FILE = "server_ca.pem"


def save_authority(authority: Authority, folder: str | os.PathLike[str]) -> None:
    """Write a CA into a folder of mode 0700: `ca_private_key.pem` (0600) and `ca_chain.pem`, its own
    certificate first.
    """
    folder = Path(folder)
    must_not_exist(folder / KEY_FILE, folder / CHAIN_FILE)
    private_folder(folder)
    authority.private_key_pem.write_to_path(folder / KEY_FILE)
    authority.chain_pem.write_to_path(folder / CHAIN_FILE)


def load_authority(folder: str | os.PathLike[str], source: KeySource | None = None) -> Authority:
    """The CA that `save_authority` wrote."""
    key, chain = Path(folder) / KEY_FILE, Path(folder) / CHAIN_FILE
    with naming(key):
        key_bytes = read_regular(key)
    with naming(chain):
        chain_bytes = read_regular(chain)
    return Authority.load(key_bytes, chain_bytes, source)


def make_hierarchy(
    intermediates: int, source: KeySource | None = None, profile: CaProfile | None = None
) -> list[Authority]:
    """A root and so many intermediates below it, the root first; the last one is to sign the FCU
    certificate.
    """
    line: list[Authority] = [RootAuthority(source=source, profile=profile)]
    for _ in range(intermediates):
        line.append(line[-1].intermediate(profile=profile))
    return line


def make_keystore(
    folder: str | os.PathLike[str],
    length: int,
    config: Config,
    source: KeySource | None = None,
    profile: CaProfile | None = None,
) -> tuple[Keystore, list[Authority]]:
    """A whole conformant setup: `keystore/`, and `config/fcu.yml` beside it (fact Y-01), under ``folder``.

    Where ``config`` names no server CA certificate, a stand-in is written beside fcu.yml and named there.

    ``length`` counts the certificates in fcu.crt: 1 is a self-signed one, more are made as an intermediate
    CA, with a root and length - 2 intermediates above; ``setup-ca-as-intermediate`` is set accordingly. ``profile`` is
    that of the certificates that the CAs above sign, the FCU certificate among them; a self-signed one has FCU's.
    Returns the keystore, and the CAs above it with the root first (none for 1).
    """
    if length < 1:
        raise ReferenceCaError(f"a chain of {length} certificates cannot be made", todo="ask for at least 1")
    keystore, config_file = Keystore(Path(folder) / "keystore"), Path(folder) / "config" / CONFIG_FILE
    server_file = config_file.with_name(SERVER_CA_FILE)
    must_not_exist(keystore.private_key_file, keystore.certificate_file, keystore.csr_file, config_file, server_file)
    source = source or KeySource()
    config = replace(config, setup_ca_as_intermediate=length > 1)
    above = make_hierarchy(length - 2, source, profile) if length > 1 else []
    keystore.setup(config, source)
    if above:
        keystore.install_chain(above[-1].sign_request(keystore.request().data, profile))
    with naming(config_file):
        config_file.parent.mkdir(parents=True, exist_ok=True)
    if config.server_ca_certificate_file is None:
        stand_in_server_ca(source).chain_pem.write_to_path(server_file)
        config = config.with_server_ca(SERVER_CA_FILE)
    config.as_yaml().write_to_path(config_file)
    return keystore, above
