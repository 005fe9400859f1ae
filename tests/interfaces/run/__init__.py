"""Tests of what all front ends share of a run."""
