"""Workers that die cost time and nothing else, in a pool of processes as on a Dask cluster."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.device import DeviceFile
from fcu_conform.artefacts.device_output.chunks import Chunk, FilesChunk
from fcu_conform.artefacts.setup import Setup
from fcu_conform.engine.lot import lot_runner
from fcu_conform.engine.lot import workers as lot_workers
from fcu_conform.engine.lot.device_run import judge_devices

from .clusters import cluster
from .conftest import Laid, command, run
from .streams import made, private, rules, same_template, setup_in, variations
from .test_command import wait_for_chunks


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return setup_in(tmp_path_factory.mktemp("line") / "x")


@dataclass(frozen=True)
class Deadly:
    """A chunk that kills the worker that reads it first, and from then on is as any other."""

    content: tuple[DeviceFile, ...]
    marker: Path
    home: int

    is_portable = True

    def files(self) -> Iterator[DeviceFile]:
        if os.getpid() != self.home and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return iter(self.content)


@dataclass(frozen=True)
class Chunks:
    content: tuple[Chunk, ...]

    def chunks(self) -> Iterator[Chunk]:
        return iter(self.content)


def several(deadly: Path | None = None, at: int = 4) -> Chunks:
    files = [*variations()]
    parts: list[Chunk] = [FilesChunk(tuple(file for file in files[n::10] if file.key is None)) for n in range(10)]
    if deadly is not None:
        parts[at] = Deadly(parts[at].content, deadly, os.getpid())  # type: ignore[attr-defined]
    return Chunks(tuple(parts))


def told(setup: Setup, chunks: Chunks, make_executor: Callable[[], Executor] | None) -> tuple[Any, ...]:
    run_chunks = None if make_executor is None else lot_workers.WorkerPool(rules(), setup.ca, make_executor, 2)
    result = judge_devices(rules(), chunks, setup.ca, sample=3, run_chunks=run_chunks)
    return result.tallies, result.checked, result.offending, result.offenders, [d.name for d in result.sample]


def test_a_dying_worker_only_costs_time(setup: Setup, tmp_path: Path) -> None:
    marker = tmp_path / "killed"
    assert told(setup, several(marker), lambda: lot_workers.local_pool(2)) == told(setup, several(), None)
    assert marker.exists()


def test_workers_that_always_die_leave_the_work_to_the_main_process(setup: Setup, tmp_path: Path) -> None:
    never = tmp_path / "no" / "such" / "folder"
    chunks = several(never)
    deadly = Always(chunks.content[4].content, never, os.getpid())  # type: ignore[attr-defined]
    chunks = Chunks((*chunks.content[:4], deadly))
    plain = Chunks(several().content[:5])
    assert told(setup, chunks, lambda: lot_workers.local_pool(1)) == told(setup, plain, None)


@dataclass(frozen=True)
class Always(Deadly):
    """A chunk that kills every worker."""

    def files(self) -> Iterator[DeviceFile]:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return iter(self.content)


class Refusing(ThreadPoolExecutor):
    """An executor none of whose tasks succeeds."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(ConnectionError("gone"))
        return failed


def test_a_chunk_that_fails_in_a_worker_process_is_judged_locally(setup: Setup) -> None:
    assert told(setup, several(), lambda: Refusing(1)) == told(setup, several(), None)


def test_private_keys_are_not_sent_to_workers(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(lot_workers, "work", lambda *arguments: sent.append(arguments))
    cert = same_template(1)
    secret = private(cert.key, 1)
    chunks = Chunks(tuple(FilesChunk((made(number, key=secret if number else None),)) for number in range(3)))
    assert [chunk.is_portable for chunk in chunks.content] == [True, False, False]
    told(setup, chunks, lambda: ThreadPoolExecutor(1))
    assert sent == []
    within = made(1, data=made(1).data + cert.key.sec1().encode())
    assert not FilesChunk((within,)).is_portable


def test_workers_get_a_ca_without_secrets_and_give_the_same_results(setup: Setup) -> None:
    import pickle

    assert setup.ca.chain.path[0].certificate.signed_by(setup.ca.chain.path[1].certificate.public_key)
    text = pickle.dumps(setup.ca)
    key_file = (setup.keystore.path / "fcu_private_key.pem").read_bytes()
    assert key_file.splitlines()[1] not in text
    copy = pickle.loads(text)
    assert copy == setup.ca
    assert (copy.ca_keys, copy.ca_certificates) == (setup.ca.ca_keys, setup.ca.ca_certificates)
    assert setup.ca.slicing is not None
    assert copy.slicing.depth == setup.ca.slicing.depth
    assert [link.certificate.raw for link in copy.chain.path] == [link.certificate.raw for link in setup.ca.chain.path]


def test_a_cluster_that_loses_a_worker_gives_the_same_report_byte_for_byte(large: Laid, tmp_path: Path) -> None:
    alone, together, journal = tmp_path / "alone.json", tmp_path / "together.json", tmp_path / "journal"
    assert run(large, "--report", alone, large.devices).returncode == 1
    with cluster(tmp_path) as (address, workers):
        line = command(large, "--scheduler", address, "--resume", journal, "--report", together, large.devices)
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for_chunks(journal, 3, process)
        workers[0].kill()
        out, err = process.communicate(timeout=600)
        assert process.returncode == 1, out + err
    first, second = (
        [line for line in path.read_bytes().splitlines() if b'"checked_at"' not in line] for path in (alone, together)
    )
    assert first == second
    assert "Traceback" not in err


def test_a_missing_scheduler_is_reported_in_one_line(good: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from click.testing import CliRunner

    from fcu_conform.interfaces.console import lot

    monkeypatch.setattr(lot_runner, "CONNECTING", 0.5)
    arguments = ["--keystore", str(good.keystore), "--scheduler", "tcp://127.0.0.1:9", "--validators", "none"]
    result = CliRunner().invoke(lot.command, [*arguments, str(good.devices)])
    assert "--scheduler tcp://127.0.0.1:9: the scheduler does not answer" in str(result.exception)
