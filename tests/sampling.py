"""What an ordinary run takes a sample of, and only ``tox -e long`` whole: much time for a little more confidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

SAMPLES = {
    # Soundness: whole corpora, of which each rule's own cases are in tests/vectors and tests/rules.
    "test_the_judge_finds_exactly_the_errors_of": 70,
    "test_the_judge_finds_exactly_the_errors_and_the_offenders_of": 100,
    "test_both_paths_agree_on": 50,
    "test_every_character_of_a_file_is_judged": 1,
    "test_a_defect_is_reported_in_a_setup_of_another_shape": 50,
    "test_a_defect_is_reported_in_its_example_setup": 50,
    "test_a_seed_determines_the_bytes": 16,
    "test_device_and_upload_are_the_device_followed_by_fcu_crt": 14,
    "test_a_device_that_was_cut_at_another_depth_is_refused": 12,
    "test_a_correct_line_passes_without_a_warning": 1,
    "test_a_faulty_line_fails_exactly_its_rule": 10,
    "test_a_reader_handles_any_input": 16,
    "test_neither_of_two_faults_hides_the_other_without_a_documented_reason": 45,
    # Peers: what independent validators say.
    "test_every_refusal_has_a_known_cause_or_a_failed_rule": 50,
    # Repairs: every defect, and random bytes.
    "test_a_mechanical_defect_is_repaired_and_no_defect_is_made_worse": 120,
    "test_changed_files_are_planned_without_an_exception": 50,
    "test_a_sound_keystore_is_copied_byte_for_byte": 12,
    # Traps, each in a process that is held to time and memory.
    "test_a_hostile_configuration_is_read_without_harm": 3,
    "test_names_that_would_control_a_terminal_are_shown_escaped": 2,
    "test_a_hostile_archive_is_refused_as_device_output": 3,
    "test_every_trap_of_a_hostile_setup_is_reported": 2,
    "test_a_trap_beside_a_sound_chain_is_reported": 2,
    "test_a_command_reports_unreadable_input_in_one_line": 6,
    "test_unusual_arguments_are_refused_in_one_line": 3,
    "test_nothing_is_written_into_a_keystore": 4,
    "test_a_file_that_is_not_a_journal_is_not_overwritten": 3,
    "test_a_sparse_terabyte_file_is_refused_as_device_output": 3,
    "test_a_parquet_file_that_repeats_a_long_value_is_not_expanded": 1,
    "test_a_missing_scheduler_is_reported_and_the_process_exits": 1,
    "test_an_expensive_repository_is_not_read": 3,
    "test_a_crash_while_a_key_is_in_use_does_not_show_it": 3,
    "test_no_output_style_shows_a_key": 2,
    "test_no_traceback_style_shows_a_traceback": 3,
    "test_a_key_in_a_wrong_field_is_not_shown": 4,
    "test_pytest_shows_and_writes_no_planted_key": 1,
    "test_every_validator_answers_a_hard_question_or_is_stopped": 4,
    "test_no_command_runs_code_of_the_judged_folder_or_of_the_current_one": 1,
    # The documentation: pages whose every command is run, after README.md.
    "test_the_commands_of_a_page_run_as_described": 5,
    # The HTML report in a browser, each page in one colour or width.
    "test_axe_finds_no_accessibility_fault": 1,
    "test_nothing_overflows_the_page_sideways": 4,
    "test_a_page_shows_the_real_output": 5,
    "test_each_rule_is_located_with_its_defects_and_cases": 20,
    # pytest's own ways to find ini files, options and folders: each where its kind differs.
    "test_an_ini_file_found_through_an_option_without_equals_sign_is_refused": 12,
    "test_the_own_project_may_use_options_without_equals_sign": 3,
    # Whole lots and what they cost.
    "test_memory_stays_flat_past_the_limit": 0,
    "test_a_hanging_worker_only_costs_time": 0,
    "test_code_that_a_worker_sends_does_not_run_in_the_process_that_judges": 1,
    "test_after_a_malformed_result_the_next_process_judges": 2,
    "test_a_certificate_that_has_expired_by_the_shifted_clock_has_expired": 0,
    "test_an_upload_that_is_off_by_one_is_refused": 12,
    "test_memory_does_not_grow_with_the_lot": 0,
    "test_a_large_lot_stays_usable": 0,
    "test_millions_of_empty_rows_are_reported_once": 0,
    "test_a_cluster_that_loses_a_worker_gives_the_same_report_byte_for_byte": 0,
    "test_a_stopped_run_is_reported_and_resumes_where_it_stopped": 1,
    "test_every_input_format_gives_the_same_devices_with_any_number_of_workers": 1,
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
