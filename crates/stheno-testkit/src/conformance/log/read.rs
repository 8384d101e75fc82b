//! Reading pages: how far one reaches, and where the end is.

use stheno_core::{
    PatternSet,
    backend::{Append, Page, Query},
};

use crate::conformance::{
    Harness,
    orders::{CANCELED, PLACED, of_order, order_key, plain, stored},
    world::{World, append, assert_ends_when_it_is_full, everything, read},
};

/// An empty log reads as one empty page that is the end, in either direction.
pub async fn an_empty_log_is_one_empty_page(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for query in [Query::all(), Query::all().backward(), Query::all().key(order_key(1)), Query::all().after(0).upto(0)]
    {
        let page = read(&*world.log, query).await;
        assert!(page.events.is_empty() && page.end, "{page:?}");
    }
}

/// A read that matches nothing still covers the whole log, so that a reader of rare events gets on.
pub async fn a_read_that_matches_nothing_covers_the_log(harness: &dyn Harness) {
    let world = World::new(harness).await;
    append(&*world.log, Append::batch((0..50).map(plain).collect())).await;
    let last = world.last().await;
    let rare = PatternSet::parse([CANCELED]).expect("a legal pattern");
    let mut query = Query::new(rare);
    loop {
        let page = read(&*world.log, query.clone()).await;
        assert!(page.events.is_empty());
        if page.end {
            assert_eq!(page.covered, last);
            break;
        }
        query = query.after(page.covered);
    }
}

/// A page says whether it is the end; what is appended later is on the next page.
pub async fn reading_goes_on_where_a_page_ended(harness: &dyn Harness) {
    let world = World::new(harness).await;
    append(&*world.log, Append::batch((0..10).map(plain).collect())).await;
    let first = read(&*world.log, Query::all().limit(4)).await;
    assert!(!first.end && first.events.len() == 4);
    let second = read(&*world.log, Query::all().after(first.covered)).await;
    assert!(second.end && second.events.len() == 6);
    let nothing = read(&*world.log, Query::all().after(second.covered)).await;
    assert!(nothing.end && nothing.events.is_empty());
    assert_eq!(nothing.covered, second.covered, "a page never covers what is not there yet");
    let later = stored(&*world.log, plain("later")).await;
    let third = read(&*world.log, Query::all().after(second.covered)).await;
    assert_eq!(third.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [later]);
}

/// The newest event of a key is one backward read of one event.
pub async fn the_newest_event_of_a_key_is_one_backward_read(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut newest = 0;
    for index in 0..40_u64 {
        let sequence = stored(&*world.log, of_order(index % 4, index)).await;
        newest = if index % 4 == 2 { sequence } else { newest };
    }
    let page = read(&*world.log, Query::all().key(order_key(2)).backward().limit(1)).await;
    assert_eq!(page.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [newest]);
}

/// What was stored without a key is found by that, also together with patterns, and in pages.
pub async fn events_without_a_key_are_found_by_that(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut without = Vec::new();
    for index in 0..30_u64 {
        stored(&*world.log, of_order(index, index)).await;
        without.push(stored(&*world.log, plain(index)).await);
        let mut bare = of_order(index, index);
        bare.key = None;
        without.push(stored(&*world.log, bare).await);
    }
    let sequences = async |query: Query| {
        let events = everything(&*world.log, query).await;
        assert!(events.iter().all(|event| event.key.is_none()));
        events.iter().map(|event| event.sequence).collect::<Vec<_>>()
    };
    assert_eq!(sequences(Query::all().keyless().limit(7)).await, without);
    let placed = PatternSet::parse([PLACED]).expect("a legal pattern");
    let of_placed: Vec<_> = without.iter().copied().skip(1).step_by(2).collect();
    assert_eq!(sequences(Query::new(placed).keyless().limit(7)).await, of_placed);
}

/// Large bodies may make a page smaller than its limit, and never lose an event.
pub async fn large_bodies_do_not_get_lost_between_pages(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let length = world.log.abilities().max_body.min(1024 * 1024);
    for order in 0..20 {
        stored(&*world.log, of_order(order, "x".repeat(length))).await;
    }
    let patterns = PatternSet::parse([PLACED]).expect("a legal pattern");
    let events = everything(&*world.log, Query::new(patterns)).await;
    assert_eq!(events.len(), 20);
    assert!(events.iter().all(|event| event.body.len() == length));
}

/// A page ends with the event that fills its bytes, in either direction: it covers just that far, and is not the end while
/// something is left.
pub async fn a_page_ends_with_the_event_that_fills_its_bytes(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let mut all = Vec::new();
    for index in 0..12 {
        all.push(stored(&*world.log, of_order("a", "x".repeat(1_000))).await);
        if index % 3 == 0 {
            stored(&*world.log, plain("between")).await;
        }
    }
    let of_order = Query::all().key(order_key("a"));
    let of_name = Query::new(PatternSet::parse([PLACED]).expect("a legal pattern"));
    for query in [of_order, of_name] {
        for (bytes, fit) in [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (5_000, 5)] {
            let sequences = |page: &Page| page.events.iter().map(|event| event.sequence).collect::<Vec<_>>();
            let page = read(&*world.log, query.clone().bytes(bytes)).await;
            assert_eq!(
                (sequences(&page), page.covered, page.end),
                (all[..fit].to_vec(), all[fit - 1], false),
                "{bytes}"
            );
            let page = read(&*world.log, query.clone().backward().bytes(bytes)).await;
            let newest: Vec<_> = all.iter().rev().take(fit).copied().collect();
            assert_eq!((sequences(&page), page.covered, page.end), (newest.clone(), newest[fit - 1], false), "{bytes}");
            let found = everything(&*world.log, query.clone().bytes(bytes)).await;
            assert_eq!(found.iter().map(|event| event.sequence).collect::<Vec<_>>(), all, "{bytes}");
        }
        let page = read(&*world.log, query.clone().bytes(12_001)).await;
        assert!(page.events.len() == 12 && page.end, "it holds everything: {page:?}");
    }
}

/// An event that is larger than a page comes alone, and what stands around it comes as ever.
pub async fn an_event_larger_than_a_page_comes_alone(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let largest = world.log.abilities().max_body.min(1024 * 1024);
    let mut all = Vec::new();
    for length in [10, 10, largest, 10, largest, largest, 10] {
        all.push(stored(&*world.log, of_order(1, "x".repeat(length))).await);
    }
    for query in [Query::all(), Query::all().key(order_key(1))] {
        let mut found = Vec::new();
        let mut after = 0;
        loop {
            let page = read(&*world.log, query.clone().after(after).bytes(1_000)).await;
            assert_ends_when_it_is_full(&page.events, 1_000);
            assert!(page.end || !page.events.is_empty());
            found.extend(page.events.iter().map(|event| event.sequence));
            if page.end {
                break;
            }
            assert_eq!(Some(&page.covered), found.last());
            after = page.covered;
        }
        assert_eq!(found, all);
        let mut found = Vec::new();
        let mut upto = u64::MAX - 1;
        loop {
            let page = read(&*world.log, query.clone().upto(upto).backward().bytes(1_000)).await;
            assert_ends_when_it_is_full(&page.events, 1_000);
            found.extend(page.events.iter().map(|event| event.sequence));
            if page.end {
                break;
            }
            upto = page.covered - 1;
        }
        found.reverse();
        assert_eq!(found, all);
    }
}
