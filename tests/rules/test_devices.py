"""The results of device rules for single devices that differ from a sound one by one edit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cbor2
import pytest
from artefacts.makers import AT, Line, der, key_pem, make_certificate, make_key, other_algorithm, pem
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fcu_conform import check
from fcu_conform.engine import Outcome, Report
from fcu_conform.rules.model import Level

NAME = "acme-0001"
FCU = "FCU line 1"
RFC_6979 = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def device(name: str = NAME, *, extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()) -> x509.Certificate:
    return make_certificate(name, FCU, serial=4711, days=5475, extensions=extensions)


def key_der(name: str) -> bytes:
    return make_key(name).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def judge(line: Line, **files: bytes) -> Report:
    """Judges a folder with these files, two underscores of their names standing for a dot."""
    folder = line.folder / "devices"
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return check(line.keystore, at=AT, devices=folder, validators="none")


def errors(report: Report) -> dict[str, list[str]]:
    """The messages of the errors by code."""
    assert [result.reason for result in report.results if result.outcome is Outcome.ERROR] == []
    found: dict[str, list[str]] = {}
    for result, finding in report.findings(Level.ERROR):
        found.setdefault(result.code, []).append(finding.message)
    return found


def test_a_ca_key_after_the_device_key_in_one_file_is_found(line: Line) -> None:
    content = pem(device(), line.chain[0]) + key_pem(make_key(NAME))
    assert errors(judge(line, **{f"{NAME}__pem": content + key_pem(make_key(FCU))})) == {
        "DEV016": ["holds the private key of a CA"]
    }


def test_a_ca_key_in_a_chain_is_found_although_the_device_key_is_beside_it(line: Line) -> None:
    content = pem(device(), line.chain[0]) + key_pem(make_key(FCU))
    report = judge(line, **{f"{NAME}__pem": content, f"{NAME}__key__pem": key_pem(make_key(NAME))})
    assert errors(report) == {"DEV016": ["holds the private key of a CA"]}


@pytest.mark.parametrize("kind", ["ECCPrivate", "ECCPublic"])
def test_a_ca_key_in_a_bundle_is_found_under_any_name_and_type(line: Line, kind: str) -> None:
    bundle = {
        "SchemeVersion": "0.0.1",
        "Keys": [
            {"Name": "mbed.BootstrapDevicePrivateKey", "Type": "ECCPrivate", "Data": key_der(NAME)},
            {"Name": "acme.spare", "Type": kind, "Data": key_der(FCU)},
        ],
        "CertificateChains": [
            {"Name": "mbed.BootstrapDeviceCert", "DataArray": [der(device()), der(line.chain[0])]},
        ],
        "ConfigParams": [{"Name": "mbed.EndpointName", "Data": NAME}],
    }
    found = errors(judge(line, acme__cbor=cbor2.dumps(bundle)))
    assert found["DEV016"] == ["holds the private key of a CA"]


def test_a_certificate_in_the_chain_of_a_device_names_one_algorithm(line: Line) -> None:
    update = other_algorithm(make_certificate("updates"), inside=False)
    bundle = {
        "SchemeVersion": "0.0.1",
        "Certificates": [{"Name": "mbed.UpdateAuthCert", "Data": update}],
        "ConfigParams": [{"Name": "mbed.EndpointName", "Data": NAME}],
    }
    found = errors(judge(line, acme__cbor=cbor2.dumps(bundle)))
    assert found["BDL027"] == [
        "Certificates[0].Data: is signed with ecdsa-with-SHA256 inside, ecdsa-with-SHA384 outside"
    ]


@pytest.mark.parametrize(
    ("numbers", "is_right"),
    [((), True), ((0,), True), ((0, 1, 2), True), ((0, 1, 2, 2), False), ((0, 1, 1), False), ((1,), False)],
)
def test_without_a_known_depth_a_device_may_carry_any_part_of_the_chain(
    line: Line, numbers: tuple[int, ...], is_right: bool
) -> None:
    (line.keystore / "../config/fcu.yml").unlink()
    report = judge(line, **{f"{NAME}__pem": pem(device(), *(line.chain[number] for number in numbers))})
    (result,) = [result for result in report.results if result.code == "DEV003"]
    assert result.outcome is (Outcome.PASSED if is_right else Outcome.FAILED)


@pytest.mark.parametrize("name", ["acme\N{NO-BREAK SPACE}1", "acme\N{ZERO WIDTH JOINER}1", "acme\U0001fae8"])
def test_unusual_characters_of_a_name_are_only_a_warning(line: Line, name: str) -> None:
    report = judge(line, **{f"{name}__pem": pem(device(name), line.chain[0])})
    assert errors(report) == {}
    assert [result.code for result, _ in report.findings()] == ["DEV006", "DEV035"]


@pytest.mark.parametrize("name", ["acme\x071", "acme\N{LINE SEPARATOR}1"])
def test_control_characters_of_a_name_are_errors(line: Line, name: str) -> None:
    report = judge(line, **{f"{name}__pem": pem(device(name), line.chain[0])})
    assert errors(report) == {"DEV005": ["the CN has control characters"]}


def test_an_empty_account_is_reported_for_the_setting_and_not_for_every_device(line: Line) -> None:
    config = line.keystore / "../config/fcu.yml"
    config.write_text(config.read_text().replace("use-bootstrap: true", "use-bootstrap: false"))
    line.configure("lwm2m-server-uri: coaps://lwm2m.example.com?aid=\n")
    report = judge(line, **{f"{NAME}__pem": pem(device(), line.chain[0])})
    assert errors(report) == {"CFG012": ["lwm2m-server-uri names an empty account"]}


def keyed(scalar: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(scalar, ec.SECP256R1())


@pytest.mark.parametrize(
    ("scalar", "message"),
    [
        (
            0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721,
            "the device's key is a published test key",
        ),
        (2, "the device's key can be guessed"),
        (2**127, "can be guessed"),
    ],
)
def test_a_device_with_a_published_or_weak_key_fails_only_that_rule(line: Line, scalar: int, message: str) -> None:
    certificate = make_certificate(NAME, FCU, key=keyed(scalar), serial=7, days=5475, extensions=())
    report = judge(
        line, **{f"{NAME}__pem": pem(certificate, line.chain[0]), f"{NAME}__key__pem": key_pem(keyed(scalar))}
    )
    assert errors(report) == {"DEV037": [message]}


def test_two_certificates_with_one_serial_number_from_two_issuers_are_distinguished(line: Line) -> None:
    others = make_certificate("acme-0002", "FCU line 2", serial=4711, days=5475, extensions=())
    report = judge(line, **{f"{NAME}__pem": pem(device(), line.chain[0]), "acme-0002__pem": pem(others, line.chain[0])})
    assert "LOT001" not in errors(report)
    assert [result.outcome for result in report.results if result.code == "LOT001"] == [Outcome.PASSED]


def test_two_certificates_with_one_serial_number_from_one_issuer_are_an_error(line: Line) -> None:
    report = judge(
        line,
        **{f"{name}__pem": pem(device(name), line.chain[0]) for name in (NAME, "acme-0002")},
    )
    assert set(errors(report)) == {"LOT001"}
