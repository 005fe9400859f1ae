"""What all tests share: pytest inside pytest, and names of tests that are the same in every process."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """pytest inside pytest keeps to its order where a plugin shuffles the tests outside."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")
    return pytester


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes may be long, may be a key, and may be drawn anew, so they are no part of a name."""
    return argname if isinstance(val, bytes) else None
