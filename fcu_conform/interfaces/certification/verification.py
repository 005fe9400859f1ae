"""Checks a submission, offline: the signature, every file of the folder, and the artefacts themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcu_conform.artefacts.bounded_io.digests import digest_of_file
from fcu_conform.artefacts.bounded_io.limits import HANDED_IN, STATEMENT_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.interfaces.certification import laid_out
from fcu_conform.interfaces.certification.envelope import open_envelope
from fcu_conform.interfaces.certification.submission import STATEMENT_NAME, SUMS_NAME, parse_statement, parse_sums, sums
from fcu_conform.interfaces.reports.intoto_report import REPORTS, VERDICT

if TYPE_CHECKING:
    from fcu_conform.interfaces.certification.signing import Verifier

MOST_FILES = 100
"""Files of a submitted folder; a real one has about eight."""


@dataclass
class Examined:
    """The result of verifying a statement.

    Attributes:
        complaints: a line for each change since the statement was made; empty if there is none.
        statement: the statement, empty if it cannot be read.
        signer: the id of the key that signed it, None if unsigned.
        is_signature_checked: the signature is that of the key that was given.
        files: how many files were compared with their checksums.
        artefacts: how many artefacts were compared with the statement.
    """

    complaints: list[str] = field(default_factory=list)
    statement: dict[str, Any] = field(default_factory=dict)
    signer: str | None = None
    is_signature_checked: bool = False
    files: int = 0
    artefacts: int = 0

    @property
    def verdict(self) -> str:
        """What the run has said, in capitals; empty where there is no statement."""
        return str(self.statement["predicate"][VERDICT]).upper() if self.statement else ""

    @property
    def is_conformant(self) -> bool:
        """The run has said so; whether that can be relied upon the complaints tell."""
        return self.verdict == "CONFORMANT"


def examine(path: Path, key: Verifier | None) -> Examined:
    """Checks a statement by itself, or a folder with one.

    Raises:
        UsageError: there is nothing to look at.
    """
    found = Examined()
    digests: dict[str, str] = {}
    if path.is_dir():
        digests = _digests(path, found)
        if STATEMENT_NAME not in digests:
            found.complaints.append(f"{STATEMENT_NAME}: is missing")
            return found
        _check_sums(path, digests, found)
        path = path / STATEMENT_NAME
    _check_statement(path, key, found)
    if digests and found.statement:
        _check_reports(digests, found)
    return found


def _digests(folder: Path, found: Examined) -> dict[str, str]:
    """SHA-256 of every file of the folder, by name; nothing but plain files belongs there."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as fault:
        raise UsageError(f"{folder}: cannot be opened ({fault.strerror})") from None
    if len(names) > MOST_FILES:
        raise UsageError(f"{folder}: has more than {MOST_FILES} files and was not made by fcu-conform certify")
    digests = {}
    left = HANDED_IN
    for name in names:
        entry = folder / name
        if entry.is_symlink() or not entry.is_file():
            found.complaints.append(f"{name}: is not a regular file")
            continue
        try:
            digests[name] = digest_of_file(entry, left)
            left -= entry.stat().st_size
        except OSError as fault:
            found.complaints.append(f"{name}: cannot be read ({fault.strerror})")
    return digests


def _check_sums(folder: Path, digests: Mapping[str, str], found: Examined) -> None:
    if SUMS_NAME not in digests:
        found.complaints.append(f"{SUMS_NAME}: is missing")
        return
    file = read_file(folder / SUMS_NAME, STATEMENT_FILE)
    listed = parse_sums(file.data)
    if listed is None:
        found.complaints.append(f"{SUMS_NAME}: is not a list of checksums")
        return
    there = {name: digest for name, digest in digests.items() if name != SUMS_NAME}
    found.complaints += [f"{name}: is missing" for name in listed if name not in there]
    found.complaints += [f"{name}: was added" for name in there if name not in listed]
    changed = [name for name, digest in listed.items() if there.get(name, digest) != digest]
    found.complaints += [f"{name}: was changed" for name in changed]
    if listed == there and sums(there) != file.data:
        found.complaints.append(f"{SUMS_NAME}: was changed")
    found.files = len(listed)


def _check_statement(path: Path, key: Verifier | None, found: Examined) -> None:
    file = read_file(path, STATEMENT_FILE)
    if file.trouble is not None:
        raise UsageError(f"{path}: {file.detail or file.trouble.value}")
    try:
        envelope = open_envelope(file.data)
        found.statement = parse_statement(file.data if envelope is None else envelope.statement)
    except ValueError as fault:
        found.complaints.append(f"{path.name}: {fault}")
        return
    found.signer = None if envelope is None else envelope.key_id
    if key is None:
        return
    if envelope is None:
        found.complaints.append(f"{path.name}: is not signed, but a key was passed")
    elif envelope.key_id != key.key_id or not key.has_signed(file.data):
        found.complaints.append(f"{path.name}: is not signed by the key that was passed")
    else:
        found.is_signature_checked = True


def _check_reports(digests: Mapping[str, str], found: Examined) -> None:
    """The statement, which may be signed, holds the digests of the files beside it."""
    said = found.statement["predicate"].get(REPORTS)
    there = {name: digest for name, digest in digests.items() if name not in (STATEMENT_NAME, SUMS_NAME)}
    if said != there:
        differing = sorted(name for name in {*there, *(said or {})} if not said or said.get(name) != there.get(name))
        found.complaints.append(f"{STATEMENT_NAME}: was made with other files: {', '.join(map(str, differing))}")


def compare(folders: Sequence[Path], found: Examined) -> None:
    """Looks below folders for what was judged, see `laid_out.compare`.

    Raises:
        UsageError: a folder cannot be looked at.
    """
    comparison = laid_out.compare(folders, found.statement.get("subject", ()))
    found.complaints += comparison.complaints
    found.artefacts += len(comparison.met)
