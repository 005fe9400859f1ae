"""CHN001, CHN002: the blocks of fcu.crt, and what stands beside them."""

from __future__ import annotations

from fcu_conform.artefacts.encodings.pem import PRIVATE_KEY_MARKER, Block
from fcu_conform.artefacts.encodings.pem_layout import (
    BACKSLASH_N,
    BEFORE_MARKER,
    BEHIND_MARKER,
    kinds_of,
    relabelling,
)
from fcu_conform.artefacts.keystore import CERTIFICATE_NAME
from fcu_conform.artefacts.keystore_files import CERTIFICATE_LABELS, CertificateFile
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import (
    Blocked,
    Finding,
    Findings,
    Level,
    Location,
    rule,
)
from fcu_conform.rules.support.sources import CREDENTIALS, page


@rule(
    "CHN001",
    Level.ERROR,
    requirement="fcu.crt has CERTIFICATE blocks only",
    title="fcu.crt has a block that is not a certificate",
    why="This file is uploaded as it is: a private key in it would leave the factory. Other blocks confuse the tools"
    " that read the file.",
    fix="remove the other blocks; if one was a private key, treat the key as stolen wherever the file has been",
    passes="-----BEGIN CERTIFICATE----- blocks",
    fails="a TRUSTED CERTIFICATE, a request or a private key among them",
    source=page(CREDENTIALS, "K-03"),
    needs=("CRT001",),
)
def file_has_only_certificates(setup: Setup) -> Findings:
    file = setup.keystore.fcu_crt
    if file.pem.blocks and not any(block.label in (*CERTIFICATE_LABELS, "PKCS7") for block in file.pem.blocks):
        yield _no_certificate(file)
        return
    for block in file.pem.blocks:
        if block.label != "CERTIFICATE":
            yield Finding(
                "has a block that is not a certificate:"
                f" {block.label}" + (" (KEY008 too)" if block.is_private_key else "") + _unended(block),
                Location(CERTIFICATE_NAME, line=block.line),
                "CERTIFICATE blocks only",
                block.label,
                fix=relabelling(block.label, CERTIFICATE_NAME),
            )


def _no_certificate(file: CertificateFile) -> Finding:
    labels = [block.label for block in file.pem.blocks]
    return Finding(
        f"has no certificate, but {kinds_of(labels)}"
        + (" (KEY008 too)" if PRIVATE_KEY_MARKER.search(file.file.data) else ""),
        Location(CERTIFICATE_NAME, line=file.pem.blocks[0].line),
        "CERTIFICATE blocks",
        ", ".join(labels),
        fix="put the certificate that your CA made from fcu_csr.pem into fcu.crt, then its issuers up to the root",
    )


def _unended(block: Block) -> str:
    """What keeps readers from going on behind a block that is not ended, in words."""
    return f", which {block.problem}" if block.problem else ""


_TEXT_ON_MARKERS = (BACKSLASH_N, BEFORE_MARKER, BEHIND_MARKER)
"""What is told of a block whose lines have text outside the block on them."""


@rule(
    "CHN002",
    Level.WARNING,
    requirement="fcu.crt has PEM blocks only",
    title="fcu.crt has text or bytes beside its PEM blocks",
    why="Some tools skip text, byte order marks and stray bytes; others refuse the file.",
    fix="openssl crl2pkcs7 -nocrl -certfile fcu.crt | openssl pkcs7 -print_certs | grep -v -e ^subject -e ^issuer >"
    " clean.crt",
    passes="PEM blocks with nothing but line breaks between them",
    fails="subject=CN = ROOT_CA before a block, a byte order mark",
    source=page(CREDENTIALS, "K-03"),
    needs=("CRT001",),
)
def file_has_only_pem_blocks(setup: Setup) -> Findings:
    pem = setup.keystore.fcu_crt.pem
    if pem.problem or any(block.problem in _TEXT_ON_MARKERS for block in pem.blocks):
        raise Blocked("CRT002")
    for stray in pem.strays:
        yield Finding(f"has {stray.what} outside the PEM blocks", Location(CERTIFICATE_NAME, line=stray.line))
