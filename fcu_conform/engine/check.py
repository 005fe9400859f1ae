"""One call that judges keystores: the suite as a library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine.events import Finished, Judged, Listener
from fcu_conform.engine.examination import Examination
from fcu_conform.engine.report import Report


def check(
    keystores: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    config: str | os.PathLike[str] | None = None,
    chain_depth: int | None = None,
    at: datetime | None = None,
    strict: bool = False,
    listeners: Sequence[Listener] = (),
) -> Report:
    """Judges one keystore, or several FCU instances together, by every rule.

    Args:
        keystores: keystore folders, each with ``fcu_private_key.pem`` and ``fcu.crt``.
        config: the fcu.yml of the keystore; without it one is looked for beside each keystore.
        chain_depth: the device-certificate-chain-depth where no fcu.yml sets it.
        at: the instant of judgement, with a time zone; now if not given.
        strict: warnings fail.
        listeners: called with every event, in order.

    Returns:
        The report; its results are in catalogue order, keystore by keystore.

    Raises:
        UsageError: a path that is not there or of the wrong kind, a depth that contradicts fcu.yml.
    """
    if isinstance(keystores, (str, os.PathLike)):
        keystores = [keystores]
    setups = read_setups(keystores, config=config, chain_depth=chain_depth, at=at)
    examination = Examination(setups, strict=strict)
    results = []
    for rule, subject in examination.cases():
        result = examination.judge(rule.code, subject)
        results.append(result)
        for listener in listeners:
            listener(Judged(result))
    for listener in listeners:
        listener(Finished(complete=True))
    return Report(setups, results)
