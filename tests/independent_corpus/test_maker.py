"""The corpus measured without the judge: enough cases, every code covered, and a maker whose chains others accept."""

from __future__ import annotations

import stat
import subprocess
import warnings
from pathlib import Path

import pytest
from asn1crypto import csr as asn1_csr
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from . import keystores_openssl
from .cases import CRT, KEY, Case, all_cases
from .keys import point_of, published
from .keystores_key import RFC_6979_A_2_5, RFC_9500_2_3
from .maker import ECDSA_SHA256, NOW, V1, Request, line

#: Every code of the families that a keystore alone can break, as the catalogue numbers them.
FAMILIES = {"CFG": 16, "KEY": 11, "CSR": 9, "CRT": 18, "CHN": 14}
BY_VALIDATORS = {"CHN013"}
CASES = all_cases()
GOOD_CHAINS = [case for case in CASES if case.topic == "good_chains"]
#: OpenSSL counts the last second of a certificate as expired, RFC 5280 does not.
VERIFIABLE = [case for case in GOOD_CHAINS if case.name != "the_last_second_and_the_first"]
#: Names that RFC 5280 calls equal and a reader that compares bytes does not.
UNLIKE_BYTES = {"issuer_in_another_case", "issuer_in_another_string_type"}


def test_the_corpus_has_the_required_size() -> None:
    conformant = [case for case in CASES if not case.errors]
    assert len(CASES) >= 130
    assert len(conformant) >= 35
    assert len({case.id for case in CASES}) == len(CASES)


def test_every_code_of_a_keystore_has_a_case_that_breaks_it() -> None:
    catalogue = {f"{family}{number:03}" for family, count in FAMILIES.items() for number in range(1, count + 1)}
    covered = set().union(*(case.errors | case.warnings | case.notices for case in CASES))
    assert catalogue - BY_VALIDATORS - covered == set()
    assert covered - catalogue == set()


def test_every_error_code_is_alone_in_some_case() -> None:
    alone = {code for case in CASES if len(case.errors) == 1 for code in case.errors}
    together = set().union(*(case.errors for case in CASES)) - alone
    assert together == set(), "two codes that always come together could be confused"


@pytest.mark.parametrize("case", GOOD_CHAINS, ids=[case.name for case in GOOD_CHAINS])
def test_other_readers_accept_the_good_chain(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)
    text = (room.keystore / CRT).read_bytes()
    ders = [der for _, _, der in asn1_pem.unarmor(text, multiple=True)]
    for der in ders:
        assert asn1_x509.Certificate.load(der, strict=True).native["tbs_certificate"]["version"] == "v3"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chain = x509.load_pem_x509_certificates(text)
        for child, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
            if case.name not in UNLIKE_BYTES:
                child.verify_directly_issued_by(issuer)
    key = load_pem_private_key((room.keystore / KEY).read_bytes(), None)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.public_key().public_bytes(*form) == chain[0].public_key().public_bytes(*form)


@pytest.mark.skipif(not keystores_openssl.available(), reason="the openssl command is not on PATH")
@pytest.mark.parametrize("case", VERIFIABLE, ids=[case.name for case in VERIFIABLE])
def test_openssl_verifies_the_good_chain(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)
    blocks = [der for _, _, der in asn1_pem.unarmor((room.keystore / CRT).read_bytes(), multiple=True)]
    paths = [tmp_path / name for name in ("fcu.pem", "middle.pem", "root.pem")]
    for path, part in zip(paths, (blocks[:1], blocks[1:-1] or blocks[:1], blocks[-1:]), strict=True):
        path.write_bytes(b"".join(asn1_pem.armor("CERTIFICATE", der) for der in part))
    fcu, middle, root = map(str, paths)
    at = str(int(room.at.timestamp()))
    command = ["openssl", "verify", "-attime", at, "-no-CApath", "-CAfile", root, "-untrusted", middle, fcu]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


def test_the_corpus_maker_writes_the_same_bytes_as_asn1crypto() -> None:
    for cert in line(4):
        parsed = asn1_x509.Certificate.load(cert.der, strict=True)
        assert bool(parsed.native)
        assert parsed.copy().dump(force=True) == cert.der
    request = Request(line()[0].key)
    assert asn1_csr.CertificationRequest.load(request.der, strict=True).dump(force=True) == request.der
    assert x509.load_der_x509_csr(request.der).is_signature_valid


def test_equal_names_give_equal_bytes() -> None:
    assert [cert.der for cert in line()] == [cert.der for cert in line()]
    assert line()[0].der != line(factory=" other")[0].der


def test_a_version_1_certificate_has_neither_version_nor_extensions() -> None:
    tbs = asn1_x509.Certificate.load(line(1, fcu=V1)[0].der, strict=True)["tbs_certificate"]
    assert tbs["version"].native == "v1"
    assert tbs["extensions"].native is None
    assert ECDSA_SHA256 in line(1, fcu=V1)[0].der


def test_the_published_keys_are_the_ones_of_their_documents() -> None:
    assert (
        point_of(published(RFC_6979_A_2_5))
        .hex()
        .startswith("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
    )
    assert (
        point_of(published(RFC_9500_2_3))
        .hex()
        .startswith("04422548f88fb782ffb5eca3744452c72a1e558fbd6f73be5e48e93232cc45c5b1")
    )


def test_keys_are_not_in_representations() -> None:
    holder = line()[0].key
    assert isinstance(holder.private, ec.EllipticCurvePrivateKey)
    assert "private" not in repr(holder)


def test_keystores_are_private_unless_a_case_states_a_mode(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.id == "good_chains.intermediate_of_three")
    room = case.make(tmp_path)
    assert stat.S_IMODE(room.keystore.stat().st_mode) == 0o700
    assert stat.S_IMODE((room.keystore / KEY).stat().st_mode) == 0o600
    assert room.at == NOW
