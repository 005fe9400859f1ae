"""The corpus of devices, uploads, lots and pairs measured without the judge."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import pytest
from asn1crypto import pem as asn1_pem
from cryptography import x509

from .cases import USAGE, Case, floor_cases
from .floor import enrollment, lamp, sized
from .maker import line

#: Every code of these families, as the catalogue numbers them.
FAMILIES = {"DEV": 30, "UPL": 9, "LOT": 6}
BY_VALIDATORS = {"DEV024", "DEV025"}
CATALOGUE = {f"{family}{number:03}" for family, count in FAMILIES.items() for number in range(1, count + 1)}
#: Later ones that have cases here too; tests/soundness holds the certificates of DEV031 to DEV034 against libraries.
CATALOGUE |= {"DEV033", "DEV034"}
CASES = floor_cases()
DEPTHS = [case for case in CASES if case.name.startswith("depth_") and "_of_a_chain_of_" in case.name]


def _of(*beginnings: str) -> list[Case]:
    return [case for case in CASES if case.topic.startswith(beginnings)]


def test_the_corpus_has_the_required_size() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    devices = _of("devices_")
    assert len([case for case in devices if case.errors]) >= 100
    assert len([case for case in devices if not case.errors]) >= 40
    assert len(_of("uploads_")) >= 35
    assert len(_of("lots")) >= 20
    assert len(_of("pairs")) >= 10


def test_every_code_has_a_case_that_breaks_it() -> None:
    covered = set().union(*(case.errors | case.warnings | case.notices for case in CASES))
    assert CATALOGUE - BY_VALIDATORS - covered == set()
    assert {code for code in covered if code[:3] in FAMILIES} - CATALOGUE == set()


def test_every_code_is_alone_in_some_case() -> None:
    broken = [case.errors or case.warnings for case in CASES]
    alone = {code for codes in broken if len(codes) == 1 for code in codes}
    assert CATALOGUE - BY_VALIDATORS - alone == set()


def test_every_code_has_an_unambiguous_case() -> None:
    strict = set().union(*(case.errors | case.warnings for case in CASES if not case.either))
    assert CATALOGUE - BY_VALIDATORS - strict <= {"DEV007", "DEV028", "DEV029", "LOT006", "UPL003", "UPL004"} | {
        "UPL005",
        "UPL006",
    }


def test_a_case_with_a_usage_error_expects_nothing_else() -> None:
    assert any(case.errors == {USAGE} for case in CASES)
    assert not any(USAGE in reading and len(reading) > 1 for case in CASES for reading in case.allowed)


@pytest.mark.parametrize("case", DEPTHS, ids=[case.name for case in DEPTHS])
def test_device_and_upload_together_are_the_device_certificate_and_the_chain(case: Case, tmp_path: Path) -> None:
    room = case.make(tmp_path)

    def read(path: Path) -> list[bytes]:
        return [der for _, _, der in asn1_pem.unarmor(path.read_bytes(), multiple=True)]

    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 2
    for file in files:
        device, rest = read(file), read(room.uploads[0])
        assert device[1:] + rest == read(room.keystore / "fcu.crt")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = [x509.load_der_x509_certificate(der) for der in device + rest]
        for child, issuer in pairwise(path):
            child.verify_directly_issued_by(issuer)


def test_a_padded_certificate_has_the_requested_size() -> None:
    for size in (1024, 1025, 4090):
        assert len(sized(lamp(line()[0]), size).der) == size


def test_an_enrollment_identity_has_97_characters() -> None:
    assert len(enrollment(lamp(line()[0]))) == 97
