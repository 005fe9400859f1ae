"""What judging a keystore costs, as a ratio to a bare pytest run on the same machine at the same time.

Prints CPU seconds (user and system, of child processes) as medians of several rounds; in each round all kinds of
run take turns, so that whatever else the machine does hits them alike. Other plugins of the environment are left
out: what they cost would make the ratio look better than it is. The bare run loads an empty plugin by its name, since
pytest looks through all distributions for a name, which no installed plugin needs.

    python benchmarks/keystore_run.py [--rounds 15] [--demand]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGET_RATIO = 1.3
TARGET_WITH_VALIDATORS = 2.0
TARGET_ELAPSED = 1.6
TARGET_IDLE_MS = 5.0

CORE = "cryptography,openssl,pyhanko,mbedtls"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
BARE = [*PYTEST, "-p", "empty_plugin", "test_empty.py"]
PLUGIN = ["-p", "fcu_conform.interfaces.pytest_plugin"]


def environment(folder: Path) -> dict[str, str]:
    """Bytecode is kept, in a folder of our own, as it is where the package is installed; no other plugins."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def cpu_and_wall(command: list[str], folder: Path) -> tuple[float, float]:
    """CPU and elapsed seconds of one run, which must succeed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall


def measure(rounds: int) -> dict[str, tuple[float, float]]:
    """Median CPU and elapsed seconds by kind of run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty():\n    pass\n")
        (folder / "empty_plugin.py").write_text("")
        maker = [sys.executable, "-m", "reference_ca", "keystore", str(folder / "line"), "--length", "3"]
        subprocess.run(maker, check=True, capture_output=True)
        keystore = folder / "line" / "keystore"
        keystore.chmod(0o700)
        kinds = {
            "bare": BARE,
            "idle": [*PYTEST, *PLUGIN, "test_empty.py"],
            "keystore": [*PYTEST, *PLUGIN, f"--fcu-keystore={keystore}", "--fcu-validators=none"],
            "validators": [*PYTEST, *PLUGIN, f"--fcu-keystore={keystore}", f"--fcu-validators={CORE}"],
            "all": [*PYTEST, *PLUGIN, f"--fcu-keystore={keystore}"],
        }
        samples: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for command in kinds.values():  # bytecode and disk caches
            cpu_and_wall(command, folder)
        for _ in range(rounds):
            for kind, command in kinds.items():
                samples[kind].append(cpu_and_wall(command, folder))
    return {
        kind: (statistics.median(cpu for cpu, _ in runs), statistics.median(wall for _, wall in runs))
        for kind, runs in samples.items()
    }


def main() -> int:
    """Measures and prints; with ``--demand`` a missed target is exit code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--demand", action="store_true", help="fail where a target is missed")
    given = parser.parse_args()
    medians = measure(given.rounds)
    print(f"{'run':<28}{'CPU s':>8}{'wall s':>8}{'x bare':>8}")
    words = {
        "bare": "bare pytest, one empty test",
        "idle": "the same, plugin idle",
        "keystore": "--fcu-keystore, 3 certs",
        "validators": "the same, four validators",
        "all": "the same, all installed",
    }
    bare, idle, keystore = (medians[kind][0] for kind in ("bare", "idle", "keystore"))
    for kind, (cpu, wall) in medians.items():
        print(f"{words[kind]:<28}{cpu:>8.3f}{wall:>8.3f}{cpu / bare:>8.2f}")
    figures = {
        "without validators": (keystore / bare, TARGET_RATIO),
        "with four": (medians["validators"][0] / bare, TARGET_WITH_VALIDATORS),
        "with four, elapsed": (medians["validators"][1] / medians["bare"][1], TARGET_ELAPSED),
        "idle, ms": ((idle - bare) * 1000, TARGET_IDLE_MS),
    }
    for what, (figure, target) in figures.items():
        print(f"{what}: {figure:.2f} (target {target:g})")
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores")
    is_met = all(figure <= target for figure, target in figures.values())
    return int(given.demand and not is_met)


if __name__ == "__main__":
    sys.exit(main())
