"""Defects of what a bundle configures: parameters, mandatory items, sessions, and settings that must match."""

from __future__ import annotations

from typing import Any

from reference_ca.defects.bundle_edits import (
    CERTIFICATES,
    CHAINED,
    CHAINS,
    KEYS,
    NEEDS,
    PARAMETERS,
    SETUP_PARAMETERS,
    Message,
    drop_parameter,
    edit,
    expected_at,
    parameter,
    regroup,
    set_parameter,
)
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.model import Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup, SetupParameters, private_key_der

LWM2M = SetupParameters(devices=1, form="cbor", mode="lwm2m")
IN_LWM2M = Needs(devices=1, form="cbor", mode="lwm2m")
IN_BOOTSTRAP = Needs(devices=1, form="cbor", mode="bootstrap")
# the parameters in the order in which the reference CA writes them
TIME, OFFSET, MODE, ENDPOINT, MEMORY, URI = (f"ConfigParams[{number}].Data" for number in (0, 2, 3, 4, 9, 11))
CLAIM = "ConfigParams[12].Data"


@defect(expected_at("BDL028", TIME.replace("0", "1")), needs=NEEDS, parameters=SETUP_PARAMETERS)
def parameter_is_true(s: FactorySetup) -> None:
    """A parameter's Data is CBOR's true."""
    set_parameter(s, "mbed.Timezone", True)


@defect(expected_at("BDL028", MEMORY), needs=NEEDS, parameters=SETUP_PARAMETERS)
def number_beyond_four_bytes(s: FactorySetup) -> None:
    """mbed.MemoryTotalKB is a number that does not fit into the four bytes that the device keeps of it."""
    set_parameter(s, "mbed.MemoryTotalKB", 2**32)


@defect(expected_at("BDL029", MODE), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="mode-as-four-bytes")
def mode_is_two(s: FactorySetup) -> None:
    """mbed.UseBootstrap is 2."""
    set_parameter(s, "mbed.UseBootstrap", 2)


@defect(expected_at("BDL029", MODE), needs=NEEDS, parameters=SETUP_PARAMETERS)
def mode_is_text(s: FactorySetup) -> None:
    """mbed.UseBootstrap is the text "1"."""
    set_parameter(s, "mbed.UseBootstrap", "1")


@near_miss(needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS, about="BDL029")
def mode_as_four_bytes(s: FactorySetup) -> None:
    """mbed.UseBootstrap is four bytes in little endian."""
    set_parameter(s, "mbed.UseBootstrap", b"\1\0\0\0")


@defect(expected_at("BDL030", TIME), needs=NEEDS, parameters=SETUP_PARAMETERS)
def time_in_milliseconds(s: FactorySetup) -> None:
    """mbed.CurrentTime is in milliseconds."""
    set_parameter(s, "mbed.CurrentTime", int(s.made.timestamp()) * 1000)


@defect(expected_at("BDL030", TIME), needs=NEEDS, parameters=SETUP_PARAMETERS)
def time_as_text(s: FactorySetup) -> None:
    """mbed.CurrentTime is a date as text."""
    set_parameter(s, "mbed.CurrentTime", "2026-01-01")


@defect(expected_at("BDL030", TIME), needs=NEEDS, parameters=SETUP_PARAMETERS)
def time_before_2017(s: FactorySetup) -> None:
    """mbed.CurrentTime is a time of 2016, before which the device's clock does not go."""
    set_parameter(s, "mbed.CurrentTime", 1483264799)


@defect(expected_at("BDL031"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="serial-number-empty")
def serial_number_missing(s: FactorySetup) -> None:
    """mbed.SerialNumber is missing."""
    drop_parameter(s, "mbed.SerialNumber")


@defect(expected_at("BDL031"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def server_certificate_missing(s: FactorySetup) -> None:
    """The server's CA certificate is missing."""
    edit(s, lambda message: message.pop(CERTIFICATES))


@defect(expected_at("BDL031"), needs=NEEDS, parameters=SETUP_PARAMETERS)
def device_key_missing(s: FactorySetup) -> None:
    """The device's private key is missing, and no earlier message can have made it."""
    edit(s, lambda message: message.pop(KEYS))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL031")
def serial_number_empty(s: FactorySetup) -> None:
    """mbed.SerialNumber is there and empty."""
    set_parameter(s, "mbed.SerialNumber", "")


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL031")
def not_the_last_message(s: FactorySetup) -> None:
    """A parameter is missing in a message that others of the session follow, and the device verifies nothing yet."""
    drop_parameter(s, "mbed.SerialNumber")
    edit(s, lambda message: message.update(SID="7f3a", KpAlvSess=1, Verify=0))


@defect(expected_at("BDL032", ENDPOINT), needs=NEEDS, parameters=SETUP_PARAMETERS)
def endpoint_name_empty(s: FactorySetup) -> None:
    """mbed.EndpointName is empty."""
    set_parameter(s, "mbed.EndpointName", "")


@defect(expected_at("BDL033", "ConfigParams[12].Name", "warning"), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS)
def lwm2m_uri_in_bootstrap_mode(s: FactorySetup) -> None:
    """The bundle of a bootstrap device has the URI of an LwM2M server too."""
    set_parameter(s, "mbed.LwM2MServerURI", "coaps://lwm2m.example:5684?aid=0123456789abcdef")


@defect(expected_at("BDL033", "ConfigParams[12].Name", "warning"), needs=IN_LWM2M, parameters=LWM2M)
def bootstrap_uri_in_lwm2m_mode(s: FactorySetup) -> None:
    """The bundle of an LwM2M device has the URI of a bootstrap server too."""
    set_parameter(s, "mbed.BootstrapServerURI", "coaps://bootstrap.example:5684?aid=0123456789abcdef")


def name_key(message: Message, name: str) -> None:
    """Let the device chain name its private key."""
    message[CHAINS][0]["PrKN"] = name


@defect(
    expected_at("BDL034", "CertificateChains[0].PrKN"),
    needs=CHAINED,
    parameters=SETUP_PARAMETERS,
    baseline="key-named-by-chain",
)
def keys_after_certificates(s: FactorySetup) -> None:
    """The device chain names its private key, and Keys comes after it."""

    def change(message: Message) -> None:
        name_key(message, message[KEYS][0]["Name"])
        message[KEYS] = message.pop(KEYS)

    edit(s, change)


@defect(
    expected_at("BDL034", "CertificateChains[0].PrKN"),
    needs=CHAINED,
    parameters=SETUP_PARAMETERS,
    baseline="key-named-by-chain",
)
def chain_names_a_key_that_is_not_there(s: FactorySetup) -> None:
    """The device chain names a private key that no message has."""
    edit(s, lambda message: name_key(message, "acme.key"))


@near_miss(needs=CHAINED, parameters=SETUP_PARAMETERS, about="BDL034")
def key_named_by_chain(s: FactorySetup) -> None:
    """The device chain names its private key, and Keys comes before it."""
    edit(s, lambda message: name_key(message, message[KEYS][0]["Name"]))


@defect(expected_at("BDL035", "CertificateChains[0]"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def bundle_key_of_another_device(s: FactorySetup) -> None:
    """The private key in the bundle is another device's."""
    s.device.key = s.new_key("another device")


@defect(expected_at("BDL035", "CertificateChains[0]"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def chain_names_the_key_of_something_else(s: FactorySetup) -> None:
    """The device chain names a private key that is there, but not its own."""
    extra = {"Name": "acme.key", "Type": "ECCPrivate", "Format": "der", "Data": private_key_der(s.new_key("acme"))}

    def change(message: Message) -> None:
        message[KEYS].append(extra)
        name_key(message, "acme.key")

    edit(s, change)


@defect(expected_at("BDL036", "CertificateChains[0]"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def endpoint_name_of_another_device(s: FactorySetup) -> None:
    """mbed.EndpointName is another device's."""
    set_parameter(s, "mbed.EndpointName", "line1-0007")


@defect(expected_at("BDL036", "CertificateChains[0]"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def endpoint_name_in_capitals(s: FactorySetup) -> None:
    """mbed.EndpointName is the CN in capitals, and the device compares byte for byte."""
    set_parameter(s, "mbed.EndpointName", s.device.endpoint_name.swapcase())


@defect(expected_at("BDL037", URI), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS)
def bundle_uri_of_another_scheme(s: FactorySetup) -> None:
    """mbed.BootstrapServerURI is https."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].replace("coaps:", "https:")))


def _uri(message: Message) -> dict[str, Any]:
    return parameter(message, "mbed.BootstrapServerURI")


@defect(expected_at("BDL037", URI), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS)
def bundle_uri_without_account(s: FactorySetup) -> None:
    """mbed.BootstrapServerURI names no account, and the device is not free to be claimed."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("?")[0]))


@defect(expected_at("BDL037", URI), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS)
def bundle_uri_with_empty_account(s: FactorySetup) -> None:
    """mbed.BootstrapServerURI names an account without a name."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("=")[0] + "="))


@defect(expected_at("BDL037", URI), needs=IN_LWM2M, parameters=LWM2M)
def bundle_account_not_last(s: FactorySetup) -> None:
    """Something follows the account in mbed.LwM2MServerURI."""

    def change(message: Message) -> None:
        parameter(message, "mbed.LwM2MServerURI")["Data"] += "&x=1"

    edit(s, change)


@defect(expected_at("BDL038", URI), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS, baseline="free-to-be-claimed")
def claimed_and_free_to_be_claimed(s: FactorySetup) -> None:
    """mbed.FirstToClaim is 1, and the URI names an account."""
    set_parameter(s, "mbed.FirstToClaim", 1)


@defect(expected_at("BDL038", CLAIM), needs=NEEDS, parameters=SETUP_PARAMETERS)
def first_to_claim_is_two(s: FactorySetup) -> None:
    """mbed.FirstToClaim is 2."""
    set_parameter(s, "mbed.FirstToClaim", 2)


@defect(expected_at("BDL038", CLAIM), needs=IN_LWM2M, parameters=LWM2M)
def first_to_claim_in_lwm2m_mode(s: FactorySetup) -> None:
    """mbed.FirstToClaim is 1 in LwM2M mode."""
    set_parameter(s, "mbed.FirstToClaim", 1)


@near_miss(needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS, about="BDL038")
def free_to_be_claimed(s: FactorySetup) -> None:
    """mbed.FirstToClaim is 1, and the URI names no account."""
    set_parameter(s, "mbed.FirstToClaim", 1)
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("?")[0]))


@defect(expected_at("BDL039", OFFSET), needs=NEEDS, parameters=SETUP_PARAMETERS)
def utc_offset_is_a_zone(s: FactorySetup) -> None:
    """mbed.UTCOffset is the name of a zone."""
    set_parameter(s, "mbed.UTCOffset", "UTC")


@defect(expected_at("BDL039", OFFSET), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="utc-offset-west")
def utc_offset_of_99_hours(s: FactorySetup) -> None:
    """mbed.UTCOffset is +99:99, which the device would take."""
    set_parameter(s, "mbed.UTCOffset", "+99:99")


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL039")
def utc_offset_west(s: FactorySetup) -> None:
    """mbed.UTCOffset is -03:30."""
    set_parameter(s, "mbed.UTCOffset", "-03:30")


@defect(expected_at("BDL040", CLAIM), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="identifiers-of-16-bytes")
def class_id_as_text(s: FactorySetup) -> None:
    """mbed.ClassId is a UUID's text instead of its 16 bytes."""
    set_parameter(s, "mbed.ClassId", "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe")


@defect(expected_at("BDL040", CLAIM), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="identifiers-of-16-bytes")
def vendor_id_of_15_bytes(s: FactorySetup) -> None:
    """mbed.VendorId has 15 bytes."""
    set_parameter(s, "mbed.VendorId", s.source.octets("vendor", 15))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL040")
def identifiers_of_16_bytes(s: FactorySetup) -> None:
    """mbed.ClassId and mbed.VendorId have 16 bytes."""
    set_parameter(s, "mbed.ClassId", s.source.octets("class", 16))
    set_parameter(s, "mbed.VendorId", s.source.octets("vendor", 16))


@defect(expected_at("BDL041", "Disable"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="disabled-at-the-end")
def disabled_before_the_end(s: FactorySetup) -> None:
    """A message disables the factory flow, and announces that others follow."""
    edit(s, lambda message: message.update(Disable=1, KpAlvSess=1, SID="7f3a"))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL041")
def disabled_at_the_end(s: FactorySetup) -> None:
    """The last message disables the factory flow."""
    edit(s, lambda message: message.update(Disable=1))


@near_miss(needs=CHAINED, parameters=SETUP_PARAMETERS, about="BDL034")
def parameters_before_keys(s: FactorySetup) -> None:
    """ConfigParams comes before the keys and certificates."""
    edit(s, lambda message: regroup(message, "SchemeVersion", PARAMETERS))


@defect(expected_at("BDL037", URI), needs=IN_LWM2M, parameters=LWM2M)
def bundle_account_twice(s: FactorySetup) -> None:
    """mbed.LwM2MServerURI names its account twice, and the device takes all behind the first aid= for the account."""

    def change(message: Message) -> None:
        uri = parameter(message, "mbed.LwM2MServerURI")
        uri["Data"] = uri["Data"].replace("?", "?aid=acme&")

    edit(s, change)


@defect(expected_at("BDL037", URI), needs=IN_BOOTSTRAP, parameters=SETUP_PARAMETERS)
def bundle_uri_with_nul(s: FactorySetup) -> None:
    """mbed.BootstrapServerURI has a NUL before the account, where the device stops reading."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].replace("?", "\0?")))


@defect(expected_at("BDL031"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="not-the-last-message")
def first_message_that_is_verified(s: FactorySetup) -> None:
    """More messages are announced, with the serial number among them, but the device is to verify this one already."""
    drop_parameter(s, "mbed.SerialNumber")
    edit(s, lambda message: message.update(KpAlvSess=1, SID="7f3a", Verify=1))


@defect(expected_at("BDL034", "CertificateChains[0].PrKN"), needs=CHAINED, parameters=SETUP_PARAMETERS)
def key_made_under_another_name(s: FactorySetup) -> None:
    """The device has made its key in an earlier message, and the chain names another key than the device's own."""

    def change(message: Message) -> None:
        message.pop(KEYS)
        name_key(message, "acme.key")
        message.update(SID="7f3a")

    edit(s, change)


@defect(
    expected_at("BDL046", "ConfigParams[12].Name"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="parameter-of-ones-own",
)
def parameter_that_begins_like_the_time(s: FactorySetup) -> None:
    """A parameter is called mbed.Current, and the device takes it for its time."""
    set_parameter(s, "mbed.Current", "12 mA")


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL046")
def parameter_of_ones_own(s: FactorySetup) -> None:
    """A parameter of one's own begins like mbed.CurrentTime and goes on."""
    set_parameter(s, "mbed.CurrentTimeSource", "NTP")


@defect(expected_at("BDL047", TIME), needs=NEEDS, parameters=SETUP_PARAMETERS)
def device_time_beyond_certificates(s: FactorySetup) -> None:
    """mbed.CurrentTime is a time when the device's certificates have expired."""
    set_parameter(s, "mbed.CurrentTime", int((s.now + 60 * 366 * DAY).timestamp()))
