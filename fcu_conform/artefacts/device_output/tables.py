"""Device output as a table: which files are tables, and what reads them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from fcu_conform.artefacts.bounded_io.archives import Opener, open_regular
from fcu_conform.artefacts.device_output import json_lines
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.usage import UsageError

LINES_ENDINGS = (".jsonl", ".jsonl.gz")
PARQUET_ENDING = ".parquet"


def is_table(path: Path) -> bool:
    """The path's name has an ending of a table that can be read."""
    return path.name.lower().endswith((*LINES_ENDINGS, PARQUET_ENDING))


def table_chunks(path: Path, opener: Opener | None = None) -> Iterator[Chunk]:
    """The rows of a table; what is wrong with a row is a trouble of its device, and the rest of the table counts.

    With an opener all is read by it, here and now; without one, lines may be read where they are judged.
    """
    name = path.name.lower()
    if name.endswith(PARQUET_ENDING):
        # It imports pyarrow, which is dear and may not be there.
        from fcu_conform.artefacts.device_output.parquet import parquet_chunks

        return parquet_chunks(path, opener or open_regular)
    return json_lines.line_chunks(path, packed=name.endswith(".gz"), opener=opener)


def estimate_rows(path: Path) -> int | None:
    """About how many rows a table has; None where only reading it tells."""
    if not path.name.lower().endswith(".jsonl"):
        return None
    return json_lines.estimate_rows(path)


def check_reader(path: Path) -> None:
    """Makes sure that what reads such a file is installed.

    Raises:
        UsageError: it is a Parquet file, and pyarrow is not.
    """
    if path.name.lower().endswith(PARQUET_ENDING) and find_spec("pyarrow") is None:
        raise UsageError(f"devices {path}: needs pyarrow: pip install 'fcu-conform[parquet]'")
