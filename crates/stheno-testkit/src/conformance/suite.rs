//! The list of all behaviours, and the macro that makes a test of each.

/// Makes one test per behaviour; the expression makes the [`Harness`](crate::conformance::Harness) of each.
///
/// ```
/// use std::sync::Arc;
/// use stheno_core::{async_trait, backend::Backend};
/// use stheno_testkit::conformance::Harness;
///
/// struct InMemory;
///
/// #[async_trait]
/// impl Harness for InMemory {
///     async fn open(&self) -> Arc<dyn Backend> {
///         stheno_sqlite::SqliteBackend::memory().expect("a log in memory")
///     }
/// }
///
/// stheno_testkit::conformance_suite!(InMemory);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance_suite {
    ($harness:expr) => {
        $crate::__conformance_tests! {
            $harness;
            log::append {
                a_batch_stands_in_the_log_in_its_order,
                an_event_comes_back_as_it_was_appended,
                a_refused_batch_leaves_nothing_behind,
                a_reader_never_sees_a_part_of_a_batch,
                appends_of_many_tasks_are_all_stored_once,
                appends_in_flight_keep_the_order_they_were_begun_in,
            }
            log::dedup {
                the_same_id_is_stored_once,
                ids_are_compared_byte_for_byte,
                a_repeated_batch_is_a_success,
                a_batch_with_some_duplicates_is_refused,
                a_batch_that_has_an_id_twice_does_not_store_it_twice,
                a_repeated_append_is_a_duplicate_before_it_is_a_conflict,
                racing_appends_of_one_id_store_it_once,
                a_scheduled_event_is_known_by_its_id,
            }
            log::expected {
                an_expected_sequence_is_held_against_the_last_event_of_the_key,
                similar_keys_do_not_meet,
                an_event_without_an_expectation_is_always_taken,
                exactly_one_of_many_racing_appends_wins,
            }
            log::limits {
                a_batch_may_be_as_large_as_the_abilities_say,
                a_body_may_be_as_long_as_the_abilities_say,
                the_longest_names_keys_and_ids_are_taken,
                a_batch_with_a_scheduled_event_is_refused,
            }
            log::scheduled {
                a_scheduled_event_is_not_in_the_log_before_its_time,
                scheduled_events_come_in_the_order_of_their_times,
                an_event_whose_time_has_passed_is_stored_at_once,
                a_scheduled_event_outlives_its_publisher,
                an_event_for_a_far_time_is_kept_or_refused,
            }
            log::read {
                an_empty_log_is_one_empty_page,
                a_read_that_matches_nothing_covers_the_log,
                reading_goes_on_where_a_page_ended,
                the_newest_event_of_a_key_is_one_backward_read,
                events_without_a_key_are_found_by_that,
                large_bodies_do_not_get_lost_between_pages,
                a_page_ends_with_the_event_that_fills_its_bytes,
                an_event_larger_than_a_page_comes_alone,
            }
            log::model {
                reading_gives_what_a_plain_filter_gives,
            }
            log::tail {
                a_tail_has_neither_gap_nor_repeat,
                a_waiting_tail_is_woken_by_an_event,
                an_idle_tail_comes_back_with_an_empty_page,
                several_tails_each_get_everything,
                a_wait_that_is_given_up_loses_nothing,
                a_tail_moves_over_events_it_does_not_match,
                a_tail_of_a_key_gives_its_events_alone,
                a_tail_ends_its_pages_when_they_are_full,
            }
            log::asking {
                a_question_gives_what_a_plain_filter_gives,
                a_question_goes_on_at_its_cursor,
                a_follower_has_neither_gap_nor_repeat,
                a_follower_goes_on_when_the_log_comes_back,
                what_was_stored_without_a_key_is_found_under_that_of_its_catalog,
            }
            log::records {
                a_record_is_what_was_last_written,
                a_write_takes_place_only_as_expected,
                several_writes_are_done_all_or_none,
                racing_writers_never_overwrite_each_other,
                a_revision_never_repeats,
                records_are_listed_by_prefix_and_sorted,
                an_expired_record_is_as_if_deleted,
                a_thousand_records_are_written_at_once,
                records_are_read_page_by_page,
                what_is_written_while_pages_are_read_is_not_missed,
                a_page_goes_on_after_opening_again,
                a_later_write_has_the_higher_revision,
            }
            log::lifecycle {
                info_says_where_the_log_begins_and_ends,
                every_call_after_closing_fails_as_closed,
                closing_lets_appends_under_way_come_to_their_end,
                everything_is_there_after_opening_again,
                acknowledged_events_outlive_a_restart_of_the_log,
                two_handles_have_one_log,
                two_handles_that_write_at_once_lose_nothing,
            }
            delivery::publish_subscribe {
                every_event_reaches_its_subscriber,
                every_subscriber_gets_what_every_publisher_sends,
                patterns_keep_events_apart,
                an_event_that_is_published_twice_is_handled_once,
                events_that_fail_at_first_all_arrive,
                an_app_goes_on_where_it_stopped,
                starting_and_stopping_many_times_loses_nothing,
                several_apps_run_each_subscriber_in_one_place,
                a_late_subscriber_begins_where_it_says,
                delivery_goes_on_when_the_log_comes_back,
            }
            delivery::publishing {
                an_unknown_outcome_gives_the_event_back,
                an_unknown_outcome_of_a_batch_gives_all_of_it_back,
                a_conflict_says_what_was_expected_and_found,
                of_many_events_it_is_said_what_became_of_each,
                an_id_that_another_event_has_is_refused,
                a_duplicate_of_a_scheduled_event_is_compared,
                a_later_attempt_keeps_what_the_first_has_published,
            }
            delivery::received {
                a_received_body_that_does_not_decode_is_a_dead_letter_with_its_bytes,
                the_key_follows_however_the_id_is_written,
                what_was_recorded_without_a_key_is_finished_with_one,
            }
            delivery::order {
                events_of_a_key_are_handled_one_at_a_time_in_order,
                different_keys_are_handled_side_by_side,
                events_without_a_key_are_handled_side_by_side,
                a_subscriber_without_order_handles_a_key_side_by_side,
                order_holds_while_an_event_is_tried_again,
                a_hot_key_does_not_stop_the_others,
            }
            delivery::clocks {
                a_clock_that_was_ahead_makes_no_wait_longer,
                time_that_nobody_waited_is_not_used_up,
                a_waiting_event_is_handed_back_when_an_operator_asks,
                a_wait_beyond_the_time_for_retries_is_said,
            }
            delivery::retry {
                every_failure_counts_as_an_attempt,
                an_attempt_that_takes_too_long_counts_as_failed,
                a_retry_never_comes_before_its_delay,
                a_handler_may_ask_for_a_longer_wait,
                an_event_is_given_up_when_its_attempts_are_used_up,
                an_event_is_given_up_when_its_time_is_used_up,
                attempts_and_delays_outlive_a_restart,
                thousands_of_waiting_keys_recover_after_an_outage,
            }
            delivery::dead_letters {
                a_key_is_parked_behind_its_dead_letter,
                a_redrive_brings_a_key_back_in_order,
                what_waits_when_the_order_ends_takes_nothing_along,
                more_letters_than_one_write_holds_are_all_there,
                a_long_error_is_cut_and_stops_nobody,
                a_letter_that_fails_again_before_its_redrive_is_recorded_stays,
                letters_of_before_a_key_had_an_order_come_back_alone,
                what_is_parked_goes_on_when_no_order_is_kept_any_more,
                a_redrive_of_what_is_still_broken_parks_the_key_again,
                a_discard_lets_what_is_behind_go_on,
                a_dead_letter_without_a_key_parks_nothing,
                an_undecodable_body_is_a_dead_letter_with_its_bytes,
                a_command_is_carried_out_although_the_backend_fails_at_first,
                a_command_waits_for_whoever_runs_the_subscriber,
            }
            delivery::bulk {
                thousands_of_redrives_are_carried_out_while_events_flow,
                a_redrive_of_thousands_goes_on_after_a_crash,
                a_redrive_of_thousands_that_fail_again_comes_to_its_end,
                many_letters_are_chosen_by_key_reason_error_and_range,
                a_pause_a_rewind_and_a_second_thought_hold_in_between,
                many_letters_and_keys_are_shown_page_by_page,
            }
            delivery::unreadable {
                a_command_about_a_letter_that_cannot_be_read_is_refused,
                a_host_goes_on_when_a_command_cannot_be_carried_out,
                a_log_that_is_lost_under_a_command_is_an_alarm,
            }
            delivery::isolation {
                a_slow_subscriber_does_not_delay_another,
                a_failing_subscriber_repeats_nothing_for_another,
                a_blocking_handler_keeps_its_lease_and_delays_nobody,
            }
            delivery::stopping {
                a_stop_waits_for_what_is_under_way,
                the_drain_deadline_cuts_what_is_under_way,
                a_handler_hears_that_it_shall_stop,
                a_stop_in_order_hands_over_at_once,
                a_stop_right_after_the_start_leaves_no_lease_behind,
                nothing_is_begun_after_a_stop,
                a_hand_over_that_fails_at_first_is_tried_again,
                a_hand_over_that_is_not_recorded_is_said,
                a_backend_that_does_not_close_is_left,
            }
            delivery::takeover {
                what_was_under_way_at_a_crash_is_handled_again,
                an_epoch_never_comes_twice,
                a_dropped_app_takes_its_handlers_with_it,
                suspects_of_a_crash_are_tried_alone,
                a_crash_does_not_hold_up_what_had_not_been_begun,
                an_event_that_ends_the_process_is_given_up,
                a_frozen_process_cannot_move_anything,
                a_lease_that_cannot_be_renewed_runs_out,
                a_subscriber_takes_its_position_to_a_new_id,
                what_is_under_way_is_cut_when_the_lease_runs_out,
            }
            delivery::given_back {
                a_take_over_that_ends_for_good_gives_its_lease_back,
                a_host_that_ends_with_an_alarm_gives_its_leases_back,
            }
            delivery::remembered {
                an_epoch_does_not_go_back_with_its_records,
                an_epoch_that_a_store_has_seen_is_passed,
                a_run_never_has_the_marker_of_another,
                what_is_handed_over_has_the_marker_of_its_subscriber,
                a_new_id_keeps_the_markers,
                a_new_id_that_is_taken_back_repeats_nothing,
                a_new_id_that_is_taken_back_after_a_replay_repeats_nothing,
                an_id_that_another_one_had_is_refused,
            }
            delivery::forgotten {
                a_key_stays_parked_at_a_host_without_its_catalog,
                a_retry_goes_on_at_a_host_without_its_catalog,
                a_key_whose_catalog_nobody_knows_waits_for_it,
            }
            delivery::replay {
                a_rewind_is_a_new_run_from_that_position,
                a_rewind_may_name_a_time,
                a_run_goes_on_after_a_restart,
                a_rewind_starts_over_what_had_failed,
                a_rewind_leaves_parked_what_is_behind_its_position,
                of_two_rewinds_the_later_one_counts,
                a_rewind_under_load_loses_nothing,
            }
            delivery::rewound {
                a_rewind_does_not_wait_for_the_leave_of_a_suspect,
                a_rewind_gives_back_the_leave_of_a_suspect,
            }
            delivery::widened {
                what_was_passed_over_is_said_and_not_taken_for_handled,
                what_was_passed_over_is_handed_over_when_asked,
                what_was_passed_over_is_handed_over_at_the_first_start,
                what_another_host_has_noticed_is_handed_over,
                what_another_host_still_hands_over_is_not_forgotten,
                a_dead_letter_of_what_was_passed_over_stays,
            }
            delivery::batches {
                a_batch_is_begun_when_it_is_full,
                a_batch_that_does_not_fill_is_begun_after_a_while,
                single_events_of_a_batch_may_fail,
                a_batch_that_fails_is_tried_again,
                batches_keep_the_order_of_a_key,
                a_stop_begins_the_batch_that_has_gathered,
                a_stop_begins_no_batch_without_its_lease,
            }
            delivery::split_batches {
                a_batch_is_cut_until_the_guilty_event_is_alone,
                a_large_batch_is_cut_until_the_guilty_event_is_alone,
                a_batch_with_two_guilty_events_is_cut,
                a_batch_that_fails_for_good_is_cut,
                a_batch_that_asks_to_wait_is_cut,
                a_batch_that_panics_is_cut,
                a_batch_that_times_out_is_cut,
                what_cannot_be_decoded_is_found_without_a_call,
                a_batch_of_which_nothing_can_be_decoded_is_not_called,
                a_restart_costs_the_neighbours_of_a_guilty_event_nothing,
                a_stop_cuts_a_batch_that_fails,
                trouble_that_passes_leaves_most_of_a_batch_together,
                what_a_batch_publishes_does_not_depend_on_how_it_is_cut,
            }
            delivery::causing {
                a_published_event_knows_its_cause,
                a_retry_does_not_publish_twice,
                a_replay_publishes_anew,
                a_chain_of_reactions_is_waited_for,
                an_event_for_later_is_handled_later,
            }
            delivery::operator {
                a_paused_subscriber_stands_still_until_it_is_resumed,
                a_paused_subscriber_does_not_retry,
                what_is_handed_back_while_paused_waits_for_the_resume,
                what_was_asked_meanwhile_comes_before_everything,
                a_subscriber_whose_records_are_deleted_stops,
                why_has_an_answer_for_everything,
                a_rewind_reaches_events_before_the_start,
                an_operator_sees_how_far_everybody_is,
                unknown_names_are_counted_with_the_nearest_known_one,
            }
            delivery::faults {
                a_backend_that_fails_now_and_then_loses_nothing,
                a_lost_answer_of_a_record_loses_nothing,
                a_lost_answer_of_a_publish_is_no_second_event,
                delivery_goes_on_when_the_backend_is_back,
                a_panic_of_the_backend_is_no_stop_in_order,
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($harness:expr; $($part:ident :: $room:ident { $($behaviour:ident,)* })*) => {
        $crate::__conformance_tests! { @ $harness; $($([$part $room $behaviour])*)* }
    };
    (@ $harness:expr; $([$part:ident $room:ident $behaviour:ident])*) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::conformance::run(
                    stringify!($behaviour),
                    || $harness,
                    $crate::conformance::$part::$room::$behaviour,
                );
            }
        )*
    };
}
