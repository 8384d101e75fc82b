//! Reading: every query against a naive filter, what a page says it covers, and how much one page looks at.

mod common;

use std::{sync::Arc, time::Duration};

use common::{TestClock, append, event, keyed, pages, patterns, read_all, sequences};
use proptest::prelude::*;
use stheno_core::{
    Clock, Key, NewEvent, RecordedEvent, Timestamp,
    backend::{Append, Backend, Direction, Page, Query},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

/// A log and what is in it.
struct Model {
    log: Arc<SqliteBackend>,
    events: Vec<Arc<RecordedEvent>>,
}

impl Model {
    /// A log of batches; between them the clock moves by these seconds, also backwards.
    async fn new(batches: &[(Vec<NewEvent>, i32)]) -> Self {
        let clock = TestClock::new();
        let log = SqliteBackend::open(SqliteOptions::memory().clock(Arc::new(clock.clone()))).await.unwrap();
        for (batch, seconds) in batches {
            log.append(Append::batch(batch.clone())).await.unwrap();
            let step = Duration::from_secs(u64::from(seconds.unsigned_abs()));
            if *seconds < 0 { clock.set_back(step) } else { clock.advance(step) }
        }
        let events = read_all(&log, Query::all()).await;
        assert_eq!(events.len(), batches.iter().map(|(batch, _)| batch.len()).sum::<usize>());
        Self { log, events }
    }

    /// What a query is about, by definition.
    fn expected(&self, query: &Query) -> Vec<u64> {
        let wanted = |event: &&Arc<RecordedEvent>| {
            query.patterns.matches(&event.name)
                && query.key.as_ref().is_none_or(|key| event.key.as_ref() == Some(key))
                && event.sequence > query.after
                && query.upto.is_none_or(|upto| event.sequence <= upto)
                && query.since.is_none_or(|since| event.stored >= since)
                && query.until.is_none_or(|until| event.stored < until)
        };
        let mut expected: Vec<u64> = self.events.iter().filter(wanted).map(|event| event.sequence).collect();
        if query.direction == Direction::Backward {
            expected.reverse();
        }
        expected
    }

    /// Reads a query page by page and holds every page to what it says.
    async fn check(&self, query: &Query) {
        let expected = self.expected(query);
        let mut read = Vec::new();
        let pages = pages(&self.log, query.clone()).await;
        for page in &pages {
            assert!(page.events.len() <= query.limit);
            read.extend(sequences(&page.events));
            let covered: Vec<u64> = match query.direction {
                Direction::Forward => expected.iter().copied().filter(|one| *one <= page.covered).collect(),
                Direction::Backward => expected.iter().copied().filter(|one| *one >= page.covered).collect(),
            };
            assert_eq!(read, covered, "covered {} of {query:?}", page.covered);
        }
        assert_eq!(read, expected, "{query:?}");
        // The end is said with the last event and not one page later; with times it may lie behind a step of the clock.
        let with_times = query.since.is_some() || query.until.is_some();
        if let ([.., before, last], false) = (&pages[..], with_times) {
            assert!(!last.events.is_empty() || before.events.len() < query.limit, "{query:?}");
        }
    }
}

const NAMES: [&str; 7] = [
    "order.placed",
    "order.canceled",
    "cart.updated",
    "oauth.token_generated.app",
    "oauth",
    "a.b.c",
    "order-edit.created",
];
const PATTERNS: [&str; 12] = [
    ">",
    "order.*",
    "order.placed",
    "oauth.>",
    "*.updated",
    "a.*.c",
    "oauth",
    "nothing.here",
    "*.*",
    "*.b.>",
    "*",
    "cart.>",
];

fn events() -> impl Strategy<Value = NewEvent> {
    let keys = prop::option::of(prop::sample::select(vec!["order:1", "order:2", "swap:1"]));
    (prop::sample::select(NAMES.to_vec()), keys).prop_map(|(name, key)| match key {
        Some(key) => keyed(name, key),
        None => event(name),
    })
}

/// Logs in which the events of interest come in small groups that are far between.
fn sparse_logs() -> impl Strategy<Value = Vec<(Vec<NewEvent>, i32)>> {
    let noise = prop::collection::vec(Just(()).prop_map(|()| event("noise.made")), 1..300);
    let group = prop::collection::vec(events(), 1..9);
    let batch = prop::collection::vec((noise, group), 1..4)
        .prop_map(|parts| parts.into_iter().flat_map(|(noise, group)| [noise, group].concat()).collect());
    prop::collection::vec((batch, -5..6), 1..6)
}

fn logs() -> impl Strategy<Value = Vec<(Vec<NewEvent>, i32)>> {
    prop::collection::vec((prop::collection::vec(events(), 1..150), -5..6), 0..8)
}

fn queries() -> impl Strategy<Value = Query> {
    let micros = |seconds: i64| Timestamp::from_micros(TestClock::new().now().as_micros() + seconds * 1_000_000);
    let time = prop::option::weighted(0.3, (-30..30_i64).prop_map(micros));
    (
        prop::collection::vec(prop::sample::select(PATTERNS.to_vec()), 1..4),
        prop::option::weighted(0.3, prop::sample::select(vec!["order:1", "swap:1", "none:0"])),
        prop_oneof![4 => Just(0), 4 => 0..1_500_u64, 1 => Just(u64::MAX)],
        prop::option::of(prop_oneof![4 => 0..1_500_u64, 1 => Just(u64::MAX)]),
        (time.clone(), time),
        any::<bool>(),
        prop_oneof![1..8_usize, Just(100), Just(usize::MAX)],
    )
        .prop_map(|(patterns, key, after, upto, (since, until), backward, limit)| {
            let mut query = Query::new(common::patterns(&patterns)).after(after).limit(limit);
            query.key = key.map(|key| Key::parse(key).unwrap());
            (query.upto, query.since, query.until) = (upto, since, until);
            if backward { query.backward() } else { query }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_query_reads_what_a_naive_filter_finds(
        log in logs(),
        queries in prop::collection::vec(queries(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let model = Model::new(&log).await;
            for query in queries {
                model.check(&query).await;
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_that_are_far_between_are_found_from_both_sides(
        log in sparse_logs(),
        queries in prop::collection::vec((0..1_500_u64, any::<bool>(), 2..10_usize), 8..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let model = Model::new(&log).await;
            for (after, backward, limit) in queries {
                // Several names and small pages, so that the index of the names is asked.
                let query = Query::new(patterns(&["order.*", "cart.updated", "oauth.>"])).after(after).limit(limit);
                let query = if backward { query.backward() } else { query };
                model.check(&query).await;
            }
        });
    }
}

async fn fill(log: &SqliteBackend, name: impl Fn(usize) -> String, count: usize) {
    let events: Vec<NewEvent> = (0..count).map(|number| event(&name(number))).collect();
    for batch in events.chunks(1_000) {
        log.append(Append::batch(batch.to_vec())).await.unwrap();
    }
}

async fn page(log: &SqliteBackend, query: Query) -> Page {
    log.read(query).await.unwrap()
}

#[tokio::test]
async fn an_empty_log_is_read_to_its_end_at_once() {
    let log = SqliteBackend::memory().unwrap();
    for query in [Query::all(), Query::all().backward(), Query::new(patterns(&["order.*"]))] {
        let page = page(&log, query).await;
        assert!(page.events.is_empty() && page.end);
    }
}

#[tokio::test]
async fn rare_events_in_a_long_log_are_found_in_one_page() {
    let log = SqliteBackend::memory().unwrap();
    let name = |number| match number {
        17_000 => "rare.one".to_owned(),
        39_000 => "rare.two".to_owned(),
        _ => "order.placed".to_owned(),
    };
    fill(&log, name, 40_000).await;
    for query in [Query::new(patterns(&["rare.*"])), Query::new(patterns(&["rare.one", "rare.two"])).backward()] {
        let mut found = page(&log, query).await;
        found.events.sort_by_key(|event| event.sequence);
        assert_eq!((sequences(&found.events), found.end), (vec![17_001, 39_001], true));
    }
    let one = page(&log, Query::new(patterns(&["rare.two"]))).await;
    assert_eq!((sequences(&one.events), one.end), (vec![39_001], true));
}

#[tokio::test]
async fn events_on_both_sides_of_where_a_page_asks_the_index_are_read_once() {
    // A page of 10 looks at 256 rows one by one, from either end, before it asks the index of the names.
    let matches = |number: usize| (250..262).contains(&number) || (738..750).contains(&number);
    let log = SqliteBackend::memory().unwrap();
    let name = |number| if matches(number) { format!("rare.n{}", number % 3) } else { "order.placed".to_owned() };
    fill(&log, name, 1_000).await;
    let expected: Vec<u64> = (0..1_000).filter(|number| matches(*number)).map(|number| number as u64 + 1).collect();
    for limit in [10, 11, 12, 30] {
        let query = Query::new(patterns(&["rare.*"])).limit(limit);
        assert_eq!(sequences(&read_all(&log, query.clone()).await), expected);
        let backward = sequences(&read_all(&log, query.backward()).await);
        assert_eq!(backward.into_iter().rev().collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_page_of_a_pattern_of_very_many_names_looks_only_so_far() {
    // The first page of 20,300 events would have to look further than it may, from either side: matches stand where it
    // stops looking, and 300 names match.
    let matches =
        |number: usize| (3_900..3_950).contains(&number) || (16_350..16_400).contains(&number) || number >= 20_050;
    let log = SqliteBackend::memory().unwrap();
    let name = |number| if matches(number) { format!("oauth.app.{number}") } else { "order.placed".to_owned() };
    fill(&log, name, 20_300).await;
    let expected: Vec<u64> = (0..20_300).filter(|number| matches(*number)).map(|number| number as u64 + 1).collect();
    let query = Query::new(patterns(&["oauth.>"]));
    let first = page(&log, query.clone()).await;
    assert!(!first.end && first.events.len() < 350, "{}", first.events.len());
    assert_eq!(sequences(&read_all(&log, query.clone()).await), expected);
    let backward = sequences(&read_all(&log, query.backward()).await);
    assert_eq!(backward.into_iter().rev().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_page_of_a_busy_key_looks_only_so_far() {
    let matches = |number: usize| (3_550..3_650).contains(&number) || (16_350..16_400).contains(&number);
    let log = SqliteBackend::memory().unwrap();
    let name = |number| if matches(number) { "order.placed" } else { "cart.updated" };
    let events: Vec<NewEvent> = (0..20_000).map(|number| keyed(name(number), "cart:1")).collect();
    for batch in events.chunks(1_000) {
        log.append(Append::batch(batch.to_vec())).await.unwrap();
    }
    let expected: Vec<u64> = (0..20_000).filter(|number| matches(*number)).map(|number| number as u64 + 1).collect();
    let query = Query::new(patterns(&["order.placed"])).key(Key::parse("cart:1").unwrap());
    let first = page(&log, query.clone()).await;
    assert!(!first.end && first.covered < 20_000, "{}", first.covered);
    assert_eq!(sequences(&read_all(&log, query.clone()).await), expected);
    let backward = sequences(&read_all(&log, query.backward()).await);
    assert_eq!(backward.into_iter().rev().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn large_bodies_end_a_page_before_they_fill_the_memory() {
    let log = SqliteBackend::memory().unwrap();
    for _ in 0..20 {
        let mut large = event("order.placed");
        large.body = vec![b'x'; 1024 * 1024].into();
        append(&log, large).await;
    }
    let pages = pages(&log, Query::all()).await;
    assert!(pages.len() >= 2 && pages.iter().all(|page| page.events.len() < 20), "{}", pages.len());
    assert_eq!(pages.iter().map(|page| page.events.len()).sum::<usize>(), 20);
}

#[tokio::test]
async fn the_log_says_where_it_begins_and_ends() {
    let log = SqliteBackend::memory().unwrap();
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last, info.backend, info.place.as_str()), (1, 0, "sqlite", "memory"));
    append(&log, event("order.placed")).await;
    append(&log, event("order.placed")).await;
    let info = log.info().await.unwrap();
    assert_eq!((info.first, info.last), (1, 2));
}
