"""KEY006 to KEY008, KEY011, KEY012: who can read the private key, and where copies of it lie."""

from __future__ import annotations

from fcu_conform.artefacts.bounded_io.access import UNKNOWN
from fcu_conform.artefacts.bounded_io.git import Tracking
from fcu_conform.artefacts.bounded_io.reading import Trouble
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.keystore.private_key import KEY
from fcu_conform.rules.model import (
    Blocked,
    Finding,
    Findings,
    Level,
    Location,
    requires,
    rule,
)
from fcu_conform.rules.support.sources import inferred, page

_SECURING = "Securing your factory CA keys"


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
