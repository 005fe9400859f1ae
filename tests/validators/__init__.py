"""Tests of the adapters to independent validators."""
