"""Tests of the encodings: DER, PEM, CBOR, names, times, keys and certificates."""
