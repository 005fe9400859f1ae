"""TLS and DTLS handshakes on loopback with servers that trust only the upload."""
