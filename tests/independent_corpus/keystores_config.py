"""CFG: what can be wrong in fcu.yml."""

from __future__ import annotations

from .cases import BOOTSTRAP, Room, case, intermediate, settings
from .maker import FCU_NAME, Request, line, name


def _lone(room: Room, text: str) -> None:
    """A good self-signed keystore with this fcu.yml."""
    room.keystore_of(line(1))
    room.config(text)


@case({"CFG001"})
def a_list(room: Room) -> None:
    """A YAML list: valid YAML, but no mapping."""
    _lone(room, "- use-bootstrap: true\n- first-to-claim: false\n")


@case({"CFG001"})
def not_yaml(room: Room) -> None:
    """A bracket that never closes, below a chain whose depth can then not be known: CFG003 is blocked."""
    room.keystore_of(line())
    room.config(settings(depth=2) + "custom-properties: [a, b\n")


@case({"CFG001"})
def indented_with_tabs(room: Room) -> None:
    """A tab as indentation, which YAML forbids."""
    _lone(room, settings().replace("  timezone", "\ttimezone"))


@case({"CFG001"})
def setting_given_twice(room: Room) -> None:
    """use-bootstrap twice with unlike values: which one counts depends on the reader."""
    _lone(room, settings("use-bootstrap: false\n"))


@case({"CFG001"})
def authority_value_given_twice(room: Room) -> None:
    """A duplicate key in the nested certificate-authority mapping."""
    _lone(room, settings(authority=FCU_NAME) + "  common-name: FCU line 1\n")


@case({"CFG001"})
def two_documents(room: Room) -> None:
    """Two YAML documents in the file: it is not one mapping."""
    _lone(room, settings() + "---\nuse-bootstrap: true\n")


@case({"CFG001"})
def python_object(room: Room) -> None:
    """A tag that would run code in an unsafe loader."""
    _lone(room, settings("notes: !!python/object/apply:os.getcwd []\n"))


@case({"CFG001"}, either=[set()])
def empty_file(room: Room) -> None:
    """Nothing in the file: YAML reads null, which is no mapping. (Somebody may see an empty mapping in it.)"""
    _lone(room, "")


@case({"CFG001"})
def plain_noise(room: Room) -> None:
    """Bytes that are no text in any encoding."""
    room.keystore_of(line(1))
    room.put("../config/fcu.yml", bytes(range(255, 0, -1)))


@case({"CFG002"})
def boolean_as_text(room: Room) -> None:
    """verify-on-device: sometimes."""
    _lone(room, settings().replace("verify-on-device: true", "verify-on-device: sometimes"))


@case({"CFG002"})
def quoted_boolean(room: Room) -> None:
    """use-bootstrap: "true" is text, and any text is true in Python."""
    _lone(room, settings().replace("use-bootstrap: true", 'use-bootstrap: "true"'))


@case({"CFG002"})
def authority_as_text(room: Room) -> None:
    """certificate-authority is one line of text instead of a mapping; CFG008 has nothing to compare."""
    _lone(room, settings("certificate-authority: CN=FCU line 1\n"))


@case({"CFG002"})
def intermediate_as_number(room: Room) -> None:
    """setup-ca-as-intermediate: 2."""
    _lone(room, settings(intermediate="2"))


@case({"CFG002"}, either=[{"CFG004"}])
def depth_in_words(room: Room) -> None:
    """depth: two. The wrong type is CFG002's; CFG004 says "is an integer" as well, and one fault gives one error."""
    room.keystore_of(line())
    room.config(settings(depth="two"))


@case({"CFG002"}, either=[{"CFG004"}])
def depth_is_true(room: Room) -> None:
    """depth: true, which Python takes for 1."""
    room.keystore_of(line())
    room.config(settings(depth="true"))


@case({"CFG003"})
def chain_without_depth(room: Room) -> None:
    """fcu.crt is a chain and fcu.yml has no depth: FCU error 112."""
    room.keystore_of(line())
    room.config(settings())


@case({"CFG003"})
def chain_with_an_empty_depth(room: Room) -> None:
    """In intermediate mode the depth stands there without a value: not set."""
    chain = intermediate(room)
    room.config(settings("device-certificate-chain-depth:\n", intermediate="true", authority=FCU_NAME))
    assert len(chain) == 3


@case({"CFG004"})
def depth_of_zero(room: Room) -> None:
    """Depth 0: the device would have no certificate."""
    intermediate(room, depth=0)


@case({"CFG004"})
def depth_below_zero(room: Room) -> None:
    """Depth -1."""
    intermediate(room, depth=-1)


@case({"CFG004"})
def depth_beyond_the_chain(room: Room) -> None:
    """Depth 5 with three certificates; four is the most (FCU error 111)."""
    intermediate(room, depth=5)


@case({"CFG004"})
def depth_beyond_a_lone_certificate(room: Room) -> None:
    """Depth 3 with one self-signed certificate."""
    _lone(room, settings(depth=3))


@case({"CFG004", "CFG005"}, either=[{"CFG004"}])
def depth_beyond_the_chain_and_the_device(room: Room) -> None:
    """Depth 6 with three certificates: more than the chain holds and more than a device stores, two truths about one
    number.
    """
    intermediate(room, depth=6)


@case({"CFG005"})
def depth_of_six(room: Room) -> None:
    """Depth 6 with six certificates: the chain has them, a device stores five."""
    intermediate(room, size=6, depth=6)


@case({"CFG005"})
def depth_of_seven_of_eight(room: Room) -> None:
    """Depth 7 with eight certificates."""
    intermediate(room, size=8, depth=7)


@case({"CFG007"})
def country_of_three_letters(room: Room) -> None:
    """country-name: FIN, and the subject carries it, so CFG008 holds."""
    subject = {**FCU_NAME, "C": "FIN"}
    room.keystore_of(line(1, fcu={"subject": name(**subject)}))
    room.config(settings(authority=subject))


@case({"CFG007"}, either=[{"CFG007", "CFG008"}])
def country_that_no_certificate_can_carry(room: Room) -> None:
    """country-name: Finland, the certificate has FI. As no certificate can carry the value, CFG008 is blocked on it."""
    room.keystore_of(line(1))
    room.config(settings(authority={**FCU_NAME, "C": "Finland"}))


@case({"CFG007"})
def common_name_of_65(room: Room) -> None:
    """A common name of 65 characters, in the subject too."""
    subject = {"CN": "x" * 65, "O": "Aurora"}
    room.keystore_of(line(1, fcu={"subject": name(**subject)}))
    room.config(settings(authority=subject))


@case({"CFG007"})
def locality_of_129(room: Room) -> None:
    """A locality of 129 characters, in the subject too."""
    subject = {"CN": "FCU", "L": "y" * 129}
    room.keystore_of(line(1, fcu={"subject": name(**subject)}))
    room.config(settings(authority=subject))


@case({"CFG008"})
def another_common_name(room: Room) -> None:
    """The configuration was edited after setup: it says line 2, the certificate line 1."""
    _lone(room, settings(authority={**FCU_NAME, "CN": "FCU line 2"}))


@case({"CFG008"})
def attribute_missing_in_the_certificate(room: Room) -> None:
    """organizational-unit-name is filled in; the customer's CA left OU out of an external chain."""
    subject = {kind: value for kind, value in FCU_NAME.items() if kind != "OU"}
    room.keystore_of(line(fcu={"subject": name(**subject)}))
    room.config(settings(depth=2, authority=FCU_NAME))


@case({"CFG008"})
def organization_in_another_case(room: Room) -> None:
    """AURORA DEVICES OY in the file, Aurora Devices Oy in the certificate: "exactly those values" compares values,
    not RFC 5280 names.
    """
    _lone(room, settings(authority={**FCU_NAME, "O": "AURORA DEVICES OY"}))


@case({"CFG008"}, warnings={"CSR008"})
def signed_under_another_subject(room: Room) -> None:
    """Intermediate mode: request right, but the customer's CA issued under a unique subject."""
    chain = line(fcu={"subject": name(CN="FCU of the customer", O="Customer")})
    room.keystore_of(chain)
    room.request(Request(chain[0].key))
    room.config(settings(intermediate="true", depth=2, authority=FCU_NAME))


@case({"CFG009"})
def intermediate_but_self_signed(room: Room) -> None:
    """setup-ca-as-intermediate is true, and fcu.crt is a lone self-signed certificate for the very request."""
    chain = line(1)
    room.keystore_of(chain)
    room.request(Request(chain[0].key))
    room.config(settings(intermediate="true", authority=FCU_NAME))


@case({"CFG009"})
def switched_to_intermediate_later(room: Room) -> None:
    """The setting was turned to true after FCU had made a self-signed certificate; there never was a request, so
    CSR001 says nothing new.
    """
    _lone(room, settings(intermediate="true"))


@case({"CFG011"})
def first_to_claim_without_bootstrap(room: Room) -> None:
    """first-to-claim: true with use-bootstrap: false."""
    text = settings().replace("first-to-claim: false", "first-to-claim: true")
    _lone(
        room,
        text.replace("use-bootstrap: true", "use-bootstrap: false").replace(f"bootstrap-server-uri: {BOOTSTRAP}\n", ""),
    )


@case({"CFG012"})
def bootstrap_over_https(room: Room) -> None:
    """The scheme is https."""
    _lone(room, settings().replace("coaps://", "https://"))


@case({"CFG012"})
def bootstrap_without_aid(room: Room) -> None:
    """No aid although first-to-claim is false."""
    _lone(room, settings().replace(BOOTSTRAP, "coaps://bootstrap.example:5684"))


@case({"CFG012"})
def first_to_claim_with_aid(room: Room) -> None:
    """first-to-claim, and its URI names an account."""
    text = settings(f"bootstrap-server-uri-first-to-claim: {BOOTSTRAP}\n")
    _lone(room, text.replace("first-to-claim: false", "first-to-claim: true", 1))


@case({"CFG012"}, either=[set()])
def lwm2m_with_the_aid_first(room: Room) -> None:
    """aid is not the last parameter of the LwM2M URI. (The setting's name follows from the bootstrap one; no page was
    seen to say it.)
    """
    text = settings("lwm2m-server-uri: coaps://lwm2m.example:5684?aid=0158d4a3b2c10242ac11000400000000&x=1\n")
    _lone(
        room,
        text.replace("use-bootstrap: true", "use-bootstrap: false").replace(f"bootstrap-server-uri: {BOOTSTRAP}\n", ""),
    )


@case({"CFG013"})
def unknown_key_generation(room: Room) -> None:
    """device-key-generation-mode: by_hand."""
    _lone(room, settings().replace("device-key-generation-mode: by_tool", "device-key-generation-mode: by_hand"))


@case({"CFG013"})
def unknown_entropy_generation(room: Room) -> None:
    """entropy-generation-mode: by-device, a hyphen for the underscore."""
    _lone(room, settings().replace("entropy-generation-mode: by_device", "entropy-generation-mode: by-device"))


@case({"CFG014"})
def vendor_id_is_no_uuid(room: Room) -> None:
    """vendor-id is a company's name."""
    _lone(room, settings("vendor-id: aurora\nclass-id: 0c2a6d5e-53c5-4f4e-9b0c-7b1f0a4d6e21\n"))


@case({"CFG014"})
def update_certificate_without_ids(room: Room) -> None:
    """update-auth-certificate-file without vendor-id and class-id: one finding or two, one code."""
    _lone(room, settings("update-auth-certificate-file: update.der\n"))


@case({"CFG015"})
def custom_property_twice(room: Room) -> None:
    """Two custom properties of one name."""
    item = "  - name: acme.serial\n    type: certificate\n    data-file: a.pem\n"
    _lone(room, settings("custom-properties:\n" + item + item))


@case({"CFG015"})
def custom_property_of_mbed(room: Room) -> None:
    """A custom property with the vendor's own prefix."""
    _lone(room, settings("custom-properties:\n  - name: mbed.EndpointName\n    type: certificate\n    data: x\n"))


@case(notices={"CFG016"}, never={"CFG004", "CFG003"})
def template_inside_a_longer_value(room: Room) -> None:
    """The URI ends in a template for its aid: what it will be is not known, so CFG012 does not judge it."""
    _lone(room, settings().replace(BOOTSTRAP, "coaps://bootstrap.example:5684?aid=<%= ENV['ACCOUNT'] %>"))
