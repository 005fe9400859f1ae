"""Every keystore of the corpus against the judge: the exact set of error codes, and nothing that the case forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import keystores_openssl
from .cases import Case, all_cases
from .verdict import assert_expected, judged

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_judge_finds_exactly_the_errors_of(case: Case, tmp_path: Path) -> None:
    if case.topic == "openssl" and not keystores_openssl.available():
        pytest.skip("the openssl command is not on PATH")
    room = case.make(tmp_path)
    assert_expected(case, room, judged(room))
