//! Reading against a model: a random log, random queries, and a filter that a child could check.

use std::{sync::Arc, time::Duration};

use stheno_core::{
    Key, NewEvent, Pattern, PatternSet, RecordedEvent, Timestamp,
    backend::{Append, Backend, Direction, Query},
};

use crate::{
    conformance::{
        Harness,
        orders::{name, order_key},
        world::{World, append, assert_ends_when_it_is_full, read},
    },
    random::Random,
};

const NAMES: [&str; 8] = [
    "order.placed",
    "order.canceled",
    "order.return.requested",
    "Order.placed",
    "cart.updated",
    "product.updated",
    "oauth.token_generated.app",
    "ping",
];

const PATTERNS: [&str; 12] = [
    ">",
    "order.placed",
    "order.*",
    "order.>",
    "*.updated",
    "*.*",
    "*.*.*",
    "oauth.token_generated.*",
    "nothing.matches",
    "ping",
    "Order.*",
    "order.return.*",
];

/// Whatever is asked, reading gives what a plain filter over the whole log gives: pattern, key, sequence, time, both
/// directions, in pages of any size, in events and in bytes.
pub async fn reading_gives_what_a_plain_filter_gives(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut random = Random::seeded("reading_gives_what_a_plain_filter_gives");
    fill(&*world.log, &mut random).await;
    let events = world.everything().await;
    assert!(events.len() >= 200);
    for _ in 0..250 {
        let query = a_query(&mut random, &events);
        let found = every_page(&*world.log, &query).await;
        let mut expected: Vec<_> =
            events.iter().filter(|event| wanted(&query, event)).map(|event| event.sequence).collect();
        if query.direction == Direction::Backward {
            expected.reverse();
        }
        assert_eq!(found, expected, "{query:?}");
        let count = world.log.count(query.clone()).await.expect("they can be counted");
        assert_eq!(count, expected.len() as u64, "{query:?}");
    }
}

async fn fill(log: &dyn Backend, random: &mut Random) {
    let mut left = 300_usize;
    while left > 0 {
        let size = usize::try_from(1 + random.below(12)).unwrap_or(1).min(left);
        left -= size;
        append(log, Append::batch((0..size).map(|_| an_event(random)).collect())).await;
        // Spreads the storing times, so that a question about time has something to cut.
        tokio::time::sleep(random.time_below(Duration::from_micros(800))).await;
    }
}

fn an_event(random: &mut Random) -> NewEvent {
    let mut event = NewEvent::new(name(random.pick(&NAMES).expect("there are names")), "{}");
    event.key = (!random.one_in(4)).then(|| a_key(random));
    if random.one_in(8) {
        event.body = vec![b' '; usize::try_from(random.below(20_000)).unwrap_or(0)].into();
    }
    event
}

fn a_key(random: &mut Random) -> Key {
    match random.below(6) {
        // Two kinds with one id.
        0 => Key::new("product", "1").expect("a legal key"),
        id => order_key(id),
    }
}

fn a_query(random: &mut Random, events: &[Arc<RecordedEvent>]) -> Query {
    let patterns = (0..=random.below(3)).map(|_| random.pick(&PATTERNS).expect("there are patterns"));
    let patterns: Vec<_> = patterns.map(|pattern| Pattern::new(pattern).expect("a legal pattern")).collect();
    let limit = [1, 2, 7, 64, 1_000][usize::try_from(random.below(5)).unwrap_or(0)];
    let bytes = [1, 30, 5_000, 40_000, Query::DEFAULT_BYTES][usize::try_from(random.below(5)).unwrap_or(0)];
    let mut query = Query::new(PatternSet::new(patterns)).limit(limit).bytes(bytes);
    match random.below(5) {
        0 | 1 => query = query.key(a_key(random)),
        2 => query = query.keyless(),
        _ => {}
    }
    if random.one_in(2) {
        query = query.after(a_sequence(random, events));
    }
    if random.one_in(3) {
        query = query.upto(a_sequence(random, events));
    }
    if random.one_in(3) {
        query = query.since(a_time(random, events));
    }
    if random.one_in(3) {
        query = query.until(a_time(random, events));
    }
    if random.one_in(2) { query.backward() } else { query }
}

fn a_sequence(random: &mut Random, events: &[Arc<RecordedEvent>]) -> u64 {
    let last = events.last().map_or(0, |event| event.sequence);
    // Sometimes beyond the end.
    random.below(last + 5)
}

fn a_time(random: &mut Random, events: &[Arc<RecordedEvent>]) -> Timestamp {
    let stored = random.pick(events).map_or_else(Timestamp::now, |event| event.stored);
    // At the very microsecond, or one beside it.
    Timestamp::from_micros(stored.as_micros() + i64::try_from(random.below(3)).unwrap_or(0) - 1)
}

fn wanted(query: &Query, event: &RecordedEvent) -> bool {
    query.patterns.matches(&event.name)
        && query.key.as_ref().is_none_or(|key| event.key.as_ref() == Some(key))
        && !(query.keyless && event.key.is_some())
        && event.sequence > query.after
        && query.upto.is_none_or(|upto| event.sequence <= upto)
        && query.since.is_none_or(|since| event.stored >= since)
        && query.until.is_none_or(|until| event.stored < until)
}

/// Reads on as [`stheno_core::backend::Page::covered`] says, and holds every page to its promise.
async fn every_page(log: &dyn Backend, query: &Query) -> Vec<u64> {
    let mut all = Vec::new();
    let mut next = query.clone();
    loop {
        let page = read(log, next.clone()).await;
        assert!(page.events.len() <= query.limit, "{next:?} gives {} events", page.events.len());
        assert!(page.end || !page.events.is_empty(), "{next:?} gives an empty page: {page:?}");
        assert_ends_when_it_is_full(&page.events, query.bytes);
        let sequences = page.events.iter().map(|event| event.sequence);
        match query.direction {
            Direction::Forward => {
                assert!(
                    sequences.clone().all(|sequence| sequence > next.after && sequence <= page.covered),
                    "{next:?} {page:?}"
                );
                assert!(page.end || page.covered > next.after, "{next:?} makes no headway: {page:?}");
                next = next.after(page.covered);
            }
            Direction::Backward => {
                assert!(sequences.clone().all(|sequence| sequence >= page.covered), "{next:?} {page:?}");
                assert!(page.end || page.covered > 0, "{next:?} makes no headway: {page:?}");
                next = next.upto(page.covered.saturating_sub(1));
            }
        }
        all.extend(sequences);
        if page.end {
            return all;
        }
    }
}
