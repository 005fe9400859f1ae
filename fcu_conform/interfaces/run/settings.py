"""What a user asked for, checked before anything is judged; the same for every front end."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from fcu_conform.artefacts.portal_state import PortalState, read_portal_state
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.artefacts.term import Term, parse_term
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.artefacts.waivers import WaiverFile, read_waivers
from fcu_conform.interfaces.reports.text import printable
from fcu_conform.interfaces.run.options import OPTIONS, STATEMENT, Kind, Option, RunOptions

_RFC3339 = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)

LARGEST_SEED = 2**53 - 1
"""The largest integer that every reader of JSON takes as it is."""


@dataclass(frozen=True, kw_only=True)
class Settings(RunOptions):
    """One run's question: which keystores, devices and uploads, read how, judged when and how, reported where."""

    @property
    def instant(self) -> datetime:
        """The instant of judgement."""
        return parse_instant(self.at)

    @property
    def term(self) -> Term | None:
        """How far ahead the rules about what ends look; None where they do not."""
        return None if self.within is None else parse_term(self.within)

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

    @property
    def named_validators(self) -> list[str]:
        """The validators that were asked for one by one, and not as all that are there."""
        names = [] if self.validators in ("auto", "all", "none") else self.validators.split(",")
        return [*(name.strip() for name in names), *(text.partition("=")[0] for text in self.validator_commands)]

    def read_waivers(self) -> WaiverFile | None:
        """The accepted findings.

        Raises:
            UsageError: the file is not there or is not a file of waivers.
        """
        return None if self.waivers is None else read_waivers(self.waivers)

    def read_setups(
        self,
        *,
        witnessed: bool = False,
        line_devices: Mapping[str, Sequence[str]] | None = None,
        account: PortalState | str | None = None,
    ) -> list[Setup]:
        """What was asked about, ready to be judged; with ``witnessed``, or a statement among the reports, for one.

        Args:
            line_devices: the device output by the names of the lines, in place of ``devices``.
            account: what the portal answered, in place of ``portal_state``; why it did not, where that is text.

        Raises:
            UsageError: a path that is not there or of the wrong kind, or settings that contradict each other.
        """
        return read_setups(
            self.keystores,
            config=self.config,
            chain_depth=self.chain_depth,
            at=self.instant,
            devices=self.devices if line_devices is None else (),
            line_devices=line_devices or {},
            portal_uploads=self.portal_uploads,
            mode=self.mode,
            within=self.term,
            portal_state=self._portal_state() if account is None else None if isinstance(account, str) else account,
            portal_fault=account if isinstance(account, str) else "",
            witnessed=witnessed or self.makes_statement,
        )

    def _portal_state(self) -> PortalState | None:
        return None if self.portal_state is None else read_portal_state(self.portal_state)


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings from what was typed.

    Args:
        given: by the fields of `RunOptions`, text, several texts, or whether a switch is set; None, or nothing at all,
            where an option was not given.

    Raises:
        UsageError: a value that makes no sense.
    """
    read = {option.field: _read(option, given.get(option.field)) for option in OPTIONS}
    values = {field: value for field, value in read.items() if value is not None}
    return Settings(**{"at": now(), **values})


def _read(option: Option, given: Any) -> Any:
    """The value of an option; None where it was not given."""
    if given is None:
        return None
    if option.kind == "path":
        for path in [given] if isinstance(given, str) else given:
            if not path.strip():
                raise UsageError(f"{option.flag}: needs a path")
    if option.kind in PARSERS:
        return PARSERS[option.kind](given, option.flag)
    return tuple(given) if option.is_list else given


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
            f"{name}: '{printable(text)}' is not a date and time with a zone (RFC 3339), such as 2026-01-31T12:00:00Z"
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
        UsageError: it is not an integer of at least 1.
    """
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) and int(text) >= 1:
        return int(text)
    raise UsageError(f"{name}: '{printable(text)}' is not a valid depth: expected an integer of at least 1")


def parse_seed(text: str, name: str = "--fcu-sample-seed") -> int:
    """The seed that draws the devices that validators are asked about.

    Raises:
        UsageError: it is not an integer from 0 to `LARGEST_SEED`.
    """
    if re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) and int(text) <= LARGEST_SEED:
        return int(text)
    raise UsageError(f"{name}: '{printable(text)}' is not an integer from 0 to {LARGEST_SEED}")


def parse_sample(text: str, name: str = "--fcu-validator-sample") -> int:
    """About how many devices each validator is asked; the largest number of all for "all".

    Raises:
        UsageError: it is neither that nor an integer of at least 1.
    """
    if text == "all":
        return sys.maxsize
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) and int(text) >= 1:
        return int(text)
    raise UsageError(f"{name}: '{printable(text)}' is neither a number of devices (1 or more) nor all")


def parse_mode(text: str, name: str = "--fcu-mode") -> str:
    """How devices connect: "bootstrap" or "lwm2m".

    Raises:
        UsageError: it is neither.
    """
    if text in ("bootstrap", "lwm2m"):
        return text
    raise UsageError(f"{name}: '{printable(text)}' is neither bootstrap nor lwm2m")


def parse_verify(text: str, name: str = "--fcu-verify") -> str:
    """How the signatures of devices are verified: "tables" or "plain".

    Raises:
        UsageError: it is neither.
    """
    if text in ("tables", "plain"):
        return text
    raise UsageError(f"{name}: '{printable(text)}' is neither tables nor plain")


def _checked_instant(text: str, name: str) -> str:
    """The text, once it is sure that it is an instant: settings keep it as it was given."""
    parse_instant(text, name)
    return text


def _checked_term(text: str, name: str) -> str:
    """The text, once it is sure that it is a term."""
    try:
        parse_term(text)
    except ValueError as fault:
        raise UsageError(f"{name}: '{printable(text)}' {fault}") from None
    return text


PARSERS: Mapping[Kind, Callable[[str, str], Any]] = {
    "instant": _checked_instant,
    "depth": parse_depth,
    "mode": parse_mode,
    "seed": parse_seed,
    "sample": parse_sample,
    "verify": parse_verify,
    "term": _checked_term,
}
"""What reads the values of an option, by what it takes; each is given the text and the option's name."""
