"""Tests of the catalogue, and of the exact words and places of findings."""
