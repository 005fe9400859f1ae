"""One call that judges keystores: the suite as a library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from fcu_conform.artefacts.setup import read_setups
from fcu_conform.artefacts.waivers import read_waivers
from fcu_conform.engine.examination import Examination
from fcu_conform.engine.report import Report
from fcu_conform.engine.results import Finished, Judged, Listener
from fcu_conform.validators.model import Validator
from fcu_conform.validators.registry import select


def check(
    keystores: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    config: str | os.PathLike[str] | None = None,
    chain_depth: int | None = None,
    at: datetime | None = None,
    devices: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    portal_upload: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    mode: str | None = None,
    strict: bool = False,
    waivers: str | os.PathLike[str] | None = None,
    validators: str | Sequence[Validator] = "auto",
    sample_seed: int | None = None,
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
        mode: "bootstrap" or "lwm2m", where fcu.yml does not say.
        strict: warnings fail.
        waivers: a TOML file of findings that somebody has taken the responsibility for.
        validators: the independent validators to ask: "auto" (those installed), "all", "none", names with commas
            between them, or validators of one's own.
        sample_seed: what the devices are drawn by that validators are asked about; the same ones for the same seed.
        listeners: called with every event, in order.

    Returns:
        The report; its results are in catalogue order, keystore by keystore.

    Raises:
        UsageError: a path that is not there or of the wrong kind, a depth that contradicts fcu.yml, a file of
            waivers that is none.
        ValueError: no validator has such a name.
    """
    if isinstance(validators, str):
        validators = select(validators)
    setups = read_setups(
        _listed(keystores),
        config=config,
        chain_depth=chain_depth,
        at=at,
        devices=_listed(devices),
        portal_uploads=_listed(portal_upload),
        mode=mode,
    )
    waiver_file = None if waivers is None else read_waivers(waivers)
    examination = Examination(
        setups, strict=strict, validators=validators, sample_seed=sample_seed, waivers=waiver_file
    )
    results = []
    for rule, target in examination.cases():
        result = examination.judge(rule.code, target)
        results.append(result)
        for listener in listeners:
            listener(Judged(result))
    for listener in listeners:
        listener(Finished(complete=True))
    return Report(setups, results, examination=examination)


def _listed(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> Sequence[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, (str, os.PathLike)) else paths
