"""Paths with one odd thing each, and the verdicts that were recorded for them with each Python library.

A row holds the label of the recorded case that it follows ("" where none is known), what is odd, a path, a mode and
five letters: what cryptography, OpenSSL, OpenSSL with partial chains, pyhanko and certvalidator say, A for accepted and
r for refused. The modes: R trusts the root alone; F too, and the root is presented; D1, D2 trust the whole upload for
that depth; P1, P2 only the first certificate of that upload. What older releases say otherwise stands in `EARLIER`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from . import paths
from .paths import AT, DAY, DEVICE, FCU, INTERMEDIATE, ROOT, Extension, Path, Plan, name, usual

ORDER = ("cryptography", "openssl", "openssl-partial", "pyhanko", "certvalidator")
NO_SIGNING = frozenset({"digital_signature"})
ORG = (("organization_name", "Org"),)
GOOD = usual()
DEVICE_WITHOUT_AKI = DEVICE.but(aki=b"")


@dataclass(frozen=True)
class Row:
    """One path in one mode, and who accepts it."""

    label: str
    what: str
    path: Path
    mode: str
    verdicts: str

    @property
    def id(self) -> str:
        """What pytest calls the row."""
        return f"{self.label or 'new'}-{self.what}-{self.mode}".replace(" ", "_")


def rows(label: str, what: str, path: Path, **verdicts: str) -> list[Row]:
    return [Row(label, what, path, mode, letters) for mode, letters in verdicts.items()]


def _lengths() -> list[Row]:
    made: list[Row] = []
    for count in range(1, 12):
        above = [ROOT] + [INTERMEDIATE.but(common_name=f"CA {number}") for number in range(1, count)]
        path = paths.path(*above, DEVICE)
        label = "d37" if count >= 10 else ""
        made += rows(label, f"{count} CAs", path, R="AAAAA" if count < 10 else "rAAAA", D1="AAAAA")
    return made


def _reversed(name_der: bytes) -> bytes:
    turned = list(x509.Name.load(name_der).chosen)[::-1]
    return bytes(x509.Name(name="", value=x509.RDNSequence(turned)).dump())


def _other_half(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - s)


def _above(*above: bytes, leaf: bytes = GOOD.leaf) -> Path:
    return Path(leaf, above)


def _signed(signature: bytes) -> Path:
    return GOOD.with_leaf(paths.with_signature(GOOD.leaf, signature))


def _forged_root() -> Path:
    attacker, fcu = ROOT.but(key="attacker"), FCU.but(key="attacker's FCU", aki=b"")
    leaf = paths.certificate(DEVICE, fcu)
    return Path(leaf, (paths.certificate(fcu, attacker), paths.forge_anchor(_root), _root))


def _carrying_anchors_signature(issuer: Plan | None, anchor: bytes) -> Path:
    leaf = paths.certificate(DEVICE_WITHOUT_AKI.but(signed_by="attacker"), issuer)
    return GOOD.with_leaf(paths.with_signature(leaf, paths.signature_of(anchor)))


_fcu, _intermediate, _root = GOOD.above
_signature = paths.signature_of(GOOD.leaf)
_lone = paths.certificate(DEVICE_WITHOUT_AKI)
_other_key = paths.certificate(FCU.but(key="another"), INTERMEDIATE)
_old = paths.certificate(FCU.but(not_after=AT - DAY), INTERMEDIATE)
_bare_leaf = paths.certificate(DEVICE_WITHOUT_AKI, FCU)
_elsewhere = name("Elsewhere")
_dir_any = paths.directory_name_constraint(_elsewhere)
_two_part = name("FCU", more=(("country_name", "DE"), ("organization_name", "Org")))
_spaced = usual(fcu=FCU.but(subject=name("F CU")), device=DEVICE.but(issuer=name("F  CU")))
_in_org = usual(
    intermediate=INTERMEDIATE.but(more=(paths.directory_name_constraint(name(more=ORG)),)),
    fcu=FCU.but(subject=name("FCU", more=ORG)),
    device=DEVICE.but(subject=name("Device", more=ORG)),
)
_ber_true = Extension("basic_constraints", True, bytes.fromhex("3003010101"))
_key_usage = Extension("key_usage", True, x509.KeyUsage({"key_cert_sign"}).dump())
_uncritical = {"bc_critical": False}
_seed = usual(ROOT.but(**_uncritical), INTERMEDIATE.but(**_uncritical), FCU.but(**_uncritical), DEVICE_WITHOUT_AKI)
_empty_names = usual(ROOT.but(subject=name()), INTERMEDIATE.but(subject=name()))

ROWS = [
    *rows("p04", "seed profile", _seed, R="AAAAA", F="AAAAA", D1="AAAAA", D2="AAAAA"),
    *rows("p10", "AKI on the device", GOOD, R="AAAAA", F="AAAAA", D1="AAAAA", D2="AAAAA", P1="ArAAA", P2="ArAAA"),
    *_lengths(),
    *rows("p07", "empty CA names", _empty_names, R="rAAAA", D1="rAAAA"),
    *rows("d30d", "empty FCU name", usual(fcu=FCU.but(subject=name())), R="rAAAA", D1="rAAAA"),
    *rows("p13", "v1 device", usual(device=DEVICE.but(version=1)), R="rAAAA", D1="rAAAA"),
    *rows("p15", "EKU serverAuth", usual(device=DEVICE.but(more=(paths.extended_usage("server_auth"),))), R="AAAAA"),
    *rows("d24", "device that is a CA", usual(device=FCU.but(common_name="Device")), R="AAAAA", D1="AAAAA"),
    *rows("d30a", "empty device subject", usual(device=DEVICE.but(subject=name())), R="AAAAA"),
    # order, duplicates, extras, gaps
    *rows("d01", "wrong order", _above(_intermediate, _fcu, _root), R="AAAAA", F="AAAAA"),
    *rows("d19", "duplicate", _above(_fcu, _fcu, _intermediate, _root), R="AAAAA", D1="AAAAA"),
    *rows("d20", "unrelated", _above(_fcu, paths.certificate(Plan("Stranger")), _intermediate, _root), R="AAAAA"),
    *rows("", "intermediate missing", _above(_fcu, _root), R="rrrrr", D1="ArAAA"),
    # signatures and dates
    *rows("d04b", "bad signature on FCU", usual(fcu=FCU.but(signed_by="x")), R="rrrrr", D1="ArAAA"),
    *rows("", "wrong key under device", usual(device=DEVICE.but(signed_by="x")), R="rrrrr", D1="rrrrr"),
    *rows("d04e", "BER in the signature", _signed(b"\x30\x81" + _signature[1:]), R="rrrrr"),
    *rows("d04h", "byte after the signature", _signed(_signature + b"\0"), R="rrrrr"),
    *rows("", "signature with n minus s", _signed(_other_half(_signature)), R="AAAAA"),
    *rows("", "expired device", usual(device=DEVICE.but(not_after=AT - DAY)), R="rrrrr", D1="rrrrr"),
    *rows("", "device of tomorrow", usual(device=DEVICE.but(not_before=AT + DAY)), R="rrrrr", D1="rrrrr"),
    *rows("d06b", "expired FCU", usual(fcu=FCU.but(not_after=AT - DAY)), R="rrrrr", D1="rrrAA", P1="rrrAA"),
    *rows("", "expired intermediate", usual(intermediate=INTERMEDIATE.but(not_after=AT - DAY)), R="rrrrr", D1="ArAAA"),
    *rows("", "expired root", usual(ROOT.but(not_after=AT - DAY)), R="rrrAA", D1="ArAAA"),
    # what CA certificates say of themselves
    *rows("d08a", "intermediate CA:FALSE", usual(intermediate=INTERMEDIATE.but(ca=False)), R="rrrrr", D1="ArAAA"),
    *rows("d08b", "FCU CA:FALSE", usual(fcu=FCU.but(ca=False)), R="rrrrr", D1="rrrAA"),
    *rows("d09a", "FCU no basicConstraints", usual(fcu=FCU.but(ca=None)), R="rrrrr", D1="rrAAA"),
    *rows("d10a", "intermediate pathLen 0", usual(intermediate=INTERMEDIATE.but(path_len=0)), R="rrrrr", D1="ArAAA"),
    *rows("d10b", "root pathLen 0", usual(ROOT.but(path_len=0)), R="rrrAr", F="rrrAr"),
    *rows("d11a", "FCU no keyCertSign", usual(fcu=FCU.but(usage=NO_SIGNING)), R="rrrrr", D1="rrrAA"),
    *rows("d11b", "FCU no keyUsage", usual(fcu=FCU.but(usage=None)), R="AAAAA", D1="AAAAA"),
    *rows("d11c", "intermediate no keyCertSign", usual(intermediate=INTERMEDIATE.but(usage=NO_SIGNING)), R="rrrrr"),
    *rows("d11e", "EKU on FCU", usual(fcu=FCU.but(more=(paths.extended_usage("server_auth"),))), R="AAAAA"),
    *rows("d17a", "v1 FCU", usual(fcu=FCU.but(version=1)), R="rrrrr", D1="rrrAA"),
    *rows("d17b", "v1 root", usual(ROOT.but(version=1)), R="rAAAA"),
    *rows("d18a", "unknown critical on device", usual(device=DEVICE.but(more=(paths.UNKNOWN_CRITICAL,))), R="rrrrr"),
    *rows("d18b", "unknown critical on FCU", usual(fcu=FCU.but(more=(paths.UNKNOWN_CRITICAL,))), R="rrrrr", D1="rrrAA"),
    # algorithms and keys
    *rows("d14a", "SHA-1 device", usual(device=DEVICE.but(digest="sha1")), R="rAArA", D1="rAArA"),
    *rows("", "SHA-224 device", usual(device=DEVICE.but(digest="sha224")), R="rAAAA"),
    *rows("d15", "MD5 RSA", usual(fcu=FCU.but(curve="rsa1024"), device=DEVICE.but(digest="md5")), R="rAArr"),
    *rows("", "RSA-1024 FCU", usual(fcu=FCU.but(curve="rsa1024")), R="rAArA"),
    *rows("", "secp256k1 FCU", usual(fcu=FCU.but(curve="secp256k1")), R="rAAAA"),
    *rows("", "P-224 FCU", usual(fcu=FCU.but(curve="secp224r1")), R="rAAAA"),
    *rows("d39a", "explicit curve on FCU", usual(fcu=FCU.but(explicit_curve=True)), R="rrrAA", D1="rrrAA"),
    *rows("d39b", "compressed FCU key", usual(fcu=FCU.but(compressed=True)), R="AAAAA"),
    *rows("d39c", "compressed device key", usual(device=DEVICE.but(compressed=True)), R="AAAAA"),
    *rows("d39e", "device key off its curve", usual(device=DEVICE.but(off_curve=True)), R="ArrAA"),
    # names and key identifiers
    *rows("d16a", "another issuer name", usual(device=DEVICE.but(issuer=name("other"))), R="rrrrr", D1="rrrrr"),
    *rows("d16b", "issuer in lower case", usual(device=DEVICE.but(issuer=name("fcu"))), R="rAAAA", D1="rAAAA"),
    *rows("d16c", "Printable", usual(device=DEVICE.but(issuer=name("FCU", x509.PrintableString))), R="rAAAA"),
    *rows("d16d", "doubled space", _spaced, R="rAAAA"),
    *rows(
        "d16e",
        "reversed",
        usual(fcu=FCU.but(subject=_two_part), device=DEVICE.but(issuer=_reversed(_two_part))),
        R="rrrrr",
    ),
    *rows("d22a", "AKI of another key", usual(device=DEVICE.but(aki=b"x" * 20)), R="Arrrr", D1="Arrrr"),
    *rows("p18", "re-keyed, other first", _above(_other_key, *GOOD.above, leaf=_bare_leaf), R="ArrAA"),
    *rows("p18c", "re-keyed, right first", _above(_fcu, _other_key, *GOOD.above[1:], leaf=_bare_leaf), R="AAAAA"),
    *rows("p18b", "re-keyed, AKI", _above(_other_key, *GOOD.above), R="AAAAA"),
    *rows("p18d", "renewed with the same key", _above(_old, *GOOD.above, leaf=_bare_leaf), R="AAAAA"),
    # name constraints
    *rows(
        "d25a", "directoryName violated", usual(intermediate=INTERMEDIATE.but(more=(_dir_any,))), R="rrrrr", D1="ArAAA"
    ),
    *rows("d25c", "directoryName kept", _in_org, R="rAAAr"),
    *rows("d25d", "DNS", usual(intermediate=INTERMEDIATE.but(more=(paths.dns_constraint("x.example"),))), R="AAAAr"),
    *rows("d25e", "constraint of the anchor", usual(ROOT.but(more=(_dir_any,))), R="rrrAA"),
    # encoding
    *rows("d26", "byte after the device", GOOD.with_leaf(GOOD.leaf + b"\0"), R="rAArr", D1="rAArr"),
    *rows("d32", "inner and outer algorithm", usual(device=DEVICE.but(inner_digest="sha384")), R="rrrAA"),
    *rows("d33", "extension twice", usual(fcu=FCU.but(more=(_key_usage,))), R="rrrAA"),
    *rows("", "BER TRUE", usual(fcu=FCU.but(ca=None, more=(_ber_true,))), R="rAAAA"),
    *rows("", "negative serial", usual(device=DEVICE.but(serial=-5)), R="rAAAA"),
    *rows("", "GeneralizedTime before 2050", usual(device=DEVICE.but(generalized_time=True)), R="rAAAA"),
    *rows(
        "",
        "30 February",
        usual(device=DEVICE.but(validity=paths.utc_validity("260101000000Z", "270230000000Z"))),
        R="rrrrr",
    ),
    *rows(
        "", "no seconds", usual(device=DEVICE.but(validity=paths.utc_validity("2601010000Z", "2702200000Z"))), R="rrrAA"
    ),
    *rows("", "no certificate at all", GOOD.with_leaf(b"\x30\x03\x02\x01\x05"), R="rrrrr"),
    # anchors
    *rows("d34a", "forged root", _forged_root(), R="rrrrA", F="rrrrA"),
    *rows("d34d", "leaf with the root's signature value", _carrying_anchors_signature(None, _root), R="rrrrA"),
    *rows("d34d", "leaf with the FCU's signature value", _carrying_anchors_signature(FCU, _fcu), D1="rrrrA"),
    *rows("d34e", "leaf that is an anchor", GOOD.with_leaf(_fcu), D1="AAAAA"),
    *rows("d34e", "self-signed leaf that is the anchor", Path(_lone, (_lone,)), D1="AAAAA"),
    *rows("", "self-signed device", GOOD.with_leaf(_lone), R="rrrrr", D1="rrrrr"),
    *rows("", "another day", replace(GOOD, at=AT + 2000 * DAY), R="rrrrr", D1="rrrrr"),
]

# where earlier releases say the opposite: a package, its first release as recorded, validators, labels, modes
EARLIER = [
    ("cryptography", "49.0.0", {"cryptography"}, {"d25a", "d25c", "d25e"}, {"R"}),
    ("cryptography", "47.0.0", {"pyhanko", "certvalidator"}, {"d39a"}, {"R", "D1"}),
]
