"""Inputs that people and other suites met, kept as data: each gets its right answer, one by one."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fcu_conform import check
from fcu_conform.rules.model import Level

INPUTS: dict[str, dict[str, Any]] = json.loads(
    gzip.decompress(Path(__file__).with_name("inputs_of_others.json.gz").read_bytes())
)
AT = {
    "files": datetime(2026, 6, 1, tzinfo=timezone.utc),
    "readers": datetime(2026, 12, 1, tzinfo=timezone.utc),
    "peers": datetime(2026, 12, 1, tzinfo=timezone.utc),
}
"""When they are judged, by their folder: they were made at different times."""

ANSWERS: dict[str, dict[str, str]] = {
    "files/base": {},
    "files/devices.csv-empty-rows": {},
    "files/devices.csv-header-case": {},
    "files/devices.csv-semicolons": {},
    "files/devices.csv-sep-line": {},
    "files/devices.csv-tabs": {},
    "files/devices.csv-utf16": {},
    "files/fcu.crt-backslash-n": {"CRT002": "has the characters \\n instead of line ends"},
    "files/fcu.crt-blank-line-after-each": {"CRT002": "has a blank line after each line"},
    "files/fcu.crt-cr-only": {"CRT002": "has line ends that are carriage returns only"},
    "files/fcu.crt-indented": {"CRT002": "is indented by 4 blanks"},
    "files/fcu.crt-joined-by-tab": {"CRT002": "has text after a BEGIN or END marker on the same line"},
    "files/fcu.crt-one-line-with-blanks": {"CRT002": "is on a single line"},
    "files/fcu.crt-pkcs7-der": {"CRT002": "is PKCS#7, with certificates in it, as DER"},
    "files/fcu.crt-pkcs7-pem": {"CHN001": "has a block that is not a certificate: PKCS7"},
    "files/fcu.crt-text-after-end": {"CRT002": "has text after a BEGIN or END marker on the same line"},
    "files/fcu.crt-trusted-root": {"CHN001": "has a block that is not a certificate: TRUSTED CERTIFICATE"},
    "files/fcu.crt-typographic-dashes": {"CRT002": "is not PEM: it has typographic dashes instead of ASCII hyphens"},
    "files/fcu.crt-x509-label-first": {"CHN001": "has a block that is not a certificate: X509 CERTIFICATE"},
    "files/fcu.yml-underscores": {
        "CFG003": "device-certificate-chain-depth is not set, but fcu.crt has 3 certifica",
        "CFG017": "device_certificate_chain_depth is not a known setting; did you mean de",
    },
    "files/key-explicit-parameters": {"KEY003": "the key is EC with explicit curve parameters"},
    "files/key-indented": {"KEY002": "is indented by 2 blanks"},
    "files/key-labelled-ecdsa": {"KEY002": "holds SEC1 under the label ECDSA PRIVATE KEY"},
    "files/key-one-line": {"KEY002": "is on a single line"},
    "files/key-pkcs8-labelled-ec": {"KEY002": "holds PKCS#8 under the label EC PRIVATE KEY"},
    "files/key-sec1-labelled-private-key": {"KEY002": "holds SEC1 under the label PRIVATE KEY"},
    "peers/0-sound": {},
    "peers/1-empty-rdn": {"CRT002": "cannot be read: name: an RDN without attributes"},
    "peers/2-ec-key-null-params": {"CRT004": "the key is EC without a named curve"},
    "peers/3-null-after-curve": {"CRT020": "an element with tag 0x05 follows the curve"},
    "peers/4-underscore-in-printablestring": {"CRT019": "subject: CN: a PrintableString does not have '_'"},
    "peers/5-nc-empty-sequence": {"CRT021": "nameConstraints: NameConstraints is empty"},
    "peers/6-critical-aki": {"CRT021": "authorityKeyIdentifier is critical"},
    "peers/8-bad-utf8": {"CRT019": "subject: CN: a UTF8String is not UTF-8: invalid start byte at octet 3"},
    "peers/9-nc-bad-ip-length": {"CRT021": "nameConstraints: an IP address of 4 octets"},
    "peers/d0-sound": {},
    "peers/d1-bad-utf8-in-device-O": {"DEV033": "subject: O: a UTF8String is not UTF-8: invalid start byte at octet 1"},
    "peers/d2-spki-trailing-null": {"DEV034": "an element with tag 0x05 follows the curve"},
    "peers/d3-printable-underscore-O": {"DEV033": "subject: O: a PrintableString does not have '&'"},
    "peers/d5-nc-in-device": {"DEV034": "has nameConstraints, but is not a CA certificate"},
    "peers/p-same-subject-12": {
        "KEY001": "is not in the keystore",
        "CRT008": "keyUsage lacks digitalSignature, cRLSign",
        "CRT013": "has no subjectKeyIdentifier",
        "CHN004": "its signature does not verify under its own key",
        "CHN007": "is not on the path",
        "CHN012": "has the name of its issuer, but is not the root",
    },
    "readers/01-cn-bmpstring": {"DEV005": "the CN is a BMPString, of which the device compares the octets"},
    "readers/03-crash-pem-headers-in-device": {"DEV001": "has RFC 1421 headers, so OpenSSL cannot read it"},
    "readers/05-pem-headers-fcu.crt": {"CRT002": "has RFC 1421 headers, so OpenSSL cannot read it"},
    "readers/06-pem-headers-upload": {"UPL001": "has RFC 1421 headers, so OpenSSL cannot read it"},
    "readers/08-two-keys-in-headers": {"KEY002": "has RFC 1421 headers, so OpenSSL cannot read it"},
    "readers/09-cr-only": {"CRT002": "has line ends that are carriage returns only"},
    "readers/12-key-one-line": {"KEY002": "is on a single line"},
    "readers/14-indented": {"CRT002": "is indented by 2 blanks"},
    "readers/15-blank-lines-in-body": {"CRT002": "has a blank line after each line"},
    "readers/21-key-nul": {"KEY002": "has NUL octets before it"},
    "readers/24-key-indented": {"KEY002": "is indented by 2 blanks"},
    "readers/31-p8-label-ec": {"KEY002": "holds PKCS#8 under the label EC PRIVATE KEY"},
    "readers/32-sec1-label-p8": {"KEY002": "holds SEC1 under the label PRIVATE KEY"},
    "readers/34-label-any": {"KEY002": "holds PKCS#8 under the label MY PRIVATE KEY"},
    "readers/35-label-none": {"KEY002": "holds PKCS#8 under the label ANY PRIVATE KEY"},
    "readers/38-inner-version2": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: a version that its RFC doe"},
    "readers/39-inner-extra": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: something follows the fiel"},
    "readers/41-scalar-64zero": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: a private scalar of 64 oct"},
    "readers/42-alg-extra": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: something follows the fiel"},
    "readers/45-empty-point": {"KEY014": "has no public key beside the private one"},
    "readers/46-params-none-in-alg": {
        "KEY002": "is not as RFC 5915 and RFC 5958 have a key: OBJECT IDENTIFIER is missi"
    },
    "readers/49-alg-null": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: tag 0x05 where OBJECT IDEN"},
    "readers/51-version-neg": {"KEY002": "is not as RFC 5915 and RFC 5958 have a key: INTEGER with unnecessary o"},
    "readers/70-jsonl-duplicate-keys": {"DEV001": "has 'chain' twice"},
    "readers/82-unlisted-other-endings": {},
    "readers/83-key-copies-unseen": {"KEY008": "holds the FCU private key in base64"},
}
"""By case, the codes of what is found, notices apart, each with words of one of its messages."""


def lay_out(case: str, folder: Path) -> None:
    """Writes a case; one that is a single file is put in its place in a sound setup."""
    files = {**(INPUTS["files/base"] if case.startswith("files/") else {}), **INPUTS[case]}
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else base64.b64decode(content["base64"])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    key = folder / "keystore" / "fcu_private_key.pem"
    if key.exists():
        key.chmod(0o600)
    (folder / "keystore").chmod(0o700)


def test_every_input_has_an_answer() -> None:
    assert set(INPUTS) == set(ANSWERS)
    assert len(INPUTS) > 60


@pytest.mark.parametrize("case", ANSWERS)
def test_an_input_gets_its_right_answer(case: str, tmp_path: Path) -> None:
    lay_out(case, tmp_path)
    report = check(
        tmp_path / "keystore",
        devices=[path for name in ("out", "out.jsonl", "devices") if (path := tmp_path / name).exists()],
        portal_upload=[path] if (path := tmp_path / "upload.pem").exists() else [],
        at=AT[case.partition("/")[0]],
        validators="none",
    )
    told: dict[str, list[str]] = {}
    for result, finding in report.findings():
        if finding.level is not Level.NOTICE:
            told.setdefault(result.code, []).append(finding.message)
    expected = ANSWERS[case]
    assert set(told) == set(expected)
    for code, words in expected.items():
        assert any(words in message for message in told[code]), (code, told[code])
    notices = {result.code for result, finding in report.findings() if finding.level is Level.NOTICE}
    assert ("DEV036" in notices) == (case == "readers/82-unlisted-other-endings")
    assert report.verdict.value == ("non-conformant" if report.errors() else "conformant")
