"""The garbage collector looks rarely while a lot is judged, and as before afterwards."""

from __future__ import annotations

import gc

import pytest

from fcu_conform.engine.lot.collector import THRESHOLDS, settled


def test_the_collector_is_as_it_was_once_a_lot_is_judged() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(KeyError), settled():
        raise KeyError
    with settled():
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 1000
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == frozen == 0
