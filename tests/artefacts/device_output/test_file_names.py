"""How file names in device output are interpreted, name by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from artefacts.makers import key_pem, make_key
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble
from fcu_conform.artefacts.device import Kind
from fcu_conform.artefacts.device_key import DeviceKey
from fcu_conform.artefacts.device_output.file_names import (
    device_file,
    is_device_name,
    is_key_name,
    keys_beside,
    named_device,
    take_key,
)
from fcu_conform.artefacts.device_output.manifest import Row

KEYS_OF_FOLDER = ["key.pem", "key.der", "private_key.pem", "private_key.der", "device_key.pem", "device_key.der"]


@pytest.mark.parametrize(
    "name",
    [
        "key.pem",
        "KEY.DER",
        "a.key.pem",
        "a.key.der",
        "a.key",
        "x/a.KEY",
        "private_key.pem",
        "private-key.der",
        "privatekey.pem",
        "device_key.pem",
        "device-key.der",
        "devicekey.pem",
        "device_private_key.pem",
        "deviceprivate-key.der",
        "lamp.device_private_key.pem",
        "x/y/lamp.private_key.der",
    ],
)
def test_a_name_of_a_private_key(name: str) -> None:
    assert is_key_name(name)
    assert not is_device_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "a.pem",
        "akey.pem",
        "key.crt",
        "key",
        ".key",
        "key/a.pem",
        "a.key.crt",
        "monkey.pem",
        "keys.pem",
        "a.key.pem.bak",
    ],
)
def test_a_name_of_no_private_key(name: str) -> None:
    assert not is_key_name(name)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(f"a{ending}", True) for ending in (".pem", ".crt", ".cer", ".cert", ".der", ".cbor", ".PEM", ".Cbor")]
    + [(f"a{ending}", False) for ending in (".txt", "", ".pem.bak", ".csv", ".key", ".key.pem", "pem")]
    + [("x/a.pem", True), ("__MACOSX/a.pem", False), ("x/__MACOSX/a.pem", True), ("._a.pem", False)]
    + [("x/._a.pem", False), ("._x/a.pem", True), ("__MACOSX.pem", True)],
)
def test_a_name_of_device_output(name: str, is_one: bool) -> None:
    assert is_device_name(name) is is_one


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("lamp.pem", ["lamp.key.pem", "lamp.key.der", "lamp.key"]),
        ("lamp", ["lamp.key.pem", "lamp.key.der", "lamp.key"]),
        (".pem", [".pem.key.pem", ".pem.key.der", ".pem.key"]),
        ("a.b.pem", ["a.b.key.pem", "a.b.key.der", "a.b.key"]),
        ("cert.pem", ["cert.key.pem", "cert.key.der", "cert.key", *KEYS_OF_FOLDER]),
        ("Device-Certificate.pem", [f"Device-Certificate.key{end}" for end in (".pem", ".der", "")] + KEYS_OF_FOLDER),
        (
            "lamp-1/lamp.pem",
            [f"lamp-1/lamp.key{end}" for end in (".pem", ".der", "")] + [f"lamp-1/{key}" for key in KEYS_OF_FOLDER],
        ),
    ],
)
def test_key_file_names_are_tried_most_likely_first(name: str, keys: list[str]) -> None:
    assert list(keys_beside(name)) == keys


@pytest.mark.parametrize(
    ("name", "identity", "endpoint_names"),
    [
        ("lamp.pem", "lamp", ("lamp",)),
        ("lamp", "lamp", ("lamp",)),
        ("a.b.pem", "a.b", ("a.b",)),
        ("cert.pem", "cert", ()),
        ("CERT.pem", "CERT", ()),
        ("lamp-1/cert.pem", "lamp-1", ("lamp-1",)),
        ("x/lamp-1/device-chain.cbor", "x/lamp-1", ("lamp-1",)),
        ("x/lamp-1/device_certificate.cbor", "x/lamp-1", ("lamp-1",)),
        ("x/lamp-1/certificate_chain.pem", "x/lamp-1", ("lamp-1",)),
        ("x/lamp-1/xdevice_certificate.pem", "x/lamp-1/xdevice_certificate", ("xdevice_certificate", "lamp-1")),
        ("line/lamp.pem", "line/lamp", ("lamp", "line")),
        ("lamp/lamp.pem", "lamp/lamp", ("lamp",)),
        ("x/y/lamp.pem", "x/y/lamp", ("lamp", "y")),
    ],
)
def test_a_file_is_assigned_to_its_device(name: str, identity: str, endpoint_names: tuple[str, ...]) -> None:
    device = named_device(name, b"")
    assert (device.name, device.identity, device.endpoint_names) == (name, identity, endpoint_names)
    assert device.enrollment_id is None


@pytest.mark.parametrize(
    "stem",
    [
        "bundle",
        "cert",
        "cert_chain",
        "certificate",
        "certificate_chain",
        "chain",
        "client",
        "config_data",
        "device",
        "device_cert",
        "device_certificate",
        "device_chain",
        "leaf",
        "Config-Data",
    ],
)
def test_the_kind_of_a_file_is_read_from_its_name(stem: str) -> None:
    assert named_device(f"lamp-1/{stem}.pem", b"").endpoint_names == ("lamp-1",)


def test_a_manifest_row_takes_precedence_over_file_names() -> None:
    row = Row(2, "lamp-9", "x/lamp.pem", "0a", None)
    device = named_device("x/lamp.pem", b"", row)
    assert (device.endpoint_names, device.enrollment_id, device.identity) == (("lamp-9",), "0a", "x/lamp")
    nameless = named_device("x/lamp.pem", b"", Row(2, "", "x/lamp.pem", None, None))
    assert (nameless.endpoint_names, nameless.enrollment_id) == ((), None)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pem", b"\x30", Kind.PEM),
        ("a.PEM", b"\x30", Kind.PEM),
        ("a.pem", b"\xa5", Kind.PEM),
        ("a.PEM", b"\xa5", Kind.PEM),
        ("a.crt", b"\x30", Kind.DER),
        ("a.crt", b"\x31", Kind.PEM),
        ("a.crt", b"\x2f", Kind.PEM),
        ("a.crt", b"\xa5", Kind.PEM),
        ("a.CER", b"\xa5", Kind.PEM),
        ("a.der", b"", Kind.DER),
        ("a.DER", b"-", Kind.DER),
        ("a.cbor", b"\x30", Kind.BUNDLE),
        ("a.CBOR", b"", Kind.BUNDLE),
        ("a", b"\x9f", Kind.PEM),
        ("a", b"\xa0", Kind.BUNDLE),
        ("a", b"\xbf", Kind.BUNDLE),
        ("a", b"\xc0", Kind.PEM),
        ("a", b"\x30", Kind.DER),
        ("a", b"", Kind.PEM),
    ],
)
def test_each_file_has_its_kind(name: str, data: bytes, kind: Kind) -> None:
    device = named_device(name, data)
    assert (device.kind, device.data, device.troubles, device.key) == (kind, data, (), None)


def test_a_file_that_could_not_be_read_has_no_kind() -> None:
    gone = FileBytes("a.pem", Path("a.pem"), trouble=Trouble.MISSING)
    assert device_file(gone, None, None).troubles == ("missing",)
    assert device_file(gone, None, None).kind is None
    told = FileBytes("a.pem", Path("a.pem"), trouble=Trouble.UNREADABLE, detail="is odd")
    assert device_file(told, None, None).troubles == ("is odd",)
    fine = FileBytes("a.pem", Path("a.pem"), b"x")
    assert device_file(fine, None, DeviceKey("k")).troubles == ()
    assert device_file(fine, None, DeviceKey("k")).kind is Kind.PEM


def test_a_key_is_read_or_reported() -> None:
    key = make_key("lamp")
    taken = take_key(FileBytes("a.key", Path("a.key"), key_pem(key)))
    assert (taken.name, taken.trouble, bool(taken.public), taken.private is not None) == ("a.key", "", True, True)
    assert take_key(FileBytes("a.key", Path("a.key"), trouble=Trouble.DENIED)).trouble == "permission denied"
    assert take_key(FileBytes("a.key", Path("a.key"), trouble=Trouble.DENIED, detail="no")).trouble == "no"
    assert take_key(FileBytes("a.key", Path("a.key"), b"\x30\x03\x02\x01\x00")).trouble == (
        "cannot be read: private key: truncated"
    )
    assert take_key(FileBytes("a.key", Path("a.key"), key_pem(key) * 2)).trouble == "has 2 private keys"
    assert take_key(FileBytes("a.key", Path("a.key"), b"")).trouble == "is empty"
