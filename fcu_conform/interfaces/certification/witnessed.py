"""The digests of the judged files, for a statement about them; a file that has changed since is an error."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_file
from fcu_conform.artefacts.usage import UsageError, changed

if TYPE_CHECKING:
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.interfaces.reports.json_report import Document

Digests = dict[str, dict[str, str]]
"""By path, as it was given, in-toto's digest set of a file or of device output."""


def digests_of(setups: Sequence[Setup]) -> Digests:
    """The digests of what this process has judged: of a private key none, and of device output only if it was read.

    Raises:
        UsageError: something is not what was judged, or can no longer be read.
    """
    found: Digests = {}
    for setup in setups:
        for file in (setup.keystore.key_file.file, *setup.files()):
            if file.trouble is None and not _is_as_it_was(file):
                raise changed(file.path)
        for file in setup.files():
            if file.trouble is None:
                found[str(file.path)] = {"sha256": hashlib.sha256(file.data).hexdigest()}
        if setup.devices is None:
            continue
        try:
            digests = setup.devices.digests()
        except OSError as fault:
            raise UsageError(f"devices: cannot be read again ({fault.strerror or fault})") from None
        for path, digest in zip(setup.devices.paths, digests, strict=True):
            if digest is not None:
                found[str(path)] = digest
    return found


def _is_as_it_was(file: FileBytes) -> bool:
    now = read_file(file.path, len(file.data))
    return now.trouble is None and now.data == file.data


def merged(all_digests: Iterable[Mapping[str, dict[str, str]]]) -> Digests:
    """What several processes have judged together.

    Raises:
        UsageError: two of them have judged different bytes.
    """
    found: Digests = {}
    for digests in all_digests:
        for path, digest in digests.items():
            if found.setdefault(path, digest) != digest:
                raise changed(path)
    return found


def complete(digests: Mapping[str, dict[str, str]], setups: Sequence[Setup]) -> Digests:
    """The digests together with those of device output that nobody has read, as it is now.

    No rule has judged it then, which the results tell.

    Raises:
        UsageError: it cannot be read.
    """
    # Only for a statement about device output: what reads that, its archives too, is much to load.
    from fcu_conform.artefacts.bounded_io.digests import digest_of_output

    found = dict(digests)
    for path in (path for setup in setups if setup.devices for path in setup.devices.paths):
        if str(path) not in found:
            try:
                found[str(path)] = digest_of_output(path)
            except OSError as fault:
                raise UsageError(f"devices {path}: cannot be read ({fault.strerror or fault})") from None
    return found


def with_digests(content: Document, setups: Sequence[Setup], digests: Digests | None = None) -> Document:
    """The document together with the digests of device output, for a statement.

    Args:
        content: the document of json_report.
        setups: those that were judged.
        digests: of what was judged, where other processes have; without them they are those of this process.

    Raises:
        UsageError: something is not what was judged.
    """
    digests = complete(digests_of(setups) if digests is None else digests, setups)
    return {
        **content,
        "subjects": [
            {**subject, "digest": digests[subject["path"]]} if subject["kind"] == "devices" else subject
            for subject in content["subjects"]
        ],
    }
