"""The state of the stand-in in SQLite: order, transactions, and a kill at any moment."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reference_ca.errors import ReferenceCaError
from reference_ca.portal.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "s.sqlite")) as made:
        yield made


WRITER = """
import sys, itertools
from pathlib import Path
from reference_ca.portal.store import Store
store = Store(Path(sys.argv[1]))
for number in itertools.count():
    with store.transaction():
        first = store.add("pair", {"number": number, "side": "left"})
        store.add("pair", {"number": number, "side": "right"})
    print(first.id, flush=True)
"""


def test_documents_come_back_in_the_order_of_their_making(store: Store) -> None:
    made = [store.add("kind", {"number": number}, lookup=str(number)) for number in range(5)]
    store.add("other", {"number": 9})
    assert [entity.document["number"] for entity in store.entities("kind")] == [0, 1, 2, 3, 4]
    assert [e.document["number"] for e in store.entities("kind", after=made[3].sequence, descending=True)] == [2, 1, 0]
    assert store.count("kind") == 5
    found = store.find("kind", "3")
    assert found is not None
    assert found.id == made[3].id
    assert (store.neighbour(made[3].id), store.neighbour(made[0].id)) == (made[2].id, None)


def test_more_documents_than_are_read_at_once_are_all_there(store: Store) -> None:
    with store.transaction():
        for number in range(2500):
            store.add("kind", {"number": number})
    assert [e.document["number"] for e in store.entities("kind", descending=True)] == list(reversed(range(2500)))


def test_a_failed_transaction_changes_nothing(store: Store) -> None:
    kept = store.add("kind", {"value": 1})
    with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012
        store.replace(kept, {"value": 2})
        with store.transaction():
            store.add("kind", {"value": 3})
        _ = 1 / 0
    assert [entity.document["value"] for entity in store.entities("kind")] == [1]


def test_a_kill_loses_nothing_that_was_answered_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    for answers in (1, 40):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        answered = [writer.stdout.readline().strip() for _ in range(answers)]
        writer.kill()
        answered += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()
        store = Store(path)
        assert all(store.get("pair", entity_id) for entity_id in answered)
        sides = [entity.document["side"] for entity in store.entities("pair")]
        assert sides == ["left", "right"] * (len(sides) // 2)
        store.close()


def test_the_file_is_for_its_owner_alone_and_keeps_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    for value in ("first", "second"):
        with closing(Store(path)) as store:
            assert store.setting("name", value) == "first"
            assert store.setting("nothing") == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 5000])
def test_a_file_that_is_not_a_state_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(ReferenceCaError, match=r"the state cannot be used \(file is not a database\)") as refused:
        Store(path)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == content
