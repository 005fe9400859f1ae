"""How wide a terminal shows a text: a name may be in a script whose characters take two columns."""

from __future__ import annotations

import re

_NARROW = re.compile("[\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027]*")
"""Latin letters and the punctuation that the suite itself uses: a column each."""


def columns(text: str) -> int:
    """How many columns of a terminal printable text takes."""
    if _NARROW.fullmatch(text):
        return len(text)
    # Most runs never come here, and need not pay for the tables.
    from rich.cells import cell_len

    return cell_len(text)
