"""The stand-in for the device's bundle handler refuses what the device refuses: tests that trust it can fail."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from device_double import Device, Refusal

import reference_ca
from reference_ca import Config, KeySource, prepare_device_configuration


def test_the_simulated_device_refuses_what_the_real_device_refuses(source: KeySource) -> None:
    authority = reference_ca.make_hierarchy(2, source)[-1].intermediate("FCU line 1")
    good = prepare_device_configuration("endpoint-1", authority, Config.example(source, depth=3)).config_data
    message = cbor2.loads(good)
    key = ec.generate_private_key(ec.SECP256R1())
    other_key = reference_ca.credentials.key_der(key).data

    def changed(**groups: Any) -> bytes:
        return cbor2.dumps({name: value for name, value in {**message, **groups}.items() if value is not None})

    (chain,) = message["CertificateChains"]
    without_name = [item for item in message["ConfigParams"] if item["Name"] != "mbed.EndpointName"]
    for spoiled, status in (
        (good + b"\x00", 20),
        (b"\xbf" + good[1:] + b"\xff", 20),
        (changed(SchemeVersion="0.0.2"), 24),
        (changed(keys=[]), 23),
        (changed(Verify=True), 20),
        (changed(ConfigParams=without_name), 25),
        (changed(Certificates=None), 25),
        (changed(Keys=[{**message["Keys"][0], "Data": other_key}]), 34),
        (changed(CertificateChains=[{**chain, "ACL": b""}]), 37),
        (changed(CertificateChains=[{**chain, "Format": "Der"}]), 37),
        (changed(ConfigParams=message["ConfigParams"] * 2), 17),
    ):
        with pytest.raises(Refusal) as refusal:
            Device().receive(spoiled)
        assert refusal.value.status == status
    assert reference_ca.read_response(Device().receive(changed())).status == 0
