"""Repairs of keystores."""
