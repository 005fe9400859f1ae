"""Tests of the vectors in fixtures/."""
