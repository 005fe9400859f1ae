"""Tests of enrollment (first to claim)."""
