"""Tests of the repository itself: who imports whom, sizes, versions, no secrets."""
