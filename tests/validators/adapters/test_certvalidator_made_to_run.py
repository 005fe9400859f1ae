"""certvalidator 0.11.1 runs here, can be forged, and leaves no trace of how it was made to run."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from fcu_conform.validators.adapters import certvalidator_oscrypto
from fcu_conform.validators.adapters.certvalidator import Certvalidator
from fcu_conform.validators.adapters.cryptography_ import Cryptography
from fcu_conform.validators.adapters.openssl_library import OpensslLibrary
from fcu_conform.validators.adapters.pyhanko import Pyhanko
from validators.paths import (
    AT,
    DEVICE,
    Path,
    certificate,
    forge_anchor,
    private_key,
    signature_of,
    usual,
    with_signature,
)
from validators.recorded import ROWS


@pytest.mark.parametrize("label", ["d34a", "d34d"])
def test_a_copied_name_and_signature_value_deceive_only_certvalidator(label: str) -> None:
    rows = [row for row in ROWS if row.label == label]
    assert rows
    for row in rows:
        question = row.path.in_mode(row.mode)
        assert Certvalidator().ask(question).accepted
        for other in (Cryptography(), OpensslLibrary(), OpensslLibrary(True), Pyhanko()):
            assert not other.ask(question).accepted
    assert Certvalidator().acceptance_counts is False


def test_the_forgery_needs_the_anchors_signature_value(good_path: Path) -> None:
    root = good_path.above[-1]
    leaf = certificate(DEVICE.but(aki=b"", signed_by="attacker"))
    assert not Certvalidator().ask(good_path.with_leaf(leaf).root_only()).accepted
    carrying = with_signature(leaf, signature_of(root))
    assert Certvalidator().ask(good_path.with_leaf(carrying).root_only()).accepted
    assert signature_of(forge_anchor(root)) == signature_of(root)


def test_its_replacement_modules_are_not_visible_elsewhere() -> None:
    program = """
import sys
from fcu_conform.validators.adapters.certvalidator_oscrypto import load
package = load()
seen = sorted(n for n in sys.modules if n.split('.')[0] in ('oscrypto', 'certvalidator'))
print(seen == [], package.CertificateValidator.__name__)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "CertificateValidator"]


def test_existing_modules_of_those_names_are_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {name: ModuleType(name) for name in ("oscrypto", "certvalidator", "certvalidator.path")}
    for name, module in theirs.items():
        monkeypatch.setitem(sys.modules, name, module)
    package = certvalidator_oscrypto.load.__wrapped__()
    assert package not in theirs.values()
    assert {name: sys.modules[name] for name in theirs} == theirs


def test_it_never_falls_back_to_the_systems_roots() -> None:
    with pytest.raises(RuntimeError, match="not for devices"):
        certvalidator_oscrypto.load().ValidationContext(moment=AT)


def test_its_version_names_the_library_that_verifies_signatures() -> None:
    assert Certvalidator().version() == "0.11.1 (signatures verified by cryptography)"


def test_the_layer_distinguishes_a_bad_signature_from_a_key_of_another_type() -> None:
    key = private_key("any").public_key()
    with pytest.raises(certvalidator_oscrypto.SignatureError):
        certvalidator_oscrypto._ecdsa_verify(key, b"\x30\x06\x02\x01\x01\x02\x01\x01", b"data", "sha256")
    with pytest.raises(ValueError, match="not a RSAPublicKey"):
        certvalidator_oscrypto._rsa_pkcs1v15_verify(key, b"", b"data", "sha256")
    with pytest.raises(ValueError, match="not a DSAPublicKey"):
        certvalidator_oscrypto._dsa_verify(key, b"", b"data", "sha256")
    with pytest.raises(ValueError, match="hash_algorithm must be one of"):
        certvalidator_oscrypto._ecdsa_verify(key, b"", b"data", "sha3")


def test_rsa_signatures_are_verified_too() -> None:
    from validators.paths import FCU

    assert Certvalidator().ask(usual(fcu=FCU.but(curve="rsa1024")).root_only()).accepted
    wrong = usual(fcu=FCU.but(curve="rsa1024"), device=DEVICE.but(signed_by="x"))
    assert Certvalidator().ask(wrong.with_leaf(with_signature(wrong.leaf, b"\1" * 128)).root_only()).accepted is False
