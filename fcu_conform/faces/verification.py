"""Checks what was handed in, offline: the signature, every file of the folder, and the artefacts themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcu_conform.artefacts.digests import digest_of_file, digest_of_folder
from fcu_conform.artefacts.limits import HANDED_IN, STATEMENT_FILE
from fcu_conform.artefacts.reading import read_file
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.faces.certification import STATEMENT_NAME, SUMS_NAME, parse_statement, parse_sums, sums
from fcu_conform.faces.intoto_report import REPORTS
from fcu_conform.faces.signing import is_signed_by, open_envelope

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

MOST_FILES = 100
"""Files of a folder that was handed in; a real one has about eight."""

MOST_ENTRIES = 200_000
"""Entries looked at below a folder of artefacts."""


@dataclass
class Examined:
    """What was found of a statement.

    Attributes:
        complaints: a line for everything that is not as it was when the statement was made; empty where all is well.
        statement: the statement, empty if it cannot be read.
        signer: the id of the key that signed it, None where nobody did.
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


def examine(path: Path, key: SSlibKey | None) -> Examined:
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
            found.complaints.append(f"{name}: is no plain file")
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
        found.complaints.append(f"{SUMS_NAME}: is no list of checksums")
        return
    there = {name: digest for name, digest in digests.items() if name != SUMS_NAME}
    found.complaints += [f"{name}: is missing" for name in listed if name not in there]
    found.complaints += [f"{name}: was added" for name in there if name not in listed]
    changed = [name for name, digest in listed.items() if there.get(name, digest) != digest]
    found.complaints += [f"{name}: was changed" for name in changed]
    if listed == there and sums(there) != file.data:
        found.complaints.append(f"{SUMS_NAME}: was changed")
    found.files = len(listed)


def _check_statement(path: Path, key: SSlibKey | None, found: Examined) -> None:
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
        found.complaints.append(f"{path.name}: is not signed, and a key was given")
    elif envelope.key_id != key.keyid or not is_signed_by(file.data, key):
        found.complaints.append(f"{path.name}: is not signed by the key that was given")
    else:
        found.is_signature_checked = True


def _check_reports(digests: Mapping[str, str], found: Examined) -> None:
    """The statement, which may be signed, holds the digests of the files beside it."""
    said = found.statement["predicate"].get(REPORTS)
    there = {name: digest for name, digest in digests.items() if name not in (STATEMENT_NAME, SUMS_NAME)}
    if said != there:
        differing = sorted(name for name in {*there, *(said or {})} if not said or said.get(name) != there.get(name))
        found.complaints.append(f"{STATEMENT_NAME}: was made with other files: {', '.join(map(str, differing))}")


def compare(folder: Path, found: Examined) -> None:
    """Looks below a folder for what was judged: each subject of the statement must be there, and unchanged.

    Every file or folder of a subject's name counts, so that a changed one cannot hide behind a good one.

    Raises:
        UsageError: the folder cannot be looked at.
    """
    wanted: dict[str, list[dict[str, Any]]] = {}
    for subject in found.statement.get("subject", ()):
        wanted.setdefault(subject["name"].rpartition("/")[2], []).append(subject)
    if not folder.is_dir():
        raise UsageError(f"--artefacts {folder}: is no folder")
    met: set[str] = set()
    for path in _entries(folder, frozenset(wanted)):
        subjects = wanted[path.name]
        try:
            is_folder = path.is_dir()
            digest = digest_of_folder(path) if is_folder else digest_of_file(path.resolve())
        except OSError as fault:
            found.complaints.append(f"{path}: cannot be read ({fault.strerror})")
            continue
        kind = "dirHash" if is_folder else "sha256"
        same_kind = [subject for subject in subjects if kind in subject["digest"]]
        matching = [subject["name"] for subject in same_kind if subject["digest"][kind] == digest]
        met.update(matching)
        if same_kind and not matching:
            found.complaints.append(f"{path}: is not what was judged")
    missing = [subject["name"] for subjects in wanted.values() for subject in subjects if subject["name"] not in met]
    found.complaints += [f"{name}: was judged, and is not in {folder} as it was" for name in missing]
    found.artefacts += len(met)


def _entries(folder: Path, names: frozenset[str]) -> Iterator[Path]:
    """The folder and what is below it, as far as it has one of the names; links to folders are left alone."""
    if folder.resolve().name in names:
        yield folder.resolve()
    pending, seen = [folder], 0
    while pending:
        try:
            entries = sorted(os.scandir(pending.pop()), key=lambda entry: entry.name)
        except OSError as fault:
            raise UsageError(f"--artefacts {folder}: cannot be searched ({fault.strerror})") from None
        for entry in entries:
            seen += 1
            if seen > MOST_ENTRIES:
                raise UsageError(f"--artefacts {folder}: has more than {MOST_ENTRIES} files: give a smaller folder")
            if entry.name in names:
                yield Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
