"""The API key of an account: from a file or an environment variable, and shown nowhere."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from fcu_conform.artefacts.bounded_io.limits import API_KEY_FILE
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.interfaces.reports.text import printable

VARIABLE = "FCU_PORTAL_API_KEY"
"""The environment variable that holds the key where no file is named."""

_KEY = re.compile(r"[!-~]{8,500}", re.ASCII)


class ApiKey:
    """An API key, which no repr, message or pickle shows."""

    def __init__(self, text: str) -> None:
        self.__text = text

    def __repr__(self) -> str:
        return "<API key>"

    def __reduce__(self) -> Any:
        raise TypeError("an API key stays in its process")

    def header(self) -> dict[str, str]:
        """The header of a request that has it."""
        return {"Authorization": f"Bearer {self.__text}"}

    def is_in(self, value: Any) -> bool:
        """Some text of a JSON value repeats it."""
        return self.__text in json.dumps(value, ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\")


def read_api_key(path: str | None, variable: str) -> ApiKey:
    """The key in a file, or in an environment variable where no file is named.

    Raises:
        UsageError: there is none, or what is there cannot be one; nothing of it is shown.
    """
    if path is None:
        text = os.environ.get(variable)
        where = f"the environment variable {printable(variable)}"
        if text is None:
            raise UsageError(f"no API key: name a file with --api-key-file, or set {where}")
    else:
        file = read_file(existing(path, "API key file"), API_KEY_FILE)
        where = f"API key file {path}"
        if file.trouble is not None:
            raise UsageError(f"{where}: {file.detail or file.trouble.value}")
        text = file.data.decode("ascii", "replace")
    if not _KEY.fullmatch(text.strip()):
        raise UsageError(f"{where}: does not hold an API key, which is one word of 8 to 500 ASCII characters")
    return ApiKey(text.strip())
