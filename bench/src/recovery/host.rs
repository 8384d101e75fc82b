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
    medusa::OrderPlaced,
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

/// The pause between two events that are published while others fall due.
const PAUSE: Duration = Duration::from_millis(5);

/// What the handler has done.
#[derive(Debug)]
struct Done {
    handled: AtomicU64,
    /// Events are fresh that were published after these.
    known: u64,
    /// Fresh events say in their key when they were published: in microseconds since this.
    began: Instant,
    fresh: AtomicU64,
    /// The longest time from the call that published a fresh event until it was handled, in microseconds.
    longest: AtomicU64,
}

impl Done {
    fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn handle_fresh(&self, event: &AnyEvent) -> Option<()> {
        let published: u64 = event.key.as_ref()?.as_str().split_once(FRESH)?.1.parse().ok()?;
        self.longest.fetch_max(self.micros().saturating_sub(published), Ordering::Relaxed);
        self.fresh.fetch_add(1, Ordering::Relaxed);
        Some(())
    }
}

/// What the ids of fresh orders begin with.
const FRESH: &str = "fresh-";

/// The handler: so many of a hundred events fail once, and no fresh one does.
struct Handler {
    percent: u64,
    done: Arc<Done>,
}

#[async_trait]
impl Subscriber for Handler {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        if event.sequence > self.done.known {
            return self.done.handle_fresh(&event).ok_or_else(|| Failure::new("not published here").terminal());
        }
        if cx.attempt() == 1 && event.sequence % 100 < self.percent {
            return Err(Failure::new("the mail server is down"));
        }
        self.done.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A subscriber that runs on a full log.
pub(super) struct Run {
    pub(super) running: Running,
    clock: Arc<Forward>,
    done: Arc<Done>,
}

impl Run {
    /// Begins with a log of so many events, of which so many of a hundred fail once.
    pub(super) async fn start(place: &Place, events: u64, percent: u64, retry: Duration) -> Fallible<Self> {
        let clock = Arc::<Forward>::default();
        let (handled, fresh, longest) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let done = Arc::new(Done { handled, known: events, began: Instant::now(), fresh, longest });
        let handler = Handler { percent, done: Arc::clone(&done) };
        let subscriber = SubscriberDef::new("bench.recovery", handler).on("order.placed").start(Start::Beginning);
        let subscriber = subscriber.retry(retry, Duration::from_secs(7_200), Duration::from_secs(86_400));
        let app = App::new(place.open().await?).catalog(stheno::medusa::catalog()).without_unknown_names();
        let running = app.clock(Arc::clone(&clock) as Arc<dyn Clock>).subscribe(subscriber).start().await?;
        Ok(Self { running, clock, done })
    }

    /// Waits until all events of the log are handled, and that is recorded.
    pub(super) async fn until_handled(&self) -> Fallible<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.running.settle(LIMIT).await?;
            if self.is_through() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let handled = self.done.handled.load(Ordering::Relaxed);
                return Err(format!("{handled} of {} were handled", self.done.known).into());
            }
            tokio::time::sleep(AT_ONCE).await;
        }
    }

    /// The same, while fresh events are published. The longest time in seconds until one of them was handled.
    pub(super) async fn until_handled_with_fresh(&self) -> Fallible<f64> {
        let publish = async {
            let mut published = 0;
            while !self.is_through() {
                self.running.bus().publish(OrderPlaced::new(format!("{FRESH}{}", self.done.micros()))).await?;
                published += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Ok(published)
        };
        let (published, ()) = tokio::try_join!(publish, self.until_handled())?;
        self.running.settle(LIMIT).await?;
        let (fresh, longest) = (&self.done.fresh, &self.done.longest);
        match fresh.load(Ordering::Relaxed) {
            handled if handled == published => Ok(longest.load(Ordering::Relaxed) as f64 / 1e6),
            handled => Err(format!("{handled} of {published} fresh events were handled").into()),
        }
    }

    fn is_through(&self) -> bool {
        self.done.handled.load(Ordering::Relaxed) >= self.done.known
    }

    pub(super) fn set_forward(&self) {
        self.clock.0.fetch_add(2 * 3_600 * 1_000_000, Ordering::SeqCst);
    }
}
