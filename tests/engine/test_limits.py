"""How much the engine keeps and tries, number by number; the fields of an empty result."""

from __future__ import annotations

from fcu_conform.engine import examination, known_refusals
from fcu_conform.engine.lot import device_run, duplicates, fast_path, journal_lines, tally, workers
from fcu_conform.engine.results import Finished, Judged, Outcome, Result

from .fakes import rule


def test_limits_of_the_engine_have_their_recorded_values() -> None:
    assert (tally.KEPT_FINDINGS, device_run.KEPT_FINDINGS) == (10_000, 10_000)
    assert (duplicates.KEPT_IN_MEMORY, duplicates.AT_ONCE, duplicates._CHUNK_BITS) == (16 * 2**20, 2**18, 24)
    assert (workers.AHEAD, workers.MOST_RESTARTS, examination.VALIDATOR_SAMPLE) == (4, 5, 20)
    assert (known_refusals.MBEDTLS_INTERMEDIATES, journal_lines.FORMAT) == (8, 2)
    assert (fast_path.CHAINS, fast_path.TEMPLATES, fast_path.DATE_PAIRS) == (64, 4096, 4096)


def test_a_new_result_has_only_the_given_fields() -> None:
    result = Result(rule("DEV001"), "keystore", Outcome.PASSED)
    assert (result.findings, result.blocked_by, result.reason) == ((), (), "")
    assert (result.count, result.version, result.waived) == (0, None, 0)
    assert not result.is_waived_error
    assert (result.code, result.standing) == ("DEV001", ())
    assert Judged(result) == Judged(result=result)
    assert Finished(complete=True) != Finished(complete=False)
