"""DEV004, DEV008 to DEV012, DEV020, DEV021, DEV026, DEV027: the device certificate itself."""

from __future__ import annotations

from datetime import datetime, timezone

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import der
from .cases import Room, case, stranger
from .floor import ODD, device, healthy, lamp, odd, plant
from .keys import edwards, key, point_of, rsa_key, spki_of
from .maker import (
    DAY,
    DIGITAL_SIGNATURE,
    ECDSA_SHA1,
    ECDSA_SHA224,
    ECDSA_SHA256,
    ECDSA_SHA384,
    ECDSA_SHA512,
    FCU_NAME,
    KEY_CERT_SIGN,
    NOW,
    RSA_SHA256,
    V1,
    Cert,
    authority_key_identifier,
    flipped,
    key_usage,
    line,
    name,
)


@case({"DEV004"})
def signature_flipped(room: Room) -> None:
    """One bit of the signature turned."""
    odd(room, after_signing=flipped)


@case({"DEV004"})
def signed_by_a_stranger(room: Room) -> None:
    """FCU's name as issuer and its identifier as AKI, another key signed: the impostor."""
    odd(room, signer=stranger())


@case({"DEV004"})
def changed_after_signing(room: Room) -> None:
    """The CN was patched into a certificate that FCU had signed for lamp-0009."""
    odd(room, subject=name(CN="lamp-0009"), after_signing=lambda data: data.replace(b"lamp-0009", ODD.encode()))


@case({"DEV004"})
def issuer_of_another_name(room: Room) -> None:
    """FCU's key signed, the issuer's name is another: the device takes it, RFC 5280 does not."""
    odd(room, issuer_name=name(**{**FCU_NAME, "CN": "FCU line 9"}))


@case({"DEV004"})
def issuer_in_another_order(room: Room) -> None:
    """The attributes of the issuer's name in reverse: another name."""
    odd(room, issuer_name=name(**dict(reversed(FCU_NAME.items()))))


@case({"DEV004"}, either=[{"DEV004", "DEV027"}])
def issued_by_the_intermediate(room: Room) -> None:
    """Issued by FCU's own issuer instead of FCU, at depth 1."""
    _from_above(room, 1)


@case({"DEV004"}, either=[{"DEV004", "DEV027"}])
def issued_by_the_root(room: Room) -> None:
    """Issued by the root, at depth 1."""
    _from_above(room, 2)


@case({"DEV004"}, either=[{"DEV004", "DEV027"}])
def issued_by_another_line(room: Room) -> None:
    """Issued by FCU line 2, of the same factory, at depth 1."""
    chain = plant(room, 3, 1)
    healthy(room, chain, 1)
    other = Cert(name(**{**FCU_NAME, "CN": "FCU line 2"}), stranger(), chain[1])
    device(room, ODD, lamp(other), guilty=True)


@case({"DEV004"}, either=[{"DEV003"}, {"DEV003", "DEV004"}])
def another_line_with_its_certificate(room: Room) -> None:
    """The output of FCU line 2 at depth 2, its own certificate behind the device's: one fault, that it is not ours."""
    chain = plant(room)
    healthy(room, chain)
    other = Cert(name(**{**FCU_NAME, "CN": "FCU line 2"}), stranger(), chain[1])
    device(room, ODD, lamp(other), other, guilty=True)


@case({"DEV008"})
def on_p384(room: Room) -> None:
    """A P-384 device key."""
    odd(room, key=key("big lamp", ec.SECP384R1))


@case({"DEV008"})
def on_p521(room: Room) -> None:
    """A P-521 device key."""
    odd(room, key=key("huge lamp", ec.SECP521R1))


@case({"DEV008"})
def on_the_bitcoin_curve(room: Room) -> None:
    """A secp256k1 device key."""
    odd(room, key=key("coin lamp", ec.SECP256K1))


@case({"DEV008"})
def on_brainpool(room: Room) -> None:
    """A brainpoolP256r1 device key."""
    odd(room, key=key("pool lamp", ec.BrainpoolP256R1))


@case({"DEV008"})
def of_rsa(room: Room) -> None:
    """An RSA-2048 device key, signed by FCU with ECDSA."""
    odd(room, key=rsa_key("old habits"), identifier=None)


@case({"DEV008"})
def of_edwards(room: Room) -> None:
    """An Ed25519 device key."""
    odd(room, key=edwards("lamp"), identifier=None)


@case({"DEV008"}, either=[{"DEV001"}])
def off_the_curve(room: Room) -> None:
    """P-256 is named, and the point does not lie on it. (A reader that loads keys at once cannot read the
    certificate.)
    """
    point = point_of(stranger())
    odd(room, spki=spki_of(flipped(point)))


@case({"DEV009"})
def signed_with_sha384(room: Room) -> None:
    """ecdsa-with-SHA384 by FCU's key: the signature itself is good."""
    odd(room, inner=ECDSA_SHA384, digest=hashes.SHA384())


@case({"DEV009"})
def signed_with_sha512(room: Room) -> None:
    """ecdsa-with-SHA512."""
    odd(room, inner=ECDSA_SHA512, digest=hashes.SHA512())


@case({"DEV009"})
def signed_with_sha224(room: Room) -> None:
    """ecdsa-with-SHA224, which the device half knows."""
    odd(room, inner=ECDSA_SHA224, digest=hashes.SHA224())


@case({"DEV009"})
def signed_with_sha1(room: Room) -> None:
    """ecdsa-with-SHA1."""
    odd(room, inner=ECDSA_SHA1, digest=hashes.SHA1())


@case({"DEV009"}, either=[{"DEV004"}, {"DEV004", "DEV009"}])
def signed_with_rsa(room: Room) -> None:
    """An RSA signature at depth 1 under FCU's name: with that algorithm FCU cannot have signed it."""
    odd(room, 3, 1, inner=RSA_SHA256, signer=rsa_key("old habits"))


@case({"DEV009"}, either=[{"DEV001"}, {"DEV004"}, {"DEV004", "DEV009"}])
def two_algorithms(room: Room) -> None:
    """SHA-256 inside the signed part, SHA-384 outside; the signature is over SHA-256."""
    odd(room, inner=ECDSA_SHA256, outer=ECDSA_SHA384)


@case({"DEV010"})
def older_than_its_issuer(room: Room) -> None:
    """notBefore a day before the FCU certificate's."""
    odd(room, not_before=NOW - 301 * DAY)


@case({"DEV010"})
def from_1950(room: Room) -> None:
    """notBefore in 1950, fifty years before any FCU; the device stumbles over it too."""
    odd(room, not_before=datetime(1950, 1, 1, tzinfo=timezone.utc))


@case({"DEV010"}, either=[{"DEV026"}, {"DEV010", "DEV026"}])
def from_tomorrow(room: Room) -> None:
    """notBefore a day ahead. DEV010 says "not after now" of just this; DEV026 would say it a second time."""
    odd(room, not_before=NOW + DAY)


@case({"DEV010"}, either=[{"DEV026"}, {"DEV010", "DEV026"}])
def from_half_a_minute_ahead(room: Room) -> None:
    """notBefore 30 s ahead: the device allows 60 s, DEV010 has no slack."""
    odd(room, not_before=NOW + DAY / 2880)


@case({"DEV012"})
def is_a_ca(room: Room) -> None:
    """basicConstraints with CA true; keyUsage is a device's."""
    odd(room, constraints=line()[0].constraints)


@case({"DEV012"})
def may_sign_certificates(room: Room) -> None:
    """digitalSignature and keyCertSign, no basicConstraints."""
    odd(room, usage=key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN))


@case({"DEV012"})
def has_the_profile_of_fcu(room: Room) -> None:
    """CA true and keyCertSign: made with FCU's own extensions."""
    odd(room, constraints=line()[0].constraints, usage=line()[0].usage)


@case({"DEV020"})
def version_1(room: Room) -> None:
    """X.509 v1, without extensions: `openssl x509 -req` without -extfile."""
    odd(room, **V1)


@case({"DEV020"})
def version_2(room: Room) -> None:
    """X.509 v2."""
    odd(room, **{**V1, "version": der.explicit(0, der.integer(1))})


@case({"DEV020"}, either=[{"DEV001"}])
def version_4(room: Room) -> None:
    """A version number that does not exist."""
    odd(room, version=der.explicit(0, der.integer(3)))


@case({"DEV021"})
def serial_of_zero(room: Room) -> None:
    """Serial 0."""
    odd(room, serial=0)


@case({"DEV021"})
def serial_below_zero(room: Room) -> None:
    """Serial -5."""
    odd(room, serial=-5)


@case({"DEV021"})
def serial_of_21_octets(room: Room) -> None:
    """160 random bits with the top one set: 21 octets in DER."""
    odd(room, serial=1 << 159)


@case({"DEV021"})
def serial_of_30_octets(room: Room) -> None:
    """A serial of 30 octets."""
    odd(room, serial=1 << 238)


@case({"DEV026"})
def expired(room: Room) -> None:
    """Valid until the day before."""
    odd(room, not_before=NOW - 200 * DAY, not_after=NOW - DAY)


@case({"DEV026"})
def expired_a_second_ago(room: Room) -> None:
    """notAfter one second before the instant of judgement."""
    odd(room, not_after=NOW - DAY / 86400)


@case({"DEV026"})
def never_valid(room: Room) -> None:
    """notAfter before notBefore, both in the past: there is not an instant at which it holds."""
    odd(room, not_before=NOW - 10 * DAY, not_after=NOW - 20 * DAY)


@case({"DEV027"})
def another_identifier(room: Room) -> None:
    """AKI names a key that has nothing to do with FCU's SKI; name and signature are FCU's."""
    odd(room, authority=authority_key_identifier(stranger().identifier))


@case({"DEV027"})
def identifier_of_the_root(room: Room) -> None:
    """AKI names the root's SKI: copied from FCU's own certificate's issuer."""
    odd(room, authority=authority_key_identifier(line()[2].own_identifier))


@case({"DEV027"})
def identifier_by_the_usual_hash(room: Room) -> None:
    """FCU's SKI is a value of its own; the device's AKI is the SHA-1 of FCU's key all the same."""
    chain = plant(room, fcu={"identifier": b"line-1"})
    healthy(room, chain)
    device(
        room, ODD, lamp(chain[0], authority=authority_key_identifier(chain[0].key.identifier)), chain[0], guilty=True
    )


def _from_above(room: Room, place: int) -> None:
    chain = plant(room, 3, 1)
    healthy(room, chain, 1)
    device(room, ODD, lamp(chain[place]), guilty=True)
