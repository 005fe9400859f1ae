"""Mbed TLS, certtool and the openssl command say of paths what was recorded of them.

A row holds the label of the recorded case that it follows ("" where none is known), what is odd, a path, and by mode
three letters: what Mbed TLS, certtool and `openssl verify -partial_chain` say, A for accepted and r for refused. All
certificates are valid for decades, because two of the three read the clock.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from asn1crypto import x509

from fcu_conform.validators.adapters.certtool import Certtool
from fcu_conform.validators.adapters.mbedtls import MbedTls
from fcu_conform.validators.adapters.openssl_command import OpensslCommand
from fcu_conform.validators.model import Question, Validator, ValidatorFault
from validators import paths
from validators.paths import AT, Path, Plan, name
from validators.recorded import Row, rows

ROOT, INTERMEDIATE, FCU, DEVICE = map(paths.for_decades, (paths.ROOT, paths.INTERMEDIATE, paths.FCU, paths.DEVICE))
NO_SIGNING = frozenset({"digital_signature"})


def usual(root: Plan = ROOT, intermediate: Plan = INTERMEDIATE, fcu: Plan = FCU, device: Plan = DEVICE) -> Path:
    return paths.usual(root, intermediate, fcu, device)


def _long(count: int) -> Path:
    above = [ROOT] + [INTERMEDIATE.but(common_name=f"CA {number}") for number in range(1, count)]
    return paths.path(*above, DEVICE)


def _above(*above: bytes, leaf: bytes) -> Path:
    return Path(leaf, above)


GOOD = usual()
_fcu, _intermediate, _root = GOOD.above
_signature = paths.signature_of(GOOD.leaf)
_other = paths.certificate(FCU.but(key="another"), INTERMEDIATE)
_bare = paths.certificate(DEVICE.but(aki=b""), FCU)
_lone = paths.certificate(FCU.but(common_name="Lone", aki=b""))
_junk = b"\x30\x03\x02\x01\x05"
_old_flags = {"bc_critical": False}
_seed = usual(ROOT.but(**_old_flags), INTERMEDIATE.but(**_old_flags), FCU.but(**_old_flags), DEVICE.but(aki=b""))
_nameless = usual(ROOT.but(subject=name()), INTERMEDIATE.but(subject=name()))
_printable = usual(device=DEVICE.but(issuer=name("FCU", x509.PrintableString)))
_spaced = usual(fcu=FCU.but(subject=name("F CU")), device=DEVICE.but(issuer=name("F  CU")))
_elsewhere = paths.directory_name_constraint(name("Elsewhere"))
_empty_cn = bytes.fromhex("300b3109300706035504030c00")
_february = paths.utc_validity("260101000000Z", "480230000000Z")
_critical = (paths.UNKNOWN_CRITICAL,)
_server = (paths.extended_usage("server_auth"),)
_twice = (paths.Extension("key_usage", True, x509.KeyUsage({"key_cert_sign"}).dump()),)

ROWS = [
    *rows("p04", "seed profile", _seed, R="AAA", F="AAA", D1="AAA", D2="AAA"),
    *rows("p10", "AKI on the device", GOOD, R="AAA", F="AAA", D1="AAA", D2="AAA", P1="AAA", P2="AAA"),
    *rows("p07", "empty CA names", _nameless, R="rrA", D1="rAA"),
    *rows("d30d", "empty FCU name", usual(fcu=FCU.but(subject=name())), R="rrA"),
    *rows("", "empty CN of the device", usual(device=DEVICE.but(subject=_empty_cn)), R="ArA"),
    *rows("d30a", "empty device subject", usual(device=DEVICE.but(subject=name())), R="AAA"),
    *rows("p13", "v1 device", usual(device=DEVICE.but(version=1)), R="AAA", D1="AAA"),
    *rows("p15", "EKU serverAuth", usual(device=DEVICE.but(more=_server)), R="AAA"),
    *rows("d24", "device that is a CA", usual(device=FCU.but(common_name="Device")), R="AAA", D1="AAA"),
    *rows("d37", "8 intermediates", _long(9), R="AAA"),
    *rows("d37", "9 intermediates", _long(10), R="rAA", D1="AAA"),
    *rows("d01", "wrong order", _above(_intermediate, _fcu, _root, leaf=GOOD.leaf), R="rAA", F="rAA"),
    *rows("d19", "duplicate", _above(_fcu, _fcu, _intermediate, _root, leaf=GOOD.leaf), R="AAA"),
    *rows("d20", "unrelated", _above(_fcu, _lone, _intermediate, _root, leaf=GOOD.leaf), R="AAA"),
    *rows("", "intermediate missing", _above(_fcu, _root, leaf=GOOD.leaf), R="rrr", D1="AAA"),
    *rows("d04b", "bad signature on FCU", usual(fcu=FCU.but(signed_by="x")), R="rrr", D1="AAA"),
    *rows("", "wrong key under device", usual(device=DEVICE.but(signed_by="x")), R="rrr", D1="rrr"),
    *rows(
        "d04e",
        "BER in the signature",
        GOOD.with_leaf(paths.with_signature(GOOD.leaf, b"\x30\x81" + _signature[1:])),
        R="AAr",
    ),
    *rows(
        "d04h", "byte after the signature", GOOD.with_leaf(paths.with_signature(GOOD.leaf, _signature + b"\0")), R="rrr"
    ),
    *rows("d08a", "intermediate CA:FALSE", usual(intermediate=INTERMEDIATE.but(ca=False)), R="rrr", D1="AAA"),
    *rows("d08b", "FCU CA:FALSE", usual(fcu=FCU.but(ca=False)), R="rrr", D1="rrr"),
    *rows("d09a", "FCU no basicConstraints", usual(fcu=FCU.but(ca=None)), R="rrr", D1="rrA"),
    *rows("d10a", "intermediate pathLen 0", usual(intermediate=INTERMEDIATE.but(path_len=0)), R="rrr", D1="AAA"),
    *rows("d10b", "root pathLen 0", usual(ROOT.but(path_len=0)), R="rrr"),
    *rows("d11a", "FCU no keyCertSign", usual(fcu=FCU.but(usage=NO_SIGNING)), R="rrr", D1="rrr"),
    *rows("d11b", "FCU no keyUsage", usual(fcu=FCU.but(usage=None)), R="AAA", D1="AAA"),
    *rows("d11e", "EKU on FCU", usual(fcu=FCU.but(more=_server)), R="AAA"),
    *rows("d17a", "v1 FCU", usual(fcu=FCU.but(version=1)), R="rrr", D1="AAr"),
    *rows("d17b", "v1 root", usual(ROOT.but(version=1)), R="AAA"),
    *rows("d18a", "unknown critical on device", usual(device=DEVICE.but(more=_critical)), R="rrr"),
    *rows("d18b", "unknown critical on FCU", usual(fcu=FCU.but(more=_critical)), R="rrr", D1="rrr"),
    *rows("d14a", "SHA-1 device", usual(device=DEVICE.but(digest="sha1")), R="rrA", D1="rrA"),
    *rows("d15", "MD5 RSA", usual(fcu=FCU.but(curve="rsa1024"), device=DEVICE.but(digest="md5")), R="rrA"),
    *rows("", "RSA-1024 FCU", usual(fcu=FCU.but(curve="rsa1024")), R="rAA"),
    *rows("", "secp256k1 FCU", usual(fcu=FCU.but(curve="secp256k1")), R="ArA"),
    *rows("d39a", "explicit curve on FCU", usual(fcu=FCU.but(explicit_curve=True)), R="rrr", D1="rrr"),
    *rows("d39b", "compressed FCU key", usual(fcu=FCU.but(compressed=True)), R="rrA"),
    *rows("d39c", "compressed device key", usual(device=DEVICE.but(compressed=True)), R="rAA"),
    *rows("d39e", "device key off its curve", usual(device=DEVICE.but(off_curve=True)), R="rAr"),
    *rows("d16b", "issuer in lower case", usual(device=DEVICE.but(issuer=name("fcu"))), R="ArA", D1="ArA"),
    *rows("d16c", "Printable", _printable, R="AAA", D1="ArA"),
    *rows("d16d", "doubled space", _spaced, R="rrA"),
    *rows("d22a", "AKI of another key", usual(device=DEVICE.but(aki=b"x" * 20)), R="Arr", D1="Arr"),
    *rows("p18", "re-keyed, other first", _above(_other, _fcu, _intermediate, _root, leaf=_bare), D1="AAr"),
    *rows("p18c", "re-keyed, right first", _above(_fcu, _other, _intermediate, _root, leaf=_bare), D1="ArA"),
    *rows("p18b", "re-keyed, AKI", _above(_other, _fcu, _intermediate, _root, leaf=GOOD.leaf), D1="AAA"),
    *rows("d25a", "directoryName violated", usual(intermediate=INTERMEDIATE.but(more=(_elsewhere,))), R="rAr"),
    *rows("d25d", "DNS", usual(intermediate=INTERMEDIATE.but(more=(paths.dns_constraint("x.example"),))), R="rrA"),
    *rows("d26", "byte after the device", GOOD.with_leaf(GOOD.leaf + b"\0"), R="ArA", D1="ArA"),
    *rows("d32", "inner and outer algorithm", usual(device=DEVICE.but(inner_digest="sha384")), R="rrr"),
    *rows("d33", "extension twice", usual(fcu=FCU.but(more=_twice)), R="rrr"),
    *rows("", "30 February", usual(device=DEVICE.but(validity=_february)), R="rAr"),
    *rows("", "leaf that is no certificate", GOOD.with_leaf(_junk), R="rrr", D1="rrr"),
    *rows("", "junk above", _above(_fcu, _junk, _intermediate, _root, leaf=GOOD.leaf), R="rrr", D1="rrr"),
    *rows("d34e", "leaf that is an anchor", GOOD.with_leaf(_fcu), D1="AAA"),
    *rows("", "self-signed leaf that is no anchor", GOOD.with_leaf(_lone), R="rrr", D1="rrr"),
]
IN_MBEDTLS_3 = {"new-secp256k1_FCU-R": "r", "d39b-compressed_FCU_key-R": "A", "d39c-compressed_device_key-R": "A"}
"""What Mbed TLS 3.6 says otherwise than 2.28, which was recorded; new Debian and Ubuntu systems have it."""
DATED = {"new-30_February-R": 2025}
"""Rows whose dates are written out: from which year on a tool that reads the clock finds them valid."""
VALIDATORS: tuple[Validator, ...] = (MbedTls(), Certtool(), OpensslCommand())


def _missing(validator: Validator) -> str:
    try:
        validator.version()
    except ValidatorFault as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("place", range(3), ids=[one.name for one in VALIDATORS])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_library_gives_its_recorded_verdict(row: Row, place: int) -> None:
    validator, question = VALIDATORS[place], row.path.in_mode(row.mode)
    if missing := _missing(validator):
        with pytest.raises(ValidatorFault, match=r"is not installed: .*apt-get install") as caught:
            validator.ask(question)
        assert str(caught.value) == missing
        return
    if row.id in DATED and validator.name == "certtool" and not DATED[row.id] < datetime.now(timezone.utc).year < 2048:
        pytest.skip("these dates cannot follow the clock, and an older certtool reads it")
    answer = validator.ask(question)
    expected = row.verdicts[place]
    if validator.name == "mbedtls" and validator.version().startswith("3."):
        expected = IN_MBEDTLS_3.get(row.id, expected)
    assert "rA"[answer.accepted] == expected, answer
    assert bool(answer.reason) != answer.accepted
    assert answer.reason.isprintable()


def test_a_key_that_only_resembles_that_of_an_anchor_is_refused_by_all() -> None:
    fake = paths.certificate(FCU.but(key="attacker's FCU", aki=b""), ROOT.but(key="attacker"))
    leaf = paths.certificate(DEVICE, FCU.but(key="attacker's FCU"))
    question = Question(leaf, (fake, paths.forge_anchor(_root)), (_root,), AT)
    for validator in VALIDATORS:
        if not _missing(validator):
            assert not validator.ask(question).accepted
