"""Devices and impostors that shake hands in memory with servers that trust only the upload."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path as FilePath

import pytest
from cryptography.hazmat.primitives import serialization

from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.validators.handshake.trials import PAIRS, Handshakes, shake_hands
from fcu_conform.validators.model import ValidatorFault
from validators import paths

pytest.importorskip("OpenSSL")

DAY = timedelta(days=1)
NOW = datetime.now(timezone.utc).replace(microsecond=0)
HERE = tuple(pair for pair in PAIRS if find_spec("mbedtls") or "mbedtls" not in pair)
SEC1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8


def now(plan: paths.Plan) -> paths.Plan:
    """The plan, for a certificate that is valid now."""
    return plan.but(not_before=NOW - 9 * DAY, not_after=NOW + 900 * DAY)


DEVICE = now(paths.DEVICE)
INTERMEDIATES = [now(paths.INTERMEDIATE.but(common_name=f"Intermediate {number}")) for number in range(4)]


def path_to(device: paths.Plan) -> paths.Path:
    """A path of seven certificates, so that a device can present five and the upload still has a root."""
    return paths.path(now(paths.ROOT), *INTERMEDIATES, now(paths.FCU), device)


def key_of(name: str, form: serialization.PrivateFormat = PKCS8) -> Secret:
    private = paths.private_key(name)
    return Secret(private.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()))


def shake(
    path: paths.Path, depth: int = 2, key: Secret | None = None, upload: Sequence[bytes] | None = None
) -> Handshakes:
    chain = (path.leaf, *path.above[: depth - 1])
    anchors = path.above[depth - 1 :] if upload is None else upload
    return shake_hands(chain, key or key_of(DEVICE.common_name), anchors, at=datetime.now(timezone.utc))


def pairs_let_in(tried: Handshakes, impostor: bool = False) -> list[tuple[str, str, str]]:
    return [
        (one.protocol, one.client, one.server) for one in tried.handshakes if one.let_in and one.impostor is impostor
    ]


def assert_all_turned_away(tried: Handshakes) -> None:
    assert [(one.protocol, one.client, one.server) for one in tried.handshakes if not one.impostor] == list(HERE)
    assert pairs_let_in(tried) == []
    assert all(one.words for one in tried.handshakes)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_every_server_accepts_a_device_that_presents_exactly_its_slice(depth: int) -> None:
    tried = shake(path_to(DEVICE), depth)
    assert pairs_let_in(tried) == list(HERE)
    assert {one.presented for one in tried.handshakes if not one.impostor} == {depth}
    assert not tried.remarks


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_every_server_refuses_an_impostor_that_copies_everything_but_the_keys(depth: int) -> None:
    impostors = [one for one in shake(path_to(DEVICE), depth).handshakes if one.impostor]
    assert len(impostors) == len(HERE)
    assert not any(one.let_in for one in impostors)
    assert all("signature" in one.words and "device's side" not in one.words for one in impostors)
    assert {one.presented for one in impostors} == {0, depth + 1}  # TLS 1.3 does not show them


def test_an_impostor_is_refused_if_the_fcu_certificate_is_the_root() -> None:
    own = paths.path(now(paths.ROOT), DEVICE)
    tried = shake(own, 1)
    assert pairs_let_in(tried) == list(HERE)
    assert pairs_let_in(tried, impostor=True) == []


def test_an_accepted_impostor_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from fcu_conform.validators.handshake import credentials, trials

    def no_impostor(chain: Sequence[bytes], anchors: Sequence[bytes]) -> credentials.Credentials:
        return credentials.Credentials(tuple(chain), key_of(DEVICE.common_name))

    monkeypatch.setattr(trials, "impostor_of", no_impostor)
    assert pairs_let_in(shake(path_to(DEVICE)), impostor=True) == list(HERE)


def test_a_key_in_sec1_is_as_good_as_one_in_pkcs8() -> None:
    assert pairs_let_in(shake(path_to(DEVICE), key=key_of(DEVICE.common_name, SEC1))) == list(HERE)


def test_every_certificate_of_an_upload_is_trusted_in_any_order() -> None:
    path, other = path_to(DEVICE), paths.certificate(now(paths.ROOT.but(common_name="Other root")))
    assert pairs_let_in(shake(path, upload=(other, *path.above[1:]))) == list(HERE)


def test_an_upload_without_the_intermediate_accepts_no_device() -> None:
    path = path_to(DEVICE)
    assert_all_turned_away(shake(path, upload=path.above[-1:]))


def test_an_upload_without_a_root_is_judged_with_partial_chains_and_a_note() -> None:
    path = path_to(DEVICE)
    tried = shake(path, upload=path.above[1:3])
    assert pairs_let_in(tried) == list(HERE)
    assert pairs_let_in(tried, impostor=True) == []
    assert "no self-signed root" in tried.remarks[0]


def test_a_device_with_the_key_of_another_is_refused() -> None:
    assert_all_turned_away(shake(path_to(DEVICE), key=key_of("another")))


def test_an_expired_device_is_refused() -> None:
    tried = shake(path_to(DEVICE.but(not_after=NOW - DAY)))
    assert_all_turned_away(tried)
    assert "10@0 certificate has expired" in tried.handshakes[0].words


def test_a_device_certificate_for_servers_only_is_refused() -> None:
    tried = shake(path_to(DEVICE.but(more=(paths.extended_usage("server_auth"),))))
    assert_all_turned_away(tried)
    assert "26@0 unsuitable certificate purpose" in tried.handshakes[0].words


def test_a_device_certificate_with_an_unknown_critical_extension_is_refused() -> None:
    assert_all_turned_away(shake(path_to(DEVICE.but(more=(paths.UNKNOWN_CRITICAL,)))))


def test_a_self_signed_device_is_refused() -> None:
    path = path_to(DEVICE).with_leaf(paths.certificate(DEVICE))
    assert_all_turned_away(shake(path))
    assert_all_turned_away(shake(path, 1))


def test_certificates_larger_than_a_datagram_arrive() -> None:
    large = paths.Extension("1.3.6.1.4.1.55555.2", False, b"\x04\x82\x0b\xb8" + bytes(3000))
    tried = shake(path_to(DEVICE.but(more=(large,))), 5)
    assert pairs_let_in(tried) == list(HERE)
    assert {one.presented for one in tried.handshakes if not one.impostor} == {5}


def test_openssl_judges_at_the_instant_asked_for_and_mbedtls_is_left_out() -> None:
    path = path_to(DEVICE.but(not_after=NOW + 100 * DAY))
    tried = shake_hands((path.leaf,), key_of(DEVICE.common_name), path.above, at=NOW + 200 * DAY)
    assert {one.let_in for one in tried.handshakes if not one.impostor} == {False}
    assert {one.client for one in tried.handshakes} == {one.server for one in tried.handshakes} == {"openssl"}
    assert "Mbed TLS" in tried.left_out[0]
    assert "clock" in tried.left_out[0]


def test_mbedtls_takes_part_unless_a_validity_changes_between_clock_and_instant() -> None:
    path = path_to(DEVICE.but(not_after=NOW + 100 * DAY))
    tried = shake_hands((path.leaf,), key_of(DEVICE.common_name), path.above, at=NOW + 50 * DAY)
    assert pairs_let_in(tried) == list(HERE)


def test_the_purpose_is_judged_at_another_instant_too() -> None:
    path = path_to(DEVICE.but(more=(paths.extended_usage("server_auth"),)))
    tried = shake_hands((path.leaf,), key_of(DEVICE.common_name), path.above, at=NOW + 50 * DAY)
    assert not pairs_let_in(tried)


def test_pairs_of_a_missing_library_are_skipped_with_a_hint_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mbedtls", None)
    tried = shake(path_to(DEVICE))
    assert pairs_let_in(tried) == [pair for pair in PAIRS if "mbedtls" not in pair]
    assert "pip install python-mbedtls" in tried.left_out[0]


def test_without_any_library_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("mbedtls", "OpenSSL"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValidatorFault, match="pip install pyOpenSSL"):
        shake(path_to(DEVICE))


@pytest.mark.parametrize(
    ("chain", "anchors", "words"),
    [
        ((), (b"",), "no certificate$"),
        ((b"\x30\0",), (), "is trusted$"),
        ((b"junk",), (b"",), "an impostor cannot be made"),
    ],
)
def test_without_certificates_to_present_or_trust_there_is_no_verdict(
    chain: tuple[bytes, ...], anchors: tuple[bytes, ...], words: str
) -> None:
    with pytest.raises(ValidatorFault, match=words):
        shake_hands(chain, key_of("any"), anchors, at=NOW)


def test_an_unreadable_upload_accepts_no_device() -> None:
    tried = shake(path_to(DEVICE), upload=(b"\x30\x03\x02\x01\x01",))
    assert_all_turned_away(tried)
    assert all("cannot be read" in one.words for one in tried.handshakes)


def test_pairs_of_a_broken_library_are_skipped_without_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fcu_conform.validators.handshake import openssl_end

    def broken(*_: object) -> None:
        raise RuntimeError("private things")

    monkeypatch.setattr(openssl_end.OpensslEnd, "go_on", broken)
    monkeypatch.setitem(sys.modules, "mbedtls", None)
    with pytest.raises(
        ValidatorFault, match=r"TLS 1\.3, openssl device, openssl server: the library broke: Runtime"
    ) as told:
        shake(path_to(DEVICE))
    assert "private things" not in str(told.value)


def test_an_unreadable_key_is_reported_without_its_bytes() -> None:
    secret = b"\x30\x0dVERY-SECRET-KEY"
    tried = shake(path_to(DEVICE), key=Secret(secret))
    assert_all_turned_away(tried)
    shown = repr(tried)
    assert "on the device's side: the private key cannot be read" in shown
    assert "SECRET" not in shown
    assert secret.hex() not in shown


def test_no_repr_shows_a_key() -> None:
    from fcu_conform.validators.handshake.credentials import impostor_of, server_credentials

    path = path_to(DEVICE)
    assert "key=<secret>" in repr(server_credentials()[0])
    assert "key=<secret>" in repr(impostor_of((path.leaf,), path.above))


def test_a_handshake_leaves_no_files(monkeypatch: pytest.MonkeyPatch, tmp_path: FilePath) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = path_to(DEVICE)
    shake(path)  # loads the libraries, which keep a descriptor of their own
    before = _descriptors(), threading.enumerate()
    shake(path)
    shake(path, upload=path.above[-1:])
    assert (_descriptors(), threading.enumerate()) == before
    assert not list(tmp_path.iterdir())


def _descriptors() -> list[str]:
    folder = FilePath("/proc/self/fd")
    if not folder.exists():
        pytest.skip("descriptors cannot be listed here")
    return sorted(one.name for one in folder.iterdir())
