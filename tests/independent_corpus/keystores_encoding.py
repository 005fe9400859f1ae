"""CRT002, CRT016 and CRT018: certificates that cannot be read, or not strictly."""

from __future__ import annotations

from . import der
from .cases import Room, case, settings, stranger
from .maker import Request, attribute, extension, line, name, pem_block


def _chain(room: Room, *texts: str) -> None:
    room.key(line()[0].key)
    room.chain(*texts)


@case({"CRT002"})
def empty(room: Room) -> None:
    """fcu.crt of no octets: there is a file (CRT001) and no certificate in it can be loaded (FCU error 211)."""
    _chain(room, "")


@case({"CRT002"})
def in_der(room: Room) -> None:
    """The certificate in DER, as a browser exports it."""
    room.keystore_of(line(1))
    room.put("fcu.crt", line(1)[0].der)


@case({"CRT002"})
def a_web_page(room: Room) -> None:
    """An HTML error page was downloaded instead."""
    _chain(room, "<!DOCTYPE html>\n<html><head><title>403</title></head><body>Forbidden</body></html>\n")


@case({"CRT002"})
def bytes_left_over(room: Room) -> None:
    """The second block holds the certificate and three octets more."""
    chain = line()
    _chain(room, chain[0].pem, pem_block(chain[1].der + b"\0\0\0"), chain[2].pem)


@case({"CRT002"})
def two_in_one_block(room: Room) -> None:
    """Intermediate and root in one block, one behind the other: trailing bytes after the first."""
    chain = line()
    _chain(room, chain[0].pem, pem_block(chain[1].der + chain[2].der))


@case({"CRT002"})
def cut_short(room: Room) -> None:
    """The last certificate's DER ends 9 octets early; the chain cannot be judged."""
    chain = line()
    _chain(room, chain[0].pem, chain[1].pem, pem_block(chain[2].der[:-9]))


@case({"CRT002"})
def random_octets(room: Room) -> None:
    """A block of noise behind a good certificate."""
    _chain(room, line()[0].pem, pem_block(bytes(range(7, 250, 3)) * 4))


@case({"CRT002"})
def empty_block(room: Room) -> None:
    """A BEGIN and an END line with nothing between, as the page's listing has in brackets."""
    chain = line(2)
    room.key(chain[0].key)
    room.chain(chain[0].pem, chain[1].pem, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")


@case({"CRT002"})
def the_listing_itself(room: Room) -> None:
    """The page's listing pasted as it stands, with "(FCU certificate)" for base64."""
    texts = ("FCU", "Intermediate", "Root")
    _chain(room, *(f"-----BEGIN CERTIFICATE-----\n({text} certificate)\n-----END CERTIFICATE-----\n" for text in texts))


@case({"CRT002"})
def bad_base64(room: Room) -> None:
    """A line of the first certificate was cut in the terminal: 64 columns, then an ellipsis."""
    chain = line()
    rows = chain[0].pem.splitlines()
    rows[3] = rows[3][:40] + "…"
    _chain(room, "\n".join(rows) + "\n", chain[1].pem, chain[2].pem)


@case({"CRT002"})
def no_end_line(room: Room) -> None:
    """The last END line is missing."""
    chain = line()
    _chain(room, chain[0].pem, chain[1].pem, chain[2].pem.replace("-----END CERTIFICATE-----\n", ""))


@case({"CRT002"})
def no_end_line_in_the_middle(room: Room) -> None:
    """The second certificate has no END line: the third BEGIN follows its base64."""
    chain = line()
    _chain(room, chain[0].pem, chain[1].pem.replace("-----END CERTIFICATE-----\n", ""), chain[2].pem)


@case({"CRT002"}, either=[{"KEY004"}])
def four_dashes(room: Room) -> None:
    """The first BEGIN line lost a dash. The END line without a beginning tells that a certificate is there and cannot
    be loaded.

    A reader that skips it sees the intermediate first and blames the key.
    """
    chain = line()
    _chain(room, chain[0].pem[1:], chain[1].pem, chain[2].pem)


@case({"CRT002"}, either=[set()])
def end_and_begin_on_one_line(room: Room) -> None:
    """`cat` of files without a final newline: -----END CERTIFICATE----------BEGIN CERTIFICATE-----.

    OpenSSL reads "bad end line"; some readers split it all the same, and then nothing else is wrong.
    """
    chain = line()
    _chain(room, "".join(cert.pem.rstrip() for cert in chain))


@case({"CRT002"})
def in_utf_16(room: Room) -> None:
    """The whole file saved as "Unicode" by Notepad: with UTF-16 no PEM reader finds a block."""
    chain = line()
    room.key(chain[0].key)
    room.put("fcu.crt", "".join(cert.pem for cert in chain).encode("utf-16"))


@case({"CRT002"})
def request_in_a_certificate_block(room: Room) -> None:
    """A PKCS#10 request under BEGIN CERTIFICATE: it is DER, and no certificate."""
    holder = line()[0].key
    _chain(room, pem_block(Request(holder).der))


@case({"CRT002"})
def key_in_a_certificate_block(room: Room) -> None:
    """A public key's DER under BEGIN CERTIFICATE at the end of a good chain."""
    _chain(room, *(cert.pem for cert in line()), pem_block(stranger().spki))


@case({"CRT018"})
def indefinite_length(room: Room) -> None:
    """The outermost SEQUENCE of the root in BER's indefinite form: whoever reads BER sees a good certificate, so no
    CRT002.
    """
    room.keystore_of(line(root={"after_signing": lambda data: b"\x30\x80" + der.split(data)[1] + b"\0\0"}))


@case({"CRT018"})
def long_length(room: Room) -> None:
    """The outermost length of the intermediate in three octets where two do."""
    room.keystore_of(line(middle={"after_signing": _longer}))


@case({"CRT018"})
def long_length_in_the_signed_part(room: Room) -> None:
    """The same inside the signed part of a lone certificate: the signature covers it and verifies."""
    room.keystore_of(line(1, fcu={"before_signing": _longer}))


@case({"CRT018"})
def true_is_one(room: Room) -> None:
    """basicConstraints writes TRUE as 01 instead of FF."""
    constraints = extension("2.5.29.19", der.seq(b"\x01\x01\x01"))
    room.keystore_of(line(fcu={"constraints": constraints}))


@case({"CRT018"})
def serial_with_a_zero_in_front(room: Room) -> None:
    """Serial 00 00 01: positive and short, but not in the fewest octets."""
    room.keystore_of(line(root={"serial": der.tlv(2, b"\0\0\1")}))


@case({"CRT018"})
def default_written_out(room: Room) -> None:
    """keyUsage with `critical FALSE` written out, which DER leaves away."""
    usage = der.seq(der.oid("2.5.29.15"), der.FALSE, der.octets(der.bits(b"\x86", 1)))
    room.keystore_of(line(middle={"usage": usage}))


@case({"CRT018"})
def set_out_of_order(room: Room) -> None:
    """A multi-valued RDN in descending order: DER sorts a SET OF."""
    pair = sorted([attribute("CN", "FCU line 4"), attribute("O", "Aurora")], reverse=True)
    room.keystore_of(line(fcu={"subject": der.seq(der.tlv(der.SET, *pair))}))


@case({"CRT016"}, either=[{"CRT002"}])
def time_with_a_fraction(room: Room) -> None:
    """The root's notAfter is 20620101000000.5Z: X.690 allows the fraction, RFC 5280 does not, and OpenSSL and the
    device's library cannot read it.
    """
    room.keystore_of(line(root={"not_after": der.tlv(24, b"20620101000000.5Z")}))


@case({"CRT018"})
def ber_root_of_a_configured_chain(room: Room) -> None:
    """An indefinite length again, with fcu.yml and two certificates: depth and chain are still judged, and are
    right.
    """
    chain = line(2, root={"after_signing": lambda data: b"\x30\x80" + der.split(data)[1] + b"\0\0"})
    room.keystore_of(chain)
    room.config(settings(depth=2))


@case({"CRT002"})
def name_that_is_no_name(room: Room) -> None:
    """The root's subject is an INTEGER where a Name has to be: well-formed DER, no certificate."""
    odd = line(2, root={"subject": der.integer(5)})
    room.key(odd[0].key)
    room.chain(line(2, root={"subject": name(CN="R")})[0].pem, odd[1].pem)


def _longer(data: bytes) -> bytes:
    """The element with a leading zero in its length."""
    _, content, _ = der.split(data)
    size = len(content).to_bytes(3, "big")
    return data[:1] + b"\x83" + size + content
