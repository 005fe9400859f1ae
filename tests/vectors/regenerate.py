"""Writes fixtures/ anew, byte for byte, and its keys into the list of published ones.

``python -m vectors.regenerate`` (from tests/) writes; with ``--check`` it only says whether anything would change.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from .cases import SEED
from .writing import write_all

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
PUBLISHED = ROOT / "fcu_conform" / "rules" / "published_keys.json"


def published(keys: dict[str, str]) -> str:
    """The list of published keys with these for those of the fixtures; what others published stays as it is."""
    others = {key: origin for key, origin in json.loads(PUBLISHED.read_text("utf-8")).items() if SEED not in origin}
    ours = sorted(((key, origin) for key, origin in keys.items() if key not in others), key=lambda pair: pair[1])
    return json.dumps({**others, **dict(ours)}, indent=2) + "\n"


def main() -> int:
    """Writes, or compares; the exit code is 1 where something differs."""
    with tempfile.TemporaryDirectory() as made:
        keys = published(write_all(Path(made)))
        new, old = (Path(made) / "DIGEST").read_text("ascii"), ""
        if (FIXTURES / "DIGEST").exists():
            old = (FIXTURES / "DIGEST").read_text("ascii")
        print(f"made {new}kept {old}", end="")
        if "--check" in sys.argv:
            return int(new != old or keys != PUBLISHED.read_text("utf-8"))
        for folder in FIXTURES.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)
        shutil.copytree(made, FIXTURES, dirs_exist_ok=True)
        PUBLISHED.write_text(keys, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
