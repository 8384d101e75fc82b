//! A release whose subscriber takes more events than the one before: what was passed over is said, and handed over when asked.

use std::sync::Arc;

use stheno_core::{
    Config, Failure, SubscriberDef,
    app::{Running, Stopped},
    delivery::why::Why,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{PING, PLACED, PRODUCT, ping, placed, product},
        probe::{Calls, Door},
        world::{World, publish, run_out, settle, start, until_progress},
    },
};

const ID: &str = "probe.widened";

/// What an operator says to have it handed over.
fn asked() -> Config {
    Config::parse(&format!("[subscribers.'{ID}']\nbackfill = true"), "the test").expect("it is a configuration")
}

/// The first release: it takes orders alone, and has read a log of three of each kind: 1 4 7, 2 5 8, 3 6 9.
async fn first_release(world: &World<'_>, calls: &Calls) {
    let running = start(world.app().await.subscribe(calls.content(ID).on(PLACED))).await;
    for number in 0..3 {
        publish(running.bus(), placed(number)).await;
        publish(running.bus(), ping(number)).await;
        publish(running.bus(), product("p")).await;
    }
    settle(&running).await;
    assert_eq!(calls.sequences(), [1, 4, 7]);
    assert_eq!(running.stop().await, Stopped::Drained);
    calls.forget();
}

async fn why(running: &Running, sequence: u64) -> Why {
    running.operator().why(ID, sequence).await.expect("the log can be read")
}

/// What matches only since the patterns were widened is not handled silently as if it had been, nor dropped silently:
/// `why` says that it was passed over, and the next events are handled.
pub async fn what_was_passed_over_is_said_and_not_taken_for_handled(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    first_release(&world, &calls).await;
    let wider = || calls.content(ID).on_all(&[PLACED, PING]);
    let running = start(world.app().await.subscribe(wider())).await;
    settle(&running).await;
    let next = publish(running.bus(), ping(3)).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [next]);
    assert_eq!(why(&running, 2).await, Why::PassedOver);
    assert_eq!(why(&running, 1).await, Why::Handled);
    assert_eq!(why(&running, next).await, Why::Handled);
    assert!(matches!(why(&running, 3).await, Why::PatternDoesNotMatch { .. }));
}

/// With `backfill` the events that were passed over, and no others, are handed over, in log order within a key and with the
/// retries everybody has; once.
pub async fn what_was_passed_over_is_handed_over_when_asked(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    first_release(&world, &calls).await;
    let wider = |calls: &Calls| -> SubscriberDef {
        calls
            .subscriber(ID, |event, cx| async move {
                let fails = event.sequence == 3 && cx.attempt() == 1;
                if fails { Err(Failure::new("not yet")) } else { Ok(()) }
            })
            .on_all(&[PLACED, PRODUCT])
    };
    // The release that widens notices it; the next start is asked to hand over.
    let running = start(world.app().await.subscribe(wider(&calls))).await;
    settle(&running).await;
    assert_eq!((calls.len(), running.stop().await), (0, Stopped::Drained));

    let app = world.app().await.clock(Arc::new(clock.clone())).config(asked());
    let running = start(app.subscribe(wider(&calls))).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [3], "the others of its key wait behind it");
    assert!(matches!(why(&running, 3).await, Why::Retrying(_)));
    run_out(&running, &clock).await;
    assert_eq!(calls.sequences(), [3, 3, 6, 9]);
    assert_eq!(why(&running, 9).await, Why::Handled);
    let next = publish(running.bus(), product("p")).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [3, 3, 6, 9, next], "what comes now comes once");
    assert_eq!(running.stop().await, Stopped::Drained);

    // It is through, so the next start forgets it.
    calls.forget();
    let running = start(world.app().await.config(asked()).subscribe(wider(&calls))).await;
    settle(&running).await;
    assert_eq!(calls.len(), 0);
    let subscribers = running.operator().subscribers().await.expect("the log can be read");
    assert!(subscribers.iter().all(|one| !one.id.contains("backfill")), "{subscribers:?}");
    assert_eq!(why(&running, 6).await, Why::Handled);
}

/// A release that widens its patterns and says `backfill` at once gets what it passed over at its first start: no second one is
/// asked for. Another host that was already waiting goes on with the rest when the first one stops.
pub async fn what_was_passed_over_is_handed_over_at_the_first_start(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    first_release(&world, &calls).await;
    let wider = |calls: &Calls| {
        calls
            .subscriber(ID, |event, cx| async move {
                let fails = event.sequence == 3 && cx.attempt() == 1;
                if fails { Err(Failure::new("not yet")) } else { Ok(()) }
            })
            .on_all(&[PLACED, PRODUCT])
    };
    let clock = ManualClock::new();
    let app = async || world.app().await.clock(Arc::new(clock.clone())).config(asked());
    let running = start(app().await.subscribe(wider(&calls))).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [3], "the others of its key wait behind it");
    let live = publish(running.bus(), product("q")).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [3, live]);
    assert_eq!(why(&running, live).await, Why::Handled);

    let later = Calls::new();
    let waiting = start(app().await.subscribe(wider(&later))).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    settle(&waiting).await;
    run_out(&waiting, &clock).await;
    assert_eq!((calls.len(), later.sequences()), (2, vec![3, 6, 9]));
    assert_eq!(why(&waiting, 9).await, Why::Handled);
    assert_eq!(waiting.stop().await, Stopped::Drained);

    // It is through, so the next start forgets it.
    let running = start(app().await.subscribe(wider(&calls))).await;
    settle(&running).await;
    let subscribers = running.operator().subscribers().await.expect("the log can be read");
    assert!(subscribers.iter().all(|one| !one.id.contains("backfill")), "{subscribers:?}");
    assert_eq!((calls.len(), later.len()), (2, 3));
}

/// A host that waits behind the one that widens hands over what that one had noticed and did not hand over.
pub async fn what_another_host_has_noticed_is_handed_over(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    first_release(&world, &calls).await;
    let wider = |calls: &Calls| calls.content(ID).on_all(&[PLACED, PING]);
    let first = start(world.app().await.subscribe(wider(&calls))).await;
    // It was started before the first one has noticed anything, or after; it waits in any case.
    let later = Calls::new();
    let waiting = start(world.app().await.config(asked()).subscribe(wider(&later))).await;
    assert_eq!(first.stop().await, Stopped::Drained);
    settle(&waiting).await;
    assert_eq!((calls.len(), later.sequences()), (0, vec![2, 5, 8]));
    assert_eq!(why(&waiting, 5).await, Why::Handled);
}

/// A start that finds everything handed over leaves its records alone while another host still runs it.
pub async fn what_another_host_still_hands_over_is_not_forgotten(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    first_release(&world, &calls).await;
    let wider = |calls: &Calls| calls.content(ID).on_all(&[PLACED, PING]);
    let app = async || world.app().await.config(asked());
    let running = start(app().await.subscribe(wider(&calls))).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [2, 5, 8]);
    let second = start(app().await.subscribe(wider(&Calls::new()))).await;
    let next = publish(running.bus(), ping(3)).await;
    // Its records are written again when the log has grown; it would end if they were gone.
    let backfill = |running: &Running| running.progress().into_iter().find(|(id, _)| id.contains("backfill"));
    let (id, _) = backfill(&running).expect("it runs");
    until_progress(&running, &id, "it has come to the end of the log", |progress| progress.floor >= next).await;
    assert_eq!((second.stop().await, running.stop().await), (Stopped::Drained, Stopped::Drained));
    assert_eq!(calls.sequences(), [2, 5, 8, next]);
}

/// What was handed over and became a dead letter, without a key that could be parked behind it, is not forgotten before an
/// operator has decided about it.
pub async fn a_dead_letter_of_what_was_passed_over_stays(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    first_release(&world, &calls).await;
    let wider = || -> SubscriberDef {
        let mended = mended.clone();
        let subscriber = calls.subscriber(ID, move |event, _| {
            let broken = event.sequence == 5 && !mended.is_open();
            async move { if broken { Err(Failure::new("broken").terminal()) } else { Ok(()) } }
        });
        subscriber.on_all(&[PLACED, PING])
    };
    let running = start(world.app().await.subscribe(wider())).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    for start_of in 1..=2 {
        let running = start(world.app().await.config(asked()).subscribe(wider())).await;
        settle(&running).await;
        assert!(matches!(why(&running, 5).await, Why::Dead(_)), "after start {start_of}");
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    calls.forget();
    mended.open();
    let running = start(world.app().await.config(asked()).subscribe(wider())).await;
    settle(&running).await;
    let status = running.operator().subscribers().await.expect("the log can be read");
    let backfill = status.iter().find(|one| one.id.contains("backfill")).expect("it is still there");
    running.operator().redrive(&backfill.id, 5).await.expect("the command is taken");
    calls.until_len(1).await;
    settle(&running).await;
    assert_eq!((calls.sequences(), why(&running, 5).await), (vec![5], Why::Handled));
}
