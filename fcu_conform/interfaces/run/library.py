"""The suite as a library: one call that judges keystores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine import Finished, Judged, Listener, Report
from fcu_conform.interfaces.run.run import Run
from fcu_conform.interfaces.run.settings import Settings, format_instant, now, parse_verify
from fcu_conform.validators.model import Validator
from fcu_conform.validators.registry import select

Path: TypeAlias = str | os.PathLike[str]
Paths: TypeAlias = Path | Sequence[Path]


def check(
    keystores: Paths,
    *,
    config: Path | None = None,
    chain_depth: int | None = None,
    at: datetime | None = None,
    devices: Paths = (),
    portal_upload: Paths = (),
    portal_state: Path | None = None,
    mode: str | None = None,
    within: str | None = None,
    strict: bool = False,
    waivers: Path | None = None,
    validators: str | Sequence[Validator] = "auto",
    validator_command: str | Sequence[str] = (),
    validator_sample: int | None = None,
    sample_seed: int | None = None,
    handshake: bool = False,
    verify: str = "tables",
    listeners: Sequence[Listener] = (),
) -> Report:
    """Judges one keystore, or several FCU instances together, by every rule.

    Args:
        keystores: keystore folders, each with ``fcu_private_key.pem`` and ``fcu.crt``.
        config: the fcu.yml of the keystore; without it one is looked for beside each keystore.
        chain_depth: the device-certificate-chain-depth where no fcu.yml sets it.
        at: the instant of judgement, with a time zone; now if not given.
        devices: output for devices of the (one) keystore: files, folders, archives.
        portal_upload: what was, or will be, uploaded: one file for each keystore, in order.
        portal_state: what the account trusts: a JSON file, see `fcu_conform.artefacts.portal_state`.
        mode: "bootstrap" or "lwm2m", where fcu.yml does not say.
        within: warn of what ends within this time: "5y", "18m", "90d"; not judged if not given.
        strict: warnings fail.
        waivers: a TOML file of accepted findings.
        validators: the independent validators to ask: "auto" (those installed), "all", "none", names with commas
            between them, or validators of one's own.
        validator_command: programs to ask too, each as NAME=COMMAND.
        validator_sample: about how many devices each validator is asked; 20 if not given.
        sample_seed: the seed that draws the devices that validators are asked about; the same ones for the same seed.
        handshake: a device shakes hands with TLS and DTLS servers.
        verify: "tables" to verify devices' signatures with tables of the FCU key where that is faster, or "plain".
        listeners: called with every event, in order.

    Returns:
        The report; its results are in catalogue order, keystore by keystore.

    Raises:
        UsageError: a path that is not there or of the wrong kind, a depth that contradicts fcu.yml, a file of
            waivers that is not one, a time that is not one.
        ValueError: no validator has such a name.
    """
    if at is not None and at.tzinfo is None:
        raise UsageError(f"instant {at.isoformat()}: has no time zone")
    settings = Settings(
        keystores=_texts(keystores),
        config=None if config is None else os.fspath(config),
        chain_depth=chain_depth,
        at=now() if at is None else format_instant(at),
        devices=_texts(devices),
        portal_uploads=_texts(portal_upload),
        portal_state=None if portal_state is None else os.fspath(portal_state),
        mode=mode,
        within=within,
        validators=validators if isinstance(validators, str) else "none",
        validator_commands=_texts(validator_command),
        validator_sample=validator_sample,
        sample_seed=sample_seed,
        handshake=handshake,
        verify=parse_verify(verify),
        strict=strict,
        waivers=None if waivers is None else os.fspath(waivers),
    )
    run = Run(settings, validators=select(validators) if isinstance(validators, str) else validators)
    results = []
    for result in run.judge():
        results.append(result)
        for listener in listeners:
            listener(Judged(result))
    for listener in listeners:
        listener(Finished(complete=True))
    return run.report(results)


def _texts(given: Paths) -> tuple[str, ...]:
    """One or several, as texts."""
    several = [given] if isinstance(given, (str, os.PathLike)) else given
    return tuple(os.fspath(each) for each in several)
