"""What an ordinary run takes a sample of, and only ``tox -e long`` whole: much time for a little more confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

SAMPLES = {
    # Soundness: whole corpora, of which each rule's own cases are in tests/vectors and tests/rules.
    "test_the_judge_finds_exactly_the_errors_of": 120,
    "test_the_judge_finds_exactly_the_errors_and_the_offenders_of": 180,
    "test_both_ways_say_the_same_of": 90,
    "test_no_character_of_a_file_goes_unseen": 1,
    "test_a_defect_is_told_in_a_set_up_of_another_shape_too": 90,
    "test_a_defect_is_told_in_the_set_up_that_it_is_shown_in": 90,
    "test_the_same_seed_gives_the_same_bytes_and_another_seed_others": 16,
    "test_device_and_upload_are_the_device_followed_by_fcu_crt": 14,
    "test_a_device_that_was_cut_at_another_depth_is_refused": 12,
    "test_an_honest_line_passes_without_a_warning": 1,
    "test_a_liar_is_caught_by_its_rule_and_by_no_other": 18,
    "test_a_reader_takes_whatever_comes": 16,
    # Peers: what independent validators say.
    "test_nobody_refuses_without_a_cause_that_is_known_or_a_rule_that_failed": 80,
    # Traps, each in a process that is held to time and memory.
    "test_a_configuration_that_is_a_trap_is_read_without_harm": 6,
    "test_names_that_would_steer_a_terminal_are_shown_escaped": 4,
    "test_an_archive_that_is_a_trap_is_no_device_output": 5,
    "test_a_set_up_of_nothing_but_traps_is_told_place_by_place": 4,
    "test_a_trap_beside_a_sound_chain_is_told": 4,
    "test_a_command_says_in_a_line_what_it_cannot_read": 12,
    "test_odd_arguments_are_refused_in_a_line": 3,
    "test_nothing_is_written_into_a_keystore": 4,
    "test_a_file_that_is_no_journal_is_not_written_over": 3,
    "test_a_file_of_a_terabyte_of_nothing_is_no_device_output": 3,
    "test_a_parquet_file_that_repeats_a_long_value_is_not_written_out": 1,
    "test_an_address_of_no_scheduler_is_told_and_the_process_ends": 1,
    "test_a_repository_that_would_keep_its_readers_busy_is_not_read": 3,
    "test_a_crash_with_a_key_in_its_hands_shows_none_of_it": 6,
    "test_no_style_of_the_terminal_shows_a_key": 4,
    "test_no_style_of_traceback_shows_one": 6,
    "test_a_key_in_a_wrong_field_is_not_shown": 8,
    "test_pytest_shows_and_writes_no_planted_key": 1,
    "test_every_validator_answers_a_hard_question_or_is_stopped": 6,
    "test_no_command_runs_code_of_the_judged_folder_or_of_the_current_one": 1,
    # The documentation: pages whose every command is run, after README.md.
    "test_the_commands_of_a_page_do_what_they_say": 8,
    # The HTML report in a browser, each page in one colour or width.
    "test_axe_finds_no_obstacle": 2,
    "test_nothing_sticks_out_at_the_side": 4,
    # Whole lots and what they cost.
    "test_memory_does_not_grow_with_the_lot": 0,
    "test_a_large_lot_stays_usable": 0,
    "test_millions_of_rows_of_nothing_are_told_once": 0,
    "test_a_cluster_that_loses_a_worker_gives_the_same_report_byte_for_byte": 0,
    "test_a_run_that_was_stopped_says_so_and_goes_on_where_it_was": 1,
    "test_other_ways_in_find_the_same_devices_with_any_number_of_workers": 2,
    "test_the_number_of_workers_makes_no_difference": 1,
}
"""How many of a test's cases an ordinary run takes, by the test's name; tests that are not here are taken whole."""


def mark(items: Iterable[pytest.Item]) -> None:
    """Marks the other cases as long; those that stay are evenly spread, and always the same."""
    cases = defaultdict(list)
    for item in items:
        name = getattr(item, "originalname", None)
        if name in SAMPLES:
            cases[name].append(item)
    for name, every in cases.items():
        count = SAMPLES[name]
        taken = {index * len(every) // count for index in range(count)}
        for index, item in enumerate(every):
            if index not in taken:
                item.add_marker(pytest.mark.long)
