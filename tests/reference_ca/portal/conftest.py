"""What the tests of the stand-in share: one in process, and a hierarchy with two lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_helpers import Lines, StandIn

from reference_ca import RootAuthority


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    made = StandIn.make(tmp_path / "portal.sqlite")
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def lines() -> Lines:
    root = RootAuthority("Root")
    intermediate = root.intermediate("Intermediate")
    line_a, line_b = intermediate.intermediate("FCU line A"), intermediate.intermediate("FCU line B")
    return Lines(root, intermediate, line_a, line_b, line_a.issue_device("a-1"), line_b.issue_device("b-1"))
