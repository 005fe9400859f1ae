"""Defects of what a bundle configures: parameters, mandatory items, sessions, and what has to fit together."""

from __future__ import annotations

from typing import Any

from reference_ca.defects.bundle_edits import (
    BUNDLE,
    CERTIFICATES,
    CHAINED,
    CHAINS,
    KEYS,
    LONG_CHAIN,
    NEEDS,
    PARAMETERS,
    REQUESTS,
    SHAPE,
    Message,
    at,
    drop_parameter,
    edit,
    parameter,
    regroup,
    set_parameter,
)
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import SetUp, Shape, private_key_der

LWM2M = Shape(devices=1, form="cbor", mode="lwm2m")
IN_LWM2M = Needs(devices=1, form="cbor", mode="lwm2m")
IN_BOOTSTRAP = Needs(devices=1, form="cbor", mode="bootstrap")
# the parameters in the order in which the reference CA writes them
TIME, OFFSET, MODE, ENDPOINT, MEMORY, URI = (f"ConfigParams[{number}].Data" for number in (0, 2, 3, 4, 9, 11))
CLAIM = "ConfigParams[12].Data"


@defect(at("BDL028", TIME.replace("0", "1")), needs=NEEDS, shape=SHAPE)
def parameter_is_true(s: SetUp) -> None:
    """A parameter's Data is CBOR's true."""
    set_parameter(s, "mbed.Timezone", True)


@defect(at("BDL028", MEMORY), needs=NEEDS, shape=SHAPE)
def number_beyond_four_bytes(s: SetUp) -> None:
    """mbed.MemoryTotalKB is a number that does not fit into the four bytes that the device keeps of it."""
    set_parameter(s, "mbed.MemoryTotalKB", 2**32)


@defect(at("BDL029", MODE), needs=NEEDS, shape=SHAPE, twin="mode-as-four-bytes")
def mode_is_two(s: SetUp) -> None:
    """mbed.UseBootstrap is 2."""
    set_parameter(s, "mbed.UseBootstrap", 2)


@defect(at("BDL029", MODE), needs=NEEDS, shape=SHAPE)
def mode_is_text(s: SetUp) -> None:
    """mbed.UseBootstrap is the text "1"."""
    set_parameter(s, "mbed.UseBootstrap", "1")


@oddity(needs=IN_BOOTSTRAP, shape=SHAPE, about="BDL029")
def mode_as_four_bytes(s: SetUp) -> None:
    """mbed.UseBootstrap is four bytes in little endian."""
    set_parameter(s, "mbed.UseBootstrap", b"\1\0\0\0")


@defect(at("BDL030", TIME), needs=NEEDS, shape=SHAPE)
def time_in_milliseconds(s: SetUp) -> None:
    """mbed.CurrentTime is in milliseconds."""
    set_parameter(s, "mbed.CurrentTime", int(s.made.timestamp()) * 1000)


@defect(at("BDL030", TIME), needs=NEEDS, shape=SHAPE)
def time_as_text(s: SetUp) -> None:
    """mbed.CurrentTime is a date as text."""
    set_parameter(s, "mbed.CurrentTime", "2026-01-01")


@defect(at("BDL030", TIME), needs=NEEDS, shape=SHAPE)
def time_before_2017(s: SetUp) -> None:
    """mbed.CurrentTime is a time of 2016, before which the device's clock does not go."""
    set_parameter(s, "mbed.CurrentTime", 1483264799)


@defect(at("BDL031"), needs=NEEDS, shape=SHAPE, twin="serial-number-empty")
def serial_number_missing(s: SetUp) -> None:
    """mbed.SerialNumber is missing."""
    drop_parameter(s, "mbed.SerialNumber")


@defect(at("BDL031"), needs=CHAINED, shape=SHAPE)
def server_certificate_missing(s: SetUp) -> None:
    """The server's CA certificate is missing."""
    edit(s, lambda message: message.pop(CERTIFICATES))


@defect(at("BDL031"), needs=NEEDS, shape=SHAPE)
def device_key_missing(s: SetUp) -> None:
    """The device's private key is missing, and no earlier message can have made it."""
    edit(s, lambda message: message.pop(KEYS))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL031")
def serial_number_empty(s: SetUp) -> None:
    """mbed.SerialNumber is there and empty."""
    set_parameter(s, "mbed.SerialNumber", "")


@oddity(needs=NEEDS, shape=SHAPE, about="BDL031")
def not_the_last_message(s: SetUp) -> None:
    """A parameter is missing in a message that others of the session follow."""
    drop_parameter(s, "mbed.SerialNumber")
    edit(s, lambda message: message.update(SID="7f3a", KpAlvSess=1))


@defect(at("BDL032", ENDPOINT), needs=NEEDS, shape=SHAPE)
def endpoint_name_empty(s: SetUp) -> None:
    """mbed.EndpointName is empty."""
    set_parameter(s, "mbed.EndpointName", "")


@defect(at("BDL033", "ConfigParams[12].Name", "warning"), needs=IN_BOOTSTRAP, shape=SHAPE)
def lwm2m_uri_in_bootstrap_mode(s: SetUp) -> None:
    """The bundle of a bootstrap device has the URI of an LwM2M server too."""
    set_parameter(s, "mbed.LwM2MServerURI", "coaps://lwm2m.example:5684?aid=0123456789abcdef")


@defect(at("BDL033", "ConfigParams[12].Name", "warning"), needs=IN_LWM2M, shape=LWM2M)
def bootstrap_uri_in_lwm2m_mode(s: SetUp) -> None:
    """The bundle of an LwM2M device has the URI of a bootstrap server too."""
    set_parameter(s, "mbed.BootstrapServerURI", "coaps://bootstrap.example:5684?aid=0123456789abcdef")


def name_key(message: Message, name: str) -> None:
    """Let the device chain name its private key."""
    message[CHAINS][0]["PrKN"] = name


@defect(at("BDL034", "CertificateChains[0].PrKN"), needs=CHAINED, shape=SHAPE, twin="key-named-by-chain")
def keys_after_certificates(s: SetUp) -> None:
    """The device chain names its private key, and Keys comes after it."""

    def change(message: Message) -> None:
        name_key(message, message[KEYS][0]["Name"])
        message[KEYS] = message.pop(KEYS)

    edit(s, change)


@defect(at("BDL034", "CertificateChains[0].PrKN"), needs=CHAINED, shape=SHAPE, twin="key-named-by-chain")
def chain_names_a_key_that_is_not_there(s: SetUp) -> None:
    """The device chain names a private key that no message has."""
    edit(s, lambda message: name_key(message, "acme.key"))


@oddity(needs=CHAINED, shape=SHAPE, about="BDL034")
def key_named_by_chain(s: SetUp) -> None:
    """The device chain names its private key, and Keys comes before it."""
    edit(s, lambda message: name_key(message, message[KEYS][0]["Name"]))


@defect(at("BDL035", "CertificateChains[0]"), needs=CHAINED, shape=SHAPE)
def bundle_key_of_another_device(s: SetUp) -> None:
    """The private key in the bundle is another device's."""
    s.device.key = s.new_key("another device")


@defect(at("BDL035", "CertificateChains[0]"), needs=CHAINED, shape=SHAPE)
def chain_names_the_key_of_something_else(s: SetUp) -> None:
    """The device chain names a private key that is there, but not its own."""
    extra = {"Name": "acme.key", "Type": "ECCPrivate", "Format": "der", "Data": private_key_der(s.new_key("acme"))}

    def change(message: Message) -> None:
        message[KEYS].append(extra)
        name_key(message, "acme.key")

    edit(s, change)


@defect(at("BDL036", "CertificateChains[0]"), needs=CHAINED, shape=SHAPE)
def endpoint_name_of_another_device(s: SetUp) -> None:
    """mbed.EndpointName is another device's."""
    set_parameter(s, "mbed.EndpointName", "line1-0007")


@defect(at("BDL036", "CertificateChains[0]"), needs=CHAINED, shape=SHAPE)
def endpoint_name_in_capitals(s: SetUp) -> None:
    """mbed.EndpointName is the CN in capitals, and the device compares byte for byte."""
    set_parameter(s, "mbed.EndpointName", s.device.endpoint_name.swapcase())


@defect(at("BDL037", URI), needs=IN_BOOTSTRAP, shape=SHAPE)
def bundle_uri_of_another_scheme(s: SetUp) -> None:
    """mbed.BootstrapServerURI is https."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].replace("coaps:", "https:")))


def _uri(message: Message) -> dict[str, Any]:
    return parameter(message, "mbed.BootstrapServerURI")


@defect(at("BDL037", URI), needs=IN_BOOTSTRAP, shape=SHAPE)
def bundle_uri_without_account(s: SetUp) -> None:
    """mbed.BootstrapServerURI names no account, and the device is not free to be claimed."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("?")[0]))


@defect(at("BDL037", URI), needs=IN_BOOTSTRAP, shape=SHAPE)
def bundle_uri_with_empty_account(s: SetUp) -> None:
    """mbed.BootstrapServerURI names an account without a name."""
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("=")[0] + "="))


@defect(at("BDL037", URI), needs=IN_LWM2M, shape=LWM2M)
def bundle_account_not_last(s: SetUp) -> None:
    """Something follows the account in mbed.LwM2MServerURI."""

    def change(message: Message) -> None:
        parameter(message, "mbed.LwM2MServerURI")["Data"] += "&x=1"

    edit(s, change)


@defect(at("BDL038", URI), needs=IN_BOOTSTRAP, shape=SHAPE, twin="free-to-be-claimed")
def claimed_and_free_to_be_claimed(s: SetUp) -> None:
    """mbed.FirstToClaim is 1, and the URI names an account."""
    set_parameter(s, "mbed.FirstToClaim", 1)


@defect(at("BDL038", CLAIM), needs=NEEDS, shape=SHAPE)
def first_to_claim_is_two(s: SetUp) -> None:
    """mbed.FirstToClaim is 2."""
    set_parameter(s, "mbed.FirstToClaim", 2)


@defect(at("BDL038", CLAIM), needs=IN_LWM2M, shape=LWM2M)
def first_to_claim_in_lwm2m_mode(s: SetUp) -> None:
    """mbed.FirstToClaim is 1 in LwM2M mode."""
    set_parameter(s, "mbed.FirstToClaim", 1)


@oddity(needs=IN_BOOTSTRAP, shape=SHAPE, about="BDL038")
def free_to_be_claimed(s: SetUp) -> None:
    """mbed.FirstToClaim is 1, and the URI names no account."""
    set_parameter(s, "mbed.FirstToClaim", 1)
    edit(s, lambda m: _uri(m).update(Data=_uri(m)["Data"].partition("?")[0]))


@defect(at("BDL039", OFFSET), needs=NEEDS, shape=SHAPE)
def utc_offset_is_a_zone(s: SetUp) -> None:
    """mbed.UTCOffset is the name of a zone."""
    set_parameter(s, "mbed.UTCOffset", "UTC")


@defect(at("BDL039", OFFSET), needs=NEEDS, shape=SHAPE, twin="utc-offset-west")
def utc_offset_of_99_hours(s: SetUp) -> None:
    """mbed.UTCOffset is +99:99, which the device would take."""
    set_parameter(s, "mbed.UTCOffset", "+99:99")


@oddity(needs=NEEDS, shape=SHAPE, about="BDL039")
def utc_offset_west(s: SetUp) -> None:
    """mbed.UTCOffset is -03:30."""
    set_parameter(s, "mbed.UTCOffset", "-03:30")


@defect(at("BDL040", CLAIM), needs=NEEDS, shape=SHAPE, twin="identifiers-of-16-bytes")
def class_id_as_text(s: SetUp) -> None:
    """mbed.ClassId is a UUID's text instead of its 16 bytes."""
    set_parameter(s, "mbed.ClassId", "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe")


@defect(at("BDL040", CLAIM), needs=NEEDS, shape=SHAPE, twin="identifiers-of-16-bytes")
def vendor_id_of_15_bytes(s: SetUp) -> None:
    """mbed.VendorId has 15 bytes."""
    set_parameter(s, "mbed.VendorId", s.source.octets("vendor", 15))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL040")
def identifiers_of_16_bytes(s: SetUp) -> None:
    """mbed.ClassId and mbed.VendorId have 16 bytes."""
    set_parameter(s, "mbed.ClassId", s.source.octets("class", 16))
    set_parameter(s, "mbed.VendorId", s.source.octets("vendor", 16))


@defect(at("BDL041", "Disable"), needs=NEEDS, shape=SHAPE, twin="disabled-at-the-end")
def disabled_before_the_end(s: SetUp) -> None:
    """A message disables the factory flow, and announces that others follow."""
    edit(s, lambda message: message.update(Disable=1, KpAlvSess=1, SID="7f3a"))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL041")
def disabled_at_the_end(s: SetUp) -> None:
    """The last message disables the factory flow."""
    edit(s, lambda message: message.update(Disable=1))


def ask_for_requests(s: SetUp, count: int = 1, **changes: object) -> None:
    """Make the message the first of a session, in which the device makes its keys and asks for certificates."""

    def change(message: Message) -> None:
        for group in (KEYS, CERTIFICATES, CHAINS, PARAMETERS):
            message.pop(group, None)
        subject = f"CN={s.device.endpoint_name}"
        names = ["mbed.BootstrapDevicePrivateKey", *(f"acme.key{number}" for number in range(2, count + 1))]
        message[REQUESTS] = [{"PrKN": name, "Subj": subject, "MD": 1} for name in names]
        message.update(SID="7f3a", KpAlvSess=1, Verify=0)
        for name, value in changes.items():
            if value is None:
                del message[name]
            else:
                message[name] = value

    edit(s, change)


def _in_request(s: SetUp, **changes: object) -> None:
    ask_for_requests(s)
    edit(s, lambda message: message[REQUESTS][0].update(changes))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL043")
def request_from_device(s: SetUp) -> None:
    """The message asks the device for a certificate request: there is no certificate yet."""
    ask_for_requests(s)


@oddity(needs=NEEDS, shape=SHAPE, about="BDL042")
def five_requests_from_device(s: SetUp) -> None:
    """The message asks the device for five certificate requests, as many as it makes."""
    ask_for_requests(s, 5)


@defect(at("BDL042", "CsrReqs"), needs=NEEDS, shape=SHAPE, twin="five-requests-from-device")
def six_requests_from_device(s: SetUp) -> None:
    """The message asks the device for six certificate requests."""
    ask_for_requests(s, 6)


@defect(at("BDL043", "CsrReqs"), needs=NEEDS, shape=SHAPE, twin="request-from-device")
def request_outside_a_session(s: SetUp) -> None:
    """The message asks for a certificate request and has no SID."""
    ask_for_requests(s, SID=None)


@defect(at("BDL043", "CsrReqs"), needs=NEEDS, shape=SHAPE, twin="request-from-device")
def request_with_verification(s: SetUp) -> None:
    """The message asks for a certificate request and has no Verify, which counts as 1."""
    ask_for_requests(s, Verify=None)


@defect(at("BDL044", "CsrReqs[0].MD"), needs=NEEDS, shape=SHAPE, twin="request-from-device")
def request_with_another_digest(s: SetUp) -> None:
    """The request is to be signed with another digest than SHA-256."""
    _in_request(s, MD=0)


@defect(at("BDL044", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-from-device")
def request_without_subject(s: SetUp) -> None:
    """The request's subject is empty."""
    _in_request(s, Subj="")


@defect(at("BDL044", "CsrReqs[0].Ext"), needs=NEEDS, shape=SHAPE, twin="request-with-extensions")
def request_with_usage_in_words(s: SetUp) -> None:
    """The request's keyUsage is in words instead of bits."""
    _in_request(s, Ext={"KU": "digitalSignature"})


@defect(at("BDL044", "CsrReqs[0].SM"), needs=NEEDS, shape=SHAPE, twin="request-with-extensions")
def request_with_unknown_storage(s: SetUp) -> None:
    """The request's key is to be kept in a place that the device does not have."""
    _in_request(s, SM={"Prv": "TPM"})


@oddity(needs=NEEDS, shape=SHAPE, about="BDL044")
def request_with_extensions(s: SetUp) -> None:
    """The request asks for usages, and for its key to be kept in the secure element."""
    _in_request(s, Ext={"KU": 128, "EKU": 2}, SM={"Prv": "SE", "Pub": "Device"})


FIVE = Shape(length=5, depth=5, devices=1, form="cbor")


@defect(
    at("BDL045", "CertificateChains[0]", "warning"),
    LONG_CHAIN,
    needs=Needs(devices=1, form="cbor", depth=4),
    shape=Shape(length=4, depth=4, devices=1, form="cbor"),
)
def four_certificates_without_time(s: SetUp) -> None:
    """The device has a chain of four and no time, and its warnings do not fit into its answer."""
    drop_parameter(s, "mbed.CurrentTime")


@defect(
    at("BDL045", "CertificateChains[0]", "warning"),
    LONG_CHAIN,
    Place("DEV011", BUNDLE, 1, "validity", "warning"),
    *(Place("CRT010", "fcu.crt", number, "notAfter", "warning") for number in range(1, 6)),
    Place("CRT009", "fcu.crt", 1, "validity", "warning"),
    needs=Needs(devices=1, form="cbor", depth=5, longest=5),
    shape=FIVE,
)
def five_short_lived_certificates(s: SetUp) -> None:
    """The device has a chain of five that all expire in nine years, and its warnings do not fit into its answer."""
    for number, certificate in enumerate([s.device.certificate, *s.chain]):
        certificate.not_after = s.now + (9 * 365 + number) * DAY


@oddity(needs=CHAINED, shape=SHAPE, about="BDL034")
def parameters_before_keys(s: SetUp) -> None:
    """ConfigParams comes before the keys and certificates."""
    edit(s, lambda message: regroup(message, "SchemeVersion", PARAMETERS))
