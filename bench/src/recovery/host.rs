//! A host with one subscriber whose handler fails as often as it is told, and a clock that the benchmark sets forward.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use stheno::{
    AnyEvent, App, Clock, Cx, Failure, Start, Subscriber, SubscriberDef, Timestamp, app::Running, async_trait,
};

use crate::{
    Fallible,
    recovery::{AT_ONCE, LIMIT, place::Place},
};

/// A clock that goes on, and that the benchmark sets forward.
#[derive(Debug, Default)]
struct Forward(AtomicI64);

#[async_trait]
impl Clock for Forward {
    fn now(&self) -> Timestamp {
        let forward = u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0);
        Timestamp::now().plus(Duration::from_micros(forward))
    }

    async fn sleep_until(&self, time: Timestamp) {
        // It may be set forward meanwhile.
        tokio::time::sleep(time.since(self.now()).min(Duration::from_millis(5))).await;
    }
}

/// The handler: so many of a hundred events fail once.
struct Handler {
    percent: u64,
    handled: Arc<AtomicU64>,
}

#[async_trait]
impl Subscriber for Handler {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        if cx.attempt() == 1 && event.sequence % 100 < self.percent {
            return Err(Failure::new("the mail server is down"));
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A subscriber that runs on a full log.
pub(super) struct Run {
    pub(super) running: Running,
    clock: Arc<Forward>,
    handled: Arc<AtomicU64>,
}

impl Run {
    pub(super) async fn start(place: &Place, percent: u64, retry: Duration) -> Fallible<Self> {
        let (clock, handled) = (Arc::<Forward>::default(), Arc::<AtomicU64>::default());
        let handler = Handler { percent, handled: Arc::clone(&handled) };
        let subscriber = SubscriberDef::new("bench.recovery", handler).on("order.placed").start(Start::Beginning);
        let subscriber = subscriber.retry(retry, Duration::from_secs(7_200), Duration::from_secs(86_400));
        let app = App::new(place.open().await?).catalog(stheno::medusa::catalog()).without_unknown_names();
        let running = app.clock(Arc::clone(&clock) as Arc<dyn Clock>).subscribe(subscriber).start().await?;
        Ok(Self { running, clock, handled })
    }

    /// Waits until so many are handled, and that is recorded.
    pub(super) async fn until(&self, events: u64) -> Fallible<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.running.settle(LIMIT).await?;
            if self.handled.load(Ordering::Relaxed) >= events {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{} of {events} were handled", self.handled.load(Ordering::Relaxed)).into());
            }
            tokio::time::sleep(AT_ONCE).await;
        }
    }

    pub(super) fn set_forward(&self) {
        self.clock.0.fetch_add(2 * 3_600 * 1_000_000, Ordering::SeqCst);
    }
}
