//! Tails: what was there, then what comes, without gap or repeat.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use stheno_core::{
    PatternSet,
    backend::{Append, Query},
};

use crate::conformance::{
    Harness,
    orders::{CANCELED, name, of_order, order_key, plain, stored},
    world::{World, append, assert_ends_when_it_is_full, bounded, take},
};

/// What was there and what comes while it is read is given once each, in order, from wherever a tail begins.
pub async fn a_tail_has_neither_gap_nor_repeat(harness: &dyn Harness) {
    const BEFORE: usize = 100;
    const WRITERS: usize = 4;
    const EACH: usize = 75;
    let world = World::new(harness).await;
    append(&*world.log, Append::batch((0..BEFORE).map(plain).collect())).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = Arc::clone(&world.log);
            tokio::spawn(async move {
                for index in 0..EACH {
                    match index % 3 {
                        0 => drop(append(&*log, Append::batch((0..3).map(plain).collect())).await),
                        _ => drop(stored(&*log, of_order(writer, index)).await),
                    }
                }
            })
        })
        .collect();
    let of_one_writer = EACH.div_ceil(3) * 3 + EACH - EACH.div_ceil(3);
    let total = BEFORE + WRITERS * of_one_writer;
    // One begins in what was there, one at its end, one while others write.
    let mut given = Vec::new();
    for (after, limit) in [(0, 7), (BEFORE as u64, 512), (50, 1)] {
        let mut tail = world.log.tail(Query::all().after(after).limit(limit)).await.expect("a tail");
        let events = total - usize::try_from(after).expect("a small number");
        given.push(tokio::spawn(async move { take(&mut *tail, events).await }));
    }
    for writer in writers {
        writer.await.expect("the writer ends");
    }
    let all: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
    assert_eq!(all.len(), total);
    for (tail, skipped) in given.into_iter().zip([0, BEFORE, 50]) {
        let events = tail.await.expect("the tail is read");
        assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), all[skipped..]);
    }
}

/// A tail that waits is woken by an event and does not come back to it after a while: twenty take less time than ten of
/// its patient waits.
pub async fn a_waiting_tail_is_woken_by_an_event(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut tail = world.log.tail(Query::all()).await.expect("a tail");
    let begin = Instant::now();
    for number in 0..20 {
        let (log, event) = (Arc::clone(&world.log), plain(number));
        let (given, _) = tokio::join!(take(&mut *tail, 1), stored(&*log, event));
        assert_eq!(given[0].body, number.to_string().into_bytes());
    }
    assert!(begin.elapsed() < Duration::from_secs(10), "twenty events took {:?}", begin.elapsed());
}

/// A tail on a log where nothing happens comes back now and then with an empty page that covers nothing new.
pub async fn an_idle_tail_comes_back_with_an_empty_page(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let last = stored(&*world.log, plain("only")).await;
    let mut tail = world.log.tail(Query::all().after(last)).await.expect("a tail");
    let page = bounded("an idle tail comes back", tail.next()).await.expect("the tail goes on");
    assert!(page.events.is_empty());
    assert_eq!(page.covered, last);
}

/// Several tails each get everything; a slow one holds nobody up.
pub async fn several_tails_each_get_everything(harness: &dyn Harness) {
    let world = World::new(harness).await;
    // Nobody reads this one until the end.
    let mut slow = world.log.tail(Query::all()).await.expect("a tail");
    let mut readers = Vec::new();
    for _ in 0..6 {
        let mut tail = world.log.tail(Query::all()).await.expect("a tail");
        readers.push(tokio::spawn(async move { take(&mut *tail, 200).await.len() }));
    }
    for number in 0..200 {
        stored(&*world.log, plain(number)).await;
    }
    for reader in readers {
        assert_eq!(reader.await.expect("the tail is read"), 200);
    }
    assert_eq!(take(&mut *slow, 200).await.len(), 200);
}

/// A wait that is given up loses nothing: the next one goes on where the last page ended.
pub async fn a_wait_that_is_given_up_loses_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut tail = world.log.tail(Query::all().limit(3)).await.expect("a tail");
    let log = Arc::clone(&world.log);
    let writing = tokio::spawn(async move {
        for number in 0..150 {
            stored(&*log, plain(number)).await;
        }
    });
    let mut given = Vec::new();
    let mut patience = Duration::from_micros(50);
    bounded("all are given", async {
        while given.len() < 150 {
            // At first a wait is given up nearly always, later nearly never.
            if let Ok(page) = tokio::time::timeout(patience, tail.next()).await {
                given.extend(page.expect("the tail goes on").events.iter().map(|event| event.sequence));
            }
            patience += Duration::from_micros(20);
        }
    })
    .await;
    writing.await.expect("the writer ends");
    let all: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
    assert_eq!(given, all);
}

/// What a tail covers moves over events that it does not give: they need no second look.
pub async fn a_tail_moves_over_events_it_does_not_match(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let patterns = PatternSet::parse([CANCELED]).expect("a legal pattern");
    let mut tail = world.log.tail(Query::new(patterns)).await.expect("a tail");
    for round in 0..3 {
        append(&*world.log, Append::batch((0..30).map(plain).collect())).await;
        let last = world.last().await;
        bounded("the tail moves on", async {
            while tail.next().await.map(|page| page.covered).expect("the tail goes on") < last {}
        })
        .await;
        let mut canceled = of_order(round, "{}");
        canceled.name = name(CANCELED);
        let sequence = stored(&*world.log, canceled).await;
        assert_eq!(take(&mut *tail, 1).await[0].sequence, sequence);
    }
}

/// A tail of one key gives its events alone.
pub async fn a_tail_of_a_key_gives_its_events_alone(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut tail = world.log.tail(Query::all().key(order_key("a"))).await.expect("a tail");
    let mut own = Vec::new();
    for index in 0..60 {
        let order = ["a", "b", "aa"][index % 3];
        let sequence = stored(&*world.log, of_order(order, index)).await;
        own.extend((order == "a").then_some(sequence));
    }
    let given: Vec<_> = take(&mut *tail, own.len()).await.iter().map(|event| event.sequence).collect();
    assert_eq!(given, own);
}

/// A tail's pages end with the event that fills their bytes, without gap or repeat: of what was there, and of what comes.
pub async fn a_tail_ends_its_pages_when_they_are_full(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let largest = world.log.abilities().max_body.min(256 * 1024);
    let lengths = [10, 3_000, 3_000, largest, 10, 5_000, largest, largest, 10, 3_000];
    let store = async || {
        for (index, length) in lengths.into_iter().enumerate() {
            stored(&*world.log, of_order(index % 2, "x".repeat(length))).await;
        }
    };
    store().await;
    for bytes in [1, 10_000, 300_000] {
        let mut tail = world.log.tail(Query::all().bytes(bytes)).await.expect("a tail");
        store().await;
        let all: Vec<_> = world.everything().await.iter().map(|event| event.sequence).collect();
        let mut given: Vec<u64> = Vec::new();
        bounded("all are given", async {
            while given.len() < all.len() {
                let page = tail.next().await.expect("the tail goes on");
                assert_ends_when_it_is_full(&page.events, bytes);
                given.extend(page.events.iter().map(|event| event.sequence));
                assert!(given.last().is_none_or(|last| page.covered >= *last), "{page:?}");
                let beyond = all.get(given.len());
                assert!(beyond.is_none_or(|next| page.covered < *next), "it covers what it has not given: {page:?}");
            }
        })
        .await;
        assert_eq!(given, all, "{bytes}");
    }
}
