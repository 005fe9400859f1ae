"""Tests of handshakes on loopback."""
