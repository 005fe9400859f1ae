"""CSR: fcu_csr.pem, the request that FCU's setup makes when it is to be an intermediate CA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.encodings.csr import Request
from fcu_conform.artefacts.encodings.names import Name
from fcu_conform.artefacts.encodings.oids import ECDSA_SHA256
from fcu_conform.artefacts.encodings.pem_layout import Kind, kinds_of, mending
from fcu_conform.artefacts.keystore import CERTIFICATE_NAME, REQUEST_NAME
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.keystore.private_key import public_key_of
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, NotApplicable, requires, rule
from fcu_conform.rules.support.configured_subject import AUTHORITY_ATTRIBUTES, authority_mismatches
from fcu_conform.rules.support.formatting import at_certificate, certificate_text, file_trouble
from fcu_conform.rules.support.inputs import fcu_link_of
from fcu_conform.rules.support.sources import CREDENTIALS, docs, fcu_error, page, rfc

REQUEST = Location(REQUEST_NAME)


_REQUEST_AGAIN = (
    "copy FCU's request back from where you sent it to your CA; if it is lost, make it again from the key: openssl req"
    " -new -sha256 -key fcu_private_key.pem -subj SUBJECT -out fcu_csr.pem, with the subject of fcu.yml"
)


def _request(setup: Setup) -> Request:
    file = setup.keystore.request_file
    requires(file.file.exists, f"there is no {REQUEST_NAME}")
    if file.request is None:
        raise Blocked("CSR002")
    return file.request


@rule(
    "CSR001",
    Level.ERROR,
    requirement="if FCU is an intermediate CA, its setup has written fcu_csr.pem into the keystore",
    title="fcu_csr.pem is missing",
    why="Without the request nobody can tell what your CA was asked to sign, and FCU's setup did not finish.",
    fix="run FCU's setup with setup-ca-as-intermediate: true; if you provide your own credentials, leave"
    " certificate-authority empty",
    passes="setup-ca-as-intermediate: true, and keystore/fcu_csr.pem is there",
    fails="setup-ca-as-intermediate: true with certificate-authority filled in, and no fcu_csr.pem",
    source=page(CREDENTIALS, "K-02", "K-11"),
    needs=("CFG001",),
)
def request_is_there(setup: Setup) -> Findings:
    requires(setup.config, "there is no fcu.yml")
    assert setup.config is not None
    requires(setup.config.is_intermediate, "setup-ca-as-intermediate is not true")
    file = setup.keystore.request_file.file
    requires(file.exists or setup.config.authority, "certificate-authority is empty: the credentials are external")
    if setup.lacks_request:
        if setup.is_contradictory:
            raise Blocked("CFG009")
        yield Finding(file.detail or "is not in the keystore", REQUEST, expected="a file", found="none")


@rule(
    "CSR002",
    Level.ERROR,
    requirement="fcu_csr.pem is a PEM file with exactly one PKCS#10 request, in strict DER",
    title="fcu_csr.pem is not exactly one well-formed PEM request",
    why="Your CA signs what is in this file. If the CA cannot read it, it cannot sign it. Libraries differ in which"
    " malformed names, attributes and extension requests they accept.",
    fix="run FCU's setup again, or copy the file again from the original",
    passes="one CERTIFICATE REQUEST block",
    fails="an empty file, two requests, a certificate, a request of version 1, an extensionRequest without extensions",
    source=(page(CREDENTIALS, "K-02"), rfc(2986, "4"), rfc(2985, "5.4.2"), rfc(5280, "4.1.2.4")),
)
def request_is_one_pem_request(setup: Setup) -> Findings:
    file = setup.keystore.request_file
    if setup.lacks_request:
        raise Blocked("CSR001")
    requires(file.file.exists, f"there is no {REQUEST_NAME}")
    expected = "one CERTIFICATE REQUEST block"
    if file.file.trouble not in (None, Trouble.TOO_LARGE):
        yield Finding(file_trouble(file), REQUEST, expected="a regular file that can be read")
        return
    if file.pem.problem:
        fix = mending(file.pem.problem, REQUEST_NAME, Kind.REQUEST)
        yield Finding(file.pem.problem, REQUEST, expected=expected, fix=fix)
        return
    # A private key in this file is KEY008's business.
    labels = [block.label for block in file.pem.blocks if not block.is_private_key]
    if not file.request_blocks:
        held = kinds_of(block.label for block in file.pem.blocks)
        yield Finding(f"has no request, but {held}", REQUEST, expected, ", ".join(labels), fix=_REQUEST_AGAIN)
    elif len(labels) != 1:
        found = ", ".join(labels)
        yield Finding(
            f"has {pluralize(len(file.request_blocks), 'request')} in {pluralize(len(labels), 'block')}",
            REQUEST,
            expected,
            found,
        )
    elif file.request_problem:
        place = Location(REQUEST_NAME, line=file.request_blocks[0].line)
        yield Finding(file.request_problem, place, fix=mending(file.request_problem, REQUEST_NAME, Kind.REQUEST))
    elif file.request is not None:
        yield from (Finding(f"is malformed: {fault}", REQUEST) for fault in file.request.faults)


@rule(
    "CSR003",
    Level.ERROR,
    requirement="the request's signature verifies with the key in it",
    title="the request's signature does not verify",
    why="A CA refuses a request that does not prove that its sender has the key.",
    fix="run FCU's setup again to make a new request",
    passes="openssl req -in fcu_csr.pem -verify says OK",
    fails="a byte of the request was changed",
    source=rfc(2986, "4.2"),
)
def request_signature_verifies(setup: Setup) -> Findings:
    request = _request(setup)
    answer = request.is_signed_by_its_key
    if answer is None:
        raise Blocked("CSR006")
    if not answer:
        yield Finding("its self-signature does not verify", REQUEST)


@rule(
    "CSR004",
    Level.ERROR,
    requirement="the request's public key matches fcu_private_key.pem",
    title="the request is for a key other than fcu_private_key.pem",
    why="Your CA would certify a key that FCU does not have.",
    fix="run FCU's setup again, so that it makes the key and the request together",
    passes="request and key come from the same setup",
    fails="setup was run twice, and the request of the first run was kept",
    source=page(CREDENTIALS, "K-02", "K-04"),
    told_by=("KEY003",),
)
def request_is_for_key(setup: Setup) -> Findings:
    request = _request(setup)
    if not request.public_key.is_p256:
        raise Blocked("CSR006")
    key = public_key_of(setup)
    if setup.odd_one_out == "key":
        raise Blocked("KEY004")
    if request.public_key.der != key.der:
        yield Finding(
            "is for a key other than fcu_private_key.pem",
            REQUEST,
            expected=f"public key with SHA-256 {key.sha256[:16]}…",
            found=f"public key with SHA-256 {request.public_key.sha256[:16]}…",
        )


@rule(
    "CSR005",
    Level.ERROR,
    requirement="the request's subject has the values of certificate-authority",
    title="the request's subject differs from certificate-authority in fcu.yml",
    why="FCU takes its name from this section. A request with another name was not made by this setup.",
    fix="run FCU's setup again after editing certificate-authority",
    passes="common-name: FCU line 1, and the request's CN is FCU line 1",
    fails="the common-name was changed after setup had made the request",
    source=page("Editing the FCU configuration file", "Y-12"),
    needs=("CFG001",),
)
def request_subject_is_configured(setup: Setup) -> Findings:
    request = _request(setup)
    for mismatch in authority_mismatches(setup, request.subject):
        yield Finding(
            f"{mismatch.attribute} of its subject differs from {mismatch.setting} in fcu.yml",
            Location(REQUEST_NAME, field=mismatch.attribute),
            expected=mismatch.expected,
            found=mismatch.found,
        )


@rule(
    "CSR006",
    Level.ERROR,
    requirement="the request is for a P-256 key and signed with ecdsa-with-SHA256",
    title="the request is not for a P-256 key or not signed with ecdsa-with-SHA256",
    why="Devices and Device Management cannot use a certificate for any other key.",
    fix="make a P-256 key and sign the request with SHA-256: openssl req -new -sha256 -key fcu_private_key.pem"
    " -out fcu_csr.pem",
    passes="prime256v1, ecdsa-with-SHA256",
    fails="an RSA request, ecdsa-with-SHA384",
    source=docs("Certificate authority options", "CA certificate guidelines", "CA-02", "CA-03"),
)
def request_is_p256_sha256(setup: Setup) -> Findings:
    request = _request(setup)
    trouble = request.public_key.trouble or request.public_key.algorithm_fault
    if trouble:
        yield Finding(trouble, REQUEST, expected="a key on P-256")
    elif request.algorithm.oid != ECDSA_SHA256 or request.algorithm.has_parameters:
        yield Finding(
            "is not signed with ecdsa-with-SHA256", REQUEST, expected="ecdsa-with-SHA256", found=str(request.algorithm)
        )


@rule(
    "CSR007",
    Level.ERROR,
    requirement="the FCU certificate has the public key of the request",
    title="the FCU certificate is for a key other than the request's",
    why="FCU has the key of the request. A certificate for another key does not match it.",
    fix="have your CA sign keystore/fcu_csr.pem itself, and put the chain that it returns into fcu.crt",
    passes="request and certificate have the same public key",
    fails="the CA returned the certificate of another line",
    source=page(CREDENTIALS, "K-02", "K-04"),
    needs=("CRT001",),
)
def certificate_is_for_request(setup: Setup) -> Findings:
    request = _request(setup)
    link = fcu_link_of(setup.ca)
    if not request.public_key.is_p256:
        raise Blocked("CSR006")
    if link.certificate.public_key.trouble:
        raise Blocked("CRT004")
    if request.public_key.der == link.certificate.public_key.der:
        return
    key = setup.key_public
    if key is not None:
        # Key and request agree: then the certificate is what is wrong. Otherwise the request is.
        raise Blocked("KEY004" if request.public_key.der == key.der else "CSR004")
    yield Finding(
        f"{certificate_text(link, setup.ca)} was issued for a key other than the one in {REQUEST_NAME}",
        at_certificate(link, setup.ca, "subjectPublicKeyInfo"),
        expected=f"public key with SHA-256 {request.public_key.sha256[:16]}…",
        found=f"public key with SHA-256 {link.certificate.public_key.sha256[:16]}…",
    )


@rule(
    "CSR008",
    Level.WARNING,
    requirement="the FCU certificate's subject is that of the request",
    title="the FCU certificate's subject differs from the request's",
    why="A CA may change the name, but then fcu.yml, the request and the portal have different names for the same FCU.",
    fix="ask your CA to keep the subject of the request",
    passes="the subjects are equal",
    fails="the CA added its own O and dropped the OU",
    source=page(CREDENTIALS, "K-02"),
    needs=("CSR007",),
)
def certificate_keeps_requested_subject(setup: Setup) -> Findings:
    request = _request(setup)
    link = fcu_link_of(setup.ca)
    if link.certificate.subject.is_empty:
        raise Blocked("CRT012")
    subject = link.certificate.subject
    if subject.matches(request.subject):
        return
    is_reordered = Counter(subject.comparable) == Counter(request.subject.comparable)
    if not is_reordered and set(_differing(subject, request.subject)) <= _told_by_settings(setup, subject):
        raise Blocked("CFG008")
    yield Finding(
        f"{certificate_text(link, setup.ca)}: "
        + (
            f"its subject has the attributes of {REQUEST_NAME} in another order"
            if is_reordered
            else f"its subject differs from that of {REQUEST_NAME}"
        ),
        at_certificate(link, setup.ca, "subject"),
        expected=str(request.subject),
        found=str(subject),
        why=_OTHER_ORDER if is_reordered else "",
        fix=_KEEP_ORDER if is_reordered else "",
    )


_OTHER_ORDER = (
    "The values are the same, but to every reader a name in another order is another name: what is compared with the"
    " request does not match."
)
_KEEP_ORDER = "ask your CA to keep the order of the request: openssl ca -preserveDN; openssl x509 -req keeps it anyway"


def _differing(one: Name, other: Name) -> Iterator[str]:
    """The types of the attributes that two names do not have alike."""
    for kind in {attribute.oid for name in (one, other) for rdn in name.rdns for attribute in rdn}:
        if one.values(kind) != other.values(kind):
            yield kind


def _told_by_settings(setup: Setup, subject: Name) -> set[str]:
    """The types of the attributes of which CFG008 tells that they are not as fcu.yml has them."""
    try:
        return {AUTHORITY_ATTRIBUTES[mismatch.setting] for mismatch in authority_mismatches(setup, subject)}
    except (NotApplicable, Blocked):
        return set()


@rule(
    "CSR009",
    Level.ERROR,
    requirement="if there is a request, it has been signed: the keystore has fcu.crt as well",
    title="the request has not been signed: there is fcu_csr.pem but no fcu.crt",
    why="FCU's setup is half done (error 212): there is a key and a request, but no certificate to sign devices under.",
    fix="have your CA sign keystore/fcu_csr.pem; put the certificate that it returns, then each intermediate, then the"
    " root, into keystore/fcu.crt; upload the chain to the portal",
    passes="fcu_csr.pem and fcu.crt",
    fails="fcu_csr.pem alone",
    source=(page(CREDENTIALS, "K-02"), fcu_error(212, "E-21")),
)
def request_has_been_signed(setup: Setup) -> Findings:
    requires(setup.keystore.request_file.file.exists, f"there is no {REQUEST_NAME}")
    file = setup.keystore.fcu_crt.file
    if file.trouble is Trouble.MISSING:
        yield Finding(f"has not been signed: there is no {CERTIFICATE_NAME}", REQUEST, expected=CERTIFICATE_NAME)
