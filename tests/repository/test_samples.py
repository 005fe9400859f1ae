"""What is taken as a sample is there, goes by one name, and is spread evenly; nothing else is left out of a run."""

from __future__ import annotations

import re

import pytest
import sampling

from repository.sources import ROOT, modules

DEFINED = [name for module in modules("tests") for name in re.findall(r"^def (test_\w+)\(", module.text, re.MULTILINE)]


@pytest.mark.parametrize("name", sampling.SAMPLES)
def test_a_sampled_test_exists_exactly_once(name: str) -> None:
    assert DEFINED.count(name) == 1


def test_folders_and_files_named_in_tox_exist() -> None:
    named = re.findall(r"\btests[{/}\w.]+", (ROOT / "tox.ini").read_text(encoding="utf-8"))
    paths = {name.replace("{/}", "/").rstrip(".") for name in named}
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path.replace("tests.robustness", "tests/robustness")).exists()] == []


class Item:
    """As much of a test as marking it takes."""

    def __init__(self, name: str) -> None:
        self.originalname = name
        self.is_long = False

    def add_marker(self, marker: object) -> None:
        assert marker == pytest.mark.long
        self.is_long = True


def test_sampled_cases_are_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLES", {"test_few": 3, "test_none": 0, "test_more_than_there_are": 9})
    items = [Item(name) for name in (*sampling.SAMPLES, "test_all") for _ in range(7)]
    sampling.mark(items)  # type: ignore[arg-type]
    taken = {name: [i for i, one in enumerate(o for o in items if o.originalname == name) if not one.is_long]
             for name in {item.originalname for item in items}}  # fmt: skip
    assert taken["test_few"] == [0, 2, 4]
    assert taken["test_none"] == []
    assert taken["test_more_than_there_are"] == taken["test_all"] == list(range(7))
