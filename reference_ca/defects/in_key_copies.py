"""Defects of where private keys must not be: copies in the keystore, and a work tree that would keep one."""

from __future__ import annotations

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric import ec

from reference_ca.defects.certificates import spki
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_keys import KEY
from reference_ca.defects.in_other_forms import jwk
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import KEY_FILE, FactorySetup, private_key_der, private_key_pem


@defect(ExpectedFinding("KEY008", "fcu_private_key.pem.bak"), baseline="public-key-beside")
def key_backup(s: FactorySetup) -> None:
    """A backup of the key lies beside it."""
    s.add_file(f"{KEY_FILE}.bak", private_key_pem(s.key))


@defect(ExpectedFinding("KEY008", "old/fcu_private_key.pem"))
def key_backup_in_folder(s: FactorySetup) -> None:
    """The key of before the last setup lies in a folder of the keystore."""
    s.add_file("keystore/old/fcu_private_key.pem", private_key_pem(s.new_key("old key")))


@defect(ExpectedFinding("KEY008", "key.der"))
def key_copy_as_der(s: FactorySetup) -> None:
    """A copy of the key in DER lies in the keystore."""
    s.add_file("keystore/key.der", private_key_der(s.key))


@defect(ExpectedFinding("KEY008", "key.jwk"))
def key_copy_as_jwk(s: FactorySetup) -> None:
    """A copy of the key as JSON Web Key (RFC 7517) lies in the keystore."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    s.add_file("keystore/key.jwk", jwk(s.key))


@defect(ExpectedFinding("KEY008", "secret.yaml"))
def key_copy_in_base64(s: FactorySetup) -> None:
    """A copy of the key lies in the keystore as Kubernetes keeps secrets, its PEM in base64."""
    pem = b64encode(private_key_pem(s.key)).decode()
    s.add_file("keystore/secret.yaml", f"kind: Secret\ndata:\n  tls.key: {pem}\n".encode())


@defect(ExpectedFinding("KEY008", ".fcu_private_key.pem.swp"))
def key_in_editor_leftover(s: FactorySetup) -> None:
    """An editor that crashed left the key behind in a hidden file, with other bytes around it."""
    s.add_file("keystore/.fcu_private_key.pem.swp", b"b0VIM 8.2\0\0" + private_key_pem(s.key) + bytes(64))


@defect(ExpectedFinding("KEY008", "fcu_csr.pem"), needs=Needs(length=2, external=False))
def key_inside_request_file(s: FactorySetup) -> None:
    """The key stands behind the request in fcu_csr.pem, the file that leaves the factory to be signed."""
    s.edit_file("keystore/fcu_csr.pem", lambda data: data + private_key_pem(s.key))


@near_miss(about="KEY008")
def public_key_beside(s: FactorySetup) -> None:
    """The public key lies in the keystore beside the private one."""
    s.add_file("keystore/fcu_public_key.pem", pem_block("PUBLIC KEY", spki(s.key)))


@defect(ExpectedFinding("KEY011", KEY, level="warning"), baseline="key-ignored-by-git")
def key_in_git_work_tree(s: FactorySetup) -> None:
    """The keystore lies in a git work tree, and nothing keeps the key from being committed."""
    s.repository = True


@near_miss(about="KEY011")
def key_ignored_by_git(s: FactorySetup) -> None:
    """The keystore lies in a git work tree that ignores it."""
    s.repository = True
    s.add_file(".gitignore", b"/keystore/\n")


@near_miss(ExpectedFinding("KEY012", "backup/2026/01/31", level="notice"), about="KEY012")
def file_too_deep_to_search(s: FactorySetup) -> None:
    """A file lies four folders deep in the keystore, deeper than a checker looks for copies of the key."""
    s.add_file("keystore/backup/2026/01/31/notes.txt", b"nothing secret\n")
