//! Events that handlers publish: they know their cause, and a retry does not publish them twice.

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::json;
use stheno_core::{Cx, Failure, Outgoing, RecordedEvent, SubscriberDef, headers, runtime::operator::RewindTo};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{CANCELED, PLACED, order_key, placed},
        probe::Calls,
        world::{World, publish, run_out, settle, start, until},
    },
};

const ID: &str = "probe.causing";

/// Publishes two events for each order that is placed, then fails as often as it is told.
fn causing(calls: &Calls, failures: u32) -> SubscriberDef {
    let canceled = |number: u32| Outgoing::raw(CANCELED, &json!({ "id": "same", "number": number }));
    let subscriber = calls.subscriber(ID, move |_, cx: Cx| async move {
        cx.publish(canceled(1)).await?;
        cx.publish(canceled(2)).with(|event| event.source("the handler")).await?;
        if cx.attempt() <= failures { Err(Failure::new("after the publishing")) } else { Ok(()) }
    });
    subscriber.on(PLACED)
}

async fn caused(world: &World<'_>) -> Vec<Arc<RecordedEvent>> {
    world.everything().await.into_iter().filter(|event| event.name.as_str() == CANCELED).collect()
}

/// What a handler publishes carries its cause and its conversation, and its key by the catalog's rule.
pub async fn a_published_event_knows_its_cause(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(causing(&calls, 0))).await;
    let begun = publish(running.bus(), placed("a").correlation("visit-7")).await;
    let alone = publish(running.bus(), placed("b")).await;
    settle(&running).await;
    let events = world.everything().await;
    let id_of = |sequence| events.iter().find(|event| event.sequence == sequence).map(|event| event.id.to_string());
    for event in caused(&world).await {
        let causation = event.headers.get(headers::CAUSATION).map(str::to_owned);
        let correlation = event.headers.get(headers::CORRELATION).map(str::to_owned);
        if causation == id_of(begun) {
            assert_eq!(correlation.as_deref(), Some("visit-7"));
        } else {
            assert_eq!(causation, id_of(alone));
            assert_eq!(correlation, id_of(alone), "an event without a conversation begins one");
        }
        assert_eq!(event.key, Some(order_key("same")));
    }
    assert_eq!(caused(&world).await.len(), 4);
}

/// A handler that publishes and then fails publishes the same events again at the next attempt: they are stored once.
pub async fn a_retry_does_not_publish_twice(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let (calls, clock) = (Calls::new(), ManualClock::new());
    let app = world.app().await.clock(Arc::new(clock.clone()));
    let running = start(app.subscribe(causing(&calls, 3))).await;
    publish(running.bus(), placed("a")).await;
    run_out(&running, &clock).await;
    assert_eq!(calls.len(), 4);
    let caused = caused(&world).await;
    assert_eq!(caused.len(), 2, "two events, however often they were published");
    assert_eq!(caused.iter().map(|event| &event.id).collect::<HashSet<_>>().len(), 2);
    assert_eq!(caused[1].source.as_deref(), Some("the handler"));
}

/// Another run is another cause: a replay publishes anew.
pub async fn a_replay_publishes_anew(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(causing(&calls, 0))).await;
    publish(running.bus(), placed("a")).await;
    settle(&running).await;
    running.operator().rewind(ID, RewindTo::Beginning).await.expect("the command is taken");
    calls.until_len(2).await;
    settle(&running).await;
    until("the replay has published", 4, async || caused(&world).await.len()).await;
}

/// Subscribers that react to each other's events come to rest, and settling waits for the whole chain.
pub async fn a_chain_of_reactions_is_waited_for(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let reacting = calls.subscriber("probe.chain", |event, cx: Cx| async move {
        let left: u64 = serde_json::from_slice::<serde_json::Value>(&event.body)?["left"].as_u64().unwrap_or(0);
        if left > 0 {
            cx.publish(Outgoing::raw(CANCELED, &json!({ "id": "chain", "left": left - 1 }))).await?;
        }
        Ok(())
    });
    let running = start(world.app().await.subscribe(reacting).subscribe(calls.content("probe.watching"))).await;
    publish(running.bus(), Outgoing::raw(CANCELED, &json!({ "id": "chain", "left": 25 }))).await;
    settle(&running).await;
    assert_eq!((calls.of("probe.chain").len(), calls.of("probe.watching").len()), (26, 26));
}

/// An event that is published for later is handled when its time has come.
pub async fn an_event_for_later_is_handled_later(harness: &dyn Harness) {
    let world = World::new(harness).await;
    let calls = Calls::new();
    let running = start(world.app().await.subscribe(calls.content("probe.all"))).await;
    let before = crate::conformance::world::now();
    let delay = Duration::from_millis(150);
    let later = running.bus().publish(placed("later")).delay(delay).await.expect("it is published");
    assert_eq!(later.sequence, None);
    let at_once = publish(running.bus(), placed("at once")).await;
    calls.until_len(2).await;
    let handled = calls.all();
    assert_eq!((handled[0].sequence(), handled[1].id()), (at_once, &later.id));
    assert!(handled[1].event.stored >= before.plus(delay));
}
