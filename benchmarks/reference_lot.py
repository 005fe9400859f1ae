"""What `reference-ca lot` costs, as a ratio to bare P-256 key generation plus signing on the same core.

Both are measured in CPU seconds of this process, taking turns, and the best round of each counts. Bare is
`ec.generate_private_key` and an ECDSA signature with SHA-256 over as many octets as a device certificate has, both by
`cryptography`. A ratio of 1 would mean that naming, encoding and writing cost nothing; a lot can do better, because its
keys are sums of derived ones. Writing as many files of that size is measured too, for comparison with the folder.

Nothing is deleted before the end: ext4 is slow to take inodes that were given back a moment ago, by a factor of ten.

    python benchmarks/reference_lot.py [--devices 20000] [--rounds 3] [--demand]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import cryptography
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca import KeySource
from reference_ca.lot import make_lot
from reference_ca.lot_devices import PART

TARGET_RATIO = 0.4
TO_BE_SIGNED = bytes(380)
FORMS = ("folder", "jsonl", "parquet")


def bare(devices: int) -> float:
    """CPU seconds of making a key and a signature for each device."""
    ca, algorithm, curve = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), ec.SECP256R1()
    start = time.process_time()
    for _ in range(devices):
        ec.generate_private_key(curve)
        ca.sign(TO_BE_SIGNED, algorithm)
    return time.process_time() - start


def files(devices: int, folder: Path) -> float:
    """CPU seconds of writing as many files as a lot's folder has, as large as those."""
    content = bytes(1700)
    start = time.process_time()
    for number in range(devices):
        if number % PART == 0:
            below = folder / f"{number // PART:05d}"
            below.mkdir(parents=True)
        handle = os.open(f"{below}/device-{number:07d}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(handle, content)
        os.close(handle)
    return time.process_time() - start


def lot(devices: int, folder: Path, form: str) -> float:
    """CPU seconds of making a lot, with its keystore, on one core."""
    start = time.process_time()
    make_lot(folder, devices, KeySource("benchmark"), form=form, defects=0.001)
    return time.process_time() - start


def measure(what: str, devices: int, folder: Path) -> float:
    """CPU seconds of one kind of work, which writes below a new folder."""
    if what == "bare":
        return bare(devices)
    return files(devices, folder) if what == "files" else lot(devices, folder, what)


def main() -> int:
    """Measures and prints; with ``--demand`` a missed target is exit code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--devices", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--demand", action="store_true", help="fail where the target is missed")
    arguments = parser.parse_args()
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for round_number in range(arguments.rounds):
            for what in ("bare", "files", *FORMS):
                spent = measure(what, arguments.devices, Path(name) / f"{what}-{round_number}")
                best[what] = min(spent, best.get(what, spent))
    print(f"{'':<10}{'us/device':>10}{'devices/s':>11}{'ratio':>7}")
    ratios = {what: best["bare"] / seconds for what, seconds in best.items()}
    for what, seconds in best.items():
        each = seconds / arguments.devices
        print(f"{what:<10}{each * 1e6:>10.1f}{1 / each:>11.0f}{ratios[what]:>7.2f}")
    worst = min(ratios[form] for form in FORMS)
    print(f"worst ratio {worst:.2f} (target {TARGET_RATIO})")
    print(f"python {sys.version.split()[0]}, cryptography {cryptography.__version__}, {os.cpu_count()} cores")
    return int(arguments.demand and worst < TARGET_RATIO)


if __name__ == "__main__":
    sys.exit(main())
