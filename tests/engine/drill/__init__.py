"""Tests of the drill: thefts of keys, held against real handshakes."""
