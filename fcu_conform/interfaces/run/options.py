"""The options of a run, in one table: pytest's, the console's, `check()`'s and the documentation's are made from it.

To add an option, add a field here and use it where it matters. The pytest plugin loads this module in every run
of every project that it is installed in, so it imports nothing that pytest has not imported already.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, NamedTuple

STATEMENT = ".intoto.json"
"""The ending of the one kind of report that can be signed, and that says what was judged byte for byte."""

WRITERS = {
    ".json": "json_report",
    ".html": "html_report",
    ".md": "markdown_report",
    ".sarif": "sarif_report",
    STATEMENT: "intoto_report",
}
"""By the ending of a report's file, the module of `reports` that writes it."""

Kind = Literal["path", "text", "switch", "instant", "depth", "mode", "seed", "sample", "verify", "term"]
"""What an option takes: paths, text as it is, nothing, or something that `settings.PARSERS` reads."""


class Option(NamedTuple):
    """One option: ``--fcu-NAME`` for pytest, ``fcu_NAME`` in an ini file, ``--NAME`` on the console.

    Attributes:
        field: the field of `RunOptions` that holds its value.
        name: as typed, without its dashes.
        metavar: what the help calls its value; empty for a switch.
        help: one sentence without its capital letter and its full stop.
        is_list: it may be given more than once.
        page: the page of the documentation about it, and the place on it.
    """

    field: str
    name: str
    kind: Kind
    metavar: str
    help: str
    is_list: bool
    page: str

    @property
    def flag(self) -> str:
        """As typed on pytest's command line."""
        return f"--fcu-{self.name}"

    @property
    def key(self) -> str:
        """As written in an ini file, and as an attribute of pytest's parsed options."""
        return f"fcu_{self.name.replace('-', '_')}"

    @property
    def plain_flag(self) -> str:
        """As typed on the console."""
        return f"--{self.name}"


def _one(name: str, kind: Kind, metavar: str, help: str, *, page: str = "", **default: Any) -> Any:  # noqa: A002
    """An option that is given once at most."""
    default = default or {"default": None}
    return field(metadata={"name": name, "kind": kind, "metavar": metavar, "help": help, "page": page}, **default)


def _many(name: str, kind: Kind, metavar: str, help: str, *, page: str = "") -> Any:  # noqa: A002
    """An option that may be given more than once."""
    return _one(name, kind, metavar, f"{help}; repeatable", page=page, default=())


def _switch(name: str, help: str, *, page: str = "") -> Any:  # noqa: A002
    """An option without a value."""
    return _one(name, "switch", "", help, page=page, default=False)


# What a dataclass generates is generated for `Settings`: it takes longer than all the rest of this module.
@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class RunOptions:
    """The options of a run, as plain data that can be sent to another process.

    Paths are text as the user gave it. An option that was not given is None, empty or False; ``at`` is always there,
    as RFC 3339 text.
    """

    keystores: tuple[str, ...] = _many(
        "keystore", "path", "DIR", "judge this keystore, the folder of fcu_private_key.pem and fcu.crt"
    )
    config: str | None = _one(
        "config", "path", "FILE", "the keystore's fcu.yml (default: looked for beside the keystore)"
    )
    chain_depth: int | None = _one("chain-depth", "depth", "N", "the chain depth, if no fcu.yml sets it")
    devices: tuple[str, ...] = _many(
        "devices",
        "path",
        "PATH",
        "judge this device output: a file, a folder, a .tar, .tar.gz or .zip, a .jsonl or .parquet",
        page="reference.md#device-output",
    )
    portal_uploads: tuple[str, ...] = _many(
        "portal-upload",
        "path",
        "FILE",
        "judge what was, or will be, uploaded to the portal; one for each keystore, in order",
        page="reference.md#the-portal-upload",
    )
    portal_state: str | None = _one(
        "portal-state",
        "path",
        "FILE",
        "what the account trusts, as fcu-conform portal fetch writes it: judged by the rules PTL and DRL",
        page="howto/account.md",
    )
    mode: str | None = _one("mode", "mode", "MODE", "how devices connect, bootstrap or lwm2m, if no fcu.yml sets it")
    at: str = _one(
        "at",
        "instant",
        "TIME",
        "judge validity at this instant, e.g. 2026-01-31T12:00:00Z (RFC 3339; default: now)",
        default=MISSING,
    )
    within: str | None = _one(
        "within",
        "term",
        "TERM",
        "warn of what ends within this time, e.g. 5y, 18m or 90d (EXP001, EXP002; default: not judged)",
        page="howto/expiry.md",
    )
    validators: str = _one(
        "validators",
        "text",
        "LIST",
        "ask these independent validators: names with commas between, auto (those installed; default), all, none",
        page="validators.md",
        default="auto",
    )
    validator_commands: tuple[str, ...] = _many(
        "validator-command",
        "text",
        "NAME=COMMAND",
        "ask this program too, with the documented JSON protocol",
        page="validators.md#any-other-program",
    )
    validator_sample: int | None = _one(
        "validator-sample",
        "sample",
        "N",
        "ask each validator about this many devices, or about all (default: 20; in fcu-conform lot: 200)",
    )
    sample_seed: int | None = _one(
        "sample-seed",
        "seed",
        "N",
        "seed for drawing the devices that validators are asked about (default: the same devices in every run)",
    )
    handshake: bool = _switch(
        "handshake", "make TLS and DTLS handshakes between a device and servers that trust the upload only (DEV025)"
    )
    verify: str = _one(
        "verify",
        "verify",
        "HOW",
        "verify devices' signatures with tables of the FCU key where that is faster (tables; default), or plain",
        page="lot.md#tables-of-the-fcu-key",
        default="tables",
    )
    strict: bool = _switch("strict", "treat warnings, and requested checks that did not take place, as failures")
    waivers: str | None = _one("waivers", "path", "FILE", "accepted findings (waivers), as TOML", page="waivers.md")
    reports: tuple[str, ...] = _many(
        "report",
        "path",
        "FILE",
        f"write a report; the extension selects the format ({' '.join(WRITERS)})",
        page="reports.md",
    )
    sign_key: str | None = _one(
        "sign-key",
        "path",
        "FILE",
        "sign the statement with this PEM private key: P-256 or Ed25519, not FCU's",
        page="certification.md",
    )
    sign_passphrase_env: str | None = _one(
        "sign-passphrase-env", "text", "NAME", "the environment variable that holds the passphrase of that key"
    )


OPTIONS = tuple(Option(field=each.name, is_list=each.default == (), **each.metadata) for each in fields(RunOptions))
"""Every option, in the order in which helps and documents show them."""
