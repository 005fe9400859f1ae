"""FCU's get_setup_status for a keystore, with FCU's messages and numbers."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reference_ca.chain import DEVICE_CHAIN_LIMIT, check_depth
from reference_ca.config import CONFIG_FILE, Config, find_config
from reference_ca.errors import ErrorInfo, FcuCode, FcuError, WarningInfo
from reference_ca.keystore import Keystore


@dataclass(frozen=True)
class CaStatusDetails:
    """Paths as text, given whether or not they exist; ``csr_file`` matters to an intermediate CA only (fact
    A-02).
    """

    keystore_dir: str
    certificate_file: str
    csr_file: str
    private_key_file: str


@dataclass(frozen=True)
class SetupStatus:
    """What setup and get_setup_status return (fact A-01): ``status`` is 0, or the number of the first
    error.
    """

    status: int
    ca_details: CaStatusDetails
    errors: list[ErrorInfo] = field(default_factory=list)
    warnings: list[WarningInfo] = field(default_factory=list)

    def as_mapping(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and text, ready for JSON."""
        return asdict(self)


def get_setup_status(
    keystore: str | os.PathLike[str] | Keystore, config: str | os.PathLike[str] | Config | None = None
) -> SetupStatus:
    """Judge a keystore and its fcu.yml as FCU does, and never raise for what is wrong with them.

    Without ``config`` fcu.yml is looked for beside the keystore (`../config`, `..`, then in it). The numbers:
    190, 195, 197, 200 and 201 for fcu.yml; 210, 211 and 212 for fcu.crt; 220 and 221 for the key; 111 and 112
    for the depth; 100 for a key that is not the certificate's.
    """
    keystore = keystore if isinstance(keystore, Keystore) else Keystore(keystore)
    errors: list[FcuError] = []
    warnings: list[str] = []
    if not isinstance(config, Config):
        place = Path(config) if config is not None else find_config(keystore.folder)
        try:
            config = Config.read(place or keystore.folder.absolute().parent / "config" / CONFIG_FILE)
        except FcuError as error:
            errors.append(error)
            config = None
    errors += keystore.check()
    if isinstance(config, Config):
        try:
            warnings += _judge_depth(keystore, config)
        except FcuError as error:
            if error.info not in [known.info for known in errors]:
                errors.append(error)
    warnings += _judge_modes(keystore)
    return _status(keystore, errors, warnings)


def after_setup(keystore: Keystore, config: Config) -> SetupStatus:
    """The status of a setup that was done: that a request still has to be signed is not a failure, but a
    warning.
    """
    status = get_setup_status(keystore, config)
    to_do = [error for error in status.errors if error.code == FcuCode.REQUEST_NOT_SIGNED]
    errors = [error for error in status.errors if error not in to_do]
    warnings = [*status.warnings, *(WarningInfo(error.message) for error in to_do)]
    return SetupStatus(errors[0].code if errors else 0, status.ca_details, errors, warnings)


def failed(keystore: Keystore, error: FcuError) -> SetupStatus:
    """The status of a setup that could not be done."""
    return _status(keystore, [error], [])


def _status(keystore: Keystore, errors: list[FcuError], warnings: list[str]) -> SetupStatus:
    details = CaStatusDetails(
        str(keystore.folder),
        str(keystore.certificate_file),
        str(keystore.csr_file),
        str(keystore.private_key_file),
    )
    infos = [error.info for error in errors]
    return SetupStatus(infos[0].code if infos else 0, details, infos, [WarningInfo(text) for text in warnings])


def _judge_depth(keystore: Keystore, config: Config) -> list[str]:
    length = len(keystore.chain())
    depth = check_depth(config.device_certificate_chain_depth, length, config.settings_file or "")
    warnings = []
    if depth > DEVICE_CHAIN_LIMIT:
        warnings.append(f"depth {depth}: a device stores at most {DEVICE_CHAIN_LIMIT} certificates in one chain")
    if depth == length + 1:
        warnings.append(f"depth {depth}: the devices carry all of fcu.crt, and nothing is left to upload")
    return warnings


def _judge_modes(keystore: Keystore) -> list[str]:
    """Who else may read the key (the page, "Securing your factory CA keys"); POSIX modes only."""
    key = keystore.private_key_file
    if os.name != "posix" or not key.is_file():
        return []
    mode = key.stat().st_mode & 0o777
    return (
        [f"{key}: others than its owner may use the private key (mode {mode:04o}); set it to 0600"]
        if mode & 0o077
        else []
    )
