"""KEY: fcu_private_key.pem, and where private keys must not be."""

from __future__ import annotations

from collections.abc import Iterator

from fcu_conform.artefacts.bounded_io.access import UNKNOWN
from fcu_conform.artefacts.bounded_io.git import Tracking
from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.encodings.pem_layout import mending
from fcu_conform.artefacts.encodings.public_keys import PublicKey
from fcu_conform.artefacts.keystore import KEY_NAME, REQUEST_NAME
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import count_or_no
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
from fcu_conform.rules.support.sources import CREDENTIALS, docs, fcu_error, inferred, page

KEY = Location(KEY_NAME)
_NAMED_CURVE = f"openssl ec -in {KEY_NAME} -param_enc named_curve -out NEW keeps the key and names its curve"
_SECURING = "Securing your factory CA keys"


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
        yield Finding(file.pem.problem, KEY, expected=expected, fix=mending(file.pem.problem, KEY_NAME))
        return
    keys = file.key_blocks
    others = sorted({block.label for block in file.pem.blocks if not block.is_private_key} - {"EC PARAMETERS"})
    if len(keys) != 1:
        labels = ", ".join(block.label for block in file.pem.blocks)
        yield Finding(f"has {count_or_no(len(keys), 'private key')}", KEY, expected=expected, found=labels)
    elif file.key_problem:
        (key,) = keys
        fix = mending(file.key_problem, KEY_NAME)
        yield Finding(f"{key.label}: {file.key_problem}", Location(KEY_NAME, line=key.line), fix=fix)
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


@rule(
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
def key_matches_fcu_certificate(setup: Setup) -> Findings:
    key, link = both_of(lambda: public_key_of(setup), lambda: fcu_link_of(setup.ca))
    if link.certificate.public_key.trouble:
        raise Blocked("CRT004")
    if key.der != link.certificate.public_key.der:
        owner = next((o for o in setup.ca.chain.links if o.certificate.public_key.der == key.der), None)
        found = f"its public key has SHA-256 {key.sha256[:16]}…"
        if owner is not None:
            found += f", which is that of {certificate_text(owner, setup.ca)}"
        yield Finding(
            f"does not match the FCU certificate, {certificate_text(link, setup.ca)}",
            KEY,
            expected=f"public key with SHA-256 {link.certificate.public_key.sha256[:16]}…",
            found=found,
        )


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


def _requires_file(setup: Setup) -> None:
    """A file is there under the name of the key, though it may not be readable: a FIFO holds no key to protect."""
    elsewhere = (Trouble.MISSING, Trouble.NOT_REGULAR, Trouble.LINK_LOOP, Trouble.LINK_OUT)
    if setup.keystore.key_file.file.trouble in elsewhere:
        raise Blocked("KEY001")


@rule(
    "KEY006",
    Level.ERROR,
    requirement="only the owner can read or write fcu_private_key.pem",
    title="the key file is open to other users",
    why="Anyone who reads this key can make devices that pass as yours.",
    fix="chmod 600 fcu_private_key.pem (and setfacl -b fcu_private_key.pem where access control lists are in use)",
    passes="mode 0600",
    fails="mode 0644, or an access control list that lets another user read it",
    source=page(_SECURING, "R-01"),
)
def key_file_is_private(setup: Setup) -> Findings:
    _requires_file(setup)
    access = setup.keystore.key_access
    requires(access.known, UNKNOWN)
    if access.grants:
        yield Finding(
            "can be read or written by other users",
            KEY,
            expected="mode 0600",
            found=f"mode {access.mode}: {', '.join(map(str, access.grants))}",
        )


@rule(
    "KEY007",
    Level.WARNING,
    requirement="other users can neither list nor write the keystore folder, and the key does not link out of it",
    title="the keystore folder is open to other users, or the key lies outside it",
    why="Anyone who can write to the folder can replace the key. A key that lies elsewhere is not protected by the"
    " keystore's permissions.",
    fix="chmod 700 KEYSTORE; keep the key file itself in that folder, not a link to it",
    passes="folder mode 0700",
    fails="folder mode 0777, or fcu_private_key.pem -> /mnt/share/key.pem",
    source=page(_SECURING, "R-01"),
)
def keystore_folder_is_private(setup: Setup) -> Findings:
    access = setup.keystore.folder_access
    if access.grants:
        yield Finding(
            "the keystore folder can be listed or written by other users",
            Location(setup.keystore.path.name or str(setup.keystore.path)),
            expected="mode 0700",
            found=f"mode {access.mode}: {', '.join(map(str, access.grants))}",
        )
    file = setup.keystore.key_file.file
    requires(access.known or file.trouble is Trouble.LINK_OUT, UNKNOWN)
    if file.trouble is Trouble.LINK_OUT:
        yield Finding("is a link that leads out of the keystore", KEY, found=file.detail)


@rule(
    "KEY008",
    Level.ERROR,
    requirement="the keystore has no second copy of a private key",
    title="the keystore has a second copy of a private key",
    why="Copies are forgotten: backups, editors' leftovers and exports carry the key to places that nobody protects.",
    fix="delete the copy wherever it has spread, backups included; if others could read it, make a new key",
    passes="the only private key below keystore/ is in fcu_private_key.pem",
    fails="fcu_private_key.pem.bak, .fcu_private_key.pem.swp, key.der, fcu.p12, a key inside fcu.crt",
    source=page(_SECURING, "R-01", "R-07"),
)
def key_has_no_copies(setup: Setup) -> Findings:
    copies = setup.keystore.key_copies
    if len(copies) == 1 and setup.keystore.key_file.file.trouble is Trouble.MISSING:
        raise Blocked("KEY001")  # it is the key itself, under another name
    for copy in copies:
        yield Finding(f"holds {copy.what}", Location(copy.name), expected="no private key", found=copy.what)


@instances_rule(
    "KEY009",
    Level.ERROR,
    requirement="no other keystore of the run has the same private key",
    title="two keystores have the same private key",
    why="If several FCU instances share a key, stealing one key or blocking one certificate hits all of them.",
    fix="make a key for every FCU instance: run setup on each",
    passes="two keystores with two keys",
    fails="the keystore of line 1 was copied to line 2",
    source=page(_SECURING, "R-02"),
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
    "KEY011",
    Level.WARNING,
    requirement="version control does not track the key file",
    title="the key file is in a git work tree and not ignored",
    why="Once committed, a key stays in every clone of the repository. A public repository with such a key has been"
    " found.",
    fix="git rm --cached fcu_private_key.pem; list the keystore in .gitignore; if it was ever pushed, make a new key",
    passes="the keystore lies outside every git work tree, or git ignores it",
    fails="keystore/ lies in a git work tree and git does not ignore it",
    source=page(_SECURING, "R-01", "R-07"),
)
def key_is_not_in_version_control(setup: Setup) -> Findings:
    _requires_file(setup)
    tracking = setup.keystore.key_tracking
    if tracking in (Tracking.TRACKED, Tracking.UNTRACKED, Tracking.UNKNOWN):
        yield Finding("lies in a git work tree", KEY, expected="ignored, or elsewhere", found=tracking.value)


@rule(
    "KEY012",
    Level.NOTICE,
    requirement="the whole keystore could be searched for copies of the private key",
    title="part of the keystore could not be searched for copies of the private key",
    why="A file that is too large, compressed or unreadable may hide a copy of the key.",
    fix="check the named files yourself, or move them out of the keystore",
    passes="every file below keystore/ is readable, small and not compressed",
    fails="keystore/backup.tar has 80 MB; keystore/backup.zip",
    source=inferred("what was not searched cannot be called clean"),
)
def keystore_was_searched_wholly(setup: Setup) -> Findings:
    for file in setup.keystore.unsearched:
        yield Finding(f"was not searched for private keys: {file.what}", Location(file.name))


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
