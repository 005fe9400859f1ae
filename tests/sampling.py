"""Which cases an ordinary run takes as a sample, and which only ``tox -e long`` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def sample(cases: Iterable[Any], count: int) -> list[Any]:
    """All cases, of which so many, evenly spread and always the same, are not marked as long."""
    every: Sequence[Any] = list(cases)
    kept = {index * len(every) // count for index in range(count)} if count < len(every) else set(range(len(every)))
    return [case if index in kept else _long(case) for index, case in enumerate(every)]


def _long(case: Any) -> Any:
    if isinstance(case, type(pytest.param())):
        return pytest.param(*case.values, marks=(*case.marks, pytest.mark.long), id=case.id)
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.long)
