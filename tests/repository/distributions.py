"""Looks into a built wheel and sdist: what users need is in them, and nothing else is in the wheel.

python tests/repository/distributions.py DIST
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

IN_WHEEL = (
    "fcu_conform/__init__.py",
    "fcu_conform/py.typed",
    "fcu_conform/rules/support/published_keys.json",
    "fcu_conform/rules/support/weak_keys.json",
    "fcu_conform/interfaces/reports/report-1.0.schema.json",
    "fcu_conform/interfaces/reports/report.schema.json",
    "fcu_conform/interfaces/pytest_plugin/__init__.py",
    "fcu_conform/interfaces/reports/templates/report.css",
    "fcu_conform/interfaces/reports/templates/report.html.j2",
    "fcu_conform/interfaces/reports/templates/report.js",
    "fcu_conform/interfaces/reports/templates/report.md.j2",
    "fcu_conform/validators/adapters/external.schema.json",
    "reference_ca/__init__.py",
    "reference_ca/py.typed",
)
IN_METADATA = ("METADATA", "entry_points.txt", "licenses/LICENSE")
IN_SDIST = (
    "pyproject.toml",
    "tox.ini",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    ".ci/run",
    ".pre-commit-hooks.yaml",
    "Containerfile",
    "SECURITY.md",
    "action.yml",
    "benchmarks/lot_run.py",
    "docs/index.md",
    "docs/images/terminal.svg",
    "fixtures/DIGEST",
    "tests/repository/distributions.py",
)
TOP = {"fcu_conform", "reference_ca"}


def faults(folder: Path) -> list[str]:
    """A line for everything that is wrong with the distributions in a folder."""
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    found = []
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("/entry_points.txt"))
    metadata = {name.partition("/")[0] for name in names if ".dist-info/" in name}
    found += [f"wheel lacks {name}" for name in IN_WHEEL if name not in names]
    found += [f"wheel lacks {name}" for name in IN_METADATA if f"{min(metadata)}/{name}" not in names]
    found += [f"wheel has {name}" for name in sorted(names) if name.partition("/")[0] not in TOP | metadata]
    found += [f"wheel has {name}" for name in sorted(names) if name.endswith((".pem", ".pyc", ".der"))]
    found += [f"wheel has no {word}" for word in ("[pytest11]", "[console_scripts]") if word not in entry_points]
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    found += [f"sdist lacks {name}" for name in IN_SDIST if name not in inside]
    return found


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]))
    print("\n".join(wrong) or "wheel and sdist are complete")
    sys.exit(bool(wrong))
