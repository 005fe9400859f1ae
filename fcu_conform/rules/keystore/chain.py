"""CHN: fcu.crt as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fcu_conform.artefacts.chain import Chain, Link, namesakes
from fcu_conform.artefacts.keystore import CERTIFICATE_NAME
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import (
    Blocked,
    Finding,
    Findings,
    Instances,
    Level,
    Location,
    instances_rule,
    requires,
    rule,
)
from fcu_conform.rules.support.formatting import (
    at_certificate,
    certificate_text,
    number_and_name,
)
from fcu_conform.rules.support.inputs import fcu_link_of, path_of, unless_gap
from fcu_conform.rules.support.issuer_names import encoded_differently
from fcu_conform.rules.support.sources import CREDENTIALS, page, rfc

FILE = Location(CERTIFICATE_NAME)
_ORDER = "Providing external credentials"


def chain_of(setup: Setup) -> Chain:
    path_of(setup.ca)
    requires(len(setup.keystore.fcu_crt.entries) > 1, "fcu.crt has one certificate")
    return setup.ca.chain


def pairs_of(chain: Chain) -> Iterator[tuple[Link, Link]]:
    """Each certificate of the path with its issuer."""
    return pairwise(chain.path)


def needs_all_certificates(setup: Setup) -> None:
    """What is missing may stand in a block of another kind, which CHN001 has told, or in one that cannot be read."""
    file = setup.keystore.fcu_crt
    if not file.is_whole or any(certificate.trailing for certificate in file.certificates):
        raise Blocked("CRT002")
    if any(block.label.endswith(" CERTIFICATE") for block in setup.keystore.fcu_crt.pem.blocks):
        raise Blocked("CHN001")


def _drawn(links: tuple[Link, ...] | list[Link]) -> str:
    return " · ".join(map(number_and_name, links))


@rule(
    "CHN003",
    Level.ERROR,
    requirement="fcu.crt goes from the FCU certificate to the root, each certificate followed by its issuer",
    title="fcu.crt is out of order",
    why="FCU uses the first certificate as its own and cuts the file at the depth. In another order devices get the"
    " wrong certificates and cannot come online.",
    fix="cat fcu_cert.pem intermediate_cert.pem root_cert.pem > fcu.crt",
    passes="FCU certificate, intermediate, root",
    fails="root, intermediate, FCU certificate",
    source=(page(_ORDER, "K-03", "K-10"), page(CREDENTIALS, "K-03")),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def file_is_in_order(setup: Setup) -> Findings:
    chain = chain_of(setup)
    path = chain.path
    if chain.has_gap:
        needs_all_certificates(setup)
        last = path[-1]
        stray = next((link for link in chain.off_path if link.index > last.index), chain.off_path[0])
        yield Finding(
            f"{certificate_text(stray, setup.ca)}: is not the issuer of certificate {last.index}, and fcu.crt has"
            " no certificate that is",
            at_certificate(stray, setup.ca),
            expected=f"after {number_and_name(last)}: {last.certificate.issuer or 'its issuer'}",
            found=_drawn(chain.distinct),
            fix=f"put the certificate of {last.certificate.issuer or 'the issuer'} after certificate {last.index}",
        )
    elif not chain.is_in_order:
        first_wrong = next(later for earlier, later in pairwise(path) if later.index < earlier.index)
        yield Finding(
            f"{certificate_text(first_wrong, setup.ca)}: comes before a certificate that it issued",
            at_certificate(first_wrong, setup.ca),
            expected=_drawn(path),
            found=_drawn(sorted(path, key=lambda link: link.index)),
            fix=f"write the certificates of fcu.crt in the order {', '.join(str(link.index) for link in path)}",
        )
    for link, issuer in pairs_of(chain):
        yield from encoded_differently(
            link.certificate,
            issuer.certificate,
            f"{certificate_text(link, setup.ca)}: encodes the name of its issuer, certificate {issuer.index},"
            " differently",
            at_certificate(link, setup.ca, "issuer"),
            "issue the certificate again with the subject of its issuer as it is",
        )


@instances_rule(
    "CHN004",
    Level.ERROR,
    requirement="each certificate's signature verifies with the next one's key, the root's with its own",
    title="a signature in the chain does not verify",
    why="Either the certificate was changed, or a key other than its issuer's signed it. Validators refuse every"
    " device below it.",
    fix="copy the certificate again from the original; if the issuer has a new key, have it sign again",
    passes="openssl verify -CAfile chain.pem fcu_cert.pem says OK",
    fails="the intermediate comes from another CA of the same name",
    source=(rfc(5280, "6.1.3"), page(CREDENTIALS, "K-03")),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def signatures_verify(setup: Setup, others: Instances) -> Findings:
    yield from unless_gap(setup.ca, _broken_signatures(setup, others))


def _broken_signatures(setup: Setup, others: Instances) -> Findings:
    chain = chain_of(setup)
    pairs = list(pairs_of(chain))
    if chain.is_complete:
        pairs.append((chain.path[-1], chain.path[-1]))
    answers = [link.certificate.signed_by(issuer.certificate.public_key) for link, issuer in pairs]
    if None in answers and False not in answers:
        raise Blocked("CRT004", "CRT005")
    strangers = {id(link): owner for link in chain.path[1:] if (owner := _owner(link, others))}
    for (link, issuer), answer in zip(pairs, answers, strict=True):
        if answer is False and id(issuer) in strangers and link is not issuer:
            yield Finding(
                f"{certificate_text(issuer, setup.ca)}: is of the chain of {strangers[id(issuer)]}, and did not issue"
                f" certificate {link.index}",
                at_certificate(issuer, setup.ca),
                expected=f"the {link.certificate.issuer} that signed certificate {link.index}",
                found="another certificate of that name",
                fix="copy the certificate that your CA returned for this FCU",
            )
        elif answer is False and id(link) not in strangers:
            whose = "its own key" if link is issuer else f"the key of certificate {issuer.index}"
            yield Finding(
                f"{certificate_text(link, setup.ca)}: its signature does not verify under {whose}",
                at_certificate(link, setup.ca, "signatureValue"),
                expected=f"signed by {issuer.certificate.subject}",
                found="a signature by another key, or a changed certificate",
            )


def _owner(link: Link, others: Instances) -> str:
    """The other FCU instance that has a certificate of fcu.crt; empty where none has."""
    return next((other.name for other in others if link.certificate.raw in other.ca.ca_certificates), "")


@rule(
    "CHN005",
    Level.ERROR,
    requirement="fcu.crt is complete: its last certificate is a self-signed root",
    title="fcu.crt does not end in a self-signed root",
    why="The portal requires the whole chain up to the root. A certificate that is missing here is missing there too.",
    fix="append the certificate of the missing issuer, then its issuer's, up to the root",
    passes="FCU certificate, intermediate, root",
    fails="FCU certificate, intermediate",
    source=page(CREDENTIALS, "K-03", "P-06"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def file_ends_in_root(setup: Setup) -> Findings:
    chain = chain_of(setup)
    if not chain.is_complete:
        needs_all_certificates(setup)
        if chain.has_gap:
            raise Blocked("CHN003")
        last = chain.path[-1]
        yield Finding(
            f"{certificate_text(last, setup.ca)}: its issuer is missing",
            at_certificate(last, setup.ca, "issuer"),
            expected=f"the certificate of {last.certificate.issuer or 'its issuer'} after it",
            found="the end of the file",
        )


@rule(
    "CHN006",
    Level.ERROR,
    requirement="fcu.crt has every certificate once",
    title="fcu.crt has a duplicate certificate",
    why="The depth counts certificates. With a duplicate the device gets the wrong ones, and the portal answers 409.",
    fix="remove the duplicate",
    passes="every certificate once",
    fails="the root at the end, twice",
    source=page(CREDENTIALS, "K-03"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def no_certificate_is_repeated(setup: Setup) -> Findings:
    for link in chain_of(setup).repeated:
        first = next(o for o in setup.ca.chain.links if o.certificate.raw == link.certificate.raw)
        yield Finding(
            f"{certificate_text(link, setup.ca)}: is a duplicate of certificate {first.index}",
            at_certificate(link, setup.ca),
            expected="every certificate once",
        )


@rule(
    "CHN007",
    Level.ERROR,
    requirement="every certificate of fcu.crt is on the path from the FCU certificate to the root",
    title="fcu.crt has a certificate that is not on the path to the root",
    why="A certificate of another chain shifts the cut at the depth, or makes the portal trust a CA that it should"
    " not.",
    fix="remove the certificate",
    passes="FCU certificate, intermediate, root",
    fails="FCU certificate, intermediate, root, the root of another CA",
    source=page(CREDENTIALS, "K-03"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002",),
)
def every_certificate_is_on_path(setup: Setup) -> Findings:
    for link in setup.ca.device_links:
        yield _device_among(link, setup)
    if setup.ca.device_links and not setup.ca.chain.path:
        return
    chain = chain_of(setup)
    if chain.has_gap:
        raise Blocked("CHN003")
    twins = {id(link) for pair in chain.twins for link in pair}
    for link in chain.off_path:
        if id(link) not in twins:  # a twin of one on the path is CHN012's business
            yield Finding(
                f"{certificate_text(link, setup.ca)}: is not on the path",
                at_certificate(link, setup.ca),
                expected=_drawn(chain.path),
                found=f"{number_and_name(link)} beside it",
            )


def _device_among(link: Link, setup: Setup) -> Finding:
    own = next((o for o in setup.ca.chain.path if o.certificate.public_key == setup.ca.key_public), None)
    if own is None:
        return Finding(
            f"{certificate_text(link, setup.ca)}: is a device certificate, and the FCU certificate that issued it is"
            " missing",
            at_certificate(link, setup.ca),
            expected=f"the certificate of {link.certificate.issuer}, for the key in fcu_private_key.pem",
            found=f"a certificate that this key signed: {number_and_name(link)}",
            why="FCU takes the first certificate as its own. This one belongs to a device, and cannot sign others.",
            fix=f"put the certificate of {link.certificate.issuer} in its place",
        )
    return Finding(
        f"{certificate_text(link, setup.ca)}: is a device certificate, issued by certificate {own.index}",
        at_certificate(link, setup.ca),
        expected=_drawn(setup.ca.chain.path),
        found=f"{number_and_name(link)} beside it",
        why="FCU takes the first certificate as its own and cuts the file at the depth. A device's certificate belongs"
        " on that device alone.",
    )


@rule(
    "CHN011",
    Level.ERROR,
    requirement="a single certificate in fcu.crt is self-signed, and its signature verifies",
    title="the only certificate in fcu.crt is not self-signed",
    why="With one certificate FCU is its own root. A certificate that another CA issued needs its chain.",
    fix="append the certificates of its issuers up to the root, or run setup with setup-ca-as-intermediate: false",
    passes="one certificate whose issuer is its subject",
    fails="the FCU certificate that your CA issued, without the chain",
    source=page(CREDENTIALS, "K-02"),
    needs=("CRT001",),
)
def lone_certificate_is_self_signed(setup: Setup) -> Findings:
    requires(len(setup.keystore.fcu_crt.entries) == 1, "fcu.crt is a chain")
    link = fcu_link_of(setup.ca)
    certificate = link.certificate
    if not certificate.is_self_issued:
        needs_all_certificates(setup)
        yield Finding(
            f"{certificate_text(link, setup.ca)}: is not self-signed, and its issuer is missing",
            at_certificate(link, setup.ca, "issuer"),
            expected=str(certificate.subject),
            found=str(certificate.issuer) or "an empty issuer",
        )
        return
    answer = certificate.signed_by(certificate.public_key)
    if answer is None:
        raise Blocked("CRT004", "CRT005")
    if not answer:
        yield Finding(
            f"{certificate_text(link, setup.ca)}: its self-signature does not verify",
            at_certificate(link, setup.ca, "signatureValue"),
        )


@rule(
    "CHN012",
    Level.ERROR,
    requirement="no two different certificates share a subject and a key, and only the root's subject equals its"
    " issuer",
    title="two certificates share a subject and a key, or a CA has its issuer's name",
    why="Such chains loop or fork: validators take different paths through them and come to different results.",
    fix="keep one certificate for each CA; give every CA its own name",
    passes="FCU line 1, issued by INT_CA, issued by ROOT_CA",
    fails="the root twice, once self-signed and once cross-signed; FCU and its issuer with one name; FCU and the root"
    " with one name, without key identifiers",
    source=rfc(5280, "6.1"),
    needs=("CRT001",),
    partially_blocked_by=("CRT002", "CRT012"),
)
def path_has_no_loops(setup: Setup) -> Findings:
    chain = chain_of(setup)
    for one, other in chain.twins:
        if not one.certificate.subject.is_empty:
            yield Finding(
                f"{certificate_text(other, setup.ca)}: has the same subject and key as certificate {one.index}",
                at_certificate(other, setup.ca, "subject"),
                expected="one certificate for each CA",
            )
    for link in chain.path[:-1]:
        if link.certificate.is_self_issued and not link.certificate.subject.is_empty:
            yield Finding(
                f"{certificate_text(link, setup.ca)}: has the name of its issuer, but is not the root",
                at_certificate(link, setup.ca, "subject"),
                expected="a subject other than its issuer's",
                found=str(link.certificate.subject),
            )
    for lower, upper in namesakes(chain.path):
        if not lower.certificate.subject.is_empty and not _are_told_apart(chain, lower, upper):
            yield Finding(
                f"{certificate_text(lower, setup.ca)}: has the name of certificate {upper.index}, and no key"
                " identifiers tell which of the two issued what is below",
                at_certificate(lower, setup.ca, "subject"),
                expected="a name of its own",
                found=str(lower.certificate.subject),
            )


def _are_told_apart(chain: Chain, lower: Link, upper: Link) -> bool:
    """By the identifiers of their keys, and by what the lower one issued (of FCU's devices DEV027 tells it)."""
    keys = {lower.certificate.subject_key_identifier, upper.certificate.subject_key_identifier}
    if None in keys or len(keys) == 1:
        return False
    place = chain.path.index(lower)
    return not place or chain.path[place - 1].certificate.names_key_of_issuer
