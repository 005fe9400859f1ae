"""Dask clusters on the loopback interface, honest ones and others."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def cluster(
    folder: Path, *, workers: int = 2, threads: int = 1, preload: str = "", tls: Sequence[str] = ()
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its workers, each a process of its own.

    Args:
        folder: where they write.
        preload: Python text that every worker runs as it starts.
        tls: options by which scheduler and workers prove who they are.
    """
    pytest.importorskip("distributed")
    address_file, script = folder / "scheduler.json", folder / "preload.py"
    script.write_text(preload)
    started: list[subprocess.Popen[bytes]] = []

    def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--scheduler-file", str(address_file)]
        process = subprocess.Popen([*line, *tls], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        started.append(process)
        return process

    try:
        protocol = "tls" if tls else "tcp"
        scheduler = start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--protocol", protocol
        )
        while not address_file.exists() or not address_file.read_text().endswith("}"):
            assert scheduler.poll() is None, "the scheduler does not start"
            time.sleep(0.05)
        address = str(json.loads(address_file.read_text())["address"])
        given = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--preload", str(script)]
        yield address, [start("dask_worker", *given) for _ in range(workers)]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
