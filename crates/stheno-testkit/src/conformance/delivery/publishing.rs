//! What a publisher is told: of an event that is in the log, that is not, and of which it is unknown.

use std::sync::Arc;

use serde_json::json;
use stheno_core::{
    Bus, Comparison, Cx, Failure, Outgoing, PublishErrorKind,
    backend::{Append, BackendErrorKind},
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{CANCELED, PING, PLACED, of_order, ping, placed, stored},
        probe::Calls,
        world::{World, append, publish, run_out, settle, start},
    },
    fault::{Call, Fault, FaultyBackend},
};

const ID: &str = "probe.publishing";

/// A bus over a log that fails as it is told.
async fn faulty_bus(world: &World<'_>) -> (Bus, Arc<FaultyBackend>) {
    let faulty = FaultyBackend::new(world.handle().await);
    (Bus::new(faulty.clone(), Arc::clone(world.bus().await.catalogs())), faulty)
}

/// A publish whose answer is lost gives the event back with its id. Published again it is stored once.
pub async fn an_unknown_outcome_gives_the_event_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (bus, faulty) = faulty_bus(&world).await;
    faulty.inject(Fault::lose_answer().on(Call::Append).times(1));
    let lost = bus.publish(placed("a").source("shop")).await.expect_err("the answer is lost");
    assert!(lost.is_unknown() && !lost.is_conflict(), "{lost:?}");
    let id = lost.id().expect("it was sent under an id").clone();
    assert!(lost.to_string().contains(id.as_str()), "{lost}");
    let again = bus.publish(lost.into_event().expect("it comes back")).await.expect("it is known");
    assert_eq!((&again.id, again.duplicate, again.comparison), (&id, true, Some(Comparison::Same)));

    faulty.inject(Fault::fail(BackendErrorKind::Full).on(Call::Append).times(1));
    let full = bus.publish(placed("b")).await.expect_err("there is no room");
    assert!(!full.is_unknown(), "{full:?}");
    let again = bus.publish(full.into_event().expect("it comes back")).await.expect("there is room again");
    assert!(!again.duplicate);
    let events = world.everything().await;
    assert_eq!((events.len(), events[0].source.as_deref()), (2, Some("shop")));
}

/// An atomic batch whose answer is lost is unknown as a whole, and comes back as a whole.
pub async fn an_unknown_outcome_of_a_batch_gives_all_of_it_back(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (bus, faulty) = faulty_bus(&world).await;
    faulty.inject(Fault::lose_answer().on(Call::Append).times(1));
    let lost = bus.publish_all((0..5).map(placed)).atomic().await.expect_err("the answer is lost");
    assert!(lost.results().iter().all(|result| matches!(result, Err(error) if error.is_unknown())), "{lost:?}");
    let again = bus.publish_all(lost.into_unpublished()).atomic().await.expect("it is known");
    assert!(again.iter().all(|published| published.comparison == Some(Comparison::Same)), "{again:?}");
    assert_eq!(world.everything().await.len(), 5);
}

/// A conflict says what was expected and what was found, alone and in a batch.
pub async fn a_conflict_says_what_was_expected_and_found(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let first = publish(&bus, placed("a")).await;
    let conflict = bus.publish(placed("a").expect_last(0)).await.expect_err("it has an event");
    assert!(conflict.is_conflict(), "{conflict:?}");
    assert_eq!((conflict.expected(), conflict.found()), (Some(0), Some(first)));
    let events = [placed("b").expect_last(0), placed("a").expect_last(first + 7)];
    let conflict = bus.publish_all(events).atomic().await.expect_err("it has another event");
    assert_eq!((conflict.first().expected(), conflict.first().found()), (Some(first + 7), Some(first)));
    let kinds: Vec<_> = conflict.results().iter().map(|result| result.as_ref().map_err(|error| error.kind())).collect();
    assert_eq!(*kinds[0].expect_err("it is not stored"), PublishErrorKind::NotSent);
    assert!(conflict.is_conflict() && kinds[1].is_err());
    assert_eq!(world.everything().await.len(), 1);
}

/// Of many events, each on its own, it is said which are in the log and which are not.
pub async fn of_many_events_it_is_said_what_became_of_each(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    publish(&bus, placed("b")).await;
    let wrong = |number: u32| if number == 1 { placed("b").expect_last(0) } else { placed(number) };
    let error = bus.publish_all((0..600).map(wrong)).await.expect_err("one is a conflict");
    let stored: Vec<_> = error.results().iter().flatten().map(|published| published.sequence).collect();
    assert!(error.results()[1].as_ref().is_err_and(|error| error.is_conflict()), "{error:?}");
    assert!(error.results()[0].is_ok() && error.is_conflict());
    assert_eq!(*error.results()[599].as_ref().expect_err("it was not sent").kind(), PublishErrorKind::NotSent);
    let events = world.everything().await;
    assert_eq!(events.len(), stored.len() + 1, "what is said to be stored is, and nothing else");
    assert!(events[1..].iter().all(|event| stored.contains(&Some(event.sequence))));
    let rest = error.into_unpublished();
    assert_eq!(rest.len() + stored.len(), 600);
    // A conflict stays one; the others go.
    let rest = rest.into_iter().skip(1);
    assert!(bus.publish_all(rest).await.expect("all are published").iter().all(|published| !published.duplicate));
    assert_eq!(world.everything().await.len(), 600);

    // One that is wrong keeps all from being sent.
    let wrong = [placed("x"), Outgoing::raw("no such name", &json!({})), placed("y")];
    let error = bus.publish_all(wrong).await.expect_err("a name is none");
    assert!(matches!(error.kind(), PublishErrorKind::Name(_)), "{error:?}");
    assert_eq!(error.into_unpublished().len(), 2);
    assert_eq!(world.everything().await.len(), 600);
}

/// An id that another event has is refused: name and body are compared, in whatever way the same JSON is written.
pub async fn an_id_that_another_event_has_is_refused(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let body = |number: u32| json!({ "id": "a", "number": number });
    let first = publish(&bus, Outgoing::raw(PLACED, &body(1)).id("one")).await;

    let same = Outgoing::raw_bytes(PLACED, r#"{ "number": 1, "id": "a" }"#).id("one");
    let same = bus.publish(same).await.expect("it is the same event");
    assert_eq!((same.sequence, same.comparison), (Some(first), Some(Comparison::Same)));

    let others = [Outgoing::raw(PLACED, &body(2)), Outgoing::raw(CANCELED, &body(1)), ping(1)];
    for (number, other) in others.into_iter().enumerate() {
        let refused = bus.publish(other.id("one")).await.expect_err("it is another event");
        assert_eq!(*refused.kind(), PublishErrorKind::IdTaken { sequence: first });
        let with_id_of_its_own = refused.into_event().expect("it comes back").id(&format!("two/{number}"));
        assert!(!bus.publish(with_id_of_its_own).await.expect("it is published").duplicate);
    }
    let refused =
        bus.publish_all([placed("x"), Outgoing::raw(PLACED, &body(2)).id("one")]).await.expect_err("one is another");
    assert!(refused.results()[0].is_ok(), "{refused:?}");
    assert_eq!(*refused.kind(), PublishErrorKind::IdTaken { sequence: first });
    assert_eq!(world.everything().await.len(), 5);
}

/// An event that waits for its time is compared too: the same one is a duplicate, and another one under its id is refused.
pub async fn a_duplicate_of_a_scheduled_event_is_compared(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let bus = world.bus().await;
    let body = |number: u32| json!({ "id": "a", "number": number });
    let later = |event: Outgoing| event.id("later").delay(std::time::Duration::from_secs(3600));
    let first = bus.publish(later(Outgoing::raw(PLACED, &body(1)))).await.expect("it is scheduled");
    assert_eq!((first.duplicate, first.sequence, first.comparison), (false, None, None));
    for same in
        [later(Outgoing::raw(PLACED, &body(1))), later(Outgoing::raw_bytes(PLACED, r#"{ "number": 1, "id": "a" }"#))]
    {
        let again = bus.publish(same).await.expect("it is known");
        assert_eq!((again.duplicate, again.sequence, again.comparison), (true, None, Some(Comparison::Same)));
    }
    let now = Outgoing::raw(PLACED, &body(1)).id("later");
    assert_eq!(bus.publish(now).await.expect("it is known").comparison, Some(Comparison::Same));
    for other in [Outgoing::raw(PLACED, &body(2)), Outgoing::raw(CANCELED, &body(1))] {
        let refused = bus.publish(later(other)).await.expect_err("it is another event");
        assert_eq!(*refused.kind(), PublishErrorKind::IdTaken { sequence: 0 });
        assert!(refused.to_string().contains("waits for its time"), "{refused}");
    }
    assert!(world.everything().await.is_empty());
    // A backend without the bus stores nothing under a known id, whatever the event is.
    let mut other = of_order("a", "{}");
    stored(&*world.log, other.clone()).await;
    other.name = crate::conformance::orders::name(PING);
    assert!(append(&*world.log, Append::one(other)).await[0].duplicate);
}

/// What a handler publishes at a later attempt with another body is no error: the first attempt's event stands.
pub async fn a_later_attempt_keeps_what_the_first_has_published(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let subscriber = calls.subscriber(ID, |_, cx: Cx| async move {
        let body = json!({ "id": "same", "attempt": cx.attempt() });
        let published = cx.publish(Outgoing::raw(CANCELED, &body)).await?;
        let expected = if cx.attempt() == 1 { None } else { Some(Comparison::Different) };
        match cx.attempt() {
            _ if published.comparison != expected => Err(Failure::new(format!("{published:?}")).terminal()),
            1 => Err(Failure::new("after the publishing")),
            _ => Ok(()),
        }
    });
    let app = world.app().await.clock(Arc::new(clock.clone())).subscribe(subscriber.on(PLACED));
    let running = start(app).await;
    publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    settle(&running).await;
    let canceled = world.everything().await.into_iter().filter(|event| event.name.as_str() == CANCELED);
    let bodies: Vec<_> = canceled.map(|event| event.body.clone()).collect();
    assert_eq!(bodies, [r#"{"attempt":1,"id":"same"}"#]);
    assert!(running.operator().dead_letters(ID).await.expect("they are read").is_empty());
}
