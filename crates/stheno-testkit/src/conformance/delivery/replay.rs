//! Rewinding a subscriber: from where, as which run, and whom it concerns.

use std::sync::Arc;

use stheno_core::{
    Failure,
    app::{Running, Stopped},
    delivery::why::Why,
    runtime::operator::RewindTo,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{ping, placed},
        probe::{Called, Calls, Door},
        world::{World, progress, publish, run_out, settle, start, until, until_progress},
    },
};

const ID: &str = "probe.replayed";

async fn rewind(running: &Running, to: RewindTo) {
    let run = progress(running, ID).run;
    running.operator().rewind(ID, to).await.expect("the command is taken");
    until_progress(running, ID, "the run begins", |progress| progress.run == run + 1).await;
    settle(running).await;
}

fn seen(calls: &Calls) -> Vec<(u32, u64)> {
    calls.all().iter().map(|call| (call.run, call.sequence())).collect()
}

/// A rewind hands the events from there on to that one subscriber again, as a new run with new idempotency keys.
pub async fn a_rewind_is_a_new_run_from_that_position(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, others) = (Calls::new(), Calls::new());
    let app = world.app().await.subscribe(calls.content(ID).concurrency(1));
    let running = start(app.subscribe(others.content("probe.other"))).await;
    for number in 0..6 {
        publish(running.bus(), placed(number)).await;
    }
    settle(&running).await;
    let live: Vec<_> = calls.all().into_iter().map(|call| call.idempotency_key).collect();
    for (run, to, first) in [(1, RewindTo::After(4), 5), (2, RewindTo::Beginning, 1), (3, RewindTo::End, 7)] {
        calls.forget();
        rewind(&running, to).await;
        assert_eq!(seen(&calls), (first..=6).map(|sequence| (run, sequence)).collect::<Vec<_>>());
        assert!(calls.all().iter().all(|call| !live.contains(&call.idempotency_key)));
    }
    calls.forget();
    publish(running.bus(), placed("next")).await;
    settle(&running).await;
    assert_eq!(seen(&calls), [(3, 7)]);
    assert_eq!(others.len(), 7, "nobody else saw anything again");
}

/// A rewind to a time begins with the first event that was stored then or later.
pub async fn a_rewind_may_name_a_time(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content(ID).concurrency(1))).await;
    for number in 0..6 {
        publish(running.bus(), placed(number)).await;
        // Another microsecond at least.
        until("time goes on", true, async || {
            crate::conformance::world::now()
                > calls.all().last().map_or_else(Default::default, |call| call.event.stored)
        })
        .await;
        settle(&running).await;
    }
    let times: Vec<_> = calls.all().iter().map(|call| call.event.stored).collect();
    let expected: Vec<_> =
        (1..=6_u64).filter(|sequence| times[usize::try_from(*sequence - 1).unwrap_or(0)] >= times[3]).collect();
    calls.forget();
    rewind(&running, RewindTo::Time(times[3])).await;
    assert_eq!(calls.sequences(), expected);
    calls.forget();
    rewind(&running, RewindTo::Time(times[5].plus(std::time::Duration::from_secs(3600)))).await;
    assert_eq!(calls.len(), 0);
}

/// A run outlives a restart.
pub async fn a_run_goes_on_after_a_restart(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    rewind(&running, RewindTo::Beginning).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(seen(&calls), [(0, 1), (1, 1), (1, 2)]);
}

/// A rewind waits for what is under way, and what it passes over again is no longer waiting, parked or dead.
pub async fn a_rewind_starts_over_what_had_failed(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock, mended) = (Calls::new(), ManualClock::new(), Door::closed());
    let subscriber = {
        let mended = mended.clone();
        calls.subscriber(ID, move |event, _| {
            let broken = !mended.is_open();
            async move {
                match event.sequence {
                    2 | 5 if broken => Err(Failure::new("broken").terminal()),
                    3 if broken => Err(Failure::new("not yet")),
                    _ => Ok(()),
                }
            }
        })
    };
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(subscriber.concurrency(1))).await;
    publish(running.bus(), placed("fine")).await;
    publish(running.bus(), placed("dead")).await;
    publish(running.bus(), placed("retried")).await;
    publish(running.bus(), placed("dead")).await;
    publish(running.bus(), ping(5)).await;
    settle(&running).await;
    let why = async |sequence| running.operator().why(ID, sequence).await.expect("the log can be read");
    assert!(matches!(why(2).await, Why::Dead(_)));
    assert!(matches!(why(3).await, Why::Retrying(_)));
    assert_eq!(why(4).await, Why::Parked { dead: 2 });
    assert!(matches!(why(5).await, Why::Dead(_)));

    mended.open();
    calls.forget();
    rewind(&running, RewindTo::Beginning).await;
    run_out(&running, &clock).await;
    assert_eq!(seen(&calls), (1..=5).map(|sequence| (1, sequence)).collect::<Vec<_>>());
    for sequence in 1..=5 {
        assert_eq!(why(sequence).await, Why::Handled, "event {sequence}");
    }
    let letters = running.operator().dead_letters(ID).await.expect("the log can be read");
    assert!(letters.is_empty(), "{letters:?}");
    assert!(calls.all().iter().all(|call| call.attempt == 1), "a new run counts from one");
}

/// A key that is parked behind a dead letter before the position stays parked: the run does not come to the letter again.
pub async fn a_rewind_leaves_parked_what_is_behind_its_position(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, mended) = (Calls::new(), Door::closed());
    let subscriber = {
        let mended = mended.clone();
        calls.subscriber(ID, move |event, _| {
            let broken = event.sequence == 2 && !mended.is_open();
            async move { if broken { Err(Failure::new("broken").terminal()) } else { Ok(()) } }
        })
    };
    let running = start(world.app().await.subscribe(subscriber.concurrency(1))).await;
    for order in ["fine", "dead", "dead", "fine"] {
        publish(running.bus(), placed(order)).await;
    }
    settle(&running).await;
    rewind(&running, RewindTo::After(2)).await;
    assert_eq!(seen(&calls), [(0, 1), (0, 2), (0, 4), (1, 4)]);
    let why = async |sequence| running.operator().why(ID, sequence).await.expect("the log can be read");
    assert_eq!(why(3).await, Why::Parked { dead: 2 });
    mended.open();
    running.operator().redrive(ID, 2).await.expect("the command is taken");
    calls.until_len(6).await;
    settle(&running).await;
    assert_eq!(seen(&calls)[4..], [(1, 2), (1, 3)]);
}

/// Of two rewinds at once the later one counts, and the first is not carried out after all some day.
pub async fn of_two_rewinds_the_later_one_counts(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, door) = (Calls::new(), Door::closed());
    let subscriber = || {
        let door = door.clone();
        calls.subscriber(ID, move |_, _| {
            let door = door.clone();
            async move {
                door.pass().await;
                Ok(())
            }
        })
    };
    let running = start(world.app().await.subscribe(subscriber())).await;
    for _ in 0..3 {
        publish(running.bus(), placed("a")).await;
    }
    calls.until_len(1).await;
    // Both wait for the handler under way.
    running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
    running.operator().rewind(ID, RewindTo::After(2)).await.expect("the command is taken");
    until("both are taken up", 0, async || commands(&world).await.saturating_sub(1)).await;
    door.open();
    until("nothing is asked any more", 0, async || commands(&world).await).await;
    settle(&running).await;
    assert_eq!((seen(&calls).last(), progress(&running, ID).run), (Some(&(1, 3)), 1));
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = start(world.app().await.subscribe(subscriber())).await;
    settle(&running).await;
    assert_eq!((calls.len(), progress(&running, ID).run), (2, 1));
}

/// What was asked and is not carried out yet.
async fn commands(world: &World<'_>) -> usize {
    world.log.list_records("command/").await.expect("records can be listed").len()
}

/// A rewind under a steady stream of events gives each of them once in the run that begins with it.
pub async fn a_rewind_under_load_loses_nothing(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    let bus = running.bus().clone();
    let publishing = tokio::spawn(async move {
        for number in 0..400 {
            publish(&bus, placed(number % 30)).await;
        }
    });
    calls.until_len(100).await;
    rewind(&running, RewindTo::After(50)).await;
    publishing.await.expect("the publisher ends");
    settle(&running).await;
    let mut of_run: Vec<_> = calls.all().iter().filter(|call| call.run == 1).map(Called::sequence).collect();
    assert!(of_run.len() == 350, "{} events in the run", of_run.len());
    of_run.sort_unstable();
    assert_eq!(of_run, (51..=400).collect::<Vec<_>>());
}
