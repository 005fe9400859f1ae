"""KEY: what can be wrong with fcu_private_key.pem itself."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from .cases import KEY, Room, case, settings, stranger
from .keys import EC_PARAMETERS, P256_ORDER, Key, edwards, key, point_of, published, rsa_key, scalar_of, sec1_der
from .maker import Request, flipped, line, pem_block


def _with_key(room: Room, pem: str | bytes, size: int = 1) -> None:
    """A good keystore with this text for a key file."""
    chain = line(size)
    room.key(chain[0].key, pem)
    room.chain(*chain)


@case({"KEY001"})
def missing(room: Room) -> None:
    """There is a chain and no key: FCU error 220. The match cannot be judged."""
    room.chain(*line())


@case({"KEY001"}, either=[{"KEY001", "KEY008"}])
def in_the_wrong_name(room: Room) -> None:
    """The key is called fcu_private.pem. It is the only copy, so KEY008 has no second one to complain of."""
    chain = line(1)
    room.put("fcu_private.pem", chain[0].key.sec1(), 0o600)
    room.chain(*chain)


@case({"KEY001", "CRT001"})
def empty_keystore(room: Room) -> None:
    """A keystore without any file lacks both, two faults."""
    room.config(settings())


@case({"KEY002"})
def empty(room: Room) -> None:
    """A file of no octets."""
    _with_key(room, "")


@case({"KEY002"})
def in_der(room: Room) -> None:
    """The key is there, in DER instead of PEM."""
    chain = line(1)
    _with_key(room, chain[0].key.der())


@case({"KEY002"})
def two_keys(room: Room) -> None:
    """The right key and another one behind it: not exactly one. The file is no second copy of itself, so no KEY008."""
    _with_key(room, line(1)[0].key.sec1() + stranger().sec1())


@case({"KEY002"})
def public_key_only(room: Room) -> None:
    """The public half was saved by mistake."""
    _with_key(room, line(1)[0].key.public_pem())


@case({"KEY002"})
def only_the_parameters(room: Room) -> None:
    """EC PARAMETERS alone: `openssl ecparam` without -genkey."""
    _with_key(room, EC_PARAMETERS)


@case({"KEY002"})
def a_certificate(room: Room) -> None:
    """fcu.crt was copied over the key."""
    _with_key(room, line(1)[0].pem)


@case({"KEY002"})
def cut_off(room: Room) -> None:
    """The last two lines were lost in copying: no END line."""
    _with_key(room, "\n".join(line(1)[0].key.sec1().splitlines()[:-2]) + "\n")


@case({"KEY002"})
def broken_base64(room: Room) -> None:
    """A character that base64 does not have, in the middle."""
    pem = line(1)[0].key.pkcs8()
    _with_key(room, pem[:60] + "*" + pem[61:])


@case({"KEY002"})
def of_openssh(room: Room) -> None:
    """OPENSSH PRIVATE KEY: neither SEC1 nor PKCS#8."""
    _with_key(room, line(1)[0].key.openssh())


@case({"KEY003"})
def on_another_curve(room: Room) -> None:
    """A P-384 key beside a P-256 certificate: whether they match is not worth asking."""
    _with_key(room, key("big", ec.SECP384R1).sec1())


@case({"KEY003"})
def of_rsa(room: Room) -> None:
    """An RSA key in PKCS#8."""
    _with_key(room, rsa_key("old habits").pkcs8(), 3)


@case({"KEY003"}, either=[{"KEY002"}])
def of_rsa_in_pkcs1(room: Room) -> None:
    """An RSA key in its own PKCS#1 form: one private key, but no EC one. (KEY002 lists SEC1 and PKCS#8 only.)"""
    _with_key(room, rsa_key("old habits").sec1())


@case({"KEY003"})
def of_ed25519(room: Room) -> None:
    """An Ed25519 key in PKCS#8."""
    _with_key(room, edwards("modern").pkcs8())


@case({"KEY003"})
def on_the_bitcoin_curve(room: Room) -> None:
    """secp256k1: also 256 bits, also a k in many tools' lists."""
    _with_key(room, key("coin", ec.SECP256K1).sec1())


@case({"KEY003", "CRT004"})
def everything_on_p384(room: Room) -> None:
    """Key and self-signed certificate both on P-384: both files break a rule of their own, and they match."""
    room.keystore_of(line(1, fcu={"key": key("big", ec.SECP384R1)}))


@case({"KEY003"})
def point_of_another_key(room: Room) -> None:
    """The file's scalar is right and its public point is another key's: the key is not valid in itself."""
    scalar = scalar_of(line(1)[0].key)
    _with_key(room, pem_block(sec1_der(scalar, point_of(stranger())), "EC PRIVATE KEY"))


@case({"KEY003"})
def point_off_the_curve(room: Room) -> None:
    """The file's public point does not lie on P-256."""
    mine = line(1)[0].key
    _with_key(room, pem_block(sec1_der(scalar_of(mine), flipped(point_of(mine))), "EC PRIVATE KEY"))


@case({"KEY003"}, either=[{"KEY002"}])
def scalar_of_zero(room: Room) -> None:
    """Scalar 0: no reader loads it, but its form is SEC1, so the fault is in the number (KEY003)."""
    _with_key(room, pem_block(sec1_der(bytes(32), point_of(line(1)[0].key)), "EC PRIVATE KEY"))


@case({"KEY003"}, either=[{"KEY002"}])
def scalar_beyond_the_order(room: Room) -> None:
    """The scalar plus the group's order, which gives the same point where somebody reduces it."""
    mine = key("small enough to add the order")
    scalar = P256_ORDER + 77
    _with_key(room, pem_block(sec1_der(scalar.to_bytes(32, "big"), point_of(mine)), "EC PRIVATE KEY"))


@case({"KEY004"})
def of_another_keystore(room: Room) -> None:
    """A good key, of another line."""
    chain = line(1)
    room.key(stranger())
    room.chain(*chain)


@case({"KEY004"})
def of_another_chain(room: Room) -> None:
    """The same with a chain, a configuration and a right depth."""
    room.key(stranger())
    room.chain(*line())
    room.config(settings(depth=2))


@case({"KEY004"})
def of_the_intermediate(room: Room) -> None:
    """The key of the second certificate: the FCU certificate is the first."""
    chain = line()
    room.key(chain[1].key)
    room.chain(*chain)


@case({"KEY004"})
def of_the_root(room: Room) -> None:
    """The key of the last certificate."""
    chain = line(2)
    room.key(chain[1].key)
    room.chain(*chain)


@case({"KEY006"})
def world_readable(room: Room) -> None:
    """Mode 0644."""
    chain = line(1)
    room.key(chain[0].key, mode=0o644)
    room.chain(*chain)


@case({"KEY006"})
def group_readable(room: Room) -> None:
    """Mode 0640 in a folder of mode 0700."""
    chain = line(1)
    room.key(chain[0].key, mode=0o640)
    room.chain(*chain)


@case({"KEY006"})
def world_writable_only(room: Room) -> None:
    """Mode 0602: nobody else can read it, anybody could put another one in its place."""
    chain = line(1)
    room.key(chain[0].key, mode=0o602)
    room.chain(*chain)


@case({"KEY006"})
def readable_behind_a_link(room: Room) -> None:
    """The key is a link inside the keystore to a file of mode 0644: the file's own mode counts."""
    chain = line(1)
    room.put("line1.key", chain[0].key.sec1(), 0o644)
    room.link(KEY, "line1.key")
    room.chain(*chain)


@case({"KEY009"}, either=[{"KEY009", "LOT006"}])
def shared_by_two_instances(room: Room) -> None:
    """Two FCU instances, two certificates with subjects of their own, one key. LOT006 speaks of shared keys too; one
    fault, one error.
    """
    _share(room, stranger(7))


@case({"KEY009"}, either=[{"KEY009", "LOT006"}])
def shared_in_another_form(room: Room) -> None:
    """The same key, SEC1 in one keystore and PKCS#8 in the other: keys are compared, not files."""
    _share(room, stranger(8))
    twin = room.others[0]
    twin.key(stranger(8), stranger(8).pkcs8())


def _share(room: Room, shared: Key) -> None:
    room.keystore_of(line(1, fcu={"key": shared}))
    room.another("second").keystore_of(line(1, factory=" B", fcu={"key": shared}))


RFC_6979_A_2_5 = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
RFC_9500_2_3 = 0xE6CB5BDD80AA45AE9C95E8C15476679FFEC953C16851E711E743939589C64FC1


@case({"KEY010"})
def published_in_rfc_6979(room: Room) -> None:
    """The P-256 key of RFC 6979 appendix A.2.5, with a certificate to match."""
    room.keystore_of(line(1, fcu={"key": published(RFC_6979_A_2_5)}))


@case({"KEY010"})
def published_in_rfc_9500(room: Room) -> None:
    """testECCP256 of RFC 9500, which exists so that checkers can refuse it."""
    room.keystore_of(line(fcu={"key": published(RFC_9500_2_3)}))


@case({"KEY004", "CRT006"})
def two_faults_are_two_errors(room: Room) -> None:
    """Another key, and an expired root: independent faults are both reported."""
    room.key(stranger())
    expired = line()[2].not_before
    room.chain(*line(root={"not_after": expired}))


@case({"KEY002", "CSR002"})
def key_and_request_swapped(room: Room) -> None:
    """fcu_private_key.pem holds the request and fcu_csr.pem the key's public half: two broken files, the match
    blocked.
    """
    chain = line()
    room.key(chain[0].key, Request(chain[0].key).pem)
    room.request(chain[0].key.public_pem())
    room.chain(*chain)


@case(errors={"KEY001"}, warnings={"KEY007"})
def key_on_a_mounted_volume(room: Room) -> None:
    """The key is a link out of the keystore, which is not followed, so there is no key to judge (KEY001, with
    KEY007 for the reason). A run that passed without having seen the key would be worse than one that fails.
    """
    chain = line(1)
    room.put("../../vault/line1.pem", chain[0].key.sec1(), 0o600)
    room.link(KEY, "../../vault/line1.pem")
    room.chain(*chain)
