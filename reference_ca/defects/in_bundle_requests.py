"""Defects of the requests that a bundle asks a device for, and of what the device is to answer."""

from __future__ import annotations

from reference_ca.defects.bundle_edits import (
    BUNDLE,
    CERTIFICATES,
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
    set_parameter,
)
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.model import Needs, Place, defect, oddity
from reference_ca.defects.plan import SetUp, Shape


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


@defect(at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-from-device")
def request_without_subject(s: SetUp) -> None:
    """The request's subject is empty."""
    _in_request(s, Subj="")


@defect(at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-with-comma-in-subject")
def request_with_subject_of_openssl(s: SetUp) -> None:
    """The request's subject is written as OpenSSL's -subj takes it, with a slash in front."""
    _in_request(s, Subj=f"/CN={s.device.endpoint_name}")


@defect(at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-with-comma-in-subject")
def request_with_lower_case_subject(s: SetUp) -> None:
    """The request's subject has its types in lower case, which the device's library does not know."""
    _in_request(s, Subj=f"cn={s.device.endpoint_name}")


@defect(at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-with-comma-in-subject")
def request_with_backslash_in_subject(s: SetUp) -> None:
    """The request's subject has a backslash before another character than a comma."""
    _in_request(s, Subj="CN=line1\\0001")


@defect(at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, shape=SHAPE, twin="request-with-value-of-255-octets")
def request_with_value_of_256_octets(s: SetUp) -> None:
    """A value in the request's subject has 256 octets, one more than the device's library takes."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name},O={'o' * 256}")


@oddity(needs=NEEDS, shape=SHAPE, about="BDL048")
def request_with_value_of_255_octets(s: SetUp) -> None:
    """A value in the request's subject has 255 octets."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name},O={'o' * 255}")


@oddity(needs=NEEDS, shape=SHAPE, about="BDL048")
def request_with_comma_in_subject(s: SetUp) -> None:
    """The request's subject has a comma in a value, with a backslash before it, and a blank after a comma."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name}, O=Example Devices\\, Inc.")


@defect(at("BDL049", "CsrReqs[0].Ext.KU"), needs=NEEDS, shape=SHAPE, twin="request-with-extensions")
def request_for_usage_of_x509(s: SetUp) -> None:
    """The request asks for digitalSignature by its bit in X.509, 128, which the device does not know."""
    _in_request(s, Ext={"KU": 128})


@defect(at("BDL049", "CsrReqs[0].Ext.EKU"), needs=NEEDS, shape=SHAPE, twin="request-with-extensions")
def request_for_unknown_purpose(s: SetUp) -> None:
    """The request asks for a purpose that the device does not know."""
    _in_request(s, Ext={"EKU": 4 + 32})


@defect(at("BDL044", "CsrReqs[0].SM"), needs=NEEDS, shape=SHAPE, twin="request-with-extensions")
def request_with_storage_of_public_key_alone(s: SetUp) -> None:
    """The request says where its public key is to be kept and not where its private key is."""
    _in_request(s, SM={"Pub": "Device"})


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
    """The request asks for usages, and for both its keys to be kept on the device."""
    _in_request(s, Ext={"KU": 1, "EKU": 4}, SM={"Prv": "Device", "Pub": "Device"})


FIVE = Shape(length=5, depth=5, devices=1, form="cbor")


@defect(
    at("BDL045"),
    LONG_CHAIN,
    needs=Needs(devices=1, form="cbor", depth=4),
    shape=Shape(length=4, depth=4, devices=1, form="cbor"),
)
def four_certificates_without_time(s: SetUp) -> None:
    """The device has a chain of four, no time and no zone, and its warnings do not fit into its answer."""
    drop_parameter(s, "mbed.CurrentTime")
    drop_parameter(s, "mbed.Timezone")
    drop_parameter(s, "mbed.UTCOffset")


@defect(
    at("BDL045"),
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


@defect(at("BDL045"), needs=NEEDS, shape=SHAPE, twin="session-id-of-300-characters")
def session_id_of_500_characters(s: SetUp) -> None:
    """The session's id has 500 characters, and the device's answer, which repeats it, does not fit."""
    edit(s, lambda message: message.update(SID="7" * 500))


@oddity(needs=NEEDS, shape=SHAPE, about="BDL045")
def session_id_of_300_characters(s: SetUp) -> None:
    """The session's id has 300 characters, and the device's answer fits."""
    for name, octets in (("mbed.ClassId", 16), ("mbed.VendorId", 16)):
        set_parameter(s, name, s.source.octets(name, octets))
    edit(s, lambda message: message.update(SID="7" * 300))


@defect(at("BDL045"), needs=NEEDS, shape=SHAPE, twin="five-requests-from-device")
def five_long_requests(s: SetUp) -> None:
    """The message asks for five requests with long subjects, and they do not fit into the device's answer."""
    subject = f"CN={s.device.endpoint_name},O={'o' * 200},OU={'u' * 200}"
    ask_for_requests(s, 5)
    edit(s, lambda message: [request.update(Subj=subject) for request in message[REQUESTS]])
