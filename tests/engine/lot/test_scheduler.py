"""``lot --scheduler`` with workers that lie, hang or send code, and over TLS."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fcu_conform.engine.lot import lot_runner, workers
from fcu_conform.interfaces.console import main

from .clusters import cluster
from .conftest import Laid
from .factory import AT, NOW, sec1

EVIL = """
import os, time
from pathlib import Path
from fcu_conform.engine.lot import cluster_talk, workers
from fcu_conform.engine.lot.tally import Tally
from fcu_conform.rules.model import Level

cluster_talk.honest = honest = getattr(cluster_talk, "honest", cluster_talk.judge_for_others)  # Dask runs this twice
work = workers.work
folder = Path.cwd()

class Code:
    def __reduce__(self):
        return exec, (f"import os; open({str(folder / 'ran')!r}, 'a').write(str(os.getpid()) + ' ')",)

def kind(job, chunk):
    result = work(job, chunk)
    result.offenders.clear()
    for code, tally in result.tallies.items():
        if Level.ERROR in tally.levels:
            result.tallies[code] = Tally(judged=tally.judged)
    return result

def judge_for_others(job, chunk):
    mode = (folder / "mode").read_text()
    if mode == "code":
        return Code()
    if mode == "hang":
        time.sleep(600)
    cluster_talk.work = kind if mode == "lie" else work
    return honest(job, chunk)

cluster_talk.judge_for_others = judge_for_others
"""


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a cluster, and the folder where a file says what its workers do."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, workers=1, threads=8, preload=EVIL) as (address, _):
        yield address, folder


Judged = Callable[..., tuple[int, str, str]]


@pytest.fixture
def judged(bad: Laid, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Judged:
    """Exit code and output of a run over eight wrong devices in 1200, three chunks of which two are handed out."""

    def run(*arguments: object, seconds: float = 60, share: float = 0.0) -> tuple[int, str, str]:
        monkeypatch.setattr(lot_runner, "Distrust", partial(workers.Distrust, seconds=seconds, share=share, lates=2))
        fixed = ["lot", "--keystore", bad.keystore, "--at", AT, "--validators", "none"]
        code = main([str(one) for one in (*fixed, *arguments, bad.devices)])
        told = capsys.readouterr()
        return code, re.sub(r"judged in .* a second\)", "judged", told.out), told.err

    return run


def test_code_that_a_worker_sends_does_not_run_in_the_process_that_judges(
    evil: tuple[str, Path], judged: Judged
) -> None:
    address, folder = evil
    (folder / "mode").write_text("code")
    alone = judged()
    assert judged("--scheduler", address) == alone
    assert (alone[0], alone[2]) == (1, "")
    ran = (folder / "ran").read_text().split()
    assert ran  # Dask has unpickled it, and in this process it would have as well
    assert str(os.getpid()) not in ran


def test_a_worker_that_omits_offenders_is_detected(evil: tuple[str, Path], judged: Judged, tmp_path: Path) -> None:
    address, folder = evil
    (folder / "mode").write_text("lie")
    journal = tmp_path / "journal"
    code, out, err = judged("--scheduler", address, "--resume", journal, share=1)
    assert (code, out) == (4, "")
    reason = "a worker's results for a chunk differ from this machine's; the cluster's results are not used"
    assert err == f"fcu-conform: --scheduler {address}: {reason}\n"
    assert journal.read_bytes().count(b"\n") == 1
    (folder / "mode").write_text("honest")
    assert judged("--scheduler", address, "--resume", journal, share=1) == judged()


def test_a_hanging_worker_only_costs_time(evil: tuple[str, Path], judged: Judged) -> None:
    address, folder = evil
    (folder / "mode").write_text("hang")
    code, out, err = judged("--scheduler", address, seconds=0.5)
    assert (code, out) == judged()[:2]
    late = "2 chunks took more than 0.5 s and were judged here, and so were all after them"
    assert err == f"fcu-conform: --scheduler {address}: {late}\n"


def authority(folder: Path) -> tuple[str, ...]:
    """A CA and a certificate of it with its key, as PEM files: the paths of the three."""
    folder.mkdir()
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Cluster CA", "node")]
    made = []
    for place, (key, name) in enumerate(zip(keys, names, strict=True)):
        builder = x509.CertificateBuilder(names[0], name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(NOW - timedelta(3650)).not_valid_after(NOW + timedelta(36500))
        builder = builder.add_extension(x509.BasicConstraints(place == 0, None), critical=True)
        made.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM))
    files = {"ca.pem": made[0], "node.pem": made[1], "node.key": sec1(keys[1])}
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return tuple(str(folder / file) for file in files)


def given(files: tuple[str, ...], *names: str) -> list[str]:
    return [part for name, path in zip(names, files, strict=True) for part in (name, path)]


OPTIONS = ("--scheduler-ca", "--scheduler-cert", "--scheduler-key")


def test_over_tls_both_sides_are_authenticated(judged: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, others = authority(tmp_path / "one"), authority(tmp_path / "other")
    of_dask = ("--tls-ca-file", "--tls-cert", "--tls-key")
    with cluster(tmp_path, workers=1, tls=given(files, *of_dask)) as (address, _):
        assert address.startswith("tls://")
        assert judged("--scheduler", address, *given(files, *OPTIONS), share=1) == judged()
        monkeypatch.setattr(lot_runner, "CONNECTING", 3)
        for wrong in ((others[0], *files[1:]), (files[0], *others[1:])):
            code, out, err = judged("--scheduler", address, *given(wrong, *OPTIONS))
            assert (code, out) == (4, "")
            assert err.startswith(f"fcu-conform: --scheduler {address}: the scheduler does not answer (")
            assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--scheduler", "tls://x:1", "--scheduler-ca", "."],
            "--scheduler-ca, --scheduler-cert and --scheduler-key go",
        ),
        (["--scheduler-key", "."], "--scheduler-ca, --scheduler-cert and --scheduler-key need --scheduler"),
        (
            ["--scheduler", "tcp://x:1", *given((".", ".", "."), *OPTIONS)],
            "--scheduler tcp://x:1: with --scheduler-ca it must be tls://host:port",
        ),
        (
            ["--scheduler", "tls://x:1", *given((__file__, "nothing", __file__), *OPTIONS)],
            "--scheduler-cert nothing: no such file or folder",
        ),
        (["--scheduler", "tls://x:1", *given((".", ".", "."), *OPTIONS)], "--scheduler-ca .: is a folder"),
    ],
)
def test_incompatible_options_are_reported_in_one_line(arguments: list[str], told: str, judged: Judged) -> None:
    code, out, err = judged(*arguments)
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert told in err
