"""Errors for people: one line each, with FCU's own error number where FCU documents one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class FcuCode(IntEnum):
    """The error numbers that FCU documents and that a reference CA can meet (facts E-01 to E-23)."""

    GENERAL = 100
    NAME_IS_MANDATORY = 101
    BAD_ARGUMENT_TYPE = 106
    PROTOCOL_VERSION = 110
    DEPTH_EXCEEDS_CHAIN = 111
    DEPTH_NOT_DEFINED = 112
    RESPONSE_LACKS_FIELD = 180
    CONFIG_NOT_LOADED = 190
    CONFIG_NOT_FOUND = 195
    NO_PERMISSION = 197
    CONFIG_NOT_YAML = 200
    CONFIG_INVALID = 201
    CERTIFICATE_NOT_FOUND = 210
    CERTIFICATE_NOT_LOADED = 211
    REQUEST_NOT_SIGNED = 212
    KEY_NOT_FOUND = 220
    KEY_NOT_LOADED = 221


@dataclass(frozen=True)
class ErrorInfo:
    """One error as ``get_setup_status`` reports it: FCU's number and one line for people (fact A-01)."""

    code: int
    message: str


@dataclass(frozen=True)
class WarningInfo:
    """One warning as ``get_setup_status`` reports it. FCU's numbers for warnings are not public, so there is
    none.
    """

    message: str


class ReferenceCaError(Exception):
    """Anything that the reference CA refuses or cannot do; ``str()`` is one line: what, where, what to do."""

    def __init__(self, what: str, where: object = "", todo: str = "") -> None:
        """Take the three parts of the line; ``where`` is a path, a file's name or a setting."""
        self.what, self.where, self.todo = what, str(where), todo
        line = ": ".join(part for part in (what, self.where, todo) if part)
        super().__init__("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line))


class ExistsError(ReferenceCaError):
    """A file is there already. The reference CA overwrites no file unasked, and a private key never."""


class RequestError(ReferenceCaError):
    """A certificate request cannot be signed: not PKCS#10, not P-256, a bad self-signature, no subject."""


class IssuingError(ReferenceCaError):
    """A certificate cannot be issued as asked: the issuer expires too soon, the subject is the issuer's own,
    ….
    """


class FcuError(ReferenceCaError):
    """An error that FCU has a number for; ``code`` is that number."""

    def __init__(self, code: FcuCode, what: str, where: object = "", todo: str = "") -> None:
        """Put FCU's number in front of what is wrong."""
        self.code = code
        super().__init__(f"FCU error {int(code)}, {what}", where, todo)

    @property
    def info(self) -> ErrorInfo:
        """The same error as an entry of ``SetupStatus.errors``."""
        return ErrorInfo(int(self.code), str(self))


class ConfigError(FcuError):
    """fcu.yml is missing, unreadable or wrong (190, 195, 197, 200, 201)."""


class CertificateFileError(FcuError):
    """fcu.crt is missing, unsigned or unreadable (197, 210, 211, 212)."""


class KeyFileError(FcuError):
    """fcu_private_key.pem is missing, unreadable or not the certificate's (100, 197, 220, 221)."""


class DepthError(FcuError):
    """device-certificate-chain-depth is not set, not usable or too large (111, 112, 201)."""


class DeviceError(FcuError):
    """A device cannot be configured as asked (100, 101), or its response cannot be used (180)."""
