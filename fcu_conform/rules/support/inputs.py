"""What many rules cannot judge without, or the rule that tells why it is not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fcu_conform.artefacts.chain import Link
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Blocked, Findings, requires

A = TypeVar("A")
B = TypeVar("B")


def both_of(one: Callable[[Setup], A], other: Callable[[Setup], B], setup: Setup) -> tuple[A, B]:
    """Two things that a rule needs; raises Blocked by all that keeps either of them from being known."""
    try:
        first = one(setup)
    except Blocked as blocked:
        try:
            other(setup)
        except Blocked as more:
            raise Blocked(*blocked.codes, *more.codes) from None
        raise
    return first, other(setup)


def fcu_link_of(setup: Setup) -> Link:
    """The FCU certificate with its place in fcu.crt.

    Raises:
        Blocked: fcu.crt cannot be read, or the FCU certificate may be one that cannot.
    """
    link = setup.certain_fcu_link
    if link is None:
        raise Blocked("CRT002" if setup.keystore.fcu_crt.file.trouble is None else "CRT001")
    return link


def fcu_certificate_of(setup: Setup) -> Certificate:
    """The FCU certificate; raises what `fcu_link_of` raises."""
    return fcu_link_of(setup).certificate


def path_of(setup: Setup) -> tuple[Link, ...]:
    """The certificates of fcu.crt from the FCU certificate upwards, as far as they can be read.

    Raises:
        Blocked: none can, or the file itself cannot.
    """
    if not setup.chain.path or setup.keystore.fcu_crt.pem.problem:
        raise Blocked("CRT002" if setup.keystore.fcu_crt.file.trouble is None else "CRT001")
    return setup.chain.path


def unless_gap(setup: Setup, findings: Findings) -> Findings:
    """What was found on the path; where that is nothing and the path breaks off, the rest is not known to be sound.

    Raises:
        Blocked: it breaks off, and nothing was found up to there.
    """
    found = list(findings)
    yield from found
    if not found and setup.chain.has_gap:
        raise Blocked("CHN003")


def needs_ordered_chain(setup: Setup) -> None:
    """What FCU takes from fcu.crt, by the places of the certificates in it, can be known.

    Raises:
        Blocked: a certificate cannot be read, or they stand in another order.
    """
    path_of(setup)
    if not setup.keystore.fcu_crt.is_whole:
        raise Blocked("CRT002")
    if setup.chain.has_gap or not setup.chain.is_in_order:
        raise Blocked("CHN003")


def readable_upload(setup: Setup) -> tuple[Certificate, ...]:
    """The certificates of the upload.

    Raises:
        NotApplicable: no upload was given.
        Blocked: there is none, or one that cannot be read.
    """
    requires(setup.upload, "no portal upload was given")
    assert setup.upload is not None
    file = setup.upload.certificates
    if file.file.trouble is None and not file.file.data.strip():
        raise Blocked("UPL009")
    if not file.entries or not file.is_whole:
        raise Blocked("UPL001")
    return file.certificates
