"""Conformant: device certificates of every profile that a factory may choose."""

from __future__ import annotations

from datetime import datetime, timezone

from . import der
from .cases import Room, case
from .floor import ACCOUNT, ODD, UNKNOWN, device, lamp, lwm2m_settings, odd, only, plant, sized
from .keys import key
from .maker import (
    CLIENT_AUTH,
    CRL_SIGN,
    DAY,
    DIGITAL_SIGNATURE,
    FCU_NAME,
    NOW,
    SERVER_AUTH,
    basic_constraints,
    extended_key_usage,
    extension,
    key_usage,
    name,
    subject_key_identifier,
)

ANY_USAGE, ANY_POLICY = "2.5.29.37.0", "2.5.29.32.0"


def subject_alt_name(critical: bool = False) -> bytes:
    """subjectAltName with one URI."""
    return extension("2.5.29.17", der.seq(der.implicit(6, b"urn:dev:lamp-0002")), critical)


def policies(dotted: str, critical: bool = False) -> bytes:
    """certificatePolicies with one policy."""
    return extension("2.5.29.32", der.seq(der.seq(der.oid(dotted))), critical)


@case(never={"DEV006", "DEV011", "LOT005"})
def plain(room: Room) -> None:
    """lamp-0002 ← FCU line 1, for 20 years: nothing odd at all."""
    only(room)


@case()
def client_auth(room: Room) -> None:
    """EKU clientAuth alone."""
    only(room, more=(extended_key_usage(CLIENT_AUTH),))


@case()
def client_and_server_auth(room: Room) -> None:
    """EKU clientAuth and serverAuth: the device's own check finds clientAuth."""
    only(room, more=(extended_key_usage(SERVER_AUTH, CLIENT_AUTH),))


@case()
def any_usage(room: Room) -> None:
    """EKU anyExtendedKeyUsage, which DEV013 names."""
    only(room, more=(extended_key_usage(ANY_USAGE),))


@case()
def critical_client_auth(room: Room) -> None:
    """A critical EKU, which the device's library parses."""
    only(room, more=(extended_key_usage(CLIENT_AUTH, critical=True),))


@case()
def no_key_usage(room: Room) -> None:
    """No keyUsage: DEV014 judges it only where it is present."""
    only(room, usage=None)


@case()
def critical_key_usage_with_agreement(room: Room) -> None:
    """keyUsage digitalSignature and keyAgreement, critical, as most authorities write it for EC keys."""
    only(room, usage=key_usage(DIGITAL_SIGNATURE, 4, critical=True))


@case()
def no_extensions_at_all(room: Room) -> None:
    """Version 3 with no extension: nothing demands one of a device."""
    only(room, usage=None, identifier=None, authority=None)


@case()
def told_not_to_be_a_ca(room: Room) -> None:
    """basicConstraints present with CA false (the default, so an empty SEQUENCE), critical."""
    only(room, constraints=basic_constraints(ca=False, critical=True))


@case()
def without_authority_identifier(room: Room) -> None:
    """No AKI: DEV027 judges it only where it is present."""
    only(room, authority=None)


@case(either=[{"DEV027"}])
def authority_identifier_of_a_nameless_key(room: Room) -> None:
    """AKI present, and FCU's certificate has no SKI to compare it with (CRT013 warns of that). Nothing contradicts."""
    chain = plant(room, fcu={"identifier": None})
    device(room, ODD, lamp(chain[0]), chain[0])


@case(never={"DEV011"})
def without_expiry(room: Room) -> None:
    """99991231235959Z, RFC 5280's "no well-defined expiration date" and what IEEE 802.1AR wants of devices. That it
    outlives FCU's own is no rule.
    """
    only(room, not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))


@case(never={"DEV011"})
def into_2050(room: Room) -> None:
    """notAfter in 2050: UTCTime and GeneralizedTime in one certificate."""
    only(room, not_after=datetime(2050, 1, 1, tzinfo=timezone.utc))


@case(never={"DEV011"})
def a_day_more_than_ten_years(room: Room) -> None:
    """3651 days: more than ten years as FCU and the device count them."""
    only(room, not_after=NOW + 3650 * DAY)


@case(warnings={"DEV011"})
def exactly_ten_years(room: Room) -> None:
    """3650 days: "exactly 3650 days is not more", and a warning lets the run pass."""
    only(room, not_after=NOW + 3649 * DAY)


@case(warnings={"DEV011"})
def nine_years(room: Room) -> None:
    """Nine years: the device warns."""
    only(room, not_after=NOW + 9 * 365 * DAY)


@case(warnings={"DEV011"})
def expiring_within_the_hour(room: Room) -> None:
    """Valid for one hour more: valid now, so the device takes it with a warning."""
    only(room, not_after=NOW + DAY / 24)


@case()
def made_at_this_second(room: Room) -> None:
    """notBefore is the instant of judgement: not after now."""
    only(room, not_before=NOW)


@case()
def as_old_as_its_issuer(room: Room) -> None:
    """notBefore equals the FCU certificate's: "not before"."""
    only(room, not_before=NOW - 300 * DAY)


@case(warnings={"DEV011"})
def in_its_last_second(room: Room) -> None:
    """notAfter is the instant of judgement: RFC 5280 counts it in."""
    only(room, not_after=NOW)


@case(never={"DEV005", "DEV006"})
def name_of_64(room: Room) -> None:
    """A CN of 64 characters, as long as it may be."""
    only(room, cn="lamp-" + "7" * 59)


@case(never={"DEV006"})
def name_of_one(room: Room) -> None:
    """A CN of one character."""
    only(room, cn="7")


@case(never={"DEV006"})
def every_recommended_character(room: Room) -> None:
    """All the recommended marks but the slash, which no file name can hold."""
    only(room, cn="a'(Z)+0,-.?:=9 b")


@case(warnings={"DEV006"})
def name_in_utf_8(room: Room) -> None:
    """A CN beyond ASCII: the device takes it, DEV006 warns."""
    only(room, cn="lämppu-ääri-1")


@case(warnings={"DEV006"})
def name_with_an_underscore(room: Room) -> None:
    """The underscore is not among the recommended characters."""
    only(room, cn="lamp_0002")


@case()
def name_as_printable_string(room: Room) -> None:
    """CN as PrintableString instead of UTF8String: the same bytes for the device."""
    only(room, subject=name(der.printable, CN=ODD))


@case()
def a_full_subject(room: Room) -> None:
    """C, ST, L, O, OU and CN; the CN last."""
    subject = {kind: FCU_NAME[kind] for kind in ("C", "ST", "L", "O", "OU")}
    only(room, subject=name(**subject, CN=ODD))


@case()
def a_serial_number_in_the_subject(room: Room) -> None:
    """The attribute serialNumber beside the CN, as 802.1AR has it."""
    only(room, subject=name(CN=ODD, serialNumber="0002"))


@case()
def serial_of_twenty_octets(room: Room) -> None:
    """The longest serial number: 20 octets with the top bit clear."""
    only(room, serial=(1 << 159) - 1)


@case()
def serial_of_one(room: Room) -> None:
    """Serial 1: short, and positive."""
    only(room, serial=1)


@case()
def unknown_extension(room: Room) -> None:
    """An extension that nobody knows, not critical."""
    only(room, more=(extension(UNKNOWN, der.utf8("batch 7")),))


@case()
def critical_subject_alt_name(room: Room) -> None:
    """A critical SAN: the device's library parses it."""
    only(room, more=(subject_alt_name(critical=True),))


@case()
def uri_and_information_access(room: Room) -> None:
    """SAN with a URI and authorityInfoAccess, neither critical."""
    place = der.seq(der.oid("1.3.6.1.5.5.7.48.2"), der.implicit(6, b"http://aurora.example/fcu.cer"))
    only(room, more=(subject_alt_name(), extension("1.3.6.1.5.5.7.1.1", der.seq(place))))


@case()
def critical_any_policy(room: Room) -> None:
    """certificatePolicies, critical, with anyPolicy alone: the one critical policy that the library takes."""
    only(room, more=(policies(ANY_POLICY, critical=True),))


@case()
def another_policy(room: Room) -> None:
    """certificatePolicies with a policy of the company's own, not critical."""
    only(room, more=(policies("1.3.6.1.4.1.55555.1"),))


@case()
def as_large_as_it_may_be(room: Room) -> None:
    """A device certificate of exactly 1024 octets."""
    chain = plant(room)
    device(room, ODD, sized(lamp(chain[0]), 1024), chain[0])


@case(warnings={"DEV004"})
def issuer_in_another_string_type(room: Room) -> None:
    """The issuer's name in PrintableString where FCU's subject has UTF8String: RFC 5280 7.1 calls them equal."""
    only(room, issuer_name=name(der.printable, **FCU_NAME))


@case(warnings={"DEV004"})
def issuer_in_another_case(room: Room) -> None:
    """The issuer's name in capitals and with a doubled space: equal by the same section."""
    other = {kind: value.upper().replace(" ", "  ", 1) for kind, value in FCU_NAME.items()}
    only(room, issuer_name=name(**other))


@case()
def identifier_of_its_own(room: Room) -> None:
    """An SKI that is no hash of the key: any value is allowed."""
    only(room, identifier=None, more=(subject_key_identifier(b"lamp"),))


@case(never={"DEV022"})
def lwm2m(room: Room) -> None:
    """LwM2M: OU is the account of the server URI."""
    chain = plant(room, 3, None)
    room.config(lwm2m_settings(2))
    device(room, ODD, lamp(chain[0], subject=name(CN=ODD, OU=ACCOUNT)), chain[0])


@case()
def lwm2m_as_the_run_says(room: Room) -> None:
    """The mode is given with the run, there is no fcu.yml and so no account: OU has nothing to meet."""
    chain = plant(room, 1, None)
    room.mode = "lwm2m"
    device(room, ODD, lamp(chain[0], subject=name(CN=ODD, OU=ACCOUNT)))


@case()
def bootstrap_with_a_unit(room: Room) -> None:
    """Bootstrap, and an OU that is no account: only LwM2M asks for one."""
    only(room, subject=name(CN=ODD, OU="Bedroom"))


@case(never={"LOT005"})
def two_alike(room: Room) -> None:
    """Two devices of one profile, the second made two hours later: no drift."""
    odd(room, not_before=NOW - DAY * 22 / 24, not_after=NOW + 7300 * DAY + DAY * 2 / 24)
    room.guilty.clear()


@case(either=[{"DEV014"}])
def usage_with_more_bits(room: Room) -> None:
    """digitalSignature and, senselessly, cRLSign: DEV012 speaks of keyCertSign, DEV014 only asks for
    digitalSignature.
    """
    only(room, usage=key_usage(DIGITAL_SIGNATURE, CRL_SIGN))


@case()
def the_key_of_another_factory(room: Room) -> None:
    """The key was made elsewhere and is nobody's in this case."""
    only(room, key=key("made by the device itself"))
