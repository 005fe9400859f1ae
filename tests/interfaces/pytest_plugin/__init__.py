"""Tests of the pytest plugin: what it collects, its options, its outcomes, and what it leaves alone."""
