"""The files of a keystore beside its own three: which of them the repaired copy has."""

from __future__ import annotations

import stat
from pathlib import Path

from fcu_conform.artefacts.bounded_io.limits import KEYSTORE_SEARCHED, MIB
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.keystore import OWN_FILES, KeyCopy, Keystore, files_below
from fcu_conform.engine.repair.plan import Plan, as_found

LARGEST = 4 * MIB
"""Bytes of one such file that is copied."""

NESTING = 16
"""Levels of folders below a keystore that are copied."""

_GIT = ".git"


def take_other_files(keystore: Keystore, plan: Plan) -> None:
    """Takes them into the copy, but for copies of private keys, git's own files and what cannot be read."""
    skipped: list[KeyCopy] = []
    copies = {copy.name: copy.what for copy in keystore.key_copies}
    budget, has_repository = KEYSTORE_SEARCHED, False
    for path in files_below(keystore.path, skipped, NESTING):
        name = str(path.relative_to(keystore.path))
        if _GIT in Path(name).parts:
            has_repository = True
        elif name in OWN_FILES:
            continue
        elif name in copies:
            plan.leave_out(name, f"holds {copies[name]}; delete it wherever it has spread")
        else:
            file = read_file(path, min(LARGEST, budget), within=keystore.path, name=name)
            budget -= len(file.data)
            if file.trouble is None:
                plan.files[name] = as_found(file, keystore.path)
                _note_folders(keystore.path, Path(name), plan)
            else:
                plan.leave_out(name, file.detail or file.trouble.value)
    for skip in skipped:
        plan.leave_out(skip.name, skip.what)
    if has_repository:
        plan.leave_out(_GIT, "is a git repository, whose history may hold the private key")


def _note_folders(root: Path, name: Path, plan: Plan) -> None:
    """Notes the modes of the folders above a file."""
    for folder in list(name.parents)[:-1]:
        plan.folders.setdefault(str(folder), stat.S_IMODE((root / folder).stat().st_mode) & 0o777)
