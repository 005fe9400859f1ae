"""Changes one thing after another in a module of the judge, and runs the tests that ought to notice (cosmic-ray).

    python tests/mutation/mutate.py [--sample N] [MODULE ...]

MODULE is a path such as fcu_conform/artefacts/times.py; without one every module in `TESTS` has its turn. Each runs in
a copy of the repository, so the work tree is never changed. `--sample N` takes N mutants of each module, always the
same ones. Prints a line for each survivor and the score of each module; the exit code is 1 below 90 % in all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = 0.9

TESTS = {
    "fcu_conform/artefacts/times.py": ("tests/artefacts/test_times.py", "tests/artefacts/test_der.py"),
    "fcu_conform/artefacts/names.py": ("tests/artefacts/test_names.py",),
    "fcu_conform/artefacts/der.py": ("tests/artefacts/test_der.py", "tests/artefacts/test_times.py"),
    "fcu_conform/artefacts/pem.py": ("tests/artefacts/test_pem.py",),
    "fcu_conform/artefacts/chain.py": ("tests/artefacts/test_chain.py",),
    "fcu_conform/artefacts/extensions.py": (
        "tests/artefacts/test_extensions.py",
        "tests/artefacts/test_certificate.py",
    ),
    "fcu_conform/artefacts/certificate.py": ("tests/artefacts",),
    "fcu_conform/artefacts/privatekeys.py": ("tests/artefacts/test_privatekeys.py",),
    "fcu_conform/artefacts/publickeys.py": ("tests/artefacts",),
    "fcu_conform/artefacts/config.py": ("tests/artefacts/test_config.py",),
    "fcu_conform/artefacts/request.py": ("tests/artefacts/test_request.py",),
    "fcu_conform/artefacts/reading.py": ("tests/artefacts/test_reading.py", "tests/artefacts/test_keystore.py"),
    "fcu_conform/artefacts/keystore.py": ("tests/artefacts/test_keystore.py", "tests/rules"),
    "fcu_conform/artefacts/cbor.py": ("tests/bundles",),
    "fcu_conform/artefacts/bundle.py": ("tests/bundles",),
    "fcu_conform/rules/lot.py": ("tests/lots", "tests/foreign"),
    "fcu_conform/rules/seen.py": ("tests/lots", "tests/foreign"),
    "fcu_conform/rules/device_chain.py": ("tests/lots", "tests/foreign"),
    "fcu_conform/rules/device_certificate.py": ("tests/lots", "tests/foreign"),
    "fcu_conform/rules/upload.py": ("tests/liars", "tests/foreign"),
    "fcu_conform/rules/chain.py": ("tests/rules", "tests/foreign"),
    "fcu_conform/rules/constraints.py": ("tests/rules", "tests/foreign"),
    "fcu_conform/rules/keys.py": ("tests/rules", "tests/foreign"),
    "fcu_conform/rules/request.py": ("tests/rules", "tests/foreign"),
    "fcu_conform/engine/devices.py": ("tests/lots", "tests/engine"),
    "fcu_conform/engine/examination.py": ("tests/engine",),
    "fcu_conform/engine/report.py": ("tests/engine",),
}
"""Each module with the tests that say what it must do; few enough that a mutant costs a few seconds."""


@dataclass
class Score:
    """What became of a module's mutants; ``survivors`` are the changes that no test noticed, as diffs."""

    killed: int = 0
    survivors: list[str] = field(default_factory=list)
    left_out: int = 0

    @property
    def judged(self) -> int:
        """How many mutants the tests were run against."""
        return self.killed + len(self.survivors)


def copy_of_repository(folder: Path) -> Path:
    """What the tests need, somewhere where it may be changed."""
    kept = shutil.ignore_patterns(".git", ".tox", ".venv", ".hypothesis", "__pycache__", "*_cache")
    return Path(shutil.copytree(ROOT, folder / "copy", ignore=kept))


def mutate(module: str, copy: Path, sample: int | None) -> Score:
    """Runs the mutants of one module in the copy."""
    place = copy.parent / module.replace("/", ".")
    config, session = place.with_suffix(".toml"), place.with_suffix(".sqlite")
    tests = " ".join(TESTS[module])
    command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider -p no:randomly {tests}"
    config.write_text(
        "[cosmic-ray]\n"
        f'module-path = "{module}"\n'
        "timeout = 120.0\n"
        "excluded-modules = []\n"
        f'test-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    cosmic_ray = [sys.executable, "-m", "cosmic_ray.cli"]
    subprocess.run([*cosmic_ray, "init", str(config), str(session)], check=True, cwd=copy, env=environment)
    left_out = leave_out(session, copy / module, sample)
    subprocess.run([*cosmic_ray, "exec", str(config), str(session)], check=True, cwd=copy, env=environment)
    dumped = subprocess.run(
        [*cosmic_ray, "dump", str(session)], check=True, cwd=copy, env=environment, capture_output=True, text=True
    )
    score = Score(left_out=left_out)
    for line in dumped.stdout.splitlines():
        _, result = json.loads(line)
        if result is None or result["worker_outcome"] != "normal":
            continue
        if result["test_outcome"] == "survived":
            score.survivors.append(result["diff"] or "")
        else:
            score.killed += 1
    return score


def leave_out(session: Path, source: Path, sample: int | None) -> int:
    """Takes mutants out that cannot be noticed, and all but a sample; returns how many by the sample.

    A type annotation is never evaluated here, and `is` stands for `==` between members of an enumeration.
    """
    lines = source.read_text(encoding="utf-8").splitlines()
    with sqlite3.connect(session) as base:
        rows = base.execute("select job_id, operator_name, start_pos_row from mutation_specs").fetchall()
        wanted = [job for job, operator, row in rows if not _is_idle(operator, lines[row - 1])]
        kept = wanted if sample is None else sorted(random.Random(0).sample(sorted(wanted), min(sample, len(wanted))))
        dropped = [(job,) for job, _, _ in rows if job not in set(kept)]
        base.executemany("delete from mutation_specs where job_id = ?", dropped)
        base.executemany("delete from work_items where job_id = ?", dropped)
    return len(wanted) - len(kept)


_SAME = ("Is_Eq", "Eq_Is", "IsNot_NotEq", "NotEq_IsNot")
"""Identity for equality and back: the same for the members of an enumeration and for small numbers."""


def _is_idle(operator: str, line: str) -> bool:
    if operator.endswith(_SAME):
        return True
    return "BinaryOperator_BitOr" in operator and ("| None" in line or "->" in line or ": " in line)


def main() -> int:
    """Mutates what was asked for, and prints the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int)
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    arguments = parser.parse_args()
    whole = Score()
    with tempfile.TemporaryDirectory() as name:
        copy = copy_of_repository(Path(name))
        for module in arguments.modules or TESTS:
            score = mutate(module, copy, arguments.sample)
            whole.killed += score.killed
            whole.survivors += score.survivors
            for diff in score.survivors:
                print(diff, flush=True)
            print(f"{module}: {score.killed} of {score.judged} killed, {score.left_out} not tried", flush=True)
    print(f"all: {whole.killed} of {whole.judged} killed")
    return 0 if whole.judged and whole.killed / whole.judged >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
