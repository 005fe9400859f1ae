"""The CBOR bundle in exactly the form that the device's own code takes (facts B-01 to B-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEME_VERSION = "0.0.1"
ENTROPY_OCTETS = 48
SHA256_DIGEST = 1
"""The only message digest that a device signs its request with (`MD`)."""


@dataclass
class Bundle:
    """One message to a device. Fill it group by group; `encode` puts the groups into the order that the
    device needs.

    The device works through the groups as they come, so keys go before the certificates that name them. Maps
    and arrays have a definite length, and flags are the integers 0 and 1: the device refuses CBOR's
    indefinite lengths and its booleans.
    """

    session_id: str | None = None
    keep_session: bool = False
    verify: bool = True
    entropy: bytes | None = field(default=None, repr=False)
    keys: list[dict[str, Any]] = field(default_factory=list, repr=False)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    chains: list[dict[str, Any]] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def add_private_key(self, name: str, der: bytes) -> None:
        """A P-256 private key as SEC1 or PKCS#8 DER (fact B-07)."""
        self.keys.append({"Name": name, "Type": "ECCPrivate", "Format": "der", "Data": der})

    def add_certificates(self, name: str, ders: Sequence[bytes], private_key_name: str | None = None) -> None:
        """One DER certificate as a certificate, more as a chain with the leaf first (facts B-04 to B-06).

        ``private_key_name`` (PrKN) makes the device compare the first one with a key that it holds already.
        """
        item: dict[str, Any] = {"Name": name, "Format": "der"}
        if len(ders) == 1:
            self.certificates.append(item)
            item["Data"] = ders[0]
        else:
            self.chains.append(item)
            item["DataArray"] = list(ders)
        if private_key_name is not None:
            item["PrKN"] = private_key_name

    def add_parameters(self, parameters: Mapping[str, str | int | bytes]) -> None:
        """Configuration items; numbers are CBOR integers (fact B-08)."""
        self.parameters += [{"Name": name, "Data": value} for name, value in parameters.items()]

    def request_key(self, private_key_name: str, subject: str) -> None:
        """Ask the device to make a key and to send a CSR for it (fact B-09); ``subject`` is in Mbed TLS's
        form.
        """
        self.requests.append({"PrKN": private_key_name, "Subj": subject, "MD": SHA256_DIGEST})

    def message(self) -> dict[str, Any]:
        """The groups that are not empty, in the order that the device needs."""
        groups = {
            "SchemeVersion": SCHEME_VERSION,
            "SID": self.session_id,
            "Entropy": self.entropy,
            "Keys": self.keys,
            "Certificates": self.certificates,
            "CertificateChains": self.chains,
            "ConfigParams": self.parameters,
            "CsrReqs": self.requests,
        }
        message: dict[str, Any] = {name: value for name, value in groups.items() if value}
        message["Verify"] = int(self.verify)
        if self.keep_session:
            message["KpAlvSess"] = 1
        return message

    def encode(self) -> bytes:
        """The message: one definite-length map."""
        return to_cbor(self.message())


def to_cbor(value: object) -> bytes:
    """A value in CBOR, its lengths definite."""
    import cbor2  # as dear as the rest of a start, which most commands do without

    return cbor2.dumps(value)


def mbed_tls_name(common_name: str, organizational_unit: str | None = None) -> str:
    """A subject as Mbed TLS reads it from text: commas escaped; a backslash cannot be written, and raises
    ValueError.
    """
    if "\\" in common_name:
        raise ValueError("Mbed TLS takes no backslash in a name")
    subject = "CN=" + common_name.replace(",", "\\,")
    return subject if organizational_unit is None else f"{subject},OU={organizational_unit}"
