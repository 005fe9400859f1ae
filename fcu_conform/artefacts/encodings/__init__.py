"""DER, PEM, CBOR and what is encoded in them: names, times, keys, certificates and requests."""
