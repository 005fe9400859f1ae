"""Defects of the requests that a bundle asks a device for, and of the device's answer."""

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
    SETUP_PARAMETERS,
    Message,
    drop_parameter,
    edit,
    expected_at,
    set_parameter,
)
from reference_ca.defects.in_certificates import DAY
from reference_ca.defects.model import ExpectedFinding, Needs, defect, near_miss
from reference_ca.defects.plan import FactorySetup, SetupParameters


def ask_for_requests(s: FactorySetup, count: int = 1, **changes: object) -> None:
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


def _in_request(s: FactorySetup, **changes: object) -> None:
    ask_for_requests(s)
    edit(s, lambda message: message[REQUESTS][0].update(changes))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL043")
def request_from_device(s: FactorySetup) -> None:
    """The message asks the device for a certificate request: there is no certificate yet."""
    ask_for_requests(s)


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL042")
def five_requests_from_device(s: FactorySetup) -> None:
    """The message asks the device for five certificate requests, as many as it makes."""
    ask_for_requests(s, 5)


@defect(
    expected_at("BDL042", "CsrReqs"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="five-requests-from-device"
)
def six_requests_from_device(s: FactorySetup) -> None:
    """The message asks the device for six certificate requests."""
    ask_for_requests(s, 6)


@defect(expected_at("BDL043", "CsrReqs"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-from-device")
def request_outside_a_session(s: FactorySetup) -> None:
    """The message asks for a certificate request and has no SID."""
    ask_for_requests(s, SID=None)


@defect(expected_at("BDL043", "CsrReqs"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-from-device")
def request_with_verification(s: FactorySetup) -> None:
    """The message asks for a certificate request and has no Verify, which counts as 1."""
    ask_for_requests(s, Verify=None)


@defect(
    expected_at("BDL044", "CsrReqs[0].MD"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-from-device"
)
def request_with_another_digest(s: FactorySetup) -> None:
    """The request is to be signed with another digest than SHA-256."""
    _in_request(s, MD=0)


@defect(
    expected_at("BDL048", "CsrReqs[0].Subj"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-from-device"
)
def request_without_subject(s: FactorySetup) -> None:
    """The request's subject is empty."""
    _in_request(s, Subj="")


@defect(
    expected_at("BDL048", "CsrReqs[0].Subj"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-comma-in-subject",
)
def request_with_subject_of_openssl(s: FactorySetup) -> None:
    """The request's subject is written as OpenSSL's -subj takes it, with a slash in front."""
    _in_request(s, Subj=f"/CN={s.device.endpoint_name}")


@defect(
    expected_at("BDL048", "CsrReqs[0].Subj"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-comma-in-subject",
)
def request_with_lower_case_subject(s: FactorySetup) -> None:
    """The request's subject has its types in lower case, which the device's library does not know."""
    _in_request(s, Subj=f"cn={s.device.endpoint_name}")


@defect(
    expected_at("BDL048", "CsrReqs[0].Subj"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-comma-in-subject",
)
def request_with_backslash_in_subject(s: FactorySetup) -> None:
    """The request's subject has a backslash before another character than a comma."""
    _in_request(s, Subj="CN=line1\\0001")


@defect(
    expected_at("BDL048", "CsrReqs[0].Subj"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-value-of-255-octets",
)
def request_with_value_of_256_octets(s: FactorySetup) -> None:
    """A value in the request's subject has 256 octets, one more than the device's library takes."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name},O={'o' * 256}")


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL048")
def request_with_value_of_255_octets(s: FactorySetup) -> None:
    """A value in the request's subject has 255 octets."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name},O={'o' * 255}")


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL048")
def request_with_comma_in_subject(s: FactorySetup) -> None:
    """The request's subject has a comma in a value, with a backslash before it, and a blank after a comma."""
    _in_request(s, Subj=f"CN={s.device.endpoint_name}, O=Example Devices\\, Inc.")


@defect(
    expected_at("BDL049", "CsrReqs[0].Ext.KU"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-extensions",
)
def request_for_usage_of_x509(s: FactorySetup) -> None:
    """The request asks for digitalSignature by its bit in X.509, 128, which the device does not know."""
    _in_request(s, Ext={"KU": 128})


@defect(
    expected_at("BDL049", "CsrReqs[0].Ext.EKU"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-extensions",
)
def request_for_unknown_purpose(s: FactorySetup) -> None:
    """The request asks for a purpose that the device does not know."""
    _in_request(s, Ext={"EKU": 4 + 32})


@defect(
    expected_at("BDL044", "CsrReqs[0].SM"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-with-extensions"
)
def request_with_storage_of_public_key_alone(s: FactorySetup) -> None:
    """The request says where its public key is to be kept and not where its private key is."""
    _in_request(s, SM={"Pub": "Device"})


@defect(
    expected_at("BDL044", "CsrReqs[0].Ext"),
    needs=NEEDS,
    parameters=SETUP_PARAMETERS,
    baseline="request-with-extensions",
)
def request_with_usage_in_words(s: FactorySetup) -> None:
    """The request's keyUsage is in words instead of bits."""
    _in_request(s, Ext={"KU": "digitalSignature"})


@defect(
    expected_at("BDL044", "CsrReqs[0].SM"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="request-with-extensions"
)
def request_with_unknown_storage(s: FactorySetup) -> None:
    """The request's key is to be kept in a place that the device does not have."""
    _in_request(s, SM={"Prv": "TPM"})


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL044")
def request_with_extensions(s: FactorySetup) -> None:
    """The request asks for usages, and for both its keys to be kept on the device."""
    _in_request(s, Ext={"KU": 1, "EKU": 4}, SM={"Prv": "Device", "Pub": "Device"})


FIVE = SetupParameters(length=5, depth=5, devices=1, form="cbor")


@defect(
    expected_at("BDL045"),
    LONG_CHAIN,
    needs=Needs(devices=1, form="cbor", depth=4),
    parameters=SetupParameters(length=4, depth=4, devices=1, form="cbor"),
)
def four_certificates_without_time(s: FactorySetup) -> None:
    """The device has a chain of four, no time and no zone, and its warnings do not fit into its answer."""
    drop_parameter(s, "mbed.CurrentTime")
    drop_parameter(s, "mbed.Timezone")
    drop_parameter(s, "mbed.UTCOffset")


@defect(
    expected_at("BDL045"),
    LONG_CHAIN,
    ExpectedFinding("DEV011", BUNDLE, 1, "validity", "warning"),
    *(ExpectedFinding("CRT010", "fcu.crt", number, "notAfter", "warning") for number in range(1, 6)),
    ExpectedFinding("CRT009", "fcu.crt", 1, "validity", "warning"),
    needs=Needs(devices=1, form="cbor", depth=5, longest=5),
    parameters=FIVE,
)
def five_short_lived_certificates(s: FactorySetup) -> None:
    """The device has a chain of five that all expire in nine years, and its warnings do not fit into its answer."""
    for number, certificate in enumerate([s.device.certificate, *s.chain]):
        certificate.not_after = s.now + (9 * 365 + number) * DAY


@defect(expected_at("BDL045"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="session-id-of-300-characters")
def session_id_of_500_characters(s: FactorySetup) -> None:
    """The session's id has 500 characters, and the device's answer, which repeats it, does not fit."""
    edit(s, lambda message: message.update(SID="7" * 500))


@near_miss(needs=NEEDS, parameters=SETUP_PARAMETERS, about="BDL045")
def session_id_of_300_characters(s: FactorySetup) -> None:
    """The session's id has 300 characters, and the device's answer fits."""
    for name, octets in (("mbed.ClassId", 16), ("mbed.VendorId", 16)):
        set_parameter(s, name, s.source.octets(name, octets))
    edit(s, lambda message: message.update(SID="7" * 300))


@defect(expected_at("BDL045"), needs=NEEDS, parameters=SETUP_PARAMETERS, baseline="five-requests-from-device")
def five_long_requests(s: FactorySetup) -> None:
    """The message asks for five requests with long subjects, and they do not fit into the device's answer."""
    subject = f"CN={s.device.endpoint_name},O={'o' * 200},OU={'u' * 200}"
    ask_for_requests(s, 5)
    edit(s, lambda message: [request.update(Subj=subject) for request in message[REQUESTS]])
