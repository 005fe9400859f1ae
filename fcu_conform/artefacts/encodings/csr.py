"""A PKCS#10 certification request (RFC 2986)."""

from __future__ import annotations

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate_fields import SignatureAlgorithm, read_algorithm
from fcu_conform.artefacts.encodings.names import parse_name
from fcu_conform.artefacts.encodings.public_keys import PublicKey, parse_public_key, verifies


class Request:
    """One request: ``subject``, ``public_key``, the signature's ``algorithm``, and ``trailing`` bytes after it."""

    def __init__(self, data: bytes) -> None:
        """Reads a DER request.

        Raises:
            DerError: it is not one.
        """
        start, stop = der.expect(data, 0, len(data), der.SEQUENCE, "request")
        info, info_stop = der.expect(data, start, stop, der.SEQUENCE, "certificationRequestInfo")
        self._signed_part = data[start:info_stop]
        self.algorithm: SignatureAlgorithm
        self.algorithm, position = read_algorithm(data, info_stop, stop, "signatureAlgorithm")
        bits, bits_stop = der.expect(data, position, stop, der.BIT_STRING, "signature")
        if bits_stop != stop or data[bits:bits_stop][:1] != b"\0":  # whole octets, no unused bits
            raise der.DerError("request: malformed signature")
        self._signature = data[bits + 1 : bits_stop]
        _, position = der.expect(data, info, info_stop, der.INTEGER, "version")
        begin = position
        _, position = der.expect(data, begin, info_stop, der.SEQUENCE, "subject")
        self.subject = parse_name(data[begin:position])
        begin = position
        _, position = der.expect(data, begin, info_stop, der.SEQUENCE, "subjectPublicKeyInfo")
        self.public_key: PublicKey = parse_public_key(data[begin:position])
        self.trailing = len(data) - stop

    @property
    def is_signed_by_its_key(self) -> bool | None:
        """Whether the self-signature verifies; None where its algorithm is not known or does not fit the key."""
        return verifies(self.public_key, self.algorithm.oid, self._signature, self._signed_part)

    def __repr__(self) -> str:
        return f"<Request {self.subject}>"
