"""Tests of `fcu_conform.engine.lot.verification`."""
