"""Shared by the tests of all validators: the usual path, made once."""

from __future__ import annotations

import pytest

from .paths import Path, usual


@pytest.fixture(scope="session")
def good_path() -> Path:
    """Root, intermediate, FCU and device, with nothing odd about them."""
    return usual()
