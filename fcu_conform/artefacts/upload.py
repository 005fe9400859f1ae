"""The upload to the portal: PEM certificates, and the details that are entered with them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import CONFIG_FILE, PEM_FILE
from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_file
from fcu_conform.artefacts.bounded_io.toml_text import parse_toml
from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.usage import UsageError, existing

DETAILS_ENDINGS = (".toml", ".json")


@dataclass(frozen=True)
class Details:
    """The details that the portal asks for in addition to the certificates, from a TOML or JSON file beside the upload.

    ``values`` holds the file's table; ``problem`` says why it could not be read.
    """

    file: FileBytes
    values: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Upload:
    """The file that was, or will be, uploaded, and its details if they were given."""

    certificates: CertificateFile
    details_file: FileBytes | None

    @property
    def name(self) -> str:
        """How findings call it."""
        return self.certificates.name

    @cached_property
    def details(self) -> Details | None:
        """The details, None where none were given."""
        return None if self.details_file is None else _read_details(self.details_file)


def read_upload(given: str | os.PathLike[str]) -> Upload:
    """Reads an upload, and the details of the same name with the ending .toml or .json if they lie beside it.

    Raises:
        UsageError: nothing is there, or it is a folder.
    """
    path = existing(given, "portal upload")
    if path.is_dir():
        raise UsageError(f"portal upload {path}: is a folder")
    beside = [path.with_suffix(ending) for ending in DETAILS_ENDINGS]
    details = next((read_file(other, CONFIG_FILE) for other in beside if os.path.lexists(other)), None)
    return Upload(CertificateFile(read_file(path, PEM_FILE)), details)


def _read_details(file: FileBytes) -> Details:
    if file.trouble is not None:
        return Details(file, {}, file.detail or file.trouble.value)
    try:
        values = _parse(file.name, file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        return Details(file, {}, f"cannot be read: {reason}")
    if not isinstance(values, dict):
        return Details(file, {}, "is not a table of name, description and service")
    return Details(file, values)


def _parse(name: str, text: str) -> Any:
    if name.endswith(".json"):
        return json.loads(text)
    return parse_toml(text)
