"""What many rules cannot judge without, or the rule that tells why it is not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fcu_conform.rules.model import Blocked, Findings, requires

if TYPE_CHECKING:
    from fcu_conform.artefacts.ca_context import CaContext
    from fcu_conform.artefacts.chain import Link
    from fcu_conform.artefacts.encodings.certificate import Certificate
    from fcu_conform.artefacts.setup import Setup
    from fcu_conform.artefacts.upload import Upload

A = TypeVar("A")
B = TypeVar("B")


def both_of(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """Two things that a rule needs; raises Blocked by all that keeps either of them from being known."""
    try:
        first = one()
    except Blocked as blocked:
        try:
            other()
        except Blocked as more:
            raise Blocked(*blocked.codes, *more.codes) from None
        raise
    return first, other()


def fcu_link_of(ca: CaContext) -> Link:
    """The FCU certificate with its place in fcu.crt.

    Raises:
        Blocked: fcu.crt cannot be read, the FCU certificate may be one that cannot, or a device's stands in its place.
    """
    link = ca.certain_fcu_link
    if link is None and ca.lacks_fcu_certificate:
        raise Blocked("CHN007")
    if link is None:
        raise Blocked("CRT002" if ca.fcu_crt.file.trouble is None else "CRT001")
    return link


def fcu_certificate_of(ca: CaContext) -> Certificate:
    """The FCU certificate; raises what `fcu_link_of` raises."""
    return fcu_link_of(ca).certificate


def path_of(ca: CaContext) -> tuple[Link, ...]:
    """The certificates of fcu.crt from the FCU certificate upwards, as far as they can be read.

    Raises:
        Blocked: none can, the file itself cannot, or there are only device certificates.
    """
    if not ca.chain.path and ca.device_links:
        raise Blocked("CHN007")
    if not ca.chain.path or ca.fcu_crt.pem.problem:
        raise Blocked("CRT002" if ca.fcu_crt.file.trouble is None else "CRT001")
    return ca.chain.path


def unless_gap(ca: CaContext, findings: Findings) -> Findings:
    """What was found on the path; where that is nothing and the path breaks off, the rest is not known to be sound.

    Raises:
        Blocked: it breaks off, and nothing was found up to there.
    """
    found = list(findings)
    yield from found
    if not found and ca.chain.has_gap:
        raise Blocked("CHN003")


def needs_ordered_chain(ca: CaContext) -> None:
    """What FCU takes from fcu.crt, by the places of the certificates in it, can be known.

    Raises:
        Blocked: a certificate cannot be read, they stand in another order, or device certificates are among them.
    """
    path_of(ca)
    if ca.device_links:
        raise Blocked("CHN007")
    if not ca.fcu_crt.is_whole:
        raise Blocked("CRT002")
    if ca.chain.has_gap or not ca.chain.is_in_order:
        raise Blocked("CHN003")


def upload_of(setup: Setup) -> Upload:
    """The upload; raises NotApplicable where none was given."""
    requires(setup.upload, "no portal upload was given")
    assert setup.upload is not None
    return setup.upload


def readable_upload(upload: Upload) -> tuple[Certificate, ...]:
    """The certificates of an upload.

    Raises:
        Blocked: there is none, or one that cannot be read.
    """
    file = upload.certificates
    if file.file.trouble is None and not file.file.data.strip():
        raise Blocked("UPL009")
    if not file.entries or not file.is_whole:
        raise Blocked("UPL001")
    return file.certificates
