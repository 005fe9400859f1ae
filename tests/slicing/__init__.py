"""Tests of how fcu.crt is cut between device and portal."""
