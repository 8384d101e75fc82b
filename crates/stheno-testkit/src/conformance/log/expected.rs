//! Optimistic concurrency: an append that says where the last event of its key has to be.

use std::sync::Arc;

use stheno_core::backend::{Append, AppendErrorKind};

use crate::conformance::{
    Harness,
    orders::{of_order, plain, stored},
    world::World,
};

/// An expectation that holds lets the event in; one that does not is a conflict that says what is there.
pub async fn an_expected_sequence_is_held_against_the_last_event_of_the_key(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let expecting = |order: &str, sequence| {
        let mut event = of_order(order, "x");
        event.expected = Some(sequence);
        event
    };
    let first = stored(&*world.log, expecting("a", 0)).await;
    stored(&*world.log, plain("of no key")).await;
    let other = stored(&*world.log, expecting("b", 0)).await;
    let second = stored(&*world.log, expecting("a", first)).await;
    for (wrong, actual) in [(0, second), (first, second), (other, second), (second + 1, second)] {
        let refused = world.log.append(Append::one(expecting("a", wrong))).await.expect_err("it has moved on");
        assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected: wrong, actual });
    }
    let refused = world.log.append(Append::one(expecting("new", 7))).await.expect_err("there is none");
    assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected: 7, actual: 0 });
    assert_eq!(world.everything().await.len(), 4);
    stored(&*world.log, expecting("a", second)).await;
}

/// Keys that begin alike, or differ by case, are different keys.
pub async fn similar_keys_do_not_meet(harness: &dyn Harness) {
    let world = World::new(harness).await;
    for order in ["a", "A", "a.b", "a:b", "a*", "a ", "aa", "%61"] {
        let mut event = of_order(order, order);
        event.expected = Some(0);
        stored(&*world.log, event).await;
    }
}

/// An event without an expectation is taken whatever is there, and moves the key on.
pub async fn an_event_without_an_expectation_is_always_taken(harness: &dyn Harness) {
    let world = World::new(harness).await;
    stored(&*world.log, of_order("a", 1)).await;
    let last = stored(&*world.log, of_order("a", 2)).await;
    let mut expecting = of_order("a", 3);
    expecting.expected = Some(last);
    stored(&*world.log, expecting).await;
}

/// Of many appends that expect the same, exactly one gets in, round after round.
pub async fn exactly_one_of_many_racing_appends_wins(harness: &dyn Harness) {
    const ROUNDS: usize = 12;
    let world = World::new(harness).await;
    let mut last = 0;
    for round in 0..ROUNDS {
        let racing: Vec<_> = (0..6)
            .map(|racer| {
                let log = Arc::clone(&world.log);
                let mut event = of_order("contested", format!("{round}/{racer}"));
                event.expected = Some(last);
                tokio::spawn(async move { log.append(Append::one(event)).await })
            })
            .collect();
        let mut won = Vec::new();
        for racer in racing {
            match racer.await.expect("the task ends") {
                Ok(appended) => won.extend(appended),
                Err(refused) => assert!(
                    matches!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected, .. } if expected == last),
                    "{refused:?}"
                ),
            }
        }
        let [winner] = won[..] else { panic!("exactly one wins: {won:?}") };
        last = winner.sequence.expect("it is stored");
    }
    assert_eq!(world.everything().await.len(), ROUNDS);
}
