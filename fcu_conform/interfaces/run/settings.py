"""What a user asked for, checked before anything is judged; the same for pytest and the console."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import WaiverFile, read_waivers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.validators.model import Validator

_RFC3339 = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)

LARGEST_SEED = 2**53 - 1
"""The largest integer that every reader of JSON takes as it is."""


STATEMENT = ".intoto.json"
"""The ending of the one kind of report that can be signed, and that says what was judged byte for byte."""


@dataclass(frozen=True)
class Settings:
    """One run's question: which keystores, devices and uploads, read how, judged when and how, reported where.

    Paths are text as the user gave it, ``at`` is RFC 3339 text: all of it can cross to another process.
    """

    keystores: tuple[str, ...]
    config: str | None
    chain_depth: int | None
    at: str
    strict: bool = False
    reports: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    portal_uploads: tuple[str, ...] = ()
    mode: str | None = None
    validators: str = "auto"
    validator_commands: tuple[str, ...] = ()
    handshake: bool = False
    sample_seed: int | None = None
    waivers: str | None = None
    sign_key: str | None = None
    sign_passphrase_env: str | None = None

    @property
    def instant(self) -> datetime:
        """The instant of judgement."""
        return parse_instant(self.at)

    @property
    def makes_statement(self) -> bool:
        """A statement is asked for."""
        return any(path.lower().endswith(STATEMENT) for path in self.reports)

    def dump(self) -> str:
        """As ASCII text for `load`."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Settings:
        """The settings that `dump` wrote."""
        plain: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()}
        return cls(**values)

    def select_validators(self) -> list[Validator]:
        """The independent validators that are to be asked.

        Raises:
            UsageError: one that is named is not known, or a command has no name, no words or the name of another.
        """
        from fcu_conform.validators.isolation.asking import plugged_in
        from fcu_conform.validators.registry import NAMES, select

        try:
            chosen = select(self.validators)
        except ValueError as fault:
            raise UsageError(f"--fcu-validators: {fault}") from None
        taken = set(NAMES)
        for text in self.validator_commands:
            name, _, command = text.partition("=")
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", name) or not command.strip() or name in taken:
                given = f"--fcu-validator-command: '{printable(text)}'"
                raise UsageError(f"{given} is not NAME=COMMAND with a new name of a-z, 0-9 and -")
            taken.add(name)
            try:
                chosen.append(plugged_in(name, command))
            except ValueError as fault:
                raise UsageError(f"--fcu-validator-command: {name}: {fault}") from None
        return chosen

    @property
    def named_validators(self) -> list[str]:
        """The validators that were asked for one by one, and not as all that are there."""
        names = [] if self.validators in ("auto", "all", "none") else self.validators.split(",")
        return [*(name.strip() for name in names), *(text.partition("=")[0] for text in self.validator_commands)]

    def read_waivers(self) -> WaiverFile | None:
        """The findings that somebody has taken the responsibility for.

        Raises:
            UsageError: the file is not there or is no file of waivers.
        """
        return None if self.waivers is None else read_waivers(self.waivers)

    def read_setups(self, *, witnessed: bool = False) -> list[Setup]:
        """What was asked about, ready to be judged; with ``witnessed``, or a statement among the reports, for one.

        Raises:
            UsageError: a path that is not there or of the wrong kind, or settings that contradict each other.
        """
        return read_setups(
            self.keystores,
            config=self.config,
            chain_depth=self.chain_depth,
            at=self.instant,
            devices=self.devices,
            portal_uploads=self.portal_uploads,
            mode=self.mode,
            witnessed=witnessed or self.makes_statement,
        )


def parse_instant(text: str, name: str = "--fcu-at") -> datetime:
    """An RFC 3339 date and time as an aware datetime in UTC.

    Raises:
        UsageError: it is none.
    """
    match = _RFC3339.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        fraction = (match["fraction"] or ".0")[:7].ljust(7, "0")
        zone = "+00:00" if match["zone"] in "Zz" else match["zone"]
        return datetime.fromisoformat(f"{match['day']}T{match['time']}{fraction}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name}: '{printable(text)}' is no date and time with its zone (RFC 3339), such as 2026-01-31T12:00:00Z"
        ) from None


def format_instant(instant: datetime) -> str:
    """RFC 3339, in UTC, without a fraction where there is none."""
    return instant.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def now() -> str:
    """The clock's time to the second, as RFC 3339 text."""
    return format_instant(datetime.now(timezone.utc).replace(microsecond=0))


def parse_depth(text: str, name: str = "--fcu-chain-depth") -> int:
    """A device-certificate-chain-depth.

    Raises:
        UsageError: it is no integer of at least 1.
    """
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) and int(text) >= 1:
        return int(text)
    raise UsageError(f"{name}: '{printable(text)}' is no number of certificates (1 or more)")


def parse_seed(text: str, name: str = "--fcu-sample-seed") -> int:
    """What the devices are drawn by that validators are asked about.

    Raises:
        UsageError: it is not an integer from 0 to `LARGEST_SEED`.
    """
    if re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) and int(text) <= LARGEST_SEED:
        return int(text)
    raise UsageError(f"{name}: '{printable(text)}' is not an integer from 0 to {LARGEST_SEED}")


def parse_mode(text: str, name: str = "--fcu-mode") -> str:
    """How devices connect: "bootstrap" or "lwm2m".

    Raises:
        UsageError: it is neither.
    """
    if text in ("bootstrap", "lwm2m"):
        return text
    raise UsageError(f"{name}: '{printable(text)}' is neither bootstrap nor lwm2m")


def check_targets(paths: Sequence[str], endings: Sequence[str], name: str = "--fcu-report") -> None:
    """Makes sure that reports can be written where they are asked for.

    Raises:
        UsageError: no writer has this ending, or nothing can be written there.
    """
    for text in paths:
        path = Path(text)
        shown = f"{name}: {printable(text)}"
        if not path.name.lower().endswith(tuple(endings)):
            raise UsageError(f"{shown}: no report has this ending (there is {', '.join(endings)})")
        try:
            if path.exists() and not path.is_file():
                raise UsageError(f"{shown}: is no regular file")
            if not path.parent.is_dir():
                raise UsageError(f"{shown}: there is no folder {printable(str(path.parent))}")
            descriptor, beside = open_beside(path)
            os.close(descriptor)
            beside.unlink()
        except OSError as error:
            raise UsageError(f"{shown}: cannot be written ({error.strerror})") from None
        except UsageError:
            raise
        except ValueError as error:  # a NUL in it
            raise UsageError(f"{shown}: cannot be written ({error})") from None


def keep_out(path: Path, setups: Sequence[Setup], shown: str) -> None:
    """Makes sure that a place to write to is in nothing that is judged, whatever links lead there.

    Args:
        shown: how the error calls it.

    Raises:
        UsageError: it is in a keystore, or in device output.
    """
    place = Path(os.path.realpath(path.parent)) / path.name
    for setup in setups:
        if place.is_relative_to(os.path.realpath(setup.keystore.path)):
            raise UsageError(f"{shown}: lies in the keystore, which is only ever read")
        for output in setup.devices.paths if setup.devices else ():
            if place.is_relative_to(os.path.realpath(output)):
                raise UsageError(f"{shown}: lies in the device output, which is only ever read")
        if any(place == Path(os.path.realpath(file.path)) for file in setup.files()):
            raise UsageError(f"{shown}: is a file that is judged, and only ever read")


def open_beside(path: Path) -> tuple[int, Path]:
    """Opens a new file in the folder of ``path`` for writing, with the permissions of the user's umask."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), beside


def write_atomically(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path`` wholly or not at all: a reader never meets half a report.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, beside = open_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
