"""CRT: what can be wrong with the content of one certificate (its encoding is in keystores_encoding)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import der
from .cases import Room, case, intermediate, settings, stranger
from .keys import EC_PUBLIC_KEY, edwards, key, point_of, rsa_key, spki_of
from .maker import (
    CRL_SIGN,
    DAY,
    DIGITAL_SIGNATURE,
    ECDSA_SHA1,
    ECDSA_SHA256,
    ECDSA_SHA384,
    ECDSA_SHA512,
    ED25519,
    EMPTY_NAME,
    KEY_CERT_SIGN,
    NOW,
    RSA_SHA256,
    V1,
    basic_constraints,
    directory,
    extension,
    flipped,
    key_usage,
    line,
    name,
)

SECOND = DAY / 86400


@case({"CRT001"})
def missing(room: Room) -> None:
    """A key, and neither certificate nor request: FCU error 210."""
    room.key(stranger())


@case({"CRT001"})
def under_another_name(room: Room) -> None:
    """The chain is called fcu.pem."""
    chain = line()
    room.key(chain[0].key)
    room.put("fcu.pem", "".join(cert.pem for cert in chain))


@case({"CRT003"})
def root_of_version_1(room: Room) -> None:
    """An X.509 v1 root. v1 has no extensions, so that basicConstraints and keyUsage are missing is the same fault."""
    room.keystore_of(line(root=V1, middle={"authority": None}))


@case({"CRT003"})
def lone_version_1(room: Room) -> None:
    """A self-signed v1 certificate: `openssl req -x509` with an empty -extensions section used to make it."""
    room.keystore_of(line(1, fcu=V1))


@case({"CRT003"})
def fcu_certificate_of_version_1(room: Room) -> None:
    """FCU of v1 below a good chain: `openssl x509 -req` without -extfile, the page's command with its end forgotten."""
    room.keystore_of(line(fcu=V1))


@case({"CRT003"})
def extensions_without_a_version(room: Room) -> None:
    """All the right extensions in a certificate that does not say v3."""
    room.keystore_of(line(middle={"version": b""}))


@case({"CRT003"})
def version_2(room: Room) -> None:
    """The version field says v2, with v3's extensions."""
    room.keystore_of(line(root={"version": der.explicit(0, der.integer(1))}))


@case({"CRT003"}, either=[{"CRT002"}])
def version_4(room: Room) -> None:
    """The version field says v4, which does not exist: the DER is in order, the version is not 3."""
    room.keystore_of(line(1, fcu={"version": der.explicit(0, der.integer(3))}))


@case({"CRT004"})
def intermediate_on_p384(room: Room) -> None:
    """A P-384 intermediate that signs with SHA-256, so that only its own key is wrong."""
    room.keystore_of(line(middle={"key": key("big", ec.SECP384R1)}))


@case({"CRT004"})
def root_on_brainpool(room: Room) -> None:
    """A brainpoolP256r1 root: 256 bits of another curve."""
    room.keystore_of(line(root={"key": key("pool", ec.BrainpoolP256R1)}))


@case({"CRT004"})
def intermediate_on_the_bitcoin_curve(room: Room) -> None:
    """A secp256k1 intermediate."""
    room.keystore_of(line(middle={"key": key("coin", ec.SECP256K1)}))


@case({"CRT004"})
def fcu_key_off_the_curve(room: Room) -> None:
    """The FCU certificate's point has one bit turned: no key on P-256, so there is nothing to match the private key
    with.
    """
    mine = line()[0].key
    room.keystore_of(line(fcu={"spki": spki_of(flipped(point_of(mine)))}))


@case({"CRT004"})
def curve_by_its_parameters(room: Room) -> None:
    """P-256 written out as explicit parameters, which RFC 5480 forbids and most readers refuse."""
    mine = line()[0].key
    p = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
    b = bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b")
    g = bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    order = der.integer(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
    field = der.seq(der.oid("1.2.840.10045.1.1"), der.integer(p))
    curve = der.seq(der.octets((p - 3).to_bytes(32, "big")), der.octets(b))
    explicit = der.seq(der.integer(1), field, curve, der.octets(g), order, der.integer(1))
    room.keystore_of(line(fcu={"spki": der.seq(der.seq(EC_PUBLIC_KEY, explicit), der.bits(point_of(mine)))}))


@case({"CRT004", "CRT005"}, either=[{"CRT004"}])
def rsa_root(room: Room) -> None:
    """An RSA root. It cannot sign with ECDSA, so root and intermediate break CRT005 as well: both are facts about
    certificates.
    """
    signed = {"inner": RSA_SHA256}
    room.keystore_of(line(root={"key": rsa_key("root"), **signed}, middle=signed))


@case({"CRT004", "CRT005"}, either=[{"CRT004"}])
def ed25519_intermediate(room: Room) -> None:
    """An Ed25519 intermediate, so the FCU certificate's signature is Ed25519 too."""
    room.keystore_of(line(middle={"key": edwards("sub")}, fcu={"inner": ED25519}))


@case({"CRT005"})
def intermediate_signed_with_sha384(room: Room) -> None:
    """ecdsa-with-SHA384 over P-256, a good signature."""
    room.keystore_of(line(middle={"inner": ECDSA_SHA384, "digest": hashes.SHA384()}))


@case({"CRT005"})
def root_signed_with_sha1(room: Room) -> None:
    """ecdsa-with-SHA1: whether a reader still verifies it or not, the algorithm is the fault."""
    room.keystore_of(line(root={"inner": ECDSA_SHA1, "digest": hashes.SHA1()}))


@case({"CRT005"})
def lone_signed_with_sha512(room: Room) -> None:
    """A self-signed certificate with ecdsa-with-SHA512, a good signature."""
    room.keystore_of(line(1, fcu={"inner": ECDSA_SHA512, "digest": hashes.SHA512()}))


@case({"CRT005"})
def algorithms_disagree_outside(room: Room) -> None:
    """SHA-256 in the signed part, SHA-384 outside of it; signed with SHA-256."""
    room.keystore_of(line(fcu={"outer": ECDSA_SHA384}))


@case({"CRT005"})
def algorithms_disagree_inside(room: Room) -> None:
    """SHA-384 in the signed part, SHA-256 outside; signed with SHA-256."""
    room.keystore_of(line(middle={"inner": ECDSA_SHA384, "outer": ECDSA_SHA256}))


@case({"CRT006"})
def expired_root(room: Room) -> None:
    """The root ended yesterday. That the others outlive it is only CHN010, a warning."""
    room.keystore_of(line(root={"not_after": NOW - DAY}))


@case({"CRT006"})
def expired_by_a_second(room: Room) -> None:
    """The FCU certificate ended one second ago."""
    room.keystore_of(line(fcu={"not_after": NOW - SECOND}))


@case({"CRT006"})
def not_valid_yet(room: Room) -> None:
    """The intermediate begins in a second: a clock that is wrong somewhere."""
    room.keystore_of(line(middle={"not_before": NOW + SECOND, "not_after": NOW + 12776 * DAY}))


@case({"CRT006"})
def ends_before_it_begins(room: Room) -> None:
    """notBefore and notAfter exchanged in a lone certificate."""
    room.keystore_of(line(1, fcu={"not_before": NOW + 99 * DAY, "not_after": NOW - 99 * DAY}))


@case({"CRT006"})
def all_expired_together(room: Room) -> None:
    """A whole chain of the past: three findings of one code."""
    room.at = NOW + 20000 * DAY
    intermediate(room)


@case({"CRT006"})
def year_of_two_digits(room: Room) -> None:
    """notAfter is UTCTime 500101…, meant as 2050 and read as 1950 by RFC 5280."""
    room.keystore_of(line(1, fcu={"not_after": der.tlv(23, b"500101000000Z")}))


@case({"CRT007"})
def intermediate_is_no_ca(room: Room) -> None:
    """basicConstraints without the CA bit on the intermediate."""
    room.keystore_of(line(middle={"constraints": basic_constraints(ca=False)}))


@case({"CRT007"})
def fcu_certificate_without_basic_constraints(room: Room) -> None:
    """keyUsage is right, basicConstraints is missing."""
    room.keystore_of(line(fcu={"constraints": None}))


@case({"CRT007"})
def lone_without_basic_constraints(room: Room) -> None:
    """The same on a self-signed certificate, which many readers then take for a CA all the same."""
    room.keystore_of(line(1, fcu={"constraints": None}))


@case({"CRT008"})
def the_vendors_own_example(room: Room) -> None:
    """The vendor's own-CA example sets basicConstraints only: it misses the key usages that the same page demands."""
    room.keystore_of(line(1, fcu={"usage": None}))


@case({"CRT008"})
def without_digital_signature(room: Room) -> None:
    """keyCertSign and cRLSign, as most CAs have it."""
    room.keystore_of(line(middle={"usage": key_usage(KEY_CERT_SIGN, CRL_SIGN, critical=True)}))


@case({"CRT008"})
def without_crl_sign(room: Room) -> None:
    """digitalSignature and keyCertSign on the FCU certificate."""
    room.keystore_of(line(fcu={"usage": key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN)}))


@case({"CRT008"})
def without_key_cert_sign(room: Room) -> None:
    """digitalSignature and cRLSign on the root: it may not have signed the intermediate, which is the same fault."""
    room.keystore_of(line(root={"usage": key_usage(DIGITAL_SIGNATURE, CRL_SIGN)}))


@case({"CRT011"})
def serial_of_zero(room: Room) -> None:
    """Serial 0 on the root."""
    room.keystore_of(line(root={"serial": 0}))


@case({"CRT011"})
def serial_below_zero(room: Room) -> None:
    """A random octet string with its high bit set, written as it is: negative."""
    room.keystore_of(line(fcu={"serial": -0x1122334455}))


@case({"CRT011"})
def serial_of_21_octets(room: Room) -> None:
    """168 bits of value."""
    room.keystore_of(line(1, fcu={"serial": 0x55 << 160}))


@case({"CRT011"})
def serial_of_twenty_octets_with_the_high_bit(room: Room) -> None:
    """A 160-bit serial with its top bit set: 20 octets of value, but 21 of DER content because of the sign octet."""
    room.keystore_of(line(1, fcu={"serial": 0xF0 << 152 | 7}))


@case({"CRT012"})
def lone_without_a_subject(room: Room) -> None:
    """A self-signed certificate with empty names."""
    room.keystore_of(line(1, fcu={"subject": EMPTY_NAME}))


@case({"CRT012"})
def root_and_intermediate_without_a_subject(room: Room) -> None:
    """The page's `-subj "//CN=…"` outside MSYS: both have the empty name, FCU has its own.

    That the intermediate's subject equals its issuer's, that names chain only because all are empty, comes from the
    empty names: CRT012 alone.
    """
    room.keystore_of(line(root={"subject": EMPTY_NAME}, middle={"subject": EMPTY_NAME}))


@case({"CRT012"})
def fcu_certificate_without_a_subject(room: Room) -> None:
    """FCU's request had no subject, and nobody gave one."""
    room.keystore_of(line(fcu={"subject": EMPTY_NAME}))


@case({"CRT014"})
def authority_is_another_key(room: Room) -> None:
    """The FCU certificate's AKI is the identifier of a stranger; its signature is the intermediate's."""
    identifier = der.seq(der.implicit(0, stranger().identifier))
    room.keystore_of(line(fcu={"authority": extension("2.5.29.35", identifier)}))


@case({"CRT014"})
def root_names_another_authority(room: Room) -> None:
    """The self-signed root's AKI is not its own SKI."""
    identifier = der.seq(der.implicit(0, bytes(20)))
    room.keystore_of(line(root={"authority": extension("2.5.29.35", identifier)}))


@case({"CRT014"})
def identifier_of_the_issuer_is_another(room: Room) -> None:
    """AKI is the SHA-1 of the issuer's key, the issuer's SKI is something else: they do not meet."""
    identifier = der.seq(der.implicit(0, line()[1].key.identifier))
    room.keystore_of(line(middle={"identifier": b"sub-2026"}, fcu={"authority": extension("2.5.29.35", identifier)}))


@case({"CRT014"}, either=[set()])
def authority_has_another_serial(room: Room) -> None:
    """AKI by issuer and serial number, and the serial is wrong. (CRT014 speaks of the key identifier; the purpose is
    the same.)
    """
    root = line()[2]
    names = der.seq(der.explicit(1, directory(root.subject)), der.implicit(2, b"\x09\x99"))
    room.keystore_of(line(middle={"authority": extension("2.5.29.35", names)}))


@case({"CRT015"})
def extension_twice(room: Room) -> None:
    """basicConstraints twice, the same both times."""
    room.keystore_of(line(middle={"more": (basic_constraints(),)}))


@case({"CRT015"})
def unlike_extension_twice(room: Room) -> None:
    """keyUsage twice with unlike bits: which counts depends on the reader, so CRT008 cannot be judged."""
    room.keystore_of(line(fcu={"more": (key_usage(DIGITAL_SIGNATURE),)}))


@case({"CRT015"})
def unknown_critical_extension(room: Room) -> None:
    """A private extension marked critical on the FCU certificate."""
    room.keystore_of(line(fcu={"more": (extension("1.3.6.1.4.1.99999.7", der.utf8("x"), critical=True),)}))


@case({"CRT015"})
def unknown_critical_extension_on_a_lone_one(room: Room) -> None:
    """The same on a self-signed certificate with a configuration."""
    room.keystore_of(line(1, fcu={"more": (extension("1.3.6.1.4.1.99999.8", der.NULL, critical=True),)}))
    room.config(settings())


@case({"CRT007", "CRT008"})
def an_end_entity_for_fcu(room: Room) -> None:
    """A server certificate was ordered for FCU: CA false and other key usages, two faults in one certificate."""
    usage = key_usage(DIGITAL_SIGNATURE, 2, critical=True)
    room.keystore_of(line(fcu={"constraints": basic_constraints(ca=False, critical=True), "usage": usage}))


@case({"CRT011", "CRT005", "CRT006"})
def three_certificates_three_faults(room: Room) -> None:
    """Each certificate has a fault of its own: none hides another."""
    room.keystore_of(
        line(
            root={"serial": 0, "subject": name(CN="Odd Root")},
            middle={"inner": ECDSA_SHA384, "digest": hashes.SHA384()},
            fcu={"not_after": NOW - DAY},
        )
    )
