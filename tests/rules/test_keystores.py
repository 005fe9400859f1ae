"""Where rules of the keystore draw the line: what lies just on either side of it."""

from __future__ import annotations

import gzip
import io
import zipfile
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, ca_extensions, key_pem, make_certificate, make_key, pem
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from fcu_conform import check

DAY = timedelta(days=1)
NULL_PARAMETERS = bytes.fromhex("300c06082a8648ce3d0403020500")
NO_PARAMETERS = bytes.fromhex("300a06082a8648ce3d040302")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def found(line: Line, **more: object) -> list[tuple[str, str]]:
    """Code and message of every finding."""
    report = check(line.keystore, **{"at": AT, "validators": "none", **more})  # type: ignore[arg-type]
    return [(result.code, finding.message) for result, finding in report.findings()]


@pytest.mark.parametrize(
    ("validity", "is_enough"),
    [(12775 * DAY, True), (12775 * DAY - timedelta(seconds=1), True), (12774 * DAY, False)],
    ids=["35 times 365 days", "to the last second before", "a day less"],
)
def test_35_years_are_12775_days_with_the_second_at_their_end(line: Line, validity: timedelta, is_enough: bool) -> None:
    line.chain[0] = make_certificate("FCU line 1", "INT_CA", days=validity / DAY)
    line.write_chain(*line.chain)
    codes = [code for code, _ in found(line)]
    assert codes == ([] if is_enough else ["CRT009"])


@pytest.mark.parametrize("organization", ["ACME\N{IDEOGRAPHIC SPACE}KK", "ACME\N{NO-BREAK SPACE}SARL", "\U0001fae8"])
def test_a_space_of_another_script_and_a_recent_character_are_not_control_characters(
    line: Line, organization: str
) -> None:
    line.configure(f"certificate-authority:\n  organization-name: '{organization}'\n")
    assert "CFG007" not in [code for code, _ in found(line)]


@pytest.mark.parametrize("organization", [r"ACME\aKK", r"ACME\LKK", r"ACME\NKK"], ids=["bell", "line", "next line"])
def test_control_characters_and_line_endings_are_reported(line: Line, organization: str) -> None:
    line.configure(f'certificate-authority:\n  organization-name: "{organization}"\n')
    assert ("CFG007", "organization-name has control characters") in found(line)


@pytest.mark.parametrize("uri", ["coaps://b.example.com?aid=", "coaps://b.example.com?aid=&x=1"])
def test_an_empty_account_is_reported(line: Line, uri: str) -> None:
    line.configure(f"bootstrap-server-uri: {uri}\n")
    assert found(line) == [("CFG012", "bootstrap-server-uri names an empty account")]


def test_instants_are_shown_in_utc_for_any_zone(line: Line) -> None:
    at = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    report = check(line.keystore, at=at, validators="none")
    expected = {finding.expected for result, finding in report.findings() if result.code == "CRT006"}
    assert expected == {"notBefore at 2025-12-31T23:00:00Z or earlier"}


def encrypted_pkcs8() -> bytes:
    return make_key("other").private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def indefinite_pkcs12() -> bytes:
    made = serialize_key_and_certificates(b"x", make_key("other"), None, None, BestAvailableEncryption(b"secret"))
    assert made[:2] == b"\x30\x82"
    return b"\x30\x80" + made[4:] + b"\0\0"


@pytest.mark.parametrize(
    ("content", "what"),
    [(encrypted_pkcs8, "an encrypted DER private key"), (indefinite_pkcs12, "a PKCS#12 file")],
    ids=["PKCS#8", "PKCS#12 in BER"],
)
def test_an_encrypted_key_is_a_copy_as_well(line: Line, content: object, what: str) -> None:
    line.write("export.bin", content())  # type: ignore[operator]
    assert found(line) == [("KEY008", f"holds {what}")]


def test_a_certificate_in_der_is_not_a_copy_of_a_key(line: Line) -> None:
    line.write("fcu.der", line.chain[0].public_bytes(Encoding.DER))
    assert found(line) == []


def zipped(content: bytes, how: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        archive.writestr("fcu_private_key.pem", content)
    return target.getvalue()


def test_a_compressed_file_is_reported_as_unsearched(line: Line) -> None:
    content = key_pem(make_key("FCU line 1"))
    line.write("a.gz", gzip.compress(content))
    line.write("b.zip", zipped(content * 9, zipfile.ZIP_DEFLATED))
    line.write("c.zip", zipped(content, zipfile.ZIP_STORED))
    assert found(line) == [
        ("KEY008", "holds a PEM private key"),
        ("KEY012", "was not searched for private keys: it is compressed (gzip)"),
        ("KEY012", "was not searched for private keys: it is compressed (zip)"),
    ]


def test_lengths_of_ber_are_found_in_extensions_that_no_rule_reads(line: Line) -> None:
    policies = x509.UnrecognizedExtension(x509.OID_CERTIFICATE_POLICIES, bytes.fromhex("30810830060604551d2000"))
    key, issuer = make_key("FCU line 1").public_key(), make_key("INT_CA").public_key()
    extensions = [*ca_extensions(key, issuer), (policies, False)]
    line.chain[0] = make_certificate("FCU line 1", "INT_CA", extensions=extensions)
    line.write_chain(*line.chain)
    ((code, message),) = found(line)
    assert code == "CRT018"
    assert "certificatePolicies: length with unnecessary octets" in message


def test_parameters_of_the_signature_algorithm_are_reported_for_an_upload(line: Line, tmp_path: Path) -> None:
    root = line.chain[2].public_bytes(Encoding.DER)
    assert root.count(NO_PARAMETERS) == 2
    assert root[:2] == root[4:6] == b"\x30\x82"
    whole, signed = (int.from_bytes(root[place : place + 2], "big") for place in (2, 6))
    lengths = b"\x30\x82" + (whole + 4).to_bytes(2, "big") + b"\x30\x82" + (signed + 2).to_bytes(2, "big")
    changed = lengths + root[8:].replace(NO_PARAMETERS, NULL_PARAMETERS)
    text = f"-----BEGIN CERTIFICATE-----\n{b64encode(changed).decode()}\n-----END CERTIFICATE-----\n"
    upload = tmp_path / "upload.pem"
    upload.write_bytes(pem(line.chain[1]) + text.encode())
    messages = [message for code, message in found(line, portal_upload=upload) if code == "UPL005"]
    assert len(messages) == 1
    assert messages[0].endswith("is signed with ecdsa-with-SHA256 with parameters")
