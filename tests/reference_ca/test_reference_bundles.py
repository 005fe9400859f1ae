"""Bundles, fed to a stand-in for the device's own handler in both modes and at every depth."""

from __future__ import annotations

import dataclasses
import itertools
import zoneinfo
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from device_double import Device
from reference_ca_helpers import OpenSsl, fcu, parameters_of

import reference_ca
from reference_ca import Authority, Config, KeySource, RootAuthority, prepare_device_configuration

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
MODES = ("bootstrap", "lwm2m")
DEPTHS = range(1, 6)
SUCCESS = "The Factory process succeeded"


@pytest.mark.parametrize(("mode", "depth"), list(itertools.product(MODES, DEPTHS)))
def test_the_device_accepts_the_bundle_in_every_mode_and_depth(mode: str, depth: int) -> None:
    source = KeySource(f"{mode} {depth}", at=AT)
    config = Config.example(source, mode=mode, depth=depth)
    authority = fcu(source)
    result = prepare_device_configuration("endpoint-1", authority, config, serial_number="SN 1")
    device = Device()
    answer = reference_ca.read_response(device.receive(result.config_data))
    assert (answer.status, answer.message) == (0, SUCCESS)
    assert [warning.message for warning in answer.warning_list] == [
        *(f"Item not set:mbed.{name}" for name in ("UpdateAuthCert", "ClassId", "VendorId")),
        *(["Bootstrap mode not activated:mbed.UseBootstrap"] if mode == "lwm2m" else []),
    ]
    assert result.fcu_operation_context is None
    assert result.enrollment_id is None
    prefix = {"bootstrap": "mbed.Bootstrap", "lwm2m": "mbed.LwM2M"}[mode]
    stored = device.certificates[f"{prefix}DeviceCert"]
    assert stored[1:] == list(authority.chain[: depth - 1])
    message = cbor2.loads(result.config_data)
    singles = [item["Name"] for item in message["Certificates"]]
    assert (f"{prefix}DeviceCert" in singles) is (depth == 1)
    parameters = parameters_of(message)
    assert parameters["mbed.SerialNumber"] == "SN 1"
    assert parameters["mbed.CurrentTime"] == int(AT.timestamp())
    order = list(message)
    assert order[0] == "SchemeVersion"
    assert all(order.index("Keys") < order.index(name) for name in order if name.startswith("Cert"))


@pytest.mark.parametrize(("mode", "depth", "verify"), list(itertools.product(MODES, DEPTHS, (True, False))))
def test_a_key_made_on_the_device_is_certified_in_a_session_of_two_messages(
    mode: str, depth: int, verify: bool
) -> None:
    source = KeySource(f"by_device {mode} {depth}", at=AT)
    config = Config.example(source, mode=mode, depth=depth, device_keys="by_device")
    config = dataclasses.replace(config, verify_on_device=verify, entropy_generation_mode="by_tool")
    authority, device = fcu(source), Device()
    first = prepare_device_configuration("end, point=1", authority, config)
    asked = cbor2.loads(first.config_data)
    assert (asked["Verify"], asked["KpAlvSess"], len(asked["Entropy"])) == (0, 1, 48)
    assert set(asked) == {"SchemeVersion", "SID", "Entropy", "CsrReqs", "Verify", "KpAlvSess"}
    answer = device.receive(first.config_data)
    assert answer[0] == 0xBF
    second = prepare_device_configuration(
        "end, point=1",
        authority,
        config,
        fcu_operation_context=first.fcu_operation_context,
        device_response=answer,
    )
    message = cbor2.loads(second.config_data)
    assert (message["Verify"], message["SID"]) == (int(verify), asked["SID"])
    assert not {"Keys", "Entropy", "CsrReqs", "KpAlvSess"} & set(message)
    (item,) = (i for i in [*message["Certificates"], *message.get("CertificateChains", [])] if "PrKN" in i)
    assert item["PrKN"] == asked["CsrReqs"][0]["PrKN"]
    assert reference_ca.read_response(device.receive(second.config_data)).status == 0
    assert second.fcu_operation_context is None
    assert second.device is not None
    assert not second.device.has_private_key


def test_first_to_claim_takes_its_own_address_and_gives_the_enrollment_identity() -> None:
    source = KeySource("ftc", at=AT)
    config = Config.example(source, depth=2, first_to_claim=True)
    result = prepare_device_configuration("endpoint-1", fcu(source), config)
    message = cbor2.loads(result.config_data)
    parameters = parameters_of(message)
    assert parameters["mbed.FirstToClaim"] == 1
    assert "aid=" not in parameters["mbed.BootstrapServerURI"]
    (chain,) = message["CertificateChains"]
    fingerprint = x509.load_der_x509_certificate(chain["DataArray"][0]).fingerprint(hashes.SHA256())
    assert result.enrollment_id == "A-" + ":".join(f"{octet:02X}" for octet in fingerprint)
    Device().receive(result.config_data)


def test_first_to_claim_with_a_key_of_the_device_gives_the_identity_with_the_second_message() -> None:
    source = KeySource("ftc", at=AT)
    config = Config.example(source, depth=2, first_to_claim=True, device_keys="by_device")
    authority, device = fcu(source), Device()
    first = prepare_device_configuration("endpoint-1", authority, config)
    assert first.enrollment_id is None
    context, answer = first.fcu_operation_context, device.receive(first.config_data)
    second = prepare_device_configuration(
        "endpoint-1", authority, config, fcu_operation_context=context, device_response=answer
    )
    assert second.device is not None
    assert second.enrollment_id == second.device.enrollment_id
    device.receive(second.config_data)


def test_openssl_accepts_the_bundles_chain_below_the_upload(tmp_path: Path, openssl: OpenSsl) -> None:
    source = KeySource()
    authority = fcu(source)
    result = prepare_device_configuration("endpoint-1", authority, Config.example(source, depth=3))
    (chain,) = cbor2.loads(result.config_data)["CertificateChains"]
    certificates = [x509.load_der_x509_certificate(der) for der in chain["DataArray"]]
    leaf = reference_ca.to_pem(certificates[:1]).write_to_path(tmp_path / "leaf.pem")
    sent = reference_ca.to_pem(certificates[1:]).write_to_path(tmp_path / "sent.pem")
    upload = authority.upload_pem(3).write_to_path(tmp_path / "upload.pem")
    assert "OK" in openssl("verify", "-no-CApath", "-CAfile", upload, "-untrusted", sent, leaf)


def test_the_same_seed_gives_the_same_bundle() -> None:
    def bundle(seed: str) -> bytes:
        source = KeySource(seed, at=AT)
        config = dataclasses.replace(Config.example(source, depth=3), entropy_generation_mode="by_tool")
        return prepare_device_configuration("endpoint-1", fcu(source), config).config_data

    assert bundle("a") == bundle("a") != bundle("b")


def test_the_key_of_the_bundle_matches_its_certificate_and_is_not_in_the_repr() -> None:
    source = KeySource("repr")
    result = prepare_device_configuration("endpoint-1", fcu(source), Config.example(source, depth=1))
    (item,) = cbor2.loads(result.config_data)["Keys"]
    key = load_der_private_key(item["Data"], None)
    assert result.device is not None
    assert key.public_key() == result.device.certificate.public_key()
    shown = repr(result)
    assert repr(item["Data"])[2:40] not in shown
    assert "config_data" not in shown


def test_update_certificate_and_identities_reach_the_device(tmp_path: Path, source: KeySource) -> None:
    update = RootAuthority("Update")
    (tmp_path / "update.der").write_bytes(update.certificate.public_bytes(Encoding.DER))
    update.intermediate("Server").chain_pem.write_to_path(tmp_path / "server.pem")
    base = Config.example(source, depth=2)
    config = dataclasses.replace(
        base,
        settings_file=tmp_path / "fcu.yml",
        update_auth_certificate_file="update.der",
        bootstrap_server_ca_certificate_file="server.pem",
        vendor_id="00112233-4455-6677-8899-aabbccddeeff",
        class_id="ffeeddcc-bbaa-4988-b766-554433221100",
    )
    result = prepare_device_configuration("endpoint-1", fcu(source), config)
    device = Device()
    device.receive(result.config_data)
    assert device.certificates["mbed.UpdateAuthCert"] == [update.certificate]
    assert len(device.certificates["mbed.BootstrapServerCACert"]) == 2
    assert device.items["mbed.VendorId"] == bytes.fromhex("00112233445566778899aabbccddeeff")
    assert result.warning_list == []


@pytest.mark.parametrize(
    ("zone", "offset"), [("UTC", "+00:00"), ("Asia/Kolkata", "+05:30"), ("America/St_Johns", "-03:30")]
)
def test_the_offset_follows_the_time_zone(zone: str, offset: str) -> None:
    if zone != "UTC" and zone not in zoneinfo.available_timezones():
        pytest.skip("there is not a time zone database here")
    source = KeySource("zone", at=AT)
    base = Config.example(source, depth=2)
    config = dataclasses.replace(base, device_info={**base.device_info, "timezone": zone})
    device = Device()
    device.receive(prepare_device_configuration("endpoint-1", fcu(source), config).config_data)
    assert (device.items["mbed.Timezone"], device.items["mbed.UTCOffset"]) == (zone, offset)


def test_the_server_ca_of_a_whole_setup_is_the_one_in_the_bundle(tmp_path: Path) -> None:
    source = KeySource()  # which reads the clock, as the tool does
    for mode in MODES:
        config = Config.example(source, mode=mode, depth=2)
        config = dataclasses.replace(config, setup_ca_as_intermediate=True)
        keystore, _ = reference_ca.make_keystore(tmp_path / mode, 2, config, source)
        api = reference_ca.FactoryToolApi(tmp_path / mode)
        result = api.prepare_device_configuration("endpoint-1", serial_number="1")
        assert result.warning_list == []
        device = Device()
        answer = api.process_device_response(device.receive(result.config_data))
        assert answer.status == 0
        server = x509.load_pem_x509_certificate((tmp_path / mode / "config/server_ca.pem").read_bytes())
        assert [server] in device.certificates.values()
        assert keystore.folder == api.keystore.folder
    with pytest.raises(reference_ca.DeviceError, match="FCU error 101"):
        api.prepare_device_configuration()


# --- entropy ----------------------------------------------------------------------------------------------------


def test_entropy_is_made_supplied_or_left_to_the_device(tmp_path: Path, source: KeySource) -> None:
    base, authority = Config.example(source, depth=1), fcu(source)
    supplied = dataclasses.replace(base, entropy_generation_mode="externally_supplied")

    def entropy(config: Config) -> Any:
        result = prepare_device_configuration("e", authority, config, device_keys_location=tmp_path)
        return cbor2.loads(result.config_data).get("Entropy")

    assert entropy(base) is None
    assert len(entropy(dataclasses.replace(base, entropy_generation_mode="by_tool"))) == 48
    with pytest.raises(reference_ca.ReferenceCaError, match=r"entropy\.bin"):
        entropy(supplied)
    (tmp_path / "entropy.bin").write_bytes(bytes(range(48)))
    assert entropy(supplied) == bytes(range(48))
    (tmp_path / "entropy.bin").write_bytes(bytes(47))
    with pytest.raises(reference_ca.DeviceError, match="47 octets"):
        entropy(supplied)
    with pytest.raises(reference_ca.ConfigError, match="device_keys_location"):
        prepare_device_configuration("e", authority, supplied)


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bootstrap_server_uri": None}, "bootstrap-server-uri has no value"),
        ({"bootstrap_server_uri": "https://x?aid=1"}, "not a coap"),
        ({"bootstrap_server_uri": "coaps://x:5684"}, "names no account"),
        ({"first_to_claim": True, "bootstrap_server_uri_first_to_claim": "coaps://x?aid=1"}, "forbids"),
        ({"use_bootstrap": False}, "lwm2m-server-uri has no value"),
        ({"use_bootstrap": False, "lwm2m_server_uri": "coaps://x?aid=1&b=2"}, "does not end with its one aid"),
        ({"use_bootstrap": False, "lwm2m_server_uri": "coaps://x?aid=1&aid=2"}, "does not end with its one aid"),
        ({"use_bootstrap": False, "lwm2m_server_uri": "coaps://x?aid=1?aid=1"}, "does not end with its one aid"),
        ({"bootstrap_server_uri": "coaps://x\0?aid=1"}, "names no account"),
        ({"vendor_id": "vendor"}, "not a UUID"),
        ({"device_info": {"memory-total-kb": "much"}}, "not a whole number"),
        ({"device_info": {"timezone": "Mars/Olympus"}}, "Mars/Olympus"),
        ({"device_key_generation_mode": "externally_supplied"}, "not supported"),
    ],
)
def test_an_fcu_yml_that_no_device_could_use_is_error_201(
    changes: dict[str, Any], words: str, source: KeySource
) -> None:
    config = dataclasses.replace(Config.example(source, depth=1), **changes)
    with pytest.raises(reference_ca.ConfigError, match=words) as refusal:
        prepare_device_configuration("endpoint-1", fcu(source), config)
    assert refusal.value.code == 201


@pytest.mark.parametrize(("depth", "code"), [(None, 112), (6, 201), (8, 111)])
def test_a_depth_that_the_device_or_the_chain_does_not_have_is_refused(
    depth: int | None, code: int, source: KeySource
) -> None:
    authority = reference_ca.make_hierarchy(5, source)[-1]
    with pytest.raises(reference_ca.DepthError) as refusal:
        prepare_device_configuration("endpoint-1", authority, Config.example(source, depth=depth))
    assert refusal.value.code == code


def session() -> tuple[Authority, Config, Any, bytes]:
    source = KeySource("session")
    config = Config.example(source, depth=2, device_keys="by_device")
    authority = fcu(source)
    first = prepare_device_configuration("endpoint-1", authority, config)
    return authority, config, first.fcu_operation_context, Device().receive(first.config_data)


def altered(answer: bytes, **changes: Any) -> bytes:
    fields = {**cbor2.loads(answer), **changes}
    return cbor2.dumps({name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"SchemeVersion": "0.0.2"}, 110, "protocol version"),
        ({"SchemeVersion": None}, 180, "SchemeVersion"),
        ({"ReturnStatus": None}, 180, "ReturnStatus"),
        ({"InfoMessage": 5}, 180, "InfoMessage"),
        ({"Csrs": None}, 180, "lacks the request"),
        ({"Csrs": 5}, 180, "Csrs"),
        ({"Csrs": [{"PrKN": "mbed.BootstrapDevicePrivateKey"}]}, 180, "Data"),
        ({"SID": "other"}, 100, "another session"),
        ({"ReturnStatus": 20, "InfoMessage": "General error:"}, 100, "answered 20"),
    ],
)
def test_an_answer_that_cannot_be_used_has_fcus_number(changes: dict[str, Any], code: int, words: str) -> None:
    authority, config, context, answer = session()
    with pytest.raises(reference_ca.DeviceError, match=words) as refusal:
        prepare_device_configuration(
            "endpoint-1",
            authority,
            config,
            fcu_operation_context=context,
            device_response=altered(answer, **changes),
        )
    assert refusal.value.code == code
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("answer", [b"", b"\xff", b"\x01", b"\xbf\x63abc"])
def test_an_answer_that_is_not_a_map_is_error_180(answer: bytes) -> None:
    with pytest.raises(reference_ca.DeviceError) as refusal:
        reference_ca.read_response(answer)
    assert refusal.value.code == 180


def test_a_forged_request_in_the_answer_is_not_certified() -> None:
    authority, config, context, answer = session()
    csrs = cbor2.loads(answer)["Csrs"]
    der = csrs[0]["Data"]
    forged = altered(answer, Csrs=[{**csrs[0], "Data": der[:-1] + bytes([der[-1] ^ 1])}])
    with pytest.raises(reference_ca.RequestError, match="does not verify"):
        prepare_device_configuration(
            "endpoint-1", authority, config, fcu_operation_context=context, device_response=forged
        )


def test_context_and_answer_must_belong_to_the_same_device() -> None:
    authority, config, context, answer = session()
    with pytest.raises(reference_ca.DeviceError, match="belong together"):
        prepare_device_configuration("endpoint-1", authority, config, device_response=answer)
    with pytest.raises(reference_ca.DeviceError, match="context is that of 'endpoint-1'"):
        prepare_device_configuration(
            "endpoint-2", authority, config, fcu_operation_context=context, device_response=answer
        )


def test_a_name_that_mbed_tls_cannot_write_is_refused_only_if_the_device_writes_it() -> None:
    source = KeySource("backslash")
    authority = fcu(source)
    by_device = Config.example(source, depth=1, device_keys="by_device")
    with pytest.raises(reference_ca.DeviceError, match="no backslash"):
        prepare_device_configuration("back\\slash", authority, by_device)
    result = prepare_device_configuration("back\\slash", authority, Config.example(source, depth=1))
    Device().receive(result.config_data)


def test_a_time_that_the_device_rejects_is_refused() -> None:
    source = KeySource("old", at=datetime(2016, 12, 31, tzinfo=timezone.utc))
    with pytest.raises(reference_ca.DeviceError, match="before 2017"):
        prepare_device_configuration("endpoint-1", fcu(source), Config.example(source, depth=1))


# --- warnings ---------------------------------------------------------------------------------------------------


def test_a_request_of_a_real_device_is_accepted_although_its_algorithm_has_parameters(
    openssl: OpenSsl, tmp_path: Path, source: KeySource
) -> None:
    recorded = Path(__file__).parents[1] / "fixtures" / "device_answers" / "request-with-null-parameters.der"
    with pytest.raises(ValueError, match="parsing asn1"):
        x509.load_der_x509_csr(recorded.read_bytes())
    openssl("req", "-inform", "DER", "-in", recorded, "-out", tmp_path / "request.pem")
    for request in (recorded.read_bytes(), (tmp_path / "request.pem").read_bytes()):
        device = fcu(source).issue_device("ep-1", request=request)
        assert device.certificate.subject.rfc4514_string() == "CN=ep-1"
    changed = bytearray(recorded.read_bytes())
    changed[-1] ^= 1
    with pytest.raises(reference_ca.ReferenceCaError, match="signature does not verify"):
        fcu(source).issue_device("ep-1", request=bytes(changed))
