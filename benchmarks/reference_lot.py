"""What `reference-ca lot` costs, as a ratio to bare P-256 key generation plus signing on the same core.

Both are measured in CPU seconds of this process, taking turns, and the best round of each counts. Bare is
`ec.generate_private_key` and an ECDSA signature with SHA-256 over as many octets as a device certificate has, both by
`cryptography`. A ratio of 1 would mean that naming, deriving, encoding and writing cost nothing.

    python benchmarks/reference_lot.py [--devices 20000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cryptography
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca import Source
from reference_ca.lot import make_lot

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


def lot(devices: int, form: str, defects: float) -> float:
    """CPU seconds of making a lot, with its keystore, on one core."""
    folder = Path(tempfile.mkdtemp())
    try:
        start = time.process_time()
        make_lot(folder / "lot", devices, Source("benchmark"), form=form, defects=defects)
        return time.process_time() - start
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Measures, prints, and fails where the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--devices", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    best: dict[str, float] = {}
    for _ in range(arguments.rounds):
        for what in ("bare", *FORMS):
            spent = bare(arguments.devices) if what == "bare" else lot(arguments.devices, what, 0.001)
            best[what] = min(spent, best.get(what, spent))
    print(f"{'':<10}{'us/device':>10}{'devices/s':>11}{'ratio':>7}")
    for what, seconds in best.items():
        each = seconds / arguments.devices
        print(f"{what:<10}{each * 1e6:>10.1f}{1 / each:>11.0f}{best['bare'] / seconds:>7.2f}")
    worst = min(best["bare"] / best[form] for form in FORMS)
    print(f"worst ratio {worst:.2f} (target {TARGET_RATIO})")
    print(f"python {sys.version.split()[0]}, cryptography {cryptography.__version__}, {os.cpu_count()} cores")
    return 0 if worst >= TARGET_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
