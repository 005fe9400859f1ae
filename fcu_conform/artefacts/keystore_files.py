"""The three files of a keystore, each read and taken apart once: key, certificates, request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.other_forms import describe_content
from fcu_conform.artefacts.encodings.pem import Block, PemText, parse_pem
from fcu_conform.artefacts.encodings.pem_layout import KEY_LABELS, OPENSSH
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, parse_private_key
from fcu_conform.artefacts.wording import pluralize


@dataclass(frozen=True)
class PemFile:
    """A file that should be PEM."""

    file: FileBytes

    @property
    def name(self) -> str:
        """How findings call it."""
        return self.file.name

    @cached_property
    def pem(self) -> PemText:
        """Its blocks, and what stands between them."""
        if self.file.trouble is Trouble.TOO_LARGE:
            return PemText((), (), self.file.detail)
        return parse_pem(self.file.data)


def read_private_key(block: Block) -> PrivateKey | str:
    """The key in a PEM block that is not encrypted, or why OpenSSL or cryptography does not read it as it stands."""
    if block.data is None:
        return block.problem
    try:
        key = parse_private_key(block.data)
    except der.DerError as fault:
        if block.label == "OPENSSH PRIVATE KEY":
            return OPENSSH
        return describe_content(block.data) or f"cannot be read: {fault}"
    if key.form and KEY_LABELS.get(block.label) != key.form:
        return f"holds {key.form} under the label {block.label}"
    return structure_words(key) if key.structure_fault else key


def structure_words(key: PrivateKey) -> str:
    """What is told of a key whose inside is not as it should be."""
    return f"is not as RFC 5915 and RFC 5958 have a key: {key.structure_fault}"


@dataclass(frozen=True)
class KeyFile(PemFile):
    """fcu_private_key.pem, or a device's private key."""

    @property
    def key_blocks(self) -> list[Block]:
        """The blocks that hold a private key, by their label."""
        return [block for block in self.pem.blocks if block.is_private_key]

    @property
    def is_encrypted(self) -> bool:
        """Its one private key is encrypted."""
        blocks = self.key_blocks
        return len(blocks) == 1 and (blocks[0].encrypted or blocks[0].label == "ENCRYPTED PRIVATE KEY")

    @cached_property
    def _read(self) -> PrivateKey | str:
        block = next(iter(self.key_blocks), None)
        if block is None:
            return "is not there"
        return read_private_key(block)

    @property
    def key(self) -> PrivateKey | None:
        """The key, where the file has exactly one that is readable and not encrypted."""
        if len(self.key_blocks) != 1 or self.is_encrypted or isinstance(self._read, str):
            return None
        return self._read

    @property
    def key_problem(self) -> str:
        """Why the one private key cannot be read; empty if it can, or is encrypted."""
        return "" if self.is_encrypted or not isinstance(self._read, str) else self._read


@dataclass(frozen=True)
class Entry:
    """One block of a certificate: its number in the file (from 1), its line, the certificate or what is wrong with it.

    ``is_mislabelled``: it has another label than CERTIFICATE.
    """

    index: int
    line: int
    certificate: Certificate | None
    problem: str = ""
    is_mislabelled: bool = False


CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
"""What OpenSSL reads a certificate under; others know the first alone."""


@dataclass(frozen=True)
class CertificateFile(PemFile):
    """fcu.crt, or any other file of PEM certificates."""

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every block of a certificate, in order; one under another label is not read, and counts all the same."""
        blocks = [block for block in self.pem.blocks if block.label in CERTIFICATE_LABELS]
        return tuple(read_entry(number, block) for number, block in enumerate(blocks, start=1))

    @cached_property
    def readable(self) -> tuple[Entry, ...]:
        """The entries whose certificate could be read."""
        return tuple(entry for entry in self.entries if entry.certificate is not None)

    @property
    def is_whole(self) -> bool:
        """Nothing in it is left unread."""
        return not self.pem.problem and len(self.readable) == len(self.entries)

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that could be read, in order."""
        return tuple(entry.certificate for entry in self.entries if entry.certificate is not None)


def read_entry(number: int, block: Block) -> Entry:
    """Reads the certificate of one PEM block."""
    if block.label != "CERTIFICATE":
        return Entry(number, block.line, None, f"has the label {block.label}", is_mislabelled=True)
    if block.data is None:
        return Entry(number, block.line, None, block.problem)
    try:
        return Entry(number, block.line, Certificate(block.data))
    except der.DerError as fault:
        content = describe_content(block.data)
        problem = f"the CERTIFICATE block {content}" if content else f"cannot be read: {fault}"
        return Entry(number, block.line, None, problem)


@dataclass(frozen=True)
class RequestFile(PemFile):
    """fcu_csr.pem."""

    @property
    def request_blocks(self) -> list[Block]:
        """The blocks that hold a request, by their label."""
        return [b for b in self.pem.blocks if b.label in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")]

    @cached_property
    def _read(self) -> Request | str:
        block = next(iter(self.request_blocks), None)
        if block is None:
            return "is not there"
        if block.data is None:
            return block.problem
        try:
            request = Request(block.data)
        except der.DerError as fault:
            content = describe_content(block.data)
            return f"the {block.label} block {content}" if content else f"cannot be read: {fault}"
        return f"has {pluralize(request.trailing, 'trailing byte')}" if request.trailing else request

    @property
    def request(self) -> Request | None:
        """The request, where the file has exactly one that is readable."""
        if len(self.request_blocks) != 1 or isinstance(self._read, str):
            return None
        return self._read

    @property
    def request_problem(self) -> str:
        """Why the one request cannot be read; empty if it can."""
        return self._read if isinstance(self._read, str) else ""
