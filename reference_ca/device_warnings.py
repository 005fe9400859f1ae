"""Predicts, before a bundle is sent, the warnings of the device and values that would prevent it from connecting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from reference_ca.bundle import SCHEME_VERSION, to_cbor
from reference_ca.chain import Certificates, to_der
from reference_ca.config import Config
from reference_ca.parameters import DEVICE_INFO, mode_prefix

TEN_YEARS = timedelta(days=3650)
"""Remaining validity below which the device warns about a certificate (fact DB-18)."""

CERTIFICATE_OCTETS, MESSAGE_OCTETS = 1024, 4096
"""The client's buffers for one certificate and for a TLS Certificate message (DC-05): more is stored, but
never connects.
"""

RESPONSE_OCTETS = 512
"""The buffer that the device writes its answer into: when its warnings do not fit, it answers nothing, though
all is stored.
"""


def setting_warnings(config: Config, stand_in: bool) -> Iterator[str]:
    """What fcu.yml leaves open; ``stand_in`` says that the server's CA certificate is one."""
    missing = [key for key in DEVICE_INFO if config.device_info.get(key) is None]
    if missing:
        yield f"device-info has no {', '.join(missing)}: the device gets stand-in values"
    if stand_in:
        yield "no server CA certificate is configured: the device gets a stand-in, and can connect nowhere"


def chain_warnings(chain: Certificates, now: datetime) -> Iterator[str]:
    """What is wrong with the device's chain, its own certificate first, at the instant ``now``."""
    lengths = [len(der) for der in to_der(chain)]
    for position, (certificate, length) in enumerate(zip(chain, lengths, strict=True), 1):
        which = f"certificate {position} of {len(chain)}"
        if _is_short(certificate, now):
            yield f"{which} is valid for less than 10 years from now"
        if length > CERTIFICATE_OCTETS:
            yield f"{which} has {length} octets: a device reads {CERTIFICATE_OCTETS}"
    message = 7 + sum(3 + length for length in lengths)
    if message > MESSAGE_OCTETS:
        yield f"the chain makes a TLS message of {message} octets: a device sends {MESSAGE_OCTETS}"


def response_warnings(
    config: Config, chain: Certificates, now: datetime, session_id: str | None, update: Certificates = ()
) -> Iterator[str]:
    """Whether the device's own warnings leave it speechless; ``update`` is the update certificate's chain."""
    length = response_length(config, chain, now, session_id, update)
    if length > RESPONSE_OCTETS:
        yield (
            f"the device's response would have {length} octets and its buffer has {RESPONSE_OCTETS}: "
            "it stores everything and answers nothing"
        )


def response_length(
    config: Config, chain: Certificates, now: datetime, session_id: str | None, update: Certificates = ()
) -> int:
    """How many octets the device's answer to a good bundle has: fixed fields, the session, a line for each
    warning.
    """
    lines = _device_warnings(config, chain, now, update) if config.verify_on_device else ()
    fields = {
        "SchemeVersion": SCHEME_VERSION,
        "SID": session_id,
        "ReturnStatus": 0,
        "InfoMessage": "The Factory process succeeded\n",
        "WarningInfo": "".join(f"{line}\n" for line in lines),
    }
    answer = to_cbor({name: value for name, value in fields.items() if value not in (None, "")})
    return len(answer) + 1  # an indefinite-length map has a break at its end


def _device_warnings(config: Config, chain: Certificates, now: datetime, update: Certificates) -> Iterator[str]:
    """The device's own words, which are never more than warnings (fact N-15)."""
    absent = {
        "mbed.CurrentTime": not config.time_sync,
        "mbed.Timezone": not config.time_sync,
        "mbed.UTCOffset": not config.time_sync,
        "mbed.UpdateAuthCert": config.update_auth_certificate_file is None,
        "mbed.ClassId": config.class_id is None,
        "mbed.VendorId": config.vendor_id is None,
    }
    yield from (f"Item not set:{name}" for name, is_absent in absent.items() if is_absent)
    if not config.use_bootstrap:
        yield "Bootstrap mode not activated:mbed.UseBootstrap"
    for name, certificates in ((f"{mode_prefix(config)}DeviceCert", chain), ("mbed.UpdateAuthCert", update)):
        for certificate in certificates:
            if not config.time_sync:
                yield f"Certificate validity cannot be checked:{name}"
            elif _is_short(certificate, now):
                yield f"Certificate validity is less than 10 years:{name}"


def _is_short(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc - now < TEN_YEARS
