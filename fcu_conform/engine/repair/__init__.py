"""Repairs of a keystore: what the content of each file should be, computed from what is there; nothing is written."""
