"""Begins a rule: ``tox -e rule -- CHN root-has-common-name [--level warning]``.

Writes the rule into its family's module, a defect that breaks it into the reference CA, and says what is left to do.
Both are unfinished on purpose: the suite's tests fail until they say and do something.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

RULE = """

@{decorator}(
    "{code}",
    Level.{level},
    statement="",
    why="",
    fix="",
    passes="",
    fails="",
    source=inferred(""),
)
def {name}({parameters}) -> {returns}:
    raise NotImplementedError("{code}: yield a Finding for everything that is wrong")
"""
DEFECT = '''

@defect(ExpectedFinding("{code}", {file}{level}){shown_in})
def {name}_broken(s: FactorySetup) -> None:
    """One sentence: what is wrong with this set-up."""
    raise NotImplementedError("{code}: break the set-up, by one edit")
'''


_SOURCES = re.compile(r"^(from fcu_conform\.rules\.support\.sources import )(\w.*)$", re.MULTILINE)
_MODEL = re.compile(r"^(from reference_ca\.defects\.model import )(\w.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Family:
    """Where the rules of a family stand, where the defects that break them do, and what these are usually shown in.

    ``file`` and ``shown_in`` are code of the defects' module.
    """

    rules: str
    defects: str
    file: str
    shown_in: str = ""
    of_devices: bool = False


FAMILIES = {
    "CFG": Family("config/settings", "in_configs", '"fcu.yml"'),
    "KEY": Family("keystore/private_key", "in_keys", '"fcu_private_key.pem"'),
    "CSR": Family("keystore/request", "in_requests", '"fcu_csr.pem"'),
    "CRT": Family("keystore/certificate", "in_certificates", '"fcu.crt"'),
    "CHN": Family("keystore/chain", "in_chains", '"fcu.crt"'),
    "DEV": Family("device/certificate", "in_devices", "PEM", ", needs=ANY, parameters=ONE", of_devices=True),
    "BDL": Family(
        "bundle/contents",
        "in_bundle_contents",
        '"line1-0001.cbor"',
        ", needs=NEEDS, parameters=SETUP_PARAMETERS",
        of_devices=True,
    ),
    "UPL": Family("portal/upload", "in_uploads", '"upload.pem"', ", needs=UPLOAD, parameters=SETUP_PARAMETERS"),
}


def next_code(root: Path, family: str) -> str:
    """The family's first number that no rule has; numbers are never used again, so gaps stay."""
    texts = (path.read_text(encoding="utf-8") for path in (root / "fcu_conform" / "rules").rglob("*.py"))
    taken = {int(number) for text in texts for number in re.findall(rf'^    "{family}(\d{{3}})",$', text, re.MULTILINE)}
    return f"{family}{max(taken) + 1:03}"


def begin(root: Path, letters: str, slug: str, level: str) -> tuple[str, list[Path]]:
    """Writes the beginnings of a rule and of its defect.

    Returns:
        The code, and the files that were changed.
    """
    family, code, name = FAMILIES[letters], next_code(root, letters), slug.replace("-", "_")
    rules = root / "fcu_conform" / "rules" / f"{family.rules}.py"
    defects = root / "reference_ca" / "defects" / f"{family.defects}.py"
    of_devices = family.of_devices
    rule = RULE.format(
        decorator="device_rule" if of_devices else "rule",
        code=code,
        level=level.upper(),
        name=name,
        parameters="device: Device, ca: CaContext" if of_devices else "setup: Setup",
        returns="DeviceFindings" if of_devices else "Findings",
    )
    defect = DEFECT.format(
        code=code,
        file=family.file,
        level="" if level == "error" else f', level="{level}"',
        shown_in=family.shown_in,
        name=name,
    )
    for path, text in ((rules, rule), (defects, defect)):
        before = path.read_text(encoding="utf-8").rstrip("\n")
        begun = _MODEL.sub(partial(_with, "ExpectedFinding"), _SOURCES.sub(partial(_with, "inferred"), before))
        path.write_text(begun + "\n" + text, encoding="utf-8")
    return code, [rules, defects]


def _with(name: str, line: re.Match[str]) -> str:
    """An import on one line, with a name that what is begun needs; constants, classes and functions in ruff's order."""
    names = {*line[2].split(", "), name}
    return line[1] + ", ".join(sorted(names, key=lambda one: (not one.isupper(), not one[0].isupper(), one)))


def main(arguments: list[str]) -> int:
    """Reads the command line, writes, and says what is left to do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("slug", help="what holds, in words with dashes: root-has-common-name")
    parser.add_argument("--level", choices=["error", "warning", "notice"], default="error")
    given = parser.parse_args(arguments)
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", given.slug):
        parser.error(f"{given.slug!r} is not words with dashes between them")
    code, files = begin(ROOT, given.family, given.slug, given.level)
    print(f"{code} is begun. Now")
    for path, what in zip(files, ("say and check it", "break a set-up so that only this rule fails"), strict=True):
        print(f"  {path.relative_to(ROOT)}: {what}")
    print("  tox -e fixtures -- --write: make its case; the baseline is the same set-up without the edit")
    print(f"  fcu-conform explain {code}: read it as a user will; its page in the documentation writes itself")
    print("  tox -e lint,types and pytest tests/coverage_matrix tests/rules tests/vectors: say what is still missing")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
