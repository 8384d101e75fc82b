//! The behaviours of reading, beside mirrors of the log and of its records that answer for them: one with a part, one without
//! the beginning, one that stays behind. `cargo xtask mirrors` runs all behaviours so, also on three servers.

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use stheno_core::{async_trait, backend::Backend};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::conformance::{self, Harness};
use tokio::sync::OnceCell;

/// A log of its own, whose mirrors are made after it was opened first.
struct Mirrored {
    options: NatsOptions,
    stream: String,
    prefix: String,
    made: OnceCell<()>,
}

impl Mirrored {
    fn new() -> Self {
        static LOGS: AtomicU32 = AtomicU32::new(0);
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let (stream, prefix) = (format!("EVENTS-{number}"), format!("t{number}"));
        let options = NatsOptions::from_url(&common::shared().url()).expect("the address of a server");
        Self { options: options.stream(&stream).prefix(&prefix), stream, prefix, made: OnceCell::new() }
    }
}

#[async_trait]
impl Harness for Mirrored {
    async fn open(&self) -> Arc<dyn Backend> {
        let log = NatsBackend::open(self.options.clone()).await.expect("the log opens");
        let make = || async {
            common::mirrors::mirror(&common::client(common::shared()).await, &self.stream, &self.prefix).await;
        };
        self.made.get_or_init(make).await;
        log
    }
}

macro_rules! behaviours {
    ($($part:ident :: $room:ident :: $behaviour:ident,)*) => {
        $(
            #[test]
            fn $behaviour() {
                conformance::run(stringify!($behaviour), Mirrored::new, conformance::$part::$room::$behaviour);
            }
        )*
    };
}

behaviours! {
    log::append::a_reader_never_sees_a_part_of_a_batch,
    log::dedup::a_repeated_append_is_a_duplicate_before_it_is_a_conflict,
    log::expected::an_expected_sequence_is_held_against_the_last_event_of_the_key,
    log::scheduled::a_scheduled_event_is_not_in_the_log_before_its_time,
    log::read::an_empty_log_is_one_empty_page,
    log::read::a_read_that_matches_nothing_covers_the_log,
    log::read::reading_goes_on_where_a_page_ended,
    log::read::the_newest_event_of_a_key_is_one_backward_read,
    log::read::events_without_a_key_are_found_by_that,
    log::read::large_bodies_do_not_get_lost_between_pages,
    log::model::reading_gives_what_a_plain_filter_gives,
    log::tail::a_tail_has_neither_gap_nor_repeat,
    log::tail::a_tail_moves_over_events_it_does_not_match,
    log::tail::a_tail_of_a_key_gives_its_events_alone,
    log::records::a_record_is_what_was_last_written,
    log::records::records_are_listed_by_prefix_and_sorted,
    log::lifecycle::info_says_where_the_log_begins_and_ends,
    delivery::publish_subscribe::an_app_goes_on_where_it_stopped,
    delivery::order::order_holds_while_an_event_is_tried_again,
    delivery::retry::attempts_and_delays_outlive_a_restart,
    delivery::dead_letters::a_redrive_brings_a_key_back_in_order,
    delivery::dead_letters::a_discard_lets_what_is_behind_go_on,
    delivery::replay::a_rewind_is_a_new_run_from_that_position,
    delivery::operator::why_has_an_answer_for_everything,
}
