"""Defects of fcu.yml, and of how it goes with the rest of the setup."""

from __future__ import annotations

from typing import Any

from reference_ca.defects import asn1
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import DEPTH, FactorySetup, SetupParameters

YML = "fcu.yml"
LONE = SetupParameters(length=1, depth=1)
CHAIN = Needs(length=2)
LWM2M = SetupParameters(mode="lwm2m")
SIX = SetupParameters(length=6, depth=5)
GENERATED = Needs(external=False)
UUID = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe"


def _set(s: FactorySetup, **settings: Any) -> None:
    """Change settings, with underscores for dashes; None takes one out."""
    for name, value in settings.items():
        key = name.replace("_", "-")
        s.settings.pop(key, None)
        if value is not None:
            s.settings[key] = value


def _append(s: FactorySetup, text: str) -> None:
    s.edit_config(lambda config: config + text)


@defect(ExpectedFinding("CFG001", YML))
def config_is_no_yaml(s: FactorySetup) -> None:
    """A bracket in fcu.yml is never closed."""
    _append(s, "custom-properties: [\n")


@defect(ExpectedFinding("CFG001", YML))
def config_is_a_list(s: FactorySetup) -> None:
    """fcu.yml is a list of settings instead of a mapping."""
    s.edit_config(lambda _: "- use-bootstrap: true\n- first-to-claim: false\n")


@defect(ExpectedFinding("CFG001", YML), baseline="unknown-setting")
def config_setting_twice(s: FactorySetup) -> None:
    """A setting stands in fcu.yml twice, with two values."""
    _append(s, "first-to-claim: true\n")


@defect(ExpectedFinding("CFG001", YML))
def config_empty(s: FactorySetup) -> None:
    """fcu.yml is empty."""
    s.edit_config(lambda _: "")


@defect(ExpectedFinding("CFG001", YML))
def config_with_a_tag(s: FactorySetup) -> None:
    """A value of fcu.yml asks its reader to make a Python object."""
    _append(s, "custom-properties: !!python/name:os.system\n")


@near_miss(about="CFG001")
def config_with_comments(s: FactorySetup) -> None:
    """fcu.yml begins with a byte order mark and a comment."""
    s.edit_config(lambda config: "\ufeff# line 1, second shift\n" + config)


@near_miss(about="CFG001")
def config_in_keystore_folder(s: FactorySetup) -> None:
    """fcu.yml lies in the keystore folder itself."""
    s.edits.append(lambda files: files.update({"keystore/fcu.yml": files.pop("config/fcu.yml")}))


@near_miss(about="CFG001")
def config_above_keystore(s: FactorySetup) -> None:
    """fcu.yml lies in the folder above the keystore."""
    s.edits.append(lambda files: files.update({"fcu.yml": files.pop("config/fcu.yml")}))


@defect(
    ExpectedFinding("CFG003", YML, field=DEPTH),
    ExpectedFinding("CFG017", YML, field="device_certificate_chain_depth", level="warning"),
    needs=CHAIN,
)
def depth_with_underscores(s: FactorySetup) -> None:
    """The depth is set under a name with underscores, so that it is not set."""
    s.settings["device_certificate_chain_depth"] = s.settings.pop(DEPTH)


@defect(ExpectedFinding("CFG017", YML, field="Time-Sync", level="warning"), baseline="unknown-setting")
def setting_in_capitals(s: FactorySetup) -> None:
    """A setting is written with capitals."""
    s.settings["Time-Sync"] = True


@defect(
    ExpectedFinding("CFG018", YML, field="certificate-authority.country-name", level="notice"),
    needs=GENERATED,
    baseline="norway-in-quotes",
)
def norway_without_quotes(s: FactorySetup) -> None:
    """The country is Norway, without quotes: false to YAML 1.1."""
    _norway(s, "NO")


@near_miss(needs=GENERATED, about="CFG018")
def norway_in_quotes(s: FactorySetup) -> None:
    """The country is Norway, in quotes."""
    _norway(s, "'NO'")


def _norway(s: FactorySetup, written: str) -> None:
    s.chain[0].subject = asn1.renamed(s.chain[0].subject, "C", "NO")
    if s.request is not None:
        s.request.subject = s.chain[0].subject
    s.settings["certificate-authority"]["country-name"] = "XX"
    s.edit_config(lambda text: text.replace('country-name: "XX"', f"country-name: {written}"))


@near_miss(about="CFG002")
def unknown_setting(s: FactorySetup) -> None:
    """fcu.yml has a setting that no document names."""
    _set(s, log_level="debug")


@defect(ExpectedFinding("CFG002", YML, field=DEPTH))
def depth_is_text(s: FactorySetup) -> None:
    """The depth is text that is not a number."""
    s.settings[DEPTH] = "two"


@defect(ExpectedFinding("CFG002", YML, field="first-to-claim"))
def flag_is_text(s: FactorySetup) -> None:
    """A flag is the text "no", which some readers take for true."""
    _set(s, first_to_claim="no")


@defect(ExpectedFinding("CFG002", YML, field="certificate-authority"), needs=GENERATED)
def authority_is_text(s: FactorySetup) -> None:
    """certificate-authority is a distinguished name as text instead of a mapping."""
    _set(s, certificate_authority="CN=FCU line 1, O=Example Devices")


@defect(ExpectedFinding("CFG002", YML, field="common-name"), needs=GENERATED)
def authority_value_is_list(s: FactorySetup) -> None:
    """The common name is a list of two."""
    s.settings["certificate-authority"] = {"common-name": ["FCU line 1", "FCU line 2"]}


@defect(ExpectedFinding("CFG002", YML, field="vendor-id"))
def vendor_id_is_mapping(s: FactorySetup) -> None:
    """vendor-id is a mapping instead of text."""
    _set(s, vendor_id={"uuid": UUID})


@defect(ExpectedFinding("CFG003", YML, field=DEPTH), needs=CHAIN)
def depth_missing(s: FactorySetup) -> None:
    """fcu.crt is a chain, and no depth is set."""
    del s.settings[DEPTH]


@near_miss(needs=Needs(longest=1), parameters=LONE, about="CFG003")
def depth_of_lone_certificate(s: FactorySetup) -> None:
    """The depth is set to 1, though fcu.crt is one self-signed certificate and needs none."""
    s.settings[DEPTH] = 1


@defect(ExpectedFinding("CFG004", YML, field=DEPTH), needs=Needs(length=2, longest=3))
def depth_beyond_chain(s: FactorySetup) -> None:
    """The depth is more than the chain and the device certificate have together."""
    s.settings[DEPTH] = s.parameters.length + 2


@defect(ExpectedFinding("CFG004", YML, field=DEPTH))
def depth_zero(s: FactorySetup) -> None:
    """The depth is 0, as if the device did not carry even its own certificate."""
    s.settings[DEPTH] = 0


@defect(ExpectedFinding("CFG004", YML, field=DEPTH))
def depth_negative(s: FactorySetup) -> None:
    """The depth is a negative number."""
    s.settings[DEPTH] = -1


@defect(ExpectedFinding("CFG005", YML, field=DEPTH), needs=Needs(length=6), parameters=SIX)
def depth_six(s: FactorySetup) -> None:
    """The depth is 6, and a device stores five certificates at most."""
    s.settings[DEPTH] = 6


@defect(
    ExpectedFinding("CFG006", YML, field=DEPTH, level="warning"),
    needs=Needs(length=2, longest=4),
    baseline="depth-leaves-root",
)
def depth_leaves_nothing(s: FactorySetup) -> None:
    """The depth puts the whole of fcu.crt onto the device, and nothing is left for the portal."""
    s.settings[DEPTH] = s.parameters.length + 1


@near_miss(needs=Needs(length=2, longest=5), about="CFG006")
def depth_leaves_root(s: FactorySetup) -> None:
    """The depth leaves the root alone for the portal."""
    s.settings[DEPTH] = s.parameters.length


@defect(ExpectedFinding("CFG009", YML, field="setup-ca-as-intermediate"), needs=Needs(longest=1), parameters=LONE)
def self_signed_as_intermediate(s: FactorySetup) -> None:
    """setup-ca-as-intermediate is true, and fcu.crt is one self-signed certificate."""
    _set(s, setup_ca_as_intermediate=True)


@near_miss(
    ExpectedFinding("CFG010", YML, field="setup-ca-as-intermediate", level="notice"), needs=CHAIN, about="CFG010"
)
def chain_although_not_intermediate(s: FactorySetup) -> None:
    """setup-ca-as-intermediate is false, and fcu.crt is a chain that was provided from outside."""
    _set(s, setup_ca_as_intermediate=False)


@defect(ExpectedFinding("CFG011", YML, field="first-to-claim"), needs=Needs(mode="lwm2m"), parameters=LWM2M)
def first_to_claim_without_bootstrap(s: FactorySetup) -> None:
    """first-to-claim is true, and use-bootstrap is false."""
    _set(s, first_to_claim=True)


@near_miss(about="CFG011")
def first_to_claim(s: FactorySetup) -> None:
    """Devices are free to be claimed: first-to-claim is true, and their URI names no account."""
    _set(s, first_to_claim=True)


@defect(
    ExpectedFinding("CFG012", YML, field="bootstrap-server-uri"),
    needs=Needs(mode="bootstrap"),
    baseline="uri-with-coap",
)
def uri_of_another_scheme(s: FactorySetup) -> None:
    """The bootstrap server's URI is https."""
    uri = s.settings["bootstrap-server-uri"].replace("coaps:", "https:")
    _set(s, bootstrap_server_uri=uri)


@defect(ExpectedFinding("CFG012", YML, field="bootstrap-server-uri"), needs=Needs(mode="bootstrap", enrollment=False))
def uri_without_account(s: FactorySetup) -> None:
    """The bootstrap server's URI names no account."""
    _set(s, bootstrap_server_uri="coaps://bootstrap.example:5684")


@defect(ExpectedFinding("CFG012", YML, field="bootstrap-server-uri-first-to-claim"), needs=Needs(mode="bootstrap"))
def first_to_claim_uri_with_account(s: FactorySetup) -> None:
    """The URI for devices that are free to be claimed names an account."""
    _set(s, bootstrap_server_uri_first_to_claim=s.settings["bootstrap-server-uri"])


@defect(ExpectedFinding("CFG012", YML, field="lwm2m-server-uri"), needs=Needs(mode="lwm2m"), parameters=LWM2M)
def lwm2m_account_not_last(s: FactorySetup) -> None:
    """Something follows the account in the LwM2M server's URI, and the device compares up to the end."""
    _set(s, lwm2m_server_uri=s.settings["lwm2m-server-uri"] + "&x=1")


@near_miss(needs=Needs(mode="bootstrap"), about="CFG012")
def uri_with_account_in_the_middle(s: FactorySetup) -> None:
    """The account is not the last parameter of the bootstrap server's URI, which only LwM2M forbids."""
    _set(s, bootstrap_server_uri=s.settings["bootstrap-server-uri"] + "&x=1")


@near_miss(needs=Needs(mode="bootstrap"), about="CFG012")
def uri_with_coap(s: FactorySetup) -> None:
    """The bootstrap server's URI is coap, without the s."""
    _set(s, bootstrap_server_uri=s.settings["bootstrap-server-uri"].replace("coaps:", "coap:"))


@defect(ExpectedFinding("CFG013", YML, field="device-key-generation-mode"), baseline="keys-by-device")
def unknown_key_mode(s: FactorySetup) -> None:
    """device-key-generation-mode has dashes where FCU has underscores."""
    _set(s, device_key_generation_mode="by-tool")


@defect(ExpectedFinding("CFG013", YML, field="entropy-generation-mode"))
def unknown_entropy_mode(s: FactorySetup) -> None:
    """entropy-generation-mode is a word that FCU does not know."""
    _set(s, entropy_generation_mode="random")


@near_miss(about="CFG013")
def keys_by_device(s: FactorySetup) -> None:
    """Devices make their own keys, and entropy is supplied from outside."""
    _set(s, device_key_generation_mode="by_device", entropy_generation_mode="externally_supplied")


@defect(ExpectedFinding("CFG014", YML, field="vendor-id"))
def vendor_id_is_a_name(s: FactorySetup) -> None:
    """vendor-id is a name instead of a UUID."""
    _set(s, vendor_id="example-devices", class_id=UUID)


@defect(ExpectedFinding("CFG014", YML, field="update-auth-certificate-file"), baseline="update-certificate")
def class_id_missing(s: FactorySetup) -> None:
    """An update certificate is set, and class-id is not."""
    _set(s, update_auth_certificate_file="update.pem", vendor_id=UUID)


@near_miss(about="CFG014")
def update_certificate(s: FactorySetup) -> None:
    """An update certificate is set, with vendor-id and class-id as UUIDs in capitals."""
    _set(s, update_auth_certificate_file="update.pem", vendor_id=UUID.upper(), class_id=UUID)


def _properties(s: FactorySetup, *names: str) -> None:
    lines = "".join(f"  - name: {name}\n    value: 1\n" for name in names)
    _append(s, f"custom-properties:\n{lines}")


@defect(ExpectedFinding("CFG015", YML, field="name"))
def property_of_the_client(s: FactorySetup) -> None:
    """A custom property has a name of the device client's own."""
    _properties(s, "mbed.EndpointName")


@defect(ExpectedFinding("CFG015", YML, field="name"), baseline="custom-properties")
def property_twice(s: FactorySetup) -> None:
    """Two custom properties have one name."""
    _properties(s, "acme.line", "acme.line")


@near_miss(about="CFG015")
def custom_properties(s: FactorySetup) -> None:
    """Two custom properties have names of their own, one with mbed in it."""
    _properties(s, "acme.line", "acme.mbed")


@near_miss(ExpectedFinding("CFG016", YML, field="update-auth-certificate-file", level="notice"), about="CFG016")
def value_is_a_template(s: FactorySetup) -> None:
    """The update certificate's path is a template that the factory's environment fills in."""
    _set(s, vendor_id=UUID, class_id=UUID)
    _append(s, "update-auth-certificate-file: <%= ENV['FCU_RESOURCES_DIR'] %>/update.pem\n")
