//! What an operator sees and steers: pausing, why a handler did or did not act, names that nobody knows.

use std::sync::Arc;

use stheno_core::{
    Clock as _, Failure, NewEvent, SubscriberDef,
    app::{Running, Stopped},
    backend::RecordWrite,
    delivery::why::Why,
    runtime::operator::{Operator, RewindTo},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{CANCELED, PLACED, name, of_order, ping, placed, stored},
        probe::{Calls, Door},
        world::{World, bounded, publish, run_out, settle, start, until, until_progress},
    },
};

const ID: &str = "probe.asked";

async fn why(running: &Running, sequence: u64) -> Why {
    running.operator().why(ID, sequence).await.expect("the log can be read")
}

async fn paused(running: &Running, wanted: bool) {
    until_progress(running, ID, "the command is carried out", |progress| progress.paused == wanted).await;
    settle(running).await;
}

/// A paused subscriber stands still, also after a restart, and its neighbours do not; resumed, it misses nothing.
pub async fn a_paused_subscriber_stands_still_until_it_is_resumed(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, others) = (Calls::new(), Calls::new());
    let app = async || world.app().await.subscribe(calls.content(ID)).subscribe(others.content("probe.other"));
    let running = start(app().await).await;
    let before = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    running.operator().pause(ID).await.expect("the command is taken");
    paused(&running, true).await;
    let during = publish(running.bus(), placed("a")).await;
    others.until_len(2).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    let running = start(app().await).await;
    let still = publish(running.bus(), placed("b")).await;
    settle(&running).await;
    assert_eq!((calls.sequences(), others.len()), (vec![before], 3));
    assert_eq!(why(&running, during).await, Why::NotYetTaken { paused: true });
    running.operator().resume(ID).await.expect("the command is taken");
    paused(&running, false).await;
    assert_eq!(calls.sequences(), [before, during, still]);
}

/// A subscriber whose records are deleted does not begin anew by itself, which could pass over what it has not handled.
pub async fn a_subscriber_whose_records_are_deleted_stops(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    let bus = world.bus().await;
    publish(&bus, placed("a")).await;
    settle(&running).await;
    let records = world.log.list_records(&format!("sub/{ID}/")).await.expect("they can be read");
    let deleted = records.into_iter().map(|record| RecordWrite::delete(record.name)).collect();
    world.log.write_records(deleted).await.expect("they can be deleted");
    publish(&bus, placed("b")).await;
    let stopped = bounded("the app ends", running.until_signal()).await;
    assert_eq!((stopped, calls.len()), (Stopped::Failed, 2));
}

/// What was asked while nobody ran the subscriber is done before it begins anything.
pub async fn what_was_asked_meanwhile_comes_before_everything(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let app = async || world.app().await.subscribe(calls.content(ID));
    let elsewhere = world.bus().await;
    let operator = Operator::new(elsewhere.clone());
    let running = start(app().await).await;
    let first = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);

    let meanwhile = publish(&elsewhere, placed("a")).await;
    operator.pause(ID).await.expect("the command is taken");
    let running = start(app().await).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [first], "it stood still before it handled anything");
    assert_eq!(running.stop().await, Stopped::Drained);

    operator.rewind(ID, RewindTo::After(first - 1)).await.expect("the command is taken");
    operator.resume(ID).await.expect("the command is taken");
    let running = start(app().await).await;
    settle(&running).await;
    assert_eq!(calls.sequences(), [first, first, meanwhile], "once each, from where it was sent back to");
    assert_eq!(running.progress().remove(0).1.run, 1);
}

/// What is handed back to a paused subscriber is not begun, and is said to wait for the resume.
pub async fn what_is_handed_back_while_paused_waits_for_the_resume(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let mended = Arc::clone(&broken);
    let failing = calls.subscriber(ID, move |_, _| {
        let is_broken = broken.load(std::sync::atomic::Ordering::SeqCst);
        async move { if is_broken { Err(Failure::new("broken").terminal()) } else { Ok(()) } }
    });
    let running = start(world.app().await.subscribe(failing)).await;
    let dead = publish(running.bus(), placed("a")).await;
    let parked = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    running.operator().pause(ID).await.expect("the command is taken");
    paused(&running, true).await;
    let status = running.operator().subscribers().await.expect("they can be read").remove(0);
    assert!(status.is_paused() && !status.paused_by_policy, "{status:?}");
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    until("it is handed back", true, async || matches!(why(&running, dead).await, Why::Retrying(_))).await;
    settle(&running).await;
    let (first, second) = (why(&running, dead).await, why(&running, parked).await);
    assert!(matches!(&first, Why::Retrying(waiting) if waiting.attempts == 0 && waiting.paused), "{first:?}");
    assert!(matches!(&second, Why::Behind { retry: Some(waiting), .. } if waiting.paused), "{second:?}");
    for said in [first.to_string(), second.to_string()] {
        assert!(said.contains("handed") && said.contains("paused") && !said.contains("attempt 0"), "{said}");
    }
    assert_eq!(calls.sequences(), [dead]);
    mended.store(false, std::sync::atomic::Ordering::SeqCst);
    running.operator().resume(ID).await.expect("the command is taken");
    paused(&running, false).await;
    assert_eq!(calls.sequences(), [dead, dead, parked]);
}

/// While it is paused, what waits for a retry waits too, and nothing is counted.
pub async fn a_paused_subscriber_does_not_retry(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let failing = calls
        .subscriber(ID, |_, cx| async move { if cx.attempt() == 1 { Err(Failure::new("not yet")) } else { Ok(()) } });
    let running = start(world.app().await.clock(Arc::new(clock.clone())).subscribe(failing)).await;
    let sequence = publish(running.bus(), placed("a")).await;
    settle(&running).await;
    running.operator().pause(ID).await.expect("the command is taken");
    paused(&running, true).await;
    clock.advance(std::time::Duration::from_secs(3600));
    settle(&running).await;
    let waits = why(&running, sequence).await;
    assert!(matches!(&waits, Why::Retrying(waiting) if waiting.attempts == 1 && waiting.paused), "{waits:?}");
    assert!(waits.to_string().contains("paused"), "{waits}");
    running.operator().resume(ID).await.expect("the command is taken");
    paused(&running, false).await;
    run_out(&running, &clock).await;
    assert_eq!(calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2]);
}

/// Every answer of `why` is given where it is true.
pub async fn why_has_an_answer_for_everything(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock, door) = (Calls::new(), ManualClock::new(), Door::closed());
    let early = stored(&*world.log, of_order("early", "{}")).await;
    let subscriber = {
        let door = door.clone();
        calls.subscriber(ID, move |event, cx| {
            let (door, order) = (door.clone(), event.key.as_ref().map(|key| key.id().to_owned()));
            async move {
                match order.as_deref() {
                    Some("skipped") => cx.skip("no_notification is set"),
                    Some("dead") => Err(Failure::new("broken").terminal()),
                    Some("retried") => Err(Failure::new("not yet")),
                    Some("hot") => {
                        door.pass().await;
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
        })
    };
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(subscriber.on(PLACED))).await;
    let bus = running.bus().clone();
    let handled = publish(&bus, placed("handled")).await;
    let skipped = publish(&bus, placed("skipped")).await;
    let dead = publish(&bus, placed("dead")).await;
    let parked = publish(&bus, placed("dead")).await;
    let retried = publish(&bus, placed("retried")).await;
    let behind = publish(&bus, placed("retried")).await;
    let foreign = publish(&bus, ping(1)).await;
    let mut typo = NewEvent::new(name("order.placd"), "{}");
    typo.key = None;
    let typo = stored(&*world.log, typo).await;
    let unlike = stored(&*world.log, NewEvent::new(name("zzzzzzzz.qqqqqqqq"), "{}")).await;
    settle(&running).await;

    assert_eq!(why(&running, unlike + 100).await, Why::NotInTheLog);
    let unheard = running.operator().why("probe.unheard", handled).await.ok();
    assert_eq!(unheard, Some(Why::UnknownSubscriber { nearest: None }));
    assert_eq!(why(&running, typo).await, Why::UnknownName { nearest: Some(PLACED.to_owned()) });
    assert_eq!(why(&running, unlike).await, Why::UnknownName { nearest: None });
    assert!(
        matches!(why(&running, foreign).await, Why::PatternDoesNotMatch { patterns } if patterns.matches(&name(PLACED)) && !patterns.matches(&name(CANCELED)))
    );
    assert_eq!(why(&running, early).await, Why::BeforeItsStart { began: early });
    assert_eq!(why(&running, handled).await, Why::Handled);
    assert_eq!(why(&running, skipped).await, Why::Skipped { reason: "no_notification is set".to_owned() });
    assert!(
        matches!(why(&running, dead).await, Why::Dead(letter) if letter.sequence == dead && letter.error == ["broken"])
    );
    assert_eq!(why(&running, parked).await, Why::Parked { dead });
    let Why::Retrying(waiting) = why(&running, retried).await else { panic!("it is tried again") };
    assert_eq!((waiting.attempts, &waiting.error[..]), (1, &["not yet".to_owned()][..]));
    assert!(waiting.due > clock.now());
    assert_eq!(why(&running, behind).await, Why::Behind { sequence: retried, retry: Some(waiting) });

    running.operator().discard(ID, dead).await.expect("the command is taken");
    until("the command is carried out", Why::Discarded, async || why(&running, dead).await).await;

    // More events of one key than fit into memory are left to the log, behind the one that is under way.
    bus.publish_all((0..400).map(|_| placed("hot"))).await.expect("all are published");
    let last = world.last().await;
    until("the key is left to the log", true, async || {
        matches!(why(&running, last).await, Why::Behind { retry: None, .. })
    })
    .await;
    door.open();
    settle(&running).await;
    assert_eq!(why(&running, last).await, Why::Handled);

    assert_eq!(running.stop().await, Stopped::Drained);
    let operator = Operator::new(world.bus().await);
    let missed = publish(&world.bus().await, placed("missed")).await;
    assert_eq!(operator.why(ID, missed).await.ok(), Some(Why::NotYetTaken { paused: false }));
}

/// After a rewind to before its start, an old event is not called too old any more.
pub async fn a_rewind_reaches_events_before_the_start(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let early = stored(&*world.log, of_order("early", "{}")).await;
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    settle(&running).await;
    assert_eq!(why(&running, early).await, Why::BeforeItsStart { began: early });
    running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
    calls.until_len(1).await;
    settle(&running).await;
    assert_eq!(why(&running, early).await, Why::Handled);
}

/// An operator sees every subscriber that ever ran: how far it is, what it has counted, what stands still.
pub async fn an_operator_sees_how_far_everybody_is(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let picky = calls.subscriber(ID, |event, cx| async move {
        match event.sequence {
            1 => Err(Failure::new("broken").terminal()),
            2 => cx.skip("not today"),
            _ => Ok(()),
        }
    });
    let running = start(world.app().await.subscribe(picky).subscribe(calls.content("probe.gone"))).await;
    for number in 0..5 {
        publish(running.bus(), placed(number)).await;
    }
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = start(world.app().await.subscribe(calls.content(ID))).await;
    for _ in 0..3 {
        publish(running.bus(), placed(0)).await;
    }
    settle(&running).await;
    // The three are parked, which leaves nothing to settle: that they were passed over is recorded within a while.
    let status = async || running.operator().subscribers().await.expect("the log can be read");
    let behind = async || status().await.iter().find(|status| status.id == ID).map(|status| status.behind);
    until("it is recorded how far it is", Some(0), behind).await;
    let status = status().await;
    let of = |id: &str| status.iter().find(|status| status.id == id).unwrap_or_else(|| panic!("{id} has run")).clone();
    assert_eq!(status.len(), 2);
    let (here, gone) = (of(ID), of("probe.gone"));
    assert_eq!(gone.behind, 3);
    let counts = here.state.counts;
    assert_eq!((counts.handled, counts.skipped, counts.failed, counts.dead), (3, 1, 1, 1));
    assert_eq!((here.lanes.len(), gone.lanes.len()), (1, 0), "one key is parked");
}

/// Names that no catalog knows are kept, counted and shown with the nearest known one.
pub async fn unknown_names_are_counted_with_the_nearest_known_one(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let counting = async |subscriber: SubscriberDef| {
        let app = stheno_core::App::new(world.handle().await).catalog(crate::conformance::orders::catalog());
        start(app.subscribe(subscriber)).await
    };
    let before = stored(&*world.log, NewEvent::new(name("order.placd"), "{}")).await;
    let running = counting(calls.content(ID)).await;
    for _ in 0..3 {
        stored(&*world.log, NewEvent::new(name("order.placd"), "{}")).await;
    }
    let last = stored(&*world.log, NewEvent::new(name("zzzzzzzz.qqqqqqqq"), "{}")).await;
    publish(running.bus(), placed("known")).await;
    settle(&running).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    let running = counting(calls.content(ID)).await;
    settle(&running).await;
    let unknown = running.operator().unknown_names().await.expect("the log can be read");
    let told: Vec<_> =
        unknown.iter().map(|one| (&*one.name, one.nearest.as_deref(), one.count, one.last_sequence)).collect();
    assert_eq!(told, [("order.placd", Some(PLACED), 4, before + 3), ("zzzzzzzz.qqqqqqqq", None, 1, last)]);
    assert_eq!(calls.len(), 5, "a name that nobody knows is an event like any other");
}
