"""The device's side of the stand-in: TLS and DTLS servers with client certificates, and CoAP inside of them."""
