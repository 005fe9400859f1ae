"""What is to be done on the portal so that it trusts the lines and nothing else: a plan, which touches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.pem import to_pem
from fcu_conform.artefacts.portal_state import PortalState, TrustedCertificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.support.account import (
    holds,
    is_developers,
    is_of_subject,
    lines_with_uploads,
    serves,
    strangers,
    surplus,
)
from fcu_conform.rules.support.formatting import short_name

FORMAT = "fcu-conform portal plan"
FORMAT_VERSION = 1
LONGEST_NAME = 100
"""Characters of an entry's name."""


class What(str, Enum):
    """What is to be done with an entry."""

    CREATE = "create"
    REPLACE = "replace"
    DEACTIVATE = "deactivate"
    LEAVE = "leave"


@dataclass(frozen=True)
class Step:
    """One entry, and what is to be done with it.

    Attributes:
        what: what it is.
        name: that of the entry.
        service: "bootstrap" or "lwm2m".
        why: the reason, in words.
        entry_id: the id of the entry, empty where it is to be created or the portal gave none.
        lines: the lines whose devices are let in by it.
        changes: the fields of the request that makes it so.
    """

    what: What
    name: str
    service: str
    why: str
    entry_id: str = ""
    lines: tuple[str, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """An upload, the lines that it is for, and the entry that it belongs in."""

    service: str
    certificates: tuple[Certificate, ...]
    lines: tuple[str, ...]
    name: str


def make_plan(state: PortalState, setups: Sequence[Setup]) -> list[Step]:
    """What to do with each upload, then with each other entry of the account.

    Args:
        setups: the lines; of each it is known which service its devices use.
    """
    taken = {entry.name for entry in state.entries}
    own: list[TrustedCertificate] = []
    steps = []
    for wanted in _wanted(setups):
        step, entry = _for_upload(wanted, state, taken)
        steps.append(step)
        taken.add(step.name)
        if entry is not None:
            own.append(entry)
    return steps + [step for entry in state.entries if entry not in own for step in [_for_other(entry, state, setups)]]


def is_done(steps: Sequence[Step]) -> bool:
    """Nothing is to be done."""
    return all(step.what is What.LEAVE for step in steps)


def _wanted(setups: Sequence[Setup]) -> Iterator[_Wanted]:
    """The uploads; lines that make the same one share it."""
    found: dict[tuple[str | None, bytes], list[tuple[Setup, tuple[Certificate, ...]]]] = {}
    for setup, upload in lines_with_uploads(setups):
        found.setdefault((setup.mode, upload[0].raw), []).append((setup, upload))
    for (service, _), same in found.items():
        first, certificates = same[0]
        assert service is not None
        details = None if first.upload is None else first.upload.details
        given = None if details is None else details.values.get("name")
        name = given if isinstance(given, str) and given else short_name(certificates[0]).removeprefix("CN=")
        yield _Wanted(service, certificates, tuple(setup.name for setup, _ in same), name[:LONGEST_NAME])


def _for_upload(wanted: _Wanted, state: PortalState, taken: set[str]) -> tuple[Step, TrustedCertificate | None]:
    lowest, lines = wanted.certificates[0], wanted.lines
    pem = "certificate", to_pem(*(certificate.raw for certificate in wanted.certificates)).decode()
    there = sorted(
        (entry for entry in state.entries if holds(entry, lowest)),
        key=lambda entry: (entry.service != wanted.service, not entry.is_active),
    )
    if there:
        entry = there[0]
        changes = [("service", wanted.service)] if entry.service != wanted.service else []
        changes += [] if entry.is_active else [("status", "ACTIVE")]
        if not changes:
            why = "its certificate is the lowest one of the upload"
            return Step(What.LEAVE, entry.name, entry.service, why, _id(entry), lines), entry
        why = " and ".join(f"{name} has to be {value}" for name, value in changes)
        why += "" if entry.is_active else "; not if it was set to INACTIVE because a key was stolen"
        return Step(What.REPLACE, entry.name, wanted.service, why, _id(entry), lines, tuple(changes)), entry
    same = next((entry for entry in state.entries if is_of_subject(entry, lowest)), None)
    if same is not None:
        why = "it has the subject of the upload, and another certificate"
        changes = [pem] if same.service == wanted.service else [pem, ("service", wanted.service)]
        changes += [] if same.is_active else [("status", "ACTIVE")]
        return Step(What.REPLACE, same.name, wanted.service, why, _id(same), lines, tuple(changes)), same
    name = _free(wanted.name, taken)
    why = "no entry stands for the upload"
    fields = ("name", name), ("service", wanted.service), pem
    return Step(What.CREATE, name, wanted.service, why, "", lines, fields), None


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where an entry has it."""
    numbered = (f"{name[: LONGEST_NAME - 6]} ({number})" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _for_other(entry: TrustedCertificate, state: PortalState, setups: Sequence[Setup]) -> Step:
    """What to do with an entry that stands for no upload."""
    change = (("status", "INACTIVE"),)

    def step(what: What, why: str, lines: tuple[str, ...] = ()) -> Step:
        changes = change if what is What.DEACTIVATE else ()
        return Step(what, entry.name, entry.service, why, _id(entry), lines, changes)

    if not entry.is_active:
        return step(What.LEAVE, "is INACTIVE")
    lines = tuple(setup.name for setup in setups if entry in surplus(state, setup))
    if lines:
        return step(What.DEACTIVATE, "vouches for lines that have an entry of their own", lines)
    if is_developers(entry):
        is_alone = all(is_developers(other) for other in state.active(None))
        if is_alone and not any(serves(entry, setup) for setup in setups):
            return step(What.LEAVE, "is a developer certificate of another service")
        return step(What.DEACTIVATE, "is a developer certificate beside those of production")
    if entry in strangers(state, setups):
        return step(What.DEACTIVATE, "belongs to no line that was given; leave it if a line of another factory has it")
    if any(serves(entry, setup) for setup in setups):
        return step(What.LEAVE, "is the only one that vouches for a line until the upload is there")
    return step(What.LEAVE, "is of another service")


def _id(entry: TrustedCertificate) -> str:
    value = entry.fields.get("id")
    return value if isinstance(value, str) else ""


def render(steps: Sequence[Step], state: PortalState, at: str) -> bytes:
    """The plan as JSON, for a program that carries it out."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "at": at,
        "url": state.url or None,
        "fetched_at": state.fetched_at or None,
        "steps": [
            {
                "what": step.what.value,
                "name": step.name,
                "service": step.service,
                "id": step.entry_id or None,
                "why": step.why,
                "lines": list(step.lines),
                "changes": dict(step.changes),
            }
            for step in steps
        ],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
