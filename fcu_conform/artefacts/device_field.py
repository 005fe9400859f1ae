"""The parts in which devices of one lot differ from each other."""

from enum import Enum
from typing import Final


class DeviceField(Enum):
    """A part in which a device may differ from others of its lot; a rule declares which parts it looks at.

    NAME: the subject's common name, serial number and user id, and the endpoint names that it may have.
    SERIAL: the certificate's serial number.
    VALIDITY: its two dates.
    KEY: the point of its public key.
    SIGNATURE: the signature, and with it all that is signed: the certificate as bytes.
    REST: what no rule depends on: subjectKeyIdentifier, alternative names, extensions that nobody parses.
    ENCODING: how any of these is encoded: as DER has it, in characters of its type. The fast path takes only devices
    for which this holds, so that a rule that looks at nothing else is not run.
    PRIVATE_KEY: the private key in the output, and whatever a rule compares it with; nothing where there is none.
    ENROLLMENT: the enrollment identity, and whatever a rule compares it with; nothing where there is none.
    """

    NAME = "name"
    SERIAL = "serial number"
    VALIDITY = "validity"
    KEY = "key"
    SIGNATURE = "signature"
    REST = "rest"
    ENCODING = "encoding"
    PRIVATE_KEY = "private key"
    ENROLLMENT = "enrollment identity"


WHAT_ALL_SHARE: Final[frozenset[DeviceField]] = frozenset()
"""Said by a rule that looks at none of these, but only at what all devices of one template have in common: the chain,
the algorithms, names and extensions that are not a device's own. It is then asked about the first of them alone.
"""
