"""A cluster is not trusted: nothing that its process sends is executed, and malformed results are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.device_output.chunks import FilesChunk
from fcu_conform.artefacts.usage import UsageError
from fcu_conform.engine.lot import cluster as module
from fcu_conform.engine.lot.chunk_judge import NO_WAIVERS
from fcu_conform.engine.lot.chunk_results import DisagreementError, Question
from fcu_conform.engine.lot.cluster import Cluster
from fcu_conform.engine.lot.device_run import judge_devices
from fcu_conform.engine.lot.workers import Distrust, Job, WorkerPool, work

from . import talkers
from .streams import Lot, made, private, rules, same_template, setup_in

GOOD = Lot(tuple(made(number) for number in range(8)), 2)
BAD = Lot((*GOOD.content[:5], made(5, data=GOOD.content[5].data[:-90]), *GOOD.content[6:]), 2)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return setup_in(tmp_path_factory.mktemp("line") / "x")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Any], Cluster]]:
    """Makes a cluster of a talker; a marker is where code that was unpickled would leave a folder."""
    opened: list[Cluster] = []

    def connect(talker: Any) -> Cluster:
        monkeypatch.setattr(module, "talk", talker)
        opened.append(Cluster(str(tmp_path / "marker"), Question(rules(), 3, NO_WAIVERS), patience=0))
        return opened[-1]

    yield connect
    for one in opened:
        one.shutdown()
        assert not one._process.is_alive()


def judged(cluster: Cluster, setup: Any, lot: Lot = BAD, **distrust: Any) -> tuple[Any, WorkerPool]:
    trust = Distrust(cluster.name, **{"seconds": 30, "share": 0, **distrust})
    crew = WorkerPool(rules(), setup.ca, lambda: cluster, cluster.size, distrust=trust)
    result = judge_devices(rules(), lot, setup.ca, sample=3, run_chunks=crew)
    return (result.tallies, result.checked, result.offending, result.offenders), crew


def alone(setup: Any, lot: Lot = BAD) -> Any:
    result = judge_devices(rules(), lot, setup.ca, sample=3)
    return result.tallies, result.checked, result.offending, result.offenders


@pytest.mark.parametrize("talker", [talkers.answering, talkers.failing, talkers.dying_later])
def test_results_of_a_cluster_equal_those_of_one_process(talker: Any, connect: Any, setup: Any) -> None:
    cluster = connect(talker)
    assert cluster.size == 2
    result, crew = judged(cluster, setup, share=1)
    assert result == alone(setup)
    assert crew.late == 0


@pytest.mark.parametrize("lot", [GOOD, BAD])
def test_a_process_that_stops_halfway_does_not_hang_the_run(lot: Lot, connect: Any, setup: Any) -> None:
    result, crew = judged(connect(talkers.stopping), setup, lot, seconds=0.2, lates=2)
    assert result == alone(setup, lot)
    assert (crew.late, crew.has_given_up) == (2, True)


@pytest.mark.parametrize(
    "talker",
    [
        talkers.pickling,
        talkers.talking_junk,
        talkers.nesting,
        talkers.ready_twice,
        talkers.answering_nobody,
        talkers.mistyped,
    ],
)
def test_a_malformed_answer_ends_the_run_in_one_line(talker: Any, connect: Any, setup: Any, tmp_path: Path) -> None:
    cluster = connect(talker)
    told = f"--scheduler {tmp_path / 'marker'}: the process that talks to it sent an invalid answer"
    with pytest.raises(DisagreementError, match=f"^{re.escape(told)}$"):
        judged(cluster, setup)
    assert not (tmp_path / "marker").exists()


def test_an_oversized_message_is_refused(connect: Any, setup: Any) -> None:
    assert judged(connect(talkers.endless), setup)[0] == alone(setup)


@pytest.mark.parametrize(
    ("talker", "told"),
    [
        (talkers.other_rules, "its workers have another version of fcu-conform than this machine"),
        (
            talkers.without_offenders,
            "a workersent an invalid result: devices with an error and no finding, or the other",
        ),
        (talkers.more_than_an_answer, "a workersent an invalid result: neither suite nor result"),
        (talkers.no_json, "a workersent an invalid result: "),
    ],
)
def test_a_malformed_result_ends_the_run_in_one_line(talker: Any, told: str, connect: Any, setup: Any) -> None:
    cluster = connect(talker)
    with pytest.raises(DisagreementError, match=f"^--scheduler .*: {re.escape(told)}") as caught:
        judged(cluster, setup)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("talker", "told"),
    [
        (talkers.refusing, r": the scheduler does not answer \(nobody is at home\)$"),
        (talkers.silent, ": the scheduler does not answer$"),
        (talkers.dying, ": the scheduler does not answer$"),
    ],
)
def test_a_missing_cluster_is_reported(talker: Any, told: str, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if talker is talkers.silent:
        monkeypatch.setattr(module, "STARTING", 0.5)
    with pytest.raises(UsageError, match=told):
        connect(talker)


def test_an_implausible_number_of_threads_of_a_cluster_is_limited(connect: Any) -> None:
    assert connect(talkers.boasting).size == module.MOST_WORKERS


def test_secrets_are_not_sent(connect: Any, setup: Any) -> None:
    cluster = connect(talkers.answering)
    secret = made(1, key=private(same_template(1).key, 1))
    with pytest.raises(TypeError, match="a secret is not copied or pickled"):
        cluster.submit(None, None, secret).result(30)


def memory_of(process: object, octets: bytes) -> bool:
    """Whether what a process can write to in its memory holds these octets."""
    with Path(f"/proc/{process}/mem").open("rb", 0) as first_holders:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, mode, *_ = line.split()
            start, end = (int(part, 16) for part in place.split("-"))
            if mode.startswith("rw") and "[v" not in line:
                first_holders.seek(start)
                if octets in first_holders.read(end - start):
                    return True
    return False


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc")
def test_the_process_that_talks_to_the_cluster_has_no_key_in_memory(connect: Any, setup: Any) -> None:
    key = setup.keystore.key_file.key
    assert key is not None
    secret = key.scalar.reveal()
    cluster = connect(talkers.answering)
    job = Job("token", setup.ca, tuple(rule.code for rule in rules()), (), 3)
    assert cluster.submit(work, job, FilesChunk(BAD.content[4:6])).result(60).offenders
    assert memory_of("self", secret)
    assert not memory_of(cluster._process.pid, secret)
    assert memory_of(cluster._process.pid, setup.ca.fcu_certificate.raw[-32:])
