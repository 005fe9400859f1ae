"""Tests of what users meet: the pytest plugin, the console script, the reports."""
