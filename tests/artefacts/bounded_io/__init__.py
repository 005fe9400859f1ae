"""Tests of reading what strangers wrote, at its limits."""
