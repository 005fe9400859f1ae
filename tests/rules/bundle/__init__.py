"""Bundles made without the code under test, and how they are judged."""
