"""Conformant: chains as real factories have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from . import der
from .cases import Room, case, intermediate, settings, stranger
from .maker import (
    CA_USAGE,
    CLIENT_AUTH,
    CRL_SIGN,
    DAY,
    DIGITAL_SIGNATURE,
    FCU_NAME,
    KEY_CERT_SIGN,
    NOW,
    SERVER_AUTH,
    Cert,
    attribute,
    basic_constraints,
    directory,
    extended_key_usage,
    extension,
    key_usage,
    line,
    name,
    name_constraints,
)


@case(never={"CRT006", "CRT009", "CRT013", "CRT016", "KEY007"})
def fcu_made_it_itself(room: Room) -> None:
    """FCU (self-signed), exactly as FCU's own setup wrote it in 2019: 35 calendar years, so UTCTime then
    GeneralizedTime; nothing critical.
    """
    dates = {
        "not_before": datetime(2019, 10, 30, 9, 0, tzinfo=timezone.utc),
        "not_after": datetime(2054, 10, 30, 9, 0, tzinfo=timezone.utc),
    }
    room.keystore_of(line(1, fcu=dates))
    room.config(settings(authority=FCU_NAME))


@case()
def intermediate_of_three(room: Room) -> None:
    """FCU ← Issuing ← Root with fcu_csr.pem still there and depth 2: the page's own example, done right."""
    intermediate(room)


@case()
def intermediate_of_two(room: Room) -> None:
    """FCU ← Root, depth 2: the shortest chain."""
    intermediate(room, size=2)


@case()
def intermediate_of_four_with_depth_four(room: Room) -> None:
    """FCU ← Issuing ← Issuing ← Root, depth 4: the device carries everything but the root."""
    intermediate(room, size=4, depth=4)


@case()
def intermediate_of_five_with_depth_one(room: Room) -> None:
    """Five certificates and depth 1: the device has its own certificate only, and the portal the whole chain."""
    intermediate(room, size=5, depth=1)


@case()
def intermediate_of_six_with_depth_five(room: Room) -> None:
    """Six certificates with depth 5, the most that a device stores."""
    intermediate(room, size=6, depth=5)


@case(warnings={"CFG006"})
def depth_of_the_whole_chain_and_one(room: Room) -> None:
    """Three certificates and depth 4 is the bound that CFG004 allows; that nothing is left for the portal is only
    CFG006, a warning.
    """
    intermediate(room, depth=4)


@case(warnings={"CRT009"}, never={"CRT010", "CHN010"})
def twenty_years_as_on_the_page(room: Room) -> None:
    """The page's -days 7300 for every certificate, issued seconds apart: CRT009 warns, and a few seconds of outliving
    are no CHN010.
    """
    made = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)
    second = DAY / 86400
    room.keystore_of(
        line(
            root={"not_before": made, "not_after": made + 7300 * DAY},
            middle={"not_before": made + 4 * second, "not_after": made + 7300 * DAY + 4 * second},
            fcu={"not_before": made + 9 * second, "not_after": made + 7300 * DAY + 9 * second},
        )
    )


@case(never={"CRT009"})
def days_12775_to_2061(room: Room) -> None:
    """The vendor's -days 12775: 35 times 365 days, nine short of 35 calendar years, ends in 2061 as GeneralizedTime and
    is enough.
    """
    made = NOW - DAY
    room.keystore_of(line(1, fcu={"not_before": made, "not_after": made + 12775 * DAY}))


@case()
def valid_from_years_ago(room: Room) -> None:
    """A chain of 2011, its root of 1999, still valid: age alone is no fault."""
    room.keystore_of(
        line(
            fcu={"not_before": datetime(2011, 5, 1, tzinfo=timezone.utc)},
            middle={"not_before": datetime(2010, 5, 1, tzinfo=timezone.utc)},
            root={"not_before": datetime(1999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)},
        )
    )


@case(never={"CRT006"})
def the_last_second_and_the_first(room: Room) -> None:
    """FCU ← Root, judged in the last second of the root and the first of FCU: RFC 5280 4.1.2.5 counts both ends in."""
    room.keystore_of(line(2, root={"not_after": NOW}, fcu={"not_before": NOW, "not_after": NOW}))


@case()
def no_well_defined_expiry(room: Room) -> None:
    """Root with 99991231235959Z, RFC 5280's way to say "no expiry"; the FCU certificate ends in time."""
    room.keystore_of(line(root={"not_after": der.tlv(24, b"99991231235959Z")}))


@case()
def path_lengths_exactly_enough(room: Room) -> None:
    """pathLen 2, 1, 0 from the root down: the device certificate is no CA and takes no room."""
    room.keystore_of(
        line(
            root={"constraints": basic_constraints(path_length=2, critical=True)},
            middle={"constraints": basic_constraints(path_length=1, critical=True)},
            fcu={"constraints": basic_constraints(path_length=0, critical=True)},
        )
    )


@case()
def path_lengths_generous(room: Room) -> None:
    """pathLen 9 everywhere: more room than needed."""
    generous = {"constraints": basic_constraints(path_length=9)}
    room.keystore_of(line(root=generous, middle=generous, fcu=generous))


@case(never={"CHN014"})
def critical_and_complete(room: Room) -> None:
    """The profile of RFC 5280 to the letter: critical basicConstraints and keyUsage, SKI and AKI. Nothing is left for
    CHN014.
    """
    strict = {
        "constraints": basic_constraints(critical=True),
        "usage": key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN, critical=True),
    }
    room.keystore_of(line(root=strict, middle=strict, fcu=strict))


@case(notices={"CHN014"})
def no_authority_key_identifier(room: Room) -> None:
    """No certificate has an AKI: allowed where present is all that CRT014 asks; CHN014 is a notice."""
    room.keystore_of(line(root={"authority": None}, middle={"authority": None}, fcu={"authority": None}))


@case()
def authority_by_issuer_and_serial(room: Room) -> None:
    """The AKI of the intermediate names issuer and serial number instead of a key identifier: right, and RFC 5280
    allows it.
    """
    root = line(3)[2]
    names = der.seq(der.explicit(1, directory(root.subject)), der.implicit(2, b"\x12\x34"))
    chain = line(root={"serial": 0x1234}, middle={"authority": extension("2.5.29.35", names)})
    room.keystore_of(chain)


@case()
def key_identifiers_of_another_method(room: Room) -> None:
    """Identifiers that are no SHA-1 of the key (RFC 7093, random): any value is right as long as AKI repeats it."""
    room.keystore_of(
        line(root={"identifier": b"root-2026"}, middle={"identifier": bytes(range(32))}, fcu={"identifier": b"\x01"})
    )


@case()
def serial_of_twenty_octets(room: Room) -> None:
    """The longest serial that nobody doubts, 0x7F and 19 more octets, on the root; serial 1 on the FCU certificate."""
    room.keystore_of(line(root={"serial": (1 << 159) - 1}, fcu={"serial": 1}))


@case()
def printable_names(room: Room) -> None:
    """Every name as PrintableString, as an old openssl.cnf makes them."""
    room.keystore_of(
        line(
            root={"subject": name(der.printable, C="SE", O="Vendor AB", CN="Vendor Root")},
            middle={"subject": name(der.printable, C="SE", O="Vendor AB", CN="Vendor Sub")},
            fcu={"subject": name(der.printable, CN="FCU-7")},
        )
    )


@case()
def names_in_many_alphabets(room: Room) -> None:
    """UTF-8 names with letters beyond ASCII, BMPString among them, and a TeletexString of ASCII: beyond that readers
    disagree on what its octets are.
    """
    room.keystore_of(
        line(
            root={"subject": name(O="株式会社オーロラ", CN="ルートCA")},
            middle={"subject": name(der.bmp, CN="Žižkov výroba")},
            fcu={"subject": name(der.teletex, CN="Linie 3")},
        )
    )


@case()
def multi_valued_rdn(room: Room) -> None:
    """The FCU subject has CN and serialNumber in one RDN, in DER's order."""
    pair = der.set_of(attribute("CN", "FCU line 4"), attribute("serialNumber", "0004"))
    room.keystore_of(line(fcu={"subject": der.seq(der.set_of(attribute("O", "Aurora")), pair)}))


@case()
def issuer_in_another_case(room: Room) -> None:
    """The FCU certificate writes its issuer in capitals with wider spaces: equal by RFC 5280 7.1 (RFC 4518), the
    signature verifies.
    """
    room.keystore_of(
        line(
            middle={"subject": name(der.printable, O="Aurora Devices Oy", CN="Issuing CA")},
            fcu={"issuer_name": name(der.printable, O="AURORA  DEVICES OY", CN="ISSUING CA")},
        )
    )


@case()
def issuer_in_another_string_type(room: Room) -> None:
    """The issuer's subject is PrintableString, the FCU certificate repeats it as UTF8String: equal by RFC 5280 7.1."""
    room.keystore_of(
        line(
            middle={"subject": name(der.printable, O="Aurora", CN="Issuing CA")},
            fcu={"issuer_name": name(der.utf8, O="Aurora", CN="Issuing CA")},
        )
    )


@case()
def names_that_differ_in_one_attribute(room: Room) -> None:
    """Root and FCU have the same values, one of them under another attribute type: two names, not one."""
    room.keystore_of(line(2, root={"subject": name(O="Aurora", CN="CA")}, fcu={"subject": name(O="Aurora", OU="CA")}))


@case()
def other_extensions_not_critical(room: Room) -> None:
    """CRL points, authority information, policies and a private extension, none critical but a known one: allowed."""
    policies = der.seq(der.seq(der.oid("1.3.6.1.4.1.99999.1")))
    url = der.implicit(6, b"http://pki.example/root.crl")
    points = der.seq(der.seq(der.explicit(0, der.explicit(0, url))))
    access = der.seq(der.seq(der.oid("1.3.6.1.5.5.7.48.2"), der.implicit(6, b"http://pki.example/root.crt")))
    room.keystore_of(
        line(
            middle={
                "more": (
                    extension("2.5.29.32", policies, critical=True),
                    extension("2.5.29.31", points),
                    extension("1.3.6.1.5.5.7.1.1", access),
                )
            },
            fcu={"more": (extension("1.3.6.1.4.1.99999.7", der.utf8("line 1")),)},
        )
    )


@case(never={"CRT017"})
def extended_key_usage_with_client_auth(room: Room) -> None:
    """The intermediate's EKU holds serverAuth and clientAuth: devices may be clients below it."""
    room.keystore_of(line(middle={"more": (extended_key_usage(SERVER_AUTH, CLIENT_AUTH),)}))


@case(warnings={"CRT017"})
def extended_key_usage_without_client_auth(room: Room) -> None:
    """The intermediate's EKU holds serverAuth alone: CRT017 is a warning, so the keystore passes."""
    room.keystore_of(line(middle={"more": (extended_key_usage(SERVER_AUTH),)}))


@case()
def more_key_usages_than_needed(room: Room) -> None:
    """nonRepudiation and keyAgreement beside the three that CRT008 asks for."""
    room.keystore_of(line(1, fcu={"usage": key_usage(0, 1, 4, 5, 6)}))


@case()
def name_constraints_that_admit(room: Room) -> None:
    """The root excludes another company's directory names and the intermediate permits one DNS tree: no name here is
    touched by either.
    """
    room.keystore_of(
        line(
            root={"more": (name_constraints(excluded=directory(name(O="Somebody Else Ltd"))),)},
            middle={"more": (name_constraints(permitted=der.implicit(2, b"devices.aurora.example"), critical=False),)},
        )
    )


@case()
def root_cross_signed_by_an_older_one(room: Room) -> None:
    """FCU ← Issuing ← New Root as signed by the Old Root ← Old Root: a root's migration, one path of four names and
    keys.
    """
    fcu, issuing, new = line()
    old = Cert(
        name(O="Aurora Devices Oy", CN="Aurora Root CA 2001"),
        stranger(),
        not_before=NOW - 8000 * DAY,
        not_after=NOW + 14000 * DAY,
    )
    cross = replace(new, issuer=old)
    issuing = replace(issuing, issuer=cross)
    room.keystore_of([replace(fcu, issuer=issuing), issuing, cross, old])


@case(notices={"CRT013"})
def no_subject_key_identifier(room: Room) -> None:
    """Neither SKI nor AKI, else as the page's own OpenSSL example makes certificates: CRT013 is only a notice then."""
    bare = {"identifier": None, "authority": None}
    room.keystore_of(line(root=bare, middle=bare, fcu=bare))


@case(warnings={"CRT013"})
def no_subject_key_identifier_in_another_profile(room: Room) -> None:
    """The same with critical extensions and path lengths, no example of the page's: CRT013 warns."""
    bare = {
        "identifier": None,
        "authority": None,
        "constraints": basic_constraints(path_length=3, critical=True),
        "usage": key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN, critical=True),
    }
    room.keystore_of(line(root=bare, middle=bare, fcu=bare))


@case(warnings={"CRT010"})
def expires_within_a_device_life(room: Room) -> None:
    """An FCU certificate with eight years left: CRT009 and CRT010 warn, and it is valid today."""
    room.keystore_of(line(1, fcu={"not_after": NOW + 8 * 365 * DAY}))


@case(warnings={"CHN010"})
def outlives_its_issuer(room: Room) -> None:
    """The FCU certificate ends two years after its intermediate: CHN010 is a warning, no document demands nesting."""
    room.keystore_of(line(middle={"not_after": NOW + 33 * 365 * DAY}))


@case(warnings={"CRT016"})
def generalized_time_before_2050(room: Room) -> None:
    """The root's notBefore is GeneralizedTime in 2020: CRT016 is a warning, the instant is plain."""
    room.keystore_of(line(root={"not_before": der.tlv(24, b"20200101000000Z")}))


@case()
def judged_far_in_the_future(room: Room) -> None:
    """The same chain judged in 2058, while all of it is still valid: the instant given counts, not the clock."""
    room.at = datetime(2058, 1, 1, tzinfo=timezone.utc)
    room.keystore_of(line())


@case()
def one_extension_critical_another_not(room: Room) -> None:
    """basicConstraints critical on root and intermediate only, keyUsage critical on the FCU certificate only: a mix
    of three authorities.
    """
    critical = {"constraints": basic_constraints(critical=True), "usage": CA_USAGE}
    usage = key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN, critical=True)
    room.keystore_of(line(root=critical, middle=critical, fcu={"usage": usage}))
