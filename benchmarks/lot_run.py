"""What judging a lot costs, beside bare verification and other people's tools, on the machine at hand in one run.

Prints, for each device, CPU and elapsed time, the ratio to bare verification, and peak memory: of bare verification, of
the lot runner with and without tables from every form of a lot, with one and two workers, and of other tools; then how
the cost grows with the lot, and whether it finds exactly the faults that were planted. CPU seconds are those of the
processes that did the work, their start included. With ``--write`` the results are put into docs/lot.md, and a picture
of them beside it.

    python benchmarks/lot_run.py [--count 100000] [--forms jsonl,folder] [--sizes 1000,1000000] [--demand] [--write]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import cryptography
from lot_maker import AT, WRITERS, Line
from lot_results import Cost, Results

from fcu_conform.engine.lot.verification.libcrypto import version_of
from fcu_conform.engine.lot.verification.lot_verifier import usable_library

FLOORS = {"jsonl": 0.90, "folder": 0.75}
TARGETS = {"jsonl": 1.0, "folder": 0.9}
TARGET_TWO, TARGET_MEMORY = 1.9, 250.0
FILES_A_CALL = 500
FAULTS = 137

T = TypeVar("T")

BARE = """
import sys, time
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
folder, count = Path(sys.argv[1]), int(sys.argv[2])
key = x509.load_pem_x509_certificates((folder / "keystore" / "fcu.crt").read_bytes())[0].public_key()
paths = sorted((folder / "devices").glob("*/*.pem"))[:count]
texts = [path.read_bytes() for path in paths]
wall, cpu = time.perf_counter(), time.process_time()
parts = []
for text in texts:
    certificate = x509.load_pem_x509_certificate(text)
    parts.append((certificate.signature, certificate.tbs_certificate_bytes))
if sys.argv[3:] != ["parsing"]:
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


def lot(folder: Path, devices: Path, count: int, *more: object) -> Cost:
    """The lot runner with every rule over devices."""
    fixed = ["--keystore", folder / "keystore", "--at", AT, "--validators", "none", *more]
    return measured([sys.executable, "-m", "fcu_conform", "lot", *map(str, fixed), str(devices)], count)


def script(text: str, folder: Path, count: int, *more: str) -> Cost | None:
    """A script that prints the seconds of its own loop; None where it cannot run."""
    command = [sys.executable, "-c", text, str(folder), str(count), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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


def in_child(make: Callable[..., T], *arguments: object) -> T:
    """What a function makes in a fresh process: the peak memory of its parent counts as a process's own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(make, *arguments).result()


def make_forms(folder: Path, count: int, forms: Sequence[str]) -> dict[str, Path]:
    """One lot in several forms, as files in folders too; those that cannot be written here are left out."""
    line = Line()
    line.write_keystore(folder)
    devices = list(line.devices(count))
    places = {"folder": WRITERS["folder"](folder, devices)}
    for form in forms:
        if form != "folder":
            with suppress(ImportError):
                places[form] = WRITERS[form](folder, devices)
    return places


def make_lines(folder: Path, count: int, faulty: Collection[int] = ()) -> Path:
    """A lot as JSON Lines."""
    return Line().write(folder, count, "jsonl", faulty)


def compare(folder: Path, count: int, forms: Sequence[str], results: Results) -> None:
    """Bare verification, the lot runner from each form, and other tools, over one lot."""
    places = in_child(make_forms, folder, count, forms)
    bare = min((script(BARE, folder, count) for _ in range(3)), key=lambda cost: cost.cpu if cost else 0)
    if bare is None:
        sys.exit("cryptography does not verify the lot")
    results.begin(bare)
    results.add("bare verification, parsing included", script(BARE, folder, count, "parsing"))
    for form in forms:
        if form in places:
            for title, more in WAYS.items():
                results.add(f"lot from {form}, {title}", lot(folder, places[form], count, *more))
    results.add(f"openssl verify, {FILES_A_CALL} files a call", openssl(folder, min(count, 5000)))
    results.add("certtool --verify, one a call", certtool(folder, min(count, 100)))
    results.add("pkilint, in process", script(PKILINT, folder, min(count, 300)))


WAYS: dict[str, tuple[object, ...]] = {
    "tables": (),
    "plain": ("--verify", "plain"),
    "tables, 2 workers": ("--workers", 2),
    "plain, 2 workers": ("--verify", "plain", "--workers", 2),
}
"""The options of a lot run, by what they are called here."""


def grow(folder: Path, sizes: Sequence[int], results: Results) -> None:
    """How cost and memory grow with the lot."""
    for size in sizes:
        place = folder / str(size)
        devices = in_child(make_lines, place, size)
        results.add(f"{size:,} from jsonl", lot(place, devices, size))
        if size == max(sizes):
            results.add(f"{size:,} from jsonl, 2 workers", lot(place, devices, size, "--workers", 2))
        shutil.rmtree(place)


def plant(folder: Path, count: int) -> str:
    """Whether the lot runner reports exactly the devices that have a fault, in words."""
    faulty = set(random.Random(count).sample(range(count), min(FAULTS, count)))  # the same ones in every run
    devices = in_child(make_lines, folder, count, faulty)
    report = folder / "report.json"
    fixed = ["--keystore", folder / "keystore", "--at", AT, "--validators", "none", "--report", report]
    command = [sys.executable, "-m", "fcu_conform", "lot", *map(str, fixed), str(devices)]
    code = subprocess.run(command, capture_output=True, check=False).returncode
    found = json.loads(report.read_text())["devices"]["offenders"]
    expected = [f"lot.jsonl row {number + 1} (lamp-{number:08})" for number in sorted(faulty)]
    if code != 1 or found != expected:
        sys.exit(f"{len(faulty)} faults were planted, and {len(found)} devices were reported")
    return f"In a lot of {count:,} devices with {len(faulty)} faults, exactly those {len(faulty)} were reported."


def compile_once(folder: Path) -> None:
    """Keeps bytecode as after an installation, where the surroundings do not; compiling is no part of a run."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    for workers in (1, 2):
        place = folder / f"first-{workers}"
        lot(place, in_child(make_lines, place, 1200), 1200, "--workers", workers)


def machine() -> str:
    """The machine in general terms, and the libraries."""
    library = usable_library()
    tables = "no OpenSSL for tables" if library is None else f"tables by {version_of(library)}"
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" cryptography {cryptography.__version__}, {tables}"
    )


def main() -> int:
    """Measures and prints; with ``--demand`` a missed floor is exit code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=30_000, help="devices of the table")
    parser.add_argument("--forms", default=",".join(WRITERS), help="forms of the lot, with commas between")
    parser.add_argument("--sizes", default="1000,10000,100000", help="lots that the growth is measured with")
    parser.add_argument("--demand", action="store_true", help="fail where a floor is missed")
    parser.add_argument("--write", action="store_true", help="put the results into docs/lot.md")
    given = parser.parse_args()
    results = Results(machine())
    with tempfile.TemporaryDirectory() as name:
        compile_once(Path(name))
        compare(Path(name) / "lot", given.count, given.forms.split(","), results)
        shutil.rmtree(Path(name) / "lot")
        grow(Path(name), [int(size) for size in given.sizes.split(",") if size], results)
        results.note(plant(Path(name) / "faults", given.count))
    ratios = {form: results.ratio(f"lot from {form}, tables") for form in FLOORS}
    one, two = (results.wall(f"lot from jsonl, tables{more}") for more in ("", ", 2 workers"))
    told = ", ".join(f"{form} {ratio:.2f} (target {TARGETS[form]})" for form, ratio in ratios.items() if ratio)
    print(f"bare/CPU: {told}; two workers {one / two if two else 0:.2f} x (target {TARGET_TWO})")
    if given.write:
        results.write()
    is_met = all(ratio >= FLOORS[form] for form, ratio in ratios.items() if ratio)
    return int(given.demand and not (is_met and results.peak() <= TARGET_MEMORY))


if __name__ == "__main__":
    sys.exit(main())
