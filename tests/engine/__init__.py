"""Tests of how rules are run: what blocks what, outcomes, verdicts, events."""
