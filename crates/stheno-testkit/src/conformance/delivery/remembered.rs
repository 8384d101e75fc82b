//! What stores outside of the log remember stays true: also when records go back to an earlier state, and when a subscriber gets
//! another id.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use stheno_core::{
    Config, Failure,
    app::{Problem, Running, StartError, Stopped},
    backend::{Record, RecordWrite},
    runtime::operator::RewindTo,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{PING, PLACED, ping, placed},
        probe::{Called, Calls},
        world::{World, publish, run_out, settle, start},
    },
};

const ID: &str = "probe.remembered";
const NEW_ID: &str = "probe.renamed";
const LEASE: Duration = Duration::from_secs(1);

/// What is recorded of the subscriber now.
async fn recorded(world: &World<'_>) -> Vec<Record> {
    let mut records = world.log.list_records("sub/").await.expect("they can be read");
    records.extend(world.log.list_records("lease/").await.expect("they can be read"));
    records
}

/// Puts earlier records back, as a backup would.
async fn restore(world: &World<'_>, earlier: Vec<Record>) {
    let writes = earlier.into_iter().map(|record| RecordWrite::put(record.name, record.value)).collect();
    world.log.write_records(writes).await.expect("they are written");
}

async fn running(world: &World<'_>, calls: &Calls) -> Running {
    start(world.app().await.lease(LEASE).subscribe(calls.content(ID))).await
}

fn keys(calls: &[Called]) -> Vec<String> {
    calls.iter().map(|call| call.idempotency_key.clone()).collect()
}

/// An epoch is higher than all before it, also after the records of an earlier day were restored.
pub async fn an_epoch_does_not_go_back_with_its_records(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let mut earlier = Vec::new();
    for number in 0..4 {
        if number == 3 {
            restore(&world, std::mem::take(&mut earlier)).await;
        }
        let running = running(&world, &calls).await;
        publish(running.bus(), placed(number)).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
        if number == 0 {
            earlier = recorded(&world).await;
        }
    }
    let epochs: Vec<_> = calls.all().iter().map(|call| call.epoch).collect();
    // Of the last start, everything since the first one was to be done again.
    assert!(epochs[3..].iter().all(|epoch| *epoch > epochs[2]) && epochs.len() == 6, "{epochs:?}");
}

/// An attempt that meets a higher epoch in a store counts for nothing: the subscriber is taken over anew with one that is higher
/// still, and the event is handled then.
pub async fn an_epoch_that_a_store_has_seen_is_passed(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    // A clock that was ten thousand years ahead.
    let seen = 300_000_000_000_000;
    let subscriber = calls.subscriber(ID, move |_, cx| async move {
        if cx.epoch() > seen {
            return Ok(());
        }
        cx.saw_epoch(seen);
        Err(Failure::new("a later holder has written").terminal())
    });
    let running = start(world.app().await.lease(LEASE).subscribe(subscriber)).await;
    for number in 0..3 {
        publish(running.bus(), placed(number)).await;
    }
    calls
        .until("all are handled", |calls| {
            calls.iter().filter(|call| call.epoch > seen).map(Called::sequence).collect::<HashSet<_>>().len() == 3
        })
        .await;
    settle(&running).await;
    assert!(calls.all().iter().all(|call| call.attempt == 1), "no attempt was counted");
    assert!(running.operator().dead_letters(ID).await.expect("they can be read").is_empty());
}

/// A run has keys and markers of its own, also when an earlier run of the same number was forgotten with its records.
pub async fn a_run_never_has_the_marker_of_another(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let mut seen = HashSet::new();
    let mut before_the_rewind = None;
    for round in 0..3 {
        if let Some(earlier) = before_the_rewind.take() {
            restore(&world, earlier).await;
        }
        let running = running(&world, &calls).await;
        if round == 0 {
            publish(running.bus(), placed("a")).await;
            settle(&running).await;
        }
        before_the_rewind = Some(recorded(&world).await);
        running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
        let calls_before = calls.len();
        calls.until_len(calls_before + 1).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    let runs: Vec<_> = calls.all().iter().map(|call| call.run).collect();
    assert_eq!(runs, [0, 1, 1, 1]);
    assert!(keys(&calls.all()).into_iter().all(|key| seen.insert(key)), "{:?}", keys(&calls.all()));
}

/// What is handed over to a subscriber that was widened has the marker that it would have had live: what was handled in an earlier
/// release is known to have been.
pub async fn what_is_handed_over_has_the_marker_of_its_subscriber(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let release = |patterns: &'static [&'static str]| calls.content(ID).on_all(patterns);
    let (narrow, wide): (&[&str], &[&str]) = (&[PLACED], &[PLACED, PING]);
    for (number, patterns) in [narrow, wide, narrow, wide].into_iter().enumerate() {
        let running = start(world.app().await.subscribe(release(patterns))).await;
        publish(running.bus(), ping(number as u64)).await;
        publish(running.bus(), placed(number)).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
    }
    let live: HashSet<_> = keys(&calls.all()).into_iter().collect();
    let handled: HashSet<_> = calls.sequences().into_iter().collect();
    calls.forget();
    let config = Config::parse(&format!("[subscribers.'{ID}']\nbackfill = true"), "the test");
    let app = world.app().await.config(config.expect("it is a configuration"));
    let running = start(app.subscribe(release(wide))).await;
    settle(&running).await;
    let handed_over = calls.all();
    assert!(handed_over.iter().any(|call| handled.contains(&call.sequence())), "some were handled before");
    assert!(handed_over.iter().any(|call| !handled.contains(&call.sequence())), "some were not");
    for call in handed_over {
        assert!(call.subscriber.starts_with(ID) && call.subscriber != ID, "{}", call.subscriber);
        assert_eq!(live.contains(&call.idempotency_key), handled.contains(&call.sequence()), "{}", call.sequence());
        assert!(call.idempotency_key.starts_with(&format!("{ID}/")), "{}", call.idempotency_key);
    }
}

/// A subscriber with a new id keeps its first one in markers and idempotency keys, for the events of before and for all that come.
pub async fn a_new_id_keeps_the_markers(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let app = || async { world.app().await.clock(Arc::new(clock.clone())) };
    let fails = calls.subscriber(ID, |_, _| async { Err(Failure::new("not yet")) });
    let running = start(app().await.subscribe(fails)).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    let running = start(app().await.subscribe(calls.content(NEW_ID).was(ID))).await;
    publish(running.bus(), placed("b")).await;
    settle(&running).await;
    run_out(&running, &clock).await;
    let of = |sequence| keys(&calls.all().into_iter().filter(|call| call.sequence() == sequence).collect::<Vec<_>>());
    let before = of(1);
    assert!(before.len() == 2 && before[0] == before[1], "{before:?}");
    assert!(keys(&calls.all()).iter().all(|key| key.starts_with(&format!("{ID}/"))), "{:?}", calls.all());
}

/// A release that gives a subscriber another id is taken back, and comes again, also after a replay: what one did, the other
/// knows.
pub async fn a_new_id_that_is_taken_back_repeats_nothing(harness: &dyn Harness) {
    for replayed in [false, true] {
        let world = World::new(harness).await;
        let calls = Calls::new();
        let releases = || [calls.content(ID), calls.content(NEW_ID).was(ID), calls.content("probe.third").was(NEW_ID)];
        for (number, release) in [0, 1, 2, 1, 0, 2, 0, 1].into_iter().enumerate() {
            let [first, second, third] = releases();
            let release = [first, second, third].into_iter().nth(release).expect("there are three");
            let running = start(world.app().await.subscribe(release)).await;
            publish(running.bus(), placed(number)).await;
            settle(&running).await;
            if replayed && number == 0 {
                running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
                calls.until_len(2).await;
                settle(&running).await;
                calls.forget();
            }
            assert_eq!(running.stop().await, Stopped::Drained);
        }
        let mut by_event = HashMap::<u64, HashSet<String>>::new();
        for call in calls.all() {
            by_event.entry(call.sequence()).or_default().insert(call.idempotency_key);
        }
        assert!(calls.len() > by_event.len(), "some came to two of them");
        assert!(by_event.values().all(|keys| keys.len() == 1), "{by_event:?}");
    }
}

/// An id that another subscriber of the app had before is refused: each would take what the other did for its own.
pub async fn an_id_that_another_one_had_is_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    for release in [calls.content(ID), calls.content(NEW_ID).was(ID)] {
        assert_eq!(start(world.app().await.subscribe(release)).await.stop().await, Stopped::Drained);
    }
    let app = world.app().await.subscribe(calls.content(NEW_ID)).subscribe(calls.content(ID));
    let Err(StartError::Problems(problems)) = app.start().await else { panic!("it has to be refused") };
    let expected = Problem::FormerId { id: ID.to_owned(), other: NEW_ID.to_owned() };
    assert!(problems.contains(&expected), "{problems:?}");
}
