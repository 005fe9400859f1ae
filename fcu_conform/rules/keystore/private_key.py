"""KEY: fcu_private_key.pem, and where private keys must not be."""

from __future__ import annotations

from collections.abc import Iterator

from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.chain import Link
from fcu_conform.artefacts.encodings.pem_layout import WITH_PUBLIC_HALF, Kind, kinds_of, mending
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore import KEY_NAME, REQUEST_NAME
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
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
from fcu_conform.rules.support.formatting import at_certificate, certificate_text, file_trouble
from fcu_conform.rules.support.inputs import both_of, fcu_link_of
from fcu_conform.rules.support.published_keys import published_key, weak_key
from fcu_conform.rules.support.sources import CREDENTIALS, docs, fcu_error, inferred, page, rfc

KEY = Location(KEY_NAME)
_NAMED_CURVE = f"openssl ec -in {KEY_NAME} -param_enc named_curve -out NEW keeps the key and names its curve"


def public_key_of(setup: Setup) -> PublicKey:
    """The public key that belongs to fcu_private_key.pem.

    Raises:
        Blocked: it is not known, by the rule that tells why.
    """
    file = setup.keystore.key_file
    if file.file.trouble not in (None, Trouble.TOO_LARGE):
        raise Blocked("KEY001")
    if file.is_encrypted:
        raise Blocked("KEY005")
    if file.key is None:
        raise Blocked("KEY002")
    if file.key.trouble or setup.key_public is None:
        raise Blocked("KEY003")  # it has no public key, or two
    return setup.key_public


@rule(
    "KEY001",
    Level.ERROR,
    requirement="the keystore has fcu_private_key.pem, a readable regular file",
    title="fcu_private_key.pem is missing or cannot be read",
    why="FCU signs every device certificate with this key. Without it FCU stops with error 220 and the line stands"
    " still.",
    fix="run FCU's setup, or put the CA's private key in PEM form into the keystore as fcu_private_key.pem",
    passes="keystore/fcu_private_key.pem is a readable file",
    fails="keystore/ has fcu_key.pem instead",
    source=(page(CREDENTIALS, "K-01", "K-02", "K-10"), fcu_error(220, "E-22")),
)
def key_is_there(setup: Setup) -> Findings:
    file = setup.keystore.key_file
    if file.file.trouble is Trouble.MISSING:
        yield Finding(file.file.detail or "is not in the keystore", KEY, expected="a file", found="none")
    elif file.file.trouble not in (None, Trouble.TOO_LARGE):
        yield Finding(file_trouble(file), KEY, expected="a regular file that can be read")


_PUT_KEY_BACK = (
    "put the private key that FCU's setup wrote back as fcu_private_key.pem: nothing else holds it; if it is lost, run"
    " setup again, and have the new request signed"
)


@rule(
    "KEY002",
    Level.ERROR,
    requirement="fcu_private_key.pem is a PEM file with exactly one private key, SEC1 or PKCS#8",
    title="fcu_private_key.pem is not exactly one PEM private key",
    why="FCU loads one key from this file. Anything else ends in error 221, or in signatures by the wrong key.",
    fix="write one PKCS#8 key: openssl pkey -in fcu_private_key.pem -out NEW (add -inform DER for a DER file); then put"
    " NEW in its place",
    passes="one EC PRIVATE KEY block, with or without the EC PARAMETERS block that openssl writes before it",
    fails="a DER file, two keys, a truncated key",
    source=(page("Providing external credentials", "K-04", "K-10", "K-13"), fcu_error(221, "E-23")),
    needs=("KEY001",),
)
def key_is_one_pem_key(setup: Setup) -> Findings:
    file = setup.keystore.key_file
    expected = "one PRIVATE KEY or EC PRIVATE KEY block"
    if file.pem.problem:
        yield Finding(
            file.pem.problem, KEY, expected=expected, fix=mending(file.pem.problem, KEY_NAME, Kind.PRIVATE_KEY)
        )
        return
    keys = file.key_blocks
    others = sorted({block.label for block in file.pem.blocks if not block.is_private_key} - {"EC PARAMETERS"})
    broken = file.pem.broken_beside_key
    labels = ", ".join(block.label for block in file.pem.blocks)
    if not keys:
        held = kinds_of(block.label for block in file.pem.blocks)
        yield Finding(f"has no private key, but {held}", KEY, expected=expected, found=labels, fix=_PUT_KEY_BACK)
    elif len(keys) != 1:
        yield Finding(f"has {pluralize(len(keys), 'private key')}", KEY, expected=expected, found=labels)
    elif file.key_problem:
        (key,) = keys
        fix = mending(file.key_problem, KEY_NAME, Kind.PRIVATE_KEY)
        yield Finding(f"{key.label}: {file.key_problem}", Location(KEY_NAME, line=key.line), fix=fix)
    elif broken is not None:
        yield Finding(f"{broken.label}: {broken.problem}", Location(KEY_NAME, line=broken.line), expected=expected)
    elif others:
        yield Finding("has other blocks beside the private key", KEY, expected=expected, found=", ".join(others))


@rule(
    "KEY003",
    Level.ERROR,
    requirement="the private key is a valid EC key on P-256 (secp256r1)",
    title="the private key is not a valid P-256 key",
    why="Devices and Device Management accept P-256 only: a device signed with another key never comes online.",
    fix="make a new key: openssl ecparam -name prime256v1 -genkey -noout -out fcu_private_key.pem; then issue new"
    " certificates for it",
    passes="a key on prime256v1, a named curve",
    fails="an RSA key, a key on P-384, explicit curve parameters, a scalar of zero",
    source=docs("Certificate authority options", "CA certificate guidelines", "CA-02"),
    needs=("KEY001",),
)
def key_is_p256(setup: Setup) -> Findings:
    key = setup.keystore.key_file.key
    if key is None:
        raise Blocked("KEY005" if setup.keystore.key_file.is_encrypted else "KEY002")
    if key.trouble:
        yield Finding(key.trouble, KEY, expected="a key on P-256", fix=_NAMED_CURVE if key.has_explicit_curve else "")


@instances_rule(
    "KEY004",
    Level.ERROR,
    requirement="the private key matches the public key of the FCU certificate, the first in fcu.crt",
    title="the private key does not match the FCU certificate",
    why="Devices are signed with this key but checked against this certificate: if the two do not match, no device"
    " made today can ever come online.",
    fix="put the key and the certificate that belong together into the keystore; if the key is lost, run setup again"
    " and upload the new certificate",
    passes="openssl pkey -in fcu_private_key.pem -pubout gives the key that openssl x509 -in fcu.crt -pubkey shows",
    fails="fcu.crt comes from another FCU instance",
    source=page("Process overview", "K-04"),
)
def key_matches_fcu_certificate(setup: Setup, others: Instances) -> Findings:
    key, link = both_of(lambda: public_key_of(setup), lambda: fcu_link_of(setup.ca))
    if link.certificate.public_key.trouble:
        raise Blocked("CRT004")
    if key.der != link.certificate.public_key.der:
        owner = next((o for o in setup.ca.chain.links if o.certificate.public_key.der == key.der), None)
        found = f"its public key has SHA-256 {key.sha256[:16]}…"
        if owner is not None:
            found += f", which is that of {certificate_text(owner, setup.ca)}"
        yield Finding(
            f"does not match the FCU certificate, {certificate_text(link, setup.ca)}{_whose(link, setup, others)}",
            KEY,
            expected=f"public key with SHA-256 {link.certificate.public_key.sha256[:16]}…",
            found=found,
        )


def _whose(link: Link, setup: Setup, others: Instances) -> str:
    """To which FCU the certificate or the key belongs, as far as that is known."""
    for other in others:
        theirs = other.ca.certain_fcu_certificate
        if theirs is not None and theirs.raw == link.certificate.raw:
            return f": fcu.crt is that of {other.name}"
        if theirs is not None and setup.key_public == theirs.public_key:
            return f": the key is that of {other.name}"
    if setup.odd_one_out == "certificate":
        return ", which is another FCU's: the request is for this key"
    return ", to which the request belongs" if setup.odd_one_out == "key" else ""


@rule(
    "KEY005",
    Level.WARNING,
    requirement="the private key is not encrypted",
    title="the private key is encrypted",
    why="FCU documents no passphrase, so it may not be able to load the key. And the suite cannot tell whether key and"
    " certificate match.",
    fix="write the key without its passphrase: openssl pkey -in fcu_private_key.pem -out plain.pem",
    passes="an EC PRIVATE KEY or PRIVATE KEY block without headers",
    fails="an ENCRYPTED PRIVATE KEY block, or a Proc-Type: 4,ENCRYPTED header",
    source=inferred("no document names a passphrase", "R-08"),
    needs=("KEY001",),
)
def key_is_not_encrypted(setup: Setup) -> Findings:
    if setup.keystore.key_file.is_encrypted:
        yield Finding("is encrypted, so nothing that depends on the key was judged", KEY)


@instances_rule(
    "KEY009",
    Level.ERROR,
    requirement="no other keystore of the run has the same private key",
    title="two keystores have the same private key",
    why="If several FCU instances share a key, stealing one key or blocking one certificate hits all of them.",
    fix="make a key for every FCU instance: run setup on each",
    passes="two keystores with two keys",
    fails="the keystore of line 1 was copied to line 2",
    source=page("Securing your factory CA keys", "R-02"),
)
def key_is_unique_to_instance(setup: Setup, others: Instances) -> Findings:
    requires(others, "only one keystore was given")
    key = public_key_of(setup)
    for other in others:
        theirs = other.key_public
        if theirs and theirs.der == key.der:
            yield Finding(f"is also the private key of {other.name}", KEY, expected="a unique key")


@rule(
    "KEY010",
    Level.ERROR,
    requirement="neither the private key nor the key of a certificate or request in the keystore is published",
    title="a private key of this setup is published",
    why="Anyone can look up the private half of a published key and forge devices with it.",
    fix="make a new key, and new certificates for it",
    passes="a key made by setup",
    fails="the key of an RFC's example, or of a keystore that lies in a public repository",
    source=inferred("a published private key is not private", "R-07"),
    waivable=False,
)
def key_is_not_published(setup: Setup) -> Findings:
    for key, owner, place in _keys_of(setup):
        origin = published_key(key)
        if origin and not _weakness(key, setup):
            yield Finding(f"{owner}is a published test key", place, expected="a key that nobody else has", found=origin)


@rule(
    "KEY013",
    Level.ERROR,
    requirement="neither the private key nor the key of a certificate or request in the keystore is weak",
    title="a private key of this setup is weak",
    why="A key that was not drawn at random can be guessed, and devices can be forged with it.",
    fix="make a new key on a machine with a sound random number generator, and new certificates for it: openssl"
    " ecparam -name prime256v1 -genkey -noout -out fcu_private_key.pem",
    passes="a private scalar drawn at random",
    fails="the scalar 1; a scalar below 2^128 or within 2^128 of the order; 32 times the octet 0x11",
    source=inferred("a key that can be guessed is not private"),
    waivable=False,
)
def key_is_not_weak(setup: Setup) -> Findings:
    for key, owner, place in _keys_of(setup):
        found = _weakness(key, setup)
        if found:
            yield Finding(f"{owner}can be guessed", place, expected="a key drawn at random", found=found)


def _weakness(key: PublicKey, setup: Setup) -> str:
    """Why a key can be guessed, by its public half and, where that is there, by its private one."""
    private = setup.keystore.key_file.key
    told = private.weakness if private is not None and key == private.public_key else ""
    return weak_key(key) or (told and f"its private key {told}")


def _keys_of(setup: Setup) -> Iterator[tuple[PublicKey, str, Location]]:
    """Every key of the keystore once: the private one, those of fcu.crt and of the request; whose it is, and where.

    Raises:
        Blocked: no key could be read.
    """
    keys: dict[bytes, tuple[PublicKey, str, Location]] = {}
    if setup.key_public is not None:
        keys[setup.key_public.der] = setup.key_public, "", KEY
    for link in setup.ca.chain.links:
        key = link.certificate.public_key
        owner = f"the key of {certificate_text(link, setup.ca)} "
        keys.setdefault(key.der, (key, owner, at_certificate(link, setup.ca, "subjectPublicKeyInfo")))
    request = setup.keystore.request_file.request
    if request is not None:
        place = Location(REQUEST_NAME, field="subjectPublicKeyInfo")
        keys.setdefault(request.public_key.der, (request.public_key, "the key of the request ", place))
    if not keys:
        public_key_of(setup)  # tells what keeps even that from being known
    return iter(keys.values())


@rule(
    "KEY014",
    Level.WARNING,
    requirement="the private key file has the public key beside the private one",
    title="the private key is written without its public key",
    why="RFC 5915 lets a writer leave the public key out, and OpenSSL, cryptography and Mbed TLS work it out. GnuTLS"
    " does not read such a key.",
    fix=f"put NEW in its place, which is the same key with its public half: {WITH_PUBLIC_HALF}",
    passes="an ECPrivateKey with its publicKey, as FCU and OpenSSL write it",
    fails="what keytool and openssl ec -no_public write",
    source=rfc(5915, "3"),
)
def key_has_its_public_half(setup: Setup) -> Findings:
    public_key_of(setup)
    key = setup.keystore.key_file.key
    if key is not None and not key.stated_point:
        yield Finding("has no public key beside the private one", KEY, expected="publicKey in ECPrivateKey")
