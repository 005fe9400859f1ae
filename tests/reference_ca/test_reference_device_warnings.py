"""What the device would warn of, or answer too long to, is foreseen where its bundle is made."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from device_double import Device, Refusal
from reference_ca_helpers import fcu, parameters_of

import reference_ca
from reference_ca import Config, KeySource, RootAuthority, prepare_device_configuration

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
MODES = ("bootstrap", "lwm2m")
DEPTHS = range(1, 6)


def test_problems_of_a_device_later_on_are_in_the_list_of_warnings(source: KeySource) -> None:
    short = reference_ca.CaProfile(years=5)
    weak = reference_ca.make_hierarchy(4, source, short)[-1]
    result = prepare_device_configuration("endpoint-1", weak, Config(
        device_certificate_chain_depth=5, bootstrap_server_uri="coaps://x?aid=1"
    ))  # fmt: skip
    texts = [warning.message for warning in result.warning_list]
    assert sum("less than 10 years" in text for text in texts) == 5
    assert any("device-info has no manufacturer" in text for text in texts)
    assert any("stand-in" in text for text in texts)
    assert any("answers nothing" in text for text in texts)
    with pytest.raises(Refusal, match="21 the response does not fit"):
        Device().receive(result.config_data)


# seen on the real device: certificates of 5 years, or no time, and a chain too deep for the answer to fit
@pytest.mark.parametrize(("years", "time_sync", "deepest"), [(5, True, 4), (35, False, 3), (35, True, 5)])
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_chain_that_is_too_long_for_the_answer_of_the_device_is_warned_about(
    years: int, time_sync: bool, deepest: int, depth: int, source: KeySource
) -> None:
    authority = reference_ca.make_hierarchy(4, source, reference_ca.CaProfile(years=years))[-1]
    config = dataclasses.replace(Config.example(source, depth=depth), time_sync=time_sync)
    result = prepare_device_configuration("endpoint-1", authority, config)
    assert ("mbed.CurrentTime" in parameters_of(cbor2.loads(result.config_data))) is time_sync
    warned = any("answers nothing" in warning.message for warning in result.warning_list)
    assert warned is (depth > deepest)
    if warned:
        with pytest.raises(Refusal, match="21 the response does not fit"):
            Device().receive(result.config_data)
    else:
        Device().receive(result.config_data)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("device_keys", ["by_tool", "by_device"])
def test_the_length_of_the_answer_of_the_device_is_predicted(mode: str, device_keys: str, source: KeySource) -> None:
    from reference_ca.device_warnings import response_length

    config = Config.example(source, mode=mode, depth=2, device_keys=device_keys)
    authority, device = fcu(source), Device()
    result = prepare_device_configuration("endpoint-1", authority, config)
    session, answer = None, device.receive(result.config_data)
    if context := result.fcu_operation_context:
        session = context.session_id
        result = prepare_device_configuration(
            "endpoint-1", authority, config, fcu_operation_context=context, device_response=answer
        )
        answer = device.receive(result.config_data)
    assert result.device is not None
    assert response_length(config, result.device.chain(2), source.now(), session) == len(answer)


@pytest.mark.parametrize("time_sync", [True, False])
@pytest.mark.parametrize(("mode", "depth", "length"), [("bootstrap", 2, 3), ("lwm2m", 3, 1), ("lwm2m", 1, 0)])
def test_the_suite_predicts_the_same_length_of_the_answer(
    mode: str, depth: int, length: int, time_sync: bool, tmp_path: Path, source: KeySource
) -> None:
    from fcu_conform.artefacts.bundle import Bundle
    from fcu_conform.rules.bundle.answer import answer_octets
    from reference_ca.device_warnings import response_length

    update = fcu(source, 6).chain[:length]
    (tmp_path / "update.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in update))
    config = dataclasses.replace(
        Config.example(source, mode=mode, depth=depth),
        time_sync=time_sync,
        update_auth_certificate_file="update.pem" if length else None,
        settings_file=tmp_path / "fcu.yml",
    )
    result = prepare_device_configuration("endpoint-1", fcu(source), config)
    assert result.device is not None
    foreseen = response_length(config, result.device.chain(depth), source.now(), None, update)
    assert answer_octets(Bundle(result.config_data)) == foreseen


@pytest.mark.parametrize("setting", ["bootstrap_server_ca_certificate_file", "update_auth_certificate_file"])
def test_chains_beside_the_devices_own_have_at_most_five_certificates(
    setting: str, tmp_path: Path, source: KeySource
) -> None:
    chain = fcu(source, 6).chain
    for length in (5, 6):
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in chain[:length])
        (tmp_path / "chain.pem").write_bytes(pem)
        config = dataclasses.replace(
            Config.example(source, depth=2), settings_file=tmp_path / "fcu.yml", **{setting: "chain.pem"}
        )
        if length == 5:
            prepare_device_configuration("endpoint-1", fcu(source), config)
            continue
        with pytest.raises(reference_ca.ReferenceCaError, match=r"chain\.pem has 6 certificates"):
            prepare_device_configuration("endpoint-1", fcu(source), config)


def test_certificates_that_are_stored_and_never_sent_are_warned_about(source: KeySource) -> None:
    long = reference_ca.DistinguishedName("FCU", "O" * 64, "U" * 64, "L" * 128, "S" * 128, "FI")
    authority = RootAuthority(dataclasses.replace(long, common_name="Root"), source=source).intermediate(long)
    config = Config.example(source, depth=3)
    texts = [w.message for w in prepare_device_configuration("endpoint-1", authority, config).warning_list]
    assert any("octets: a device reads 1024" in text for text in texts)
