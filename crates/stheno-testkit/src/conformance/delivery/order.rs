//! Events of a key are handled one at a time, in log order; keys do not wait for each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use stheno_core::{Cx, Failure, Key};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{order_key, ping, placed},
        probe::{Calls, Door},
        world::{World, publish, run_out, settle, start},
    },
};

/// How many attempts at a key's events are under way, and the most there ever were.
type Counted = HashMap<Option<Key>, (usize, usize)>;

/// Counts the attempts under way, key by key.
#[derive(Clone, Default)]
struct UnderWay(Arc<Mutex<Counted>>);

impl UnderWay {
    /// Counts one attempt for as long as the future takes.
    async fn during<T>(&self, cx: &Cx, work: impl Future<Output = T>) -> T {
        let key = cx.key().cloned();
        let count = |by: isize| {
            let mut all = self.0.lock().expect("nobody panics while counting");
            let (now, most) = all.entry(key.clone()).or_default();
            *now = now.checked_add_signed(by).expect("every end has a beginning");
            *most = (*most).max(*now);
        };
        count(1);
        let done = work.await;
        count(-1);
        done
    }

    fn most(&self) -> HashMap<Option<Key>, usize> {
        self.0
            .lock()
            .expect("nobody panics while counting")
            .iter()
            .map(|(key, (_, most))| (key.clone(), *most))
            .collect()
    }
}

fn sequences_by_key(calls: &Calls) -> HashMap<Option<Key>, Vec<u64>> {
    let mut by_key: HashMap<_, Vec<_>> = HashMap::new();
    calls.all().iter().for_each(|call| by_key.entry(call.key().cloned()).or_default().push(call.sequence()));
    by_key
}

/// A thousand events of sixteen keys: each key's one at a time and in order, whatever the handler takes.
pub async fn events_of_a_key_are_handled_one_at_a_time_in_order(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, under_way) = (Calls::new(), UnderWay::default());
    let counting = under_way.clone();
    let subscriber = calls.subscriber("probe.ordered", move |event, cx| {
        let counting = counting.clone();
        async move {
            counting
                .during(&cx, async {
                    for _ in 0..event.sequence % 5 {
                        tokio::task::yield_now().await;
                    }
                })
                .await;
            Ok(())
        }
    });
    let running = start(world.app().await.subscribe(subscriber)).await;
    running.bus().publish_all((0..1_000).map(|number| placed(number % 16))).await.expect("all are published");
    settle(&running).await;
    assert_eq!(calls.len(), 1_000);
    assert!(under_way.most().values().all(|most| *most == 1), "{:?}", under_way.most());
    assert!(sequences_by_key(&calls).values().all(|sequences| sequences.is_sorted_by(|a, b| a < b)));
}

/// Different keys are under way at once, up to the concurrency and not above it.
pub async fn different_keys_are_handled_side_by_side(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let subscriber = {
        let door = door.clone();
        calls.subscriber("probe.parallel", move |_, _| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let running = start(world.app().await.subscribe(subscriber.concurrency(4))).await;
    for number in 0..10 {
        publish(running.bus(), placed(number)).await;
    }
    calls.until_len(4).await;
    assert_eq!(calls.len(), 4, "no more than the concurrency");
    door.open();
    settle(&running).await;
    assert_eq!(calls.len(), 10);
}

/// Events without a key have no order to keep and are handled side by side.
pub async fn events_without_a_key_are_handled_side_by_side(harness: &dyn Harness) {
    let world = World::new(harness).await;
    side_by_side(&world, false, ping).await;
}

/// A subscriber without order handles one key's events side by side.
pub async fn a_subscriber_without_order_handles_a_key_side_by_side(harness: &dyn Harness) {
    let world = World::new(harness).await;
    side_by_side(&world, true, |_| placed("same")).await;
}

async fn side_by_side(world: &World<'_>, unordered: bool, event: impl Fn(u64) -> stheno_core::Outgoing) {
    let (calls, door) = (Calls::new(), Door::closed());
    let subscriber = {
        let door = door.clone();
        calls.subscriber("probe.parallel", move |_, _| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let subscriber = if unordered { subscriber.unordered() } else { subscriber };
    let running = start(world.app().await.subscribe(subscriber)).await;
    for number in 0..5 {
        publish(running.bus(), event(number)).await;
    }
    calls.until_len(5).await;
    door.open();
    settle(&running).await;
    assert_eq!(calls.len(), 5);
}

/// A key's later events wait while an earlier one is tried again, and other keys go on.
pub async fn order_holds_while_an_event_is_tried_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let handled = Calls::new();
    let noting = handled.clone();
    let subscriber = calls.subscriber("probe.retrying", move |event, cx| {
        let noting = noting.clone();
        async move {
            if event.key == Some(order_key("a")) && cx.attempt() <= 2 {
                return Err(Failure::new("not yet"));
            }
            noting.note(&event, &cx);
            Ok(())
        }
    });
    let running = start(world.app().await.clock(Arc::new(clock.clone())).subscribe(subscriber)).await;
    let mut of_a = Vec::new();
    let mut of_b = Vec::new();
    for _ in 0..10 {
        of_a.push(publish(running.bus(), placed("a")).await);
        of_b.push(publish(running.bus(), placed("b")).await);
    }
    settle(&running).await;
    assert_eq!(handled.sequences(), of_b, "the other key is done, and of this one nothing");
    assert_eq!(calls.len(), 11);
    run_out(&running, &clock).await;
    assert_eq!(handled.sequences()[10..], of_a);
    assert_eq!(calls.len(), 10 + 30, "every event of the key failed twice");
}

/// One key that stands still, with more events than fit into memory, does not stop the others; it catches up in order.
pub async fn a_hot_key_does_not_stop_the_others(harness: &dyn Harness) {
    const HOT: usize = 1_500;
    let world = World::new(harness).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let subscriber = {
        let door = door.clone();
        calls.subscriber("probe.hot", move |event, _| {
            let door = door.clone();
            async move {
                if event.key == Some(order_key("hot")) {
                    door.pass().await;
                }
                Ok(())
            }
        })
    };
    let running = start(world.app().await.subscribe(subscriber)).await;
    running.bus().publish_all((0..HOT).map(|_| placed("hot"))).await.expect("all are published");
    running.bus().publish_all((0..50).map(placed)).await.expect("all are published");
    calls.until("the other keys are handled", |calls| calls.len() == 51).await;
    door.open();
    settle(&running).await;
    let by_key = sequences_by_key(&calls);
    let hot = &by_key[&Some(order_key("hot"))];
    assert_eq!(hot.len(), HOT);
    assert!(hot.is_sorted_by(|a, b| a < b), "in order and each once");
}
