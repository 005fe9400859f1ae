"""Conformant: fcu.yml as it is found in factories."""

from __future__ import annotations

from .cases import BOOTSTRAP, Room, case, intermediate, settings
from .keys import key
from .maker import FCU_NAME, V3, Cert, line, name

UUID = "0c2a6d5e-53c5-4f4e-9b0c-7b1f0a4d6e21"


@case()
def beside_the_keystore(room: Room) -> None:
    """fcu.yml in ../, the second place to look."""
    room.keystore_of(line())
    room.config(settings(depth=2), "../fcu.yml")


@case()
def inside_the_keystore(room: Room) -> None:
    """fcu.yml in the keystore itself, the third place to look."""
    room.keystore_of(line())
    room.config(settings(depth=2), "fcu.yml")


@case()
def the_first_place_wins(room: Room) -> None:
    """A good ../config/fcu.yml and a stale broken copy in the keystore: the places are looked through in order, the
    first one counts.
    """
    room.keystore_of(line())
    room.config(settings(depth=2))
    room.config("- stale: [", "fcu.yml")


@case(notices={"CFG016"})
def depth_from_the_environment(room: Room) -> None:
    """The depth is a template: nothing that depends on it can be judged, which CFG016 notices and nobody fails."""
    room.keystore_of(line())
    room.config(settings(depth="<%= ENV['CHAIN_DEPTH'] %>"))


@case(notices={"CFG016"})
def update_certificate_from_the_environment(room: Room) -> None:
    """The path of the update certificate is a template with more text behind it; vendor-id and class-id are set."""
    room.keystore_of(line())
    extra = "update-auth-certificate-file: <%= ENV['FCU_RESOURCES_DIR'] %>/update.der\n"
    extra += f"vendor-id: {UUID}\nclass-id: {UUID.upper()}\n"
    room.config(settings(extra, depth=2))


@case()
def comments_and_unknown_settings(room: Room) -> None:
    """Comments, a document start, block text, nested settings that nobody knows: a newer FCU may have them."""
    room.keystore_of(line())
    extra = "log-level: debug   # since 1.4\nnotes: |\n  line one\n  line two\n"
    extra += "plugins: [a, {b: 1.5}]\nlast-change: 2026-11-01\n"
    room.config("---\n# Aurora, line 1\n" + settings(extra, depth=2))


@case()
def empty_settings(room: Room) -> None:
    """As shipped: "most of the fields in this file are empty". A null is a setting that is not set."""
    room.keystore_of(line(1))
    extra = "device-certificate-chain-depth:\nvendor-id:\nclass-id: ~\n"
    extra += "update-auth-certificate-file: null\ncustom-properties:\n"
    authority = dict.fromkeys(FCU_NAME, "")
    room.config(settings(extra, authority=authority))


@case()
def authority_section_without_content(room: Room) -> None:
    """`certificate-authority:` with nothing below, as own credentials want it (it should not be filled in)."""
    room.keystore_of(line())
    room.config(settings("certificate-authority:\n", depth=2))


@case()
def some_authority_values(room: Room) -> None:
    """Only CN and O are filled in, and the subject of the FCU certificate is exactly those two."""
    subject = {"CN": "FCU line 9", "O": "Aurora"}
    room.keystore_of(line(1, fcu={"subject": name(**subject)}))
    room.config(settings(authority=subject))


@case()
def authority_values_at_their_limits(room: Room) -> None:
    """CN, O and OU of 64 characters, L and ST of 128, letters beyond ASCII counted as one: RFC 5280's upper bounds,
    met.
    """
    subject = {"CN": "ä" * 64, "O": "O" * 64, "OU": "U" * 64, "L": "L" * 128, "ST": "Š" * 128, "C": "FI"}
    room.keystore_of(line(1, fcu={"subject": name(**subject)}))
    room.config(settings(authority=subject))


@case()
def norway_in_quotes(room: Room) -> None:
    """`country-name: "NO"` and a common name of digits in quotes: text, whatever YAML makes of them without quotes."""
    room.keystore_of(line(1, fcu={"subject": name(CN="007", C="NO")}))
    room.config(settings(authority={"CN": '"007"', "C": '"NO"'}))


@case()
def windows_made_the_configuration(room: Room) -> None:
    """CRLF, a byte order mark, and letters beyond ASCII in a comment."""
    room.keystore_of(line())
    room.config("\ufeff# Größe\r\n" + settings(depth=2).replace("\n", "\r\n"))


@case(notices={"CFG010"})
def chain_although_not_intermediate(room: Room) -> None:
    """setup-ca-as-intermediate is false and fcu.crt is a chain: credentials came from outside, which CFG010 only
    notices.
    """
    room.keystore_of(line())
    room.config(settings(depth=2))


@case(either=[{"CSR001"}])
def intermediate_with_external_credentials(room: Room) -> None:
    """setup-ca-as-intermediate is true, no certificate-authority values, no request: credentials came from outside,
    CSR001 does not apply.

    The catalogue does not say how outside is told from "FCU's request is lost"; that own credentials leave
    certificate-authority empty is
    the one sign that the vendor's pages give.
    """
    room.keystore_of(line())
    room.config(settings(intermediate="true", depth=2))


@case()
def first_to_claim_with_both_uris(room: Room) -> None:
    """first-to-claim with its own URI, and the URI for the other mode still filled in with its aid, as shipped: only
    the first is used.
    """
    room.keystore_of(line(1))
    text = settings("bootstrap-server-uri-first-to-claim: coaps://bootstrap.example:5684\n")
    room.config(text.replace("first-to-claim: false", "first-to-claim: true", 1))


@case()
def bootstrap_uri_with_more_parameters(room: Room) -> None:
    """In a bootstrap URI `aid` may stand among others; only in an LwM2M URI must it come last."""
    room.keystore_of(line(1))
    room.config(settings().replace(BOOTSTRAP, "'coap://b.example?x=1&aid=0158d4a3b2c10242ac11000400000000&y=2'"))


@case()
def lwm2m_with_the_aid_last(room: Room) -> None:
    """No bootstrap; the LwM2M URI has aid as its last parameter."""
    room.keystore_of(line(1))
    text = settings("lwm2m-server-uri: coaps://lwm2m.example:5684?x=1&aid=0158d4a3b2c10242ac11000400000000\n")
    room.config(
        text.replace("use-bootstrap: true", "use-bootstrap: false").replace(f"bootstrap-server-uri: {BOOTSTRAP}\n", "")
    )


@case()
def custom_properties(room: Room) -> None:
    """Properties that differ in case only, and one that has `mbed` inside: names are case-sensitive and only the
    prefix is taken.
    """
    room.keystore_of(line(1))
    rows = ("MyApp.DLMS", "myapp.dlms", "acme.mbed")
    items = "".join(f"  - name: {row}\n    type: certificate\n    data-file: {row}.pem\n" for row in rows)
    room.config(settings("custom-properties:\n" + items))


@case()
def other_generation_modes(room: Room) -> None:
    """externally_supplied keys and entropy by_tool."""
    room.keystore_of(line(1))
    text = settings().replace("mode: by_tool", "mode: externally_supplied").replace("mode: by_device", "mode: by_tool")
    room.config(text)


@case(notices={"CFG010"})
def subject_without_the_configured_order(room: Room) -> None:
    """The customer's CA wrote the values of certificate-authority into the subject as C, ST, L, O, OU, CN: the same
    values, another order.
    """
    chain = line(2, fcu={"subject": name(**dict(reversed(FCU_NAME.items())))})
    room.keystore_of(chain)
    room.config(settings(depth=2, authority=FCU_NAME))


@case()
def first_rate_in_every_way(room: Room) -> None:
    """Intermediate mode with four certificates, depth 3 and every optional setting right: the whole at once."""
    intermediate(room, size=4, depth=3)
    extra = f"vendor-id: {UUID}\nclass-id: '{UUID}'\nupdate-auth-certificate-file: update.der\ntime-sync: false\n"
    room.config(settings(extra, intermediate="true", depth=3, authority=FCU_NAME).replace("time-sync: true\n", ""))
    signer = Cert(name(CN="Update"), key("update"), version=V3)
    room.put("../config/update.der", signer.der)
