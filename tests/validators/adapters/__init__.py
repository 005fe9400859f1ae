"""Tests of the adapters, one by one and against recorded verdicts."""
