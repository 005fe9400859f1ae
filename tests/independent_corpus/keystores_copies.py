"""KEY008: a second copy of a private key in the keystore."""

from __future__ import annotations

import io
import tarfile

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_der_x509_certificate

from .cases import KEY, Room, case, intermediate, settings, stranger
from .maker import Cert, Request, line


def _lone(room: Room) -> Cert:
    chain = line(1)
    room.keystore_of(chain)
    return chain[0]


@case({"KEY008"})
def backup_with_a_tilde(room: Room) -> None:
    """fcu_private_key.pem~, as an editor leaves it."""
    room.put(f"{KEY}~", _lone(room).key.sec1(), 0o600)


@case({"KEY008"})
def backup_with_bak(room: Room) -> None:
    """fcu_private_key.pem.bak with the key of last year: any private key, not only the present one."""
    _lone(room)
    room.put(f"{KEY}.bak", stranger().pkcs8(), 0o600)


@case({"KEY008"})
def swap_file(room: Room) -> None:
    """.fcu_private_key.pem.swp: vim keeps the lines in a block, last line first, each ended by a NUL."""
    rows = _lone(room).key.sec1().splitlines()
    block = b"tp" + bytes(30) + b"".join(row.encode() + b"\0" for row in reversed(rows))
    room.put(f".{KEY}.swp", (b"b0VIM 8.2" + bytes(4087))[:4096] + block.rjust(4096, b"\0"), 0o600)


@case({"KEY008"})
def key_of_the_intermediate(room: Room) -> None:
    """The page's commands were run in the keystore, and intermediate_key.pem is still there."""
    chain = intermediate(room)
    room.put("intermediate_key.pem", chain[1].key.sec1(), 0o600)


@case({"KEY008"})
def copy_in_der(room: Room) -> None:
    """key.der, SEC1."""
    room.put("key.der", _lone(room).key.der(), 0o600)


@case({"KEY008"})
def copy_in_der_without_a_telling_name(room: Room) -> None:
    """`data.bin` is the key as PKCS#8 DER: what a file holds counts, not how it is called."""
    room.put("data.bin", _lone(room).key.der(pkcs8=True), 0o600)


@case({"KEY008"})
def copy_in_pkcs12(room: Room) -> None:
    """fcu.p12 with key and certificate under a passphrase."""
    cert = _lone(room)
    loaded = load_der_x509_certificate(cert.der)
    lock = BestAvailableEncryption(b"changeit")
    room.put("fcu.p12", pkcs12.serialize_key_and_certificates(b"fcu", cert.key.private, loaded, None, lock), 0o600)


@case({"KEY008"})
def copy_in_a_folder(room: Room) -> None:
    """old/2025/fcu_private_key.pem."""
    _lone(room)
    room.put(f"old/2025/{KEY}", stranger().sec1(), 0o600)


@case({"KEY008"})
def copy_in_notes(room: Room) -> None:
    """notes.txt with the key pasted between sentences."""
    cert = _lone(room)
    room.put("notes.txt", f"To restore line 1:\n\n{cert.key.pkcs8()}\nthen restart.\n", 0o600)


@case({"KEY008"})
def copy_in_windows_text(room: Room) -> None:
    """The key pasted into Notepad and saved as "Unicode", which is UTF-16."""
    room.put("key.txt", _lone(room).key.sec1().encode("utf-16"), 0o600)


@case({"KEY008"}, either=[set()])
def copy_in_a_tar(room: Room) -> None:
    """backup.tar, not compressed, with the key in it: a backup in the keystore. (The catalogue does not say how deep
    to look.)
    """
    cert = _lone(room)
    store = io.BytesIO()
    with tarfile.open(fileobj=store, mode="w") as archive:
        member = tarfile.TarInfo(f"keystore/{KEY}")
        text = cert.key.sec1().encode()
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    room.put("backup.tar", store.getvalue(), 0o600)


@case({"KEY008"})
def hard_link(room: Room) -> None:
    """line1.pem is a hard link to the key: a second name that stays when the first is removed."""
    _lone(room)
    (room.keystore / "line1.pem").hardlink_to(room.keystore / KEY)


@case({"KEY008"})
def several_copies_one_code(room: Room) -> None:
    """Three copies at once: one code, however many findings."""
    cert = _lone(room)
    for name in ("a.pem", "b.pem", "c/d.key"):
        room.put(name, cert.key.sec1(), 0o600)


@case({"CHN001", "KEY008"})
def key_inside_the_chain(room: Room) -> None:
    """fcu.crt begins with the private key, as web servers want it: CHN001 for the block, KEY008 for the copy; the
    catalogue names both.
    """
    chain = line()
    room.key(chain[0].key)
    room.chain(chain[0].key.sec1(), *chain)


@case({"CHN001", "KEY008"})
def key_behind_a_lone_certificate(room: Room) -> None:
    """The key follows the one certificate, in PKCS#8; the file's single certificate is still a good lone one."""
    chain = line(1)
    room.key(chain[0].key)
    room.chain(*chain, chain[0].key.pkcs8())
    room.config(settings())


@case({"KEY008"}, either=[{"KEY008", "CSR002"}])
def key_inside_the_request(room: Room) -> None:
    """`openssl req -newkey … -keyout - > fcu_csr.pem` put the key before the request: there is still exactly one
    request in it.
    """
    chain = intermediate(room)
    room.request(chain[0].key.pkcs8() + Request(chain[0].key).pem)


@case({"KEY006", "KEY008"})
def readable_key_and_a_copy(room: Room) -> None:
    """Mode 0666 and a backup beside it: two faults."""
    chain = line(1)
    room.key(chain[0].key, mode=0o666)
    room.chain(*chain)
    room.put(f"{KEY}.old", chain[0].key.sec1(), 0o600)
