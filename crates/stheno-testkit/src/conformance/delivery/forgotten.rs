//! Events that another program stored without a key, and a host that no longer has the catalog which says the key: what was
//! begun with it stays in order, and nothing is lost. Of a log that no other program appends to there is nothing to show.

use std::sync::Arc;

use stheno_core::{
    App, Failure, NewEvent, SubscriberDef,
    app::Running,
    backend::{RecordName, RecordWrite},
    delivery::why::Why,
};

use crate::{
    ManualClock,
    conformance::{
        Harness,
        orders::{CANCELED, PLACED, name, order_key, stored},
        probe::{Calls, Door},
        world::{World, app, run_out, settle, start, until},
    },
};

const ID: &str = "probe.forgotten";

/// A subscriber that cannot handle order `bad` until it is mended; it gives up at once, or tries again.
fn picky(tried: &Calls, handled: &Calls, mended: &Door, gives_up: bool) -> SubscriberDef {
    let (handled, mended) = (handled.clone(), mended.clone());
    tried.subscriber(ID, move |event, cx| {
        let (handled, mended) = (handled.clone(), mended.clone());
        async move {
            if event.body.as_ref() == br#"{"id":"bad"}"# && !mended.is_open() {
                let failure = Failure::new("broken");
                return Err(if gives_up { failure.terminal() } else { failure });
            }
            handled.note(&event, &cx);
            Ok(())
        }
    })
}

struct Shown<'h> {
    world: World<'h>,
    tried: Calls,
    handled: Calls,
    mended: Door,
    clock: ManualClock,
    gives_up: bool,
}

impl<'h> Shown<'h> {
    /// Nothing, if no other program appends to this log.
    async fn new(harness: &'h dyn Harness, gives_up: bool) -> Option<Self> {
        let world = World::new(harness).await;
        let (tried, handled, mended, clock) = (Calls::new(), Calls::new(), Door::closed(), ManualClock::new());
        world.log.abilities().foreign.then_some(Self { world, tried, handled, mended, clock, gives_up })
    }

    async fn with_catalog(&self) -> Running {
        self.start(app(self.world.handle().await)).await
    }

    async fn without_catalog(&self) -> Running {
        self.start(App::new(self.world.handle().await).without_unknown_names()).await
    }

    async fn start(&self, app: App) -> Running {
        let subscriber = picky(&self.tried, &self.handled, &self.mended, self.gives_up);
        start(app.clock(Arc::new(self.clock.clone())).subscribe(subscriber)).await
    }

    /// Another program appends an event of an order, without a key.
    async fn foreign(&self, event: &str, order: &str) -> u64 {
        let event = NewEvent::new(name(event), format!(r#"{{"id":"{order}"}}"#));
        stored(&*self.world.log, event).await
    }

    /// Two events of order `bad` and one of another, taken by a host that has the catalog.
    async fn begin(&self) -> [u64; 2] {
        let running = self.with_catalog().await;
        let events = [self.foreign(PLACED, "bad").await, self.foreign(CANCELED, "bad").await];
        let other = self.foreign(PLACED, "other").await;
        settle(&running).await;
        assert_eq!(self.handled.sequences(), [other]);
        running.stop().await;
        self.handled.forget();
        events
    }
}

async fn why(running: &Running, sequence: u64) -> Why {
    running.operator().why(ID, sequence).await.expect("the log can be read")
}

/// A key that is parked stays so, later events of it too; a redrive brings all of it back in order.
pub async fn a_key_stays_parked_at_a_host_without_its_catalog(harness: &dyn Harness) {
    let Some(shown) = Shown::new(harness, true).await else { return };
    let [dead, parked] = shown.begin().await;
    let running = shown.without_catalog().await;
    let (later, other) = (shown.foreign(CANCELED, "bad").await, shown.foreign(PLACED, "other").await);
    settle(&running).await;
    assert_eq!(shown.handled.sequences(), [other], "nothing passes the dead letter");
    assert!(matches!(why(&running, dead).await, Why::Dead(letter) if letter.key == Some(order_key("bad"))));
    for waiting in [parked, later] {
        assert_eq!(why(&running, waiting).await, Why::Parked { dead });
    }
    shown.mended.open();
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    shown.handled.until_len(4).await;
    settle(&running).await;
    assert_eq!(shown.handled.sequences(), [other, dead, parked, later]);
    assert_eq!(why(&running, parked).await, Why::Handled);
}

/// An event that is tried again is found again, and what waits behind it comes after it.
pub async fn a_retry_goes_on_at_a_host_without_its_catalog(harness: &dyn Harness) {
    let Some(shown) = Shown::new(harness, false).await else { return };
    let [failed, behind] = shown.begin().await;
    shown.mended.open();
    let running = shown.without_catalog().await;
    let later = shown.foreign(CANCELED, "bad").await;
    run_out(&running, &shown.clock).await;
    assert_eq!(shown.handled.sequences(), [failed, behind, later]);
    assert!(running.operator().dead_letters(ID).await.expect("the log can be read").is_empty());
}

/// When nobody has recorded the catalog either, the key waits for a host that has it.
pub async fn a_key_whose_catalog_nobody_knows_waits_for_it(harness: &dyn Harness) {
    let Some(shown) = Shown::new(harness, true).await else { return };
    let [dead, parked] = shown.begin().await;
    let catalog = RecordName::trusted("catalog/conformance");
    shown.world.log.write_records(vec![RecordWrite::delete(catalog)]).await.expect("the record is deleted");
    shown.mended.open();
    let running = shown.without_catalog().await;
    running.operator().redrive(ID, dead).await.expect("the command is taken");
    until("the letter was handed back", 0, async || {
        running.operator().dead_letters(ID).await.expect("the log can be read").len()
    })
    .await;
    let other = shown.foreign(PLACED, "other").await;
    shown.handled.until_len(1).await;
    running.stop().await;
    assert_eq!(shown.handled.sequences(), [other], "the key waits");

    let running = shown.with_catalog().await;
    run_out(&running, &shown.clock).await;
    assert_eq!(shown.handled.sequences(), [other, dead, parked]);
    assert_eq!(why(&running, parked).await, Why::Handled);
}
