//! A test app for whoever writes a plugin: given events, when an event, then what became of it.
//!
//! Reading order: this file ([`TestApp`], before the start), [`started`] (what moves it), [`look`] (what became of things),
//! [`error`].

pub mod error;
pub mod look;
pub mod started;

use std::{fmt, sync::Arc, time::Duration};

use stheno_core::{App, Catalog, Config, Outgoing, Plugin, SubscriberDef};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

use crate::ManualClock;

pub use error::TestError;
pub use started::Started;

/// An app on a log in memory whose time stands still until the test moves it. No server, no file, no sleeps.
///
/// ```
/// use std::time::Duration;
///
/// use stheno::{delivery::why::Why, medusa::OrderPlaced, prelude::*};
/// use stheno_testkit::TestApp;
///
/// mod receipts {
///     use stheno::{medusa::OrderPlaced, prelude::*};
///
///     stheno::plugin!("receipts");
///
///     /// The first mail always fails.
///     #[subscriber("order.placed", id = "receipts.send", retry_initial = "1m")]
///     async fn send(order: OrderPlaced, cx: Cx) -> Result<(), Failure> {
///         if order.is_silenced() {
///             return cx.skip("no_notification is set");
///         }
///         if cx.attempt() == 1 { Err(Failure::new("the mail server is down")) } else { Ok(()) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stheno_testkit::TestError> {
/// let app = TestApp::new().plugin(receipts::plugin()).start().await?;
///
/// let placed = app.when(OrderPlaced::new("order_1")).await?;
/// assert!(matches!(app.outcome("receipts.send", &placed).await?, Why::Retrying(waiting) if waiting.attempts == 1));
///
/// app.advance(Duration::from_secs(90)).await?;
/// assert_eq!(app.outcome("receipts.send", &placed).await?, Why::Handled);
///
/// let silent = app.when(OrderPlaced::new("order_2").no_notification(true)).await?;
/// let reason = "no_notification is set".to_owned();
/// assert_eq!(app.outcome("receipts.send", &silent).await?, Why::Skipped { reason });
/// # Ok(())
/// # }
/// ```
///
/// # What time it is
///
/// The clock begins at the system's time and then only moves with [`Started::advance`]. Retries, events published with a
/// delay, storing times, the dedup window and the expiry of records go by it. Three things go by real time, because they
/// are about a process and not about the log: the time-out of an attempt, how long a batch lingers, and leases (which one
/// app alone never loses). Give a subscriber under test a short `timeout` or `linger` where that matters.
#[must_use = "an app does nothing before it is started"]
pub struct TestApp {
    changes: Vec<Change>,
    clock: ManualClock,
    config: String,
    given: Vec<Outgoing>,
    limit: Duration,
    /// What was said that cannot be, for the start.
    mistake: Option<&'static str>,
}

/// Something to do with the app once there is one: that takes a log, and opening a log takes an `await`.
type Change = Box<dyn FnOnce(App) -> App + Send>;

impl TestApp {
    /// How long the subscribers may take to come to rest, in real time, unless the test says otherwise.
    pub const LIMIT: Duration = Duration::from_secs(10);

    /// An app without plugins on an empty log.
    pub fn new() -> Self {
        let clock = ManualClock::new();
        Self { changes: Vec::new(), clock, config: String::new(), given: Vec::new(), limit: Self::LIMIT, mistake: None }
    }

    /// Runs a plugin: `receipts::plugin()`.
    pub fn plugin(self, plugin: Plugin) -> Self {
        self.with(|app| app.plugin(plugin))
    }

    /// Runs a subscriber that belongs to no plugin.
    pub fn subscribe(self, subscriber: SubscriberDef) -> Self {
        self.with(|app| app.subscribe(subscriber))
    }

    /// Provides a resource to every handler: a mailer that keeps its mails, a port with fixtures behind it.
    pub fn provide<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.with(|app| app.provide(value))
    }

    /// Provides a resource that the test shares, also behind a trait.
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(self, value: Arc<T>) -> Self {
        self.with(|app| app.provide_shared(value))
    }

    /// Knows the events of a catalog, beside those that are linked.
    pub fn catalog(self, catalog: Catalog) -> Self {
        self.with(|app| app.catalog(catalog))
    }

    /// Takes the configuration of plugins and subscribers, as `stheno.toml` has it.
    pub fn config(mut self, toml: impl Into<String>) -> Self {
        if !self.config.is_empty() {
            self.mistake = Some("`config` is said twice; give it one configuration");
        }
        self.config = toml.into();
        self
    }

    /// Puts events into the log before the app starts: a subscriber that begins with what is new does not get them, one
    /// that begins at the beginning does.
    pub fn before<I>(mut self, events: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Outgoing>,
    {
        self.given.extend(events.into_iter().map(Into::into));
        self
    }

    /// How long the subscribers may take to come to rest, in real time; [`TestApp::LIMIT`] by default.
    pub fn limit(mut self, time: Duration) -> Self {
        if time.is_zero() {
            self.mistake = Some("`limit` is 0; its subscribers need time to come to rest");
        }
        self.limit = time;
        self
    }

    fn with(mut self, change: impl FnOnce(App) -> App + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Starts the app, and waits until it has handled what was there before.
    ///
    /// # Errors
    /// [`TestError`] when something is wrong with the app (all of it at once), its configuration or an event, or when it
    /// does not come to rest.
    pub async fn start(self) -> Result<Started, TestError> {
        let Self { changes, clock, config, given, limit, mistake } = self;
        if let Some(mistake) = mistake {
            return Err(TestError::Setting { mistake });
        }
        let config = Config::parse(&config, "the configuration of the test")?;
        let log = SqliteBackend::open(SqliteOptions::memory().clock(Arc::new(clock.clone()))).await?;
        let app = App::new(log.clone()).clock(Arc::new(clock.clone())).config(config);
        let app = changes.into_iter().fold(app, |app, change| change(app));
        let mut own = Vec::new();
        let before = app.bus();
        for event in given {
            own.push(before.publish(event).await?.id);
        }
        let started = Started::new(log, app.start().await?, clock, limit, own);
        started.settle().await?;
        Ok(started)
    }
}

impl Default for TestApp {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("clock", &self.clock).field("config", &self.config).finish_non_exhaustive()
    }
}
