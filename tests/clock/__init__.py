"""The suite at other dates: a shifted clock for every process, and tests that the shift works."""
