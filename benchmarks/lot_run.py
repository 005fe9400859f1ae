"""What judging a lot costs, beside bare verification and other people's tools, on the machine at hand in one run.

Prints a table: CPU and elapsed time for each device, the ratio to bare verification, and peak memory; and below it how
the cost grows with the lot. CPU seconds are those of the processes that did the work, their start included.

    python benchmarks/lot_run.py [--count 30000] [--sizes 1000,10000,100000] [--form folder] [--demand]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lot_maker import AT, Line

FLOOR, TARGET, TARGET_TWO, TARGET_MEMORY = 0.60, 0.75, 1.8, 250.0
FILES_A_CALL = 500

BARE = """
import sys, time
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
folder, count = Path(sys.argv[1]), int(sys.argv[2])
key = x509.load_pem_x509_certificates((folder / "keystore" / "fcu.crt").read_bytes())[0].public_key()
paths = sorted((folder / "devices").glob("*/*.pem"))[:count]
loaded = [x509.load_pem_x509_certificate(path.read_bytes()) for path in paths]
parts = [(certificate.signature, certificate.tbs_certificate_bytes) for certificate in loaded]
wall, cpu = time.perf_counter(), time.process_time()
for signature, body in parts:
    key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
print(time.process_time() - cpu, time.perf_counter() - wall)
"""

PKILINT = """
import sys, time
from pathlib import Path
from pkilint import loader
from pkilint.pkix import certificate, extension, name
paths = sorted((Path(sys.argv[1]) / "devices").glob("*/*.pem"))[: int(sys.argv[2])]
linter = certificate.create_pkix_certificate_validator_container(
    certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
    [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ],
)
texts = [path.read_text().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----" for path in paths]
wall, cpu = time.perf_counter(), time.process_time()
for text in texts:
    linter.validate(loader.load_pem_certificate(text, "device").root)
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


@dataclass(frozen=True)
class Cost:
    """CPU and elapsed seconds of judging some devices, and the largest process in MiB."""

    count: int
    cpu: float
    wall: float
    memory: float = 0.0

    def each(self, seconds: float) -> float:
        """Microseconds for a device."""
        return seconds / self.count * 1e6


def measured(command: list[str], count: int) -> Cost:
    """One process and its children, which must succeed."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]}: exit code {process.returncode}\n{output.decode(errors='replace')[-2000:]}")
    return Cost(count, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def lot(folder: Path, devices: Path, count: int, workers: int = 1) -> Cost:
    """The lot runner with every rule over devices."""
    fixed = ["--keystore", folder / "keystore", "--at", AT, "--validators", "none", "--workers", workers]
    return measured([sys.executable, "-m", "fcu_conform", "lot", *map(str, fixed), str(devices)], count)


def script(text: str, folder: Path, count: int) -> Cost | None:
    """A script that prints the seconds of its own loop; None where it cannot run."""
    done = subprocess.run([sys.executable, "-c", text, folder, str(count)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    cpu, wall = map(float, done.stdout.split())
    return Cost(count, cpu, wall)


def openssl(folder: Path, count: int) -> Cost | None:
    """``openssl verify`` with the upload as anchors, many files a call."""
    program = shutil.which("openssl")
    if program is None:
        return None
    paths = [str(path) for path in sorted((folder / "devices").glob("*/*.pem"))[:count]]
    anchors, chain = str(folder / "upload.pem"), str(folder / "keystore" / "fcu.crt")
    cpu = wall = 0.0
    for start in range(0, count, FILES_A_CALL):
        some = paths[start : start + FILES_A_CALL]
        cost = measured([program, "verify", "-CAfile", anchors, "-untrusted", chain, *some], len(some))
        cpu, wall = cpu + cost.cpu, wall + cost.wall
    return Cost(count, cpu, wall)


def certtool(folder: Path, count: int) -> Cost | None:
    """GnuTLS's ``certtool --verify``, which takes one chain a call."""
    program = shutil.which("certtool")
    if program is None:
        return None
    cpu = wall = 0.0
    for path in sorted((folder / "devices").glob("*/*.pem"))[:count]:
        cost = measured([program, "--verify", f"--load-ca-certificate={folder / 'upload.pem'}", f"--infile={path}"], 1)
        cpu, wall = cpu + cost.cpu, wall + cost.wall
    return Cost(count, cpu, wall)


def compare(folder: Path, count: int) -> bool:
    """The table over one lot; whether the floors are reached."""
    devices = Line().write(folder, count)
    rows: dict[str, Callable[[], Cost | None]] = {
        "bare verification (cryptography)": lambda: script(BARE, folder, count),
        "fcu-conform lot, 1 worker": lambda: lot(folder, devices, count),
        "fcu-conform lot, 2 workers": lambda: lot(folder, devices, count, 2),
        f"openssl verify, {FILES_A_CALL} files a call": lambda: openssl(folder, min(count, 5000)),
        "certtool --verify, one a call": lambda: certtool(folder, min(count, 100)),
        "pkilint, in process": lambda: script(PKILINT, folder, min(count, 300)),
    }
    print(f"{'':<36}{'devices':>9}{'CPU us':>10}{'wall us':>10}{'bare/CPU':>10}{'peak MiB':>10}")
    costs: dict[str, Cost] = {}
    for title, run in rows.items():
        cost = run()
        if cost is None:
            print(f"{title:<36}{'not here':>9}")
            continue
        costs[title] = cost
        bare = next(iter(costs.values()))
        memory = f"{cost.memory:.0f}" if cost.memory else ""
        ratio = bare.each(bare.cpu) / cost.each(cost.cpu)
        print(
            f"{title:<36}{cost.count:>9,}{cost.each(cost.cpu):>10.1f}{cost.each(cost.wall):>10.1f}"
            f"{ratio:>10.2f}{memory:>10}",
            flush=True,
        )
    bare, one, two = list(costs.values())[:3]
    ratio, speed, memory = bare.each(bare.cpu) / one.each(one.cpu), one.wall / two.wall, max(one.memory, two.memory)
    print(f"ratio {ratio:.2f} (target {TARGET}, floor {FLOOR}), two workers {speed:.2f} x (target {TARGET_TWO})")
    return ratio >= FLOOR and memory <= TARGET_MEMORY


def grow(folder: Path, sizes: list[int], form: str) -> None:
    """How cost and memory grow with the lot."""
    line = Line()
    print(f"\n{'devices (' + form + ')':<36}{'':>9}{'CPU us':>10}{'wall us':>10}{'':>10}{'peak MiB':>10}")
    for size in sizes:
        place = folder / str(size)
        cost = lot(place, line.write(place, size, form), size)
        print(
            f"{size:<36,}{'':>9}{cost.each(cost.cpu):>10.1f}{cost.each(cost.wall):>10.1f}{'':>10}{cost.memory:>10.0f}",
            flush=True,
        )
        shutil.rmtree(place)


def main() -> int:
    """Measures and prints; with ``--demand`` a missed floor is exit code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=30_000, help="devices of the table")
    parser.add_argument("--sizes", default="1000,10000,100000", help="lots that the growth is measured with")
    parser.add_argument("--form", choices=("folder", "jsonl"), default="jsonl", help="how those lots are given")
    parser.add_argument("--demand", action="store_true", help="fail where a floor is missed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        is_met = compare(Path(name) / "lot", given.count)
        grow(Path(name), [int(size) for size in given.sizes.split(",") if size], given.form)
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores")
    return int(given.demand and not is_met)


if __name__ == "__main__":
    sys.exit(main())
