//! A process that dies or freezes: somebody else goes on, and it cannot move anything when it wakes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use stheno_core::{
    Failure, SubscriberDef,
    app::{Running, Stopped},
    backend::RecordWrite,
    delivery::{doc::DeadReason, why::Why},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::placed,
        probe::{Called, Calls, Door},
        world::{self, World, held, publish, run_out, settle, start, until, until_progress},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.all";
/// Short, so that a takeover does not take long; long enough for a machine that is busy.
const LEASE: Duration = Duration::from_secs(1);

/// A subscriber whose handler comes back when the door opens.
fn behind(door: &Door, calls: &Calls) -> SubscriberDef {
    let door = door.clone();
    calls.subscriber(ID, move |_, _| {
        let door = door.clone();
        async move {
            door.pass().await;
            Ok(())
        }
    })
}

async fn running_with(world: &World<'_>, subscriber: SubscriberDef) -> Running {
    start(world.app().await.lease(LEASE).subscribe(subscriber)).await
}

/// A subscriber whose handler never ends by itself; the door opens when it is cut.
fn hanging(calls: &Calls, ended: &Door) -> SubscriberDef {
    let ended = ended.clone();
    calls.subscriber(ID, move |_, _| {
        let open_at_the_end = OpenOnDrop(ended.clone());
        async move {
            std::future::pending::<()>().await;
            drop(open_at_the_end);
            Ok(())
        }
    })
}

/// An app that ends in the middle of a handler: the event is handled again elsewhere, and what was recorded is not.
pub async fn what_was_under_way_at_a_crash_is_handled_again(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, never) = (Calls::new(), Door::closed());
    let first = {
        let never = never.clone();
        calls.subscriber(ID, move |event, _| {
            let never = never.clone();
            async move {
                if event.sequence > 10 {
                    never.pass().await;
                }
                Ok(())
            }
        })
    };
    let crashing = running_with(&world, first).await;
    for number in 0..13 {
        publish(crashing.bus(), placed(number)).await;
    }
    calls.until_len(13).await;
    until_progress(&crashing, ID, "the first ten are recorded", |progress| progress.floor == 10).await;
    drop(crashing);

    let again = Calls::new();
    let running = running_with(&world, again.content(ID)).await;
    let later = publish(running.bus(), placed("later")).await;
    settle(&running).await;
    assert_eq!(again.sequences(), [11, 12, 13, later]);
    assert!(again.all().iter().all(|call| call.attempt == 1), "a crash is no failed attempt");
    assert!(again.all()[0].epoch > calls.all()[0].epoch);
}

/// What fences an earlier holder off goes up for ever, even if somebody deletes the record of the lease.
pub async fn an_epoch_never_comes_twice(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    for number in 0..3 {
        let running = running_with(&world, calls.content(ID)).await;
        publish(running.bus(), placed(number)).await;
        settle(&running).await;
        assert_eq!(running.stop().await, Stopped::Drained);
        let leases = world.log.list_records("lease/").await.expect("they can be read");
        assert!(!leases.is_empty());
        let deleted = leases.into_iter().map(|record| RecordWrite::delete(record.name)).collect();
        world.log.write_records(deleted).await.expect("they can be deleted");
    }
    let epochs: Vec<_> = calls.all().iter().map(|call| call.epoch).collect();
    assert!(epochs.is_sorted_by(|one, other| one < other) && epochs.len() == 3, "{epochs:?}");
}

/// An app that is dropped ends as in a crash: its handlers do not go on, and it releases nothing.
pub async fn a_dropped_app_takes_its_handlers_with_it(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, ended) = (Calls::new(), Door::closed());
    let running = running_with(&world, hanging(&calls, &ended)).await;
    publish(running.bus(), placed("a")).await;
    calls.until_len(1).await;
    drop(running);
    world::bounded("the handler ends", ended.pass()).await;
    let again = Calls::new();
    let running = running_with(&world, again.content(ID)).await;
    settle(&running).await;
    assert_eq!(again.sequences(), [1]);
}

/// Opens a door when a handler ends in whatever way.
struct OpenOnDrop(Door);

impl Drop for OpenOnDrop {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// After a crash, the events that may have caused it are tried one at a time; what comes after them is not slowed.
pub async fn suspects_of_a_crash_are_tried_alone(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, never) = (Calls::new(), Door::closed());
    let crashing = running_with(&world, behind(&never, &calls)).await;
    for number in 0..6 {
        publish(crashing.bus(), placed(number)).await;
    }
    calls.until_len(6).await;
    drop(crashing);

    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (again, door) = (Calls::new(), Door::closed());
    let careful = {
        let (most, door) = (Arc::clone(&most), door.clone());
        again.subscriber(ID, move |event, _| {
            let (now, most, door) = (Arc::clone(&now), Arc::clone(&most), door.clone());
            async move {
                if event.sequence > 6 {
                    door.pass().await;
                    return Ok(());
                }
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Room for another one to begin, if it may.
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
    };
    let running = running_with(&world, careful).await;
    again.until_len(6).await;
    for number in 0..3 {
        publish(running.bus(), placed(number)).await;
    }
    again.until_len(9).await;
    assert_eq!(most.load(Ordering::SeqCst), 1, "one suspect at a time");
    door.open();
    settle(&running).await;
    assert_eq!(again.len(), 9);
}

/// After a crash with much left to do, what had not been begun is handled side by side as ever.
pub async fn a_crash_does_not_hold_up_what_had_not_been_begun(harness: &dyn Harness) {
    const SIDE_BY_SIDE: usize = 4;
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let (calls, never) = (Calls::new(), Door::closed());
    let crashing = running_with(&world, behind(&never, &calls)).await;
    bus.publish_all((0..1_000).map(placed)).await.expect("all are published");
    calls.until_len(16).await;
    drop(crashing);

    // The last ones only come back when several are under way: tried alone they would wait for good.
    let (again, waiting, door) = (Calls::new(), Arc::new(AtomicUsize::new(0)), Door::closed());
    let meeting = {
        let door = door.clone();
        again.subscriber(ID, move |event, _| {
            let (waiting, door) = (Arc::clone(&waiting), door.clone());
            async move {
                if event.sequence > 500 {
                    if waiting.fetch_add(1, Ordering::SeqCst) + 1 == SIDE_BY_SIDE {
                        door.open();
                    }
                    door.pass().await;
                }
                Ok(())
            }
        })
    };
    let running = running_with(&world, meeting).await;
    settle(&running).await;
    assert_eq!(again.len(), 1_000);
}

/// An event that ends the process whenever it is tried is found out and given up; the others are handled.
pub async fn an_event_that_ends_the_process_is_given_up(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let never = Door::closed();
    let bus = world.bus().await;
    let deadly = |calls: &Calls| {
        let never = never.clone();
        calls.subscriber(ID, move |event, _| {
            let never = never.clone();
            async move {
                if event.sequence == 2 {
                    never.pass().await;
                }
                Ok(())
            }
        })
    };
    let first = running_with(&world, deadly(&Calls::new())).await;
    held(&first, ID).await;
    drop(first);
    for number in 0..4 {
        publish(&bus, placed(number)).await;
    }
    let mut starts = 0;
    let handled = loop {
        let calls = Calls::new();
        let running = running_with(&world, deadly(&calls)).await;
        let given_up =
            async || running.operator().dead_letters(ID).await.map(|letters| letters.len()).unwrap_or(0) == 1;
        let tried = || calls.sequences().contains(&2);
        until("it is tried or given up", true, async || tried() || given_up().await).await;
        if !tried() {
            settle(&running).await;
            let why = running.operator().why(ID, 2).await.expect("the log can be read");
            assert!(matches!(&why, Why::Dead(letter) if letter.reason == DeadReason::CrashLoop), "{why:?}");
            break running.operator().why(ID, 4).await.expect("the log can be read");
        }
        starts += 1;
        assert!(starts < 10, "it ended the process {starts} times and is still tried");
        drop(running);
    };
    assert!(starts >= 3, "given up after {starts} starts");
    assert_eq!(handled, Why::Handled);
}

/// A frozen process loses its subscribers to another one, and moves nothing when it wakes.
pub async fn a_frozen_process_cannot_move_anything(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (door, clock) = (Door::closed(), ManualClock::new());
    let (frozen, other) = (Calls::new(), Calls::new());
    let faulty = FaultyBackend::new(world.handle().await);
    let app = world::app(faulty.clone()).clock(Arc::new(clock.clone()));
    let first = start(app.lease(LEASE).subscribe(behind(&door, &frozen))).await;
    held(&first, ID).await;
    let failing = other.subscriber(ID, |event, cx| async move {
        if event.sequence == 1 && cx.attempt() == 1 { Err(Failure::new("not yet")) } else { Ok(()) }
    });
    let app = world.app().await.clock(Arc::new(clock.clone())).lease(LEASE);
    let second = start(app.subscribe(failing)).await;
    let contested = publish(second.bus(), placed("a")).await;
    let behind_it = publish(second.bus(), placed("a")).await;
    frozen.until_len(1).await;

    faulty.inject(Fault::stall());
    held(&second, ID).await;
    other.until_len(1).await;
    settle(&second).await;
    // It wakes: its handler comes back with success, and everything it wanted to write is written.
    door.open();
    faulty.clear();
    until_progress(&first, ID, "the first one notices", |progress| !progress.held).await;
    let later = publish(first.bus(), placed("b")).await;
    settle(&second).await;
    assert_eq!(frozen.sequences(), [contested], "nothing was begun after it woke");
    let why = second.operator().why(ID, contested).await.expect("the log can be read");
    assert!(matches!(&why, Why::Retrying(waiting) if waiting.attempts == 1), "its success counts for nothing: {why:?}");
    run_out(&second, &clock).await;
    assert_eq!(other.sequences(), [contested, later, contested, behind_it]);

    assert_eq!(second.stop().await, Stopped::Drained);
    // The one that was frozen is as good as any other once nobody else runs the subscriber.
    let last = publish(first.bus(), placed("c")).await;
    frozen.until_len(2).await;
    assert_eq!(frozen.sequences(), [contested, last]);
}

/// A lease whose renewals fail runs out: nothing is begun under it, and another process takes over.
pub async fn a_lease_that_cannot_be_renewed_runs_out(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (first, second) = (Calls::new(), Calls::new());
    let faulty = FaultyBackend::new(world.handle().await);
    let holding = start(world::app(faulty.clone()).lease(LEASE).subscribe(first.content(ID))).await;
    held(&holding, ID).await;
    let cut_off = Fault::fail(stheno_core::backend::BackendErrorKind::Unavailable);
    faulty.inject(cut_off.of_records("lease/"));
    let waiting = start(world.app().await.lease(LEASE).subscribe(second.content(ID))).await;
    held(&waiting, ID).await;
    until_progress(&holding, ID, "the first one notices", |progress| !progress.held).await;
    let sequence = publish(waiting.bus(), placed("a")).await;
    settle(&waiting).await;
    assert_eq!((first.len(), second.sequences()), (0, vec![sequence]));
}

/// A subscriber under a new id that names its old one goes on where that stood.
pub async fn a_subscriber_takes_its_position_to_a_new_id(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (old, new) = (Calls::new(), Calls::new());
    let picky = old.subscriber("probe.old", |event, _| async move {
        match event.sequence {
            2 => Err(Failure::new("broken").terminal()),
            _ => Ok(()),
        }
    });
    let running = start(world.app().await.subscribe(picky)).await;
    for order in ["a", "b", "c", "b"] {
        publish(running.bus(), placed(order)).await;
    }
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = start(world.app().await.subscribe(new.content("probe.new").was("probe.old"))).await;
    let next = publish(running.bus(), placed("c")).await;
    settle(&running).await;
    assert_eq!(new.all().iter().map(Called::sequence).collect::<Vec<_>>(), [next]);
    let why = async |sequence| running.operator().why("probe.new", sequence).await.expect("the log can be read");
    assert!(matches!(why(2).await, Why::Dead(_)));
    assert_eq!(why(4).await, Why::Parked { dead: 2 });
    let adopted = Why::UnknownSubscriber { nearest: Some("probe.new".to_owned()) };
    assert_eq!(running.operator().why("probe.old", 2).await.ok(), Some(adopted));
}

/// A renewal that gets no answer: when the lease has run out, what is under way is cut, before anybody else begins it.
pub async fn what_is_under_way_is_cut_when_the_lease_runs_out(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, ended) = (Calls::new(), Door::closed());
    let faulty = FaultyBackend::new(world.handle().await);
    let running = start(world::app(faulty.clone()).lease(LEASE).subscribe(hanging(&calls, &ended))).await;
    publish(running.bus(), placed("a")).await;
    calls.until_len(1).await;
    faulty.inject(Fault::stall().on(Call::WriteRecords).of_records("lease/"));
    world::bounded("the handler is cut", ended.pass()).await;
    until_progress(&running, ID, "nobody holds it here", |progress| !progress.held).await;
    faulty.clear();
}
