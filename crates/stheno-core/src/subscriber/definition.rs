//! A subscriber before the start: its id, what it takes, how it is run, and how to build its handler.

use std::{fmt, num::NonZeroU32, panic::Location, sync::Arc, time::Duration};

use crate::{
    cx::Cx,
    delivery::names,
    event::input::Input,
    failure::Failure,
    pattern::{Pattern, PatternSet},
    resources::{MissingResource, Resources},
    said::Said,
    subscriber::{
        Subscriber,
        handler::{FnHandler, Handler, SubscriberHandler},
        policy::{Policy, Start},
    },
};

type Build = dyn Fn(&Resources) -> Result<Arc<dyn Handler>, Vec<MissingResource>> + Send + Sync;

/// Where something was written: for messages that name both places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub struct Origin {
    pub module: &'static str,
    pub crate_name: &'static str,
    pub crate_version: &'static str,
    pub file: &'static str,
    pub line: u32,
}

impl Origin {
    pub(crate) const UNKNOWN: Origin = Origin { module: "", crate_name: "", crate_version: "", file: "", line: 0 };

    /// A line of code whose crate nobody said.
    pub(crate) fn at(line: &'static Location<'static>) -> Self {
        Self { file: line.file(), line: line.line(), ..Self::UNKNOWN }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.crate_name, self.file) {
            ("", "") => f.write_str("the app"),
            ("", file) => write!(f, "{file}:{}", self.line),
            (name, file) => write!(f, "{name} {} ({file}:{})", self.crate_version, self.line),
        }
    }
}

/// A subscriber before the start. `#[subscriber]` writes one; [`SubscriberDef::new`] makes one by hand.
///
/// Patterns and policy are what its author suggests: a setter replaces what was said before, as a test that shortens a time-out
/// does, and `stheno.toml` replaces both. An earlier id ([`was`](Self::was)) is said once.
#[derive(Clone)]
pub struct SubscriberDef {
    pub(crate) id: String,
    pub(crate) was: Option<String>,
    pub(crate) patterns: Vec<String>,
    pub(crate) batch: bool,
    pub(crate) policy: Policy,
    pub(crate) origin: Origin,
    /// What it was told, and what of that cannot be, for the start.
    pub(crate) said: Said,
    build: Arc<Build>,
}

impl SubscriberDef {
    /// A subscriber with a permanent id: lower-case tokens of `[a-z0-9-]` joined by dots, `plugin.what-it-does`.
    #[track_caller]
    pub fn new<S: Subscriber>(id: impl Into<String>, subscriber: S) -> Self {
        let shared = Arc::new(subscriber);
        Self::build_with(id, move |_| Ok(Arc::clone(&shared))).origin(Origin::at(Location::caller()))
    }

    /// The same, built from resources once they are all there.
    #[track_caller]
    pub fn built<S, F>(id: impl Into<String>, build: F) -> Self
    where
        S: Subscriber,
        F: Fn(&Resources) -> Result<S, MissingResource> + Send + Sync + 'static,
    {
        Self::build_with(id, move |resources| build(resources).map(Arc::new)).origin(Origin::at(Location::caller()))
    }

    fn build_with<S, F>(id: impl Into<String>, build: F) -> Self
    where
        S: Subscriber,
        F: Fn(&Resources) -> Result<Arc<S>, MissingResource> + Send + Sync + 'static,
    {
        Self::from_parts::<S::Event>(
            id.into(),
            Arc::new(move |resources| match build(resources) {
                Ok(subscriber) => Ok(Arc::new(SubscriberHandler(subscriber))),
                Err(missing) => Err(vec![missing]),
            }),
        )
    }

    /// The same from a function of the event, what its other arguments need, and the context; what `#[subscriber]` calls.
    #[doc(hidden)]
    pub fn from_fn<E, R, P, F, Fut>(id: &str, prepare: P, function: F) -> Self
    where
        E: Input,
        R: Send + Sync + 'static,
        P: Fn(&Resources) -> Result<R, Vec<MissingResource>> + Send + Sync + 'static,
        F: Fn(E, &R, &Cx) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self::from_parts::<E>(
            id.to_owned(),
            Arc::new(move |resources| {
                let ready = prepare(resources)?;
                let function = function.clone();
                Ok(Arc::new(FnHandler::new(move |event: E, cx: Cx| function(event, &ready, &cx))))
            }),
        )
    }

    fn from_parts<E: Input>(id: String, build: Arc<Build>) -> Self {
        Self {
            id,
            was: None,
            patterns: E::PATTERNS.iter().map(|pattern| (*pattern).to_owned()).collect(),
            batch: E::BATCH,
            policy: Policy::default(),
            origin: Origin::UNKNOWN,
            said: Said::default(),
            build,
        }
    }

    /// Takes events that match this pattern, in place of what the event type stands for and of what was said before: several
    /// are said together, with [`on_all`](Self::on_all).
    #[must_use]
    pub fn on(self, pattern: &str) -> Self {
        self.on_all(&[pattern])
    }

    /// Takes events that match any of these patterns, in place of what the event type stands for and of what was said before.
    /// Without any pattern it changes nothing.
    #[must_use]
    pub fn on_all(mut self, patterns: &[&str]) -> Self {
        if !patterns.is_empty() {
            self.patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        }
        self
    }

    /// Adopts the position, the waiting events and the dead letters of a subscriber that had this id before. Markers go on under the
    /// first id. When both ids have run on the log and one is rewound, what it does in its new run is not known to the other: see
    /// `docs/operating.md`.
    #[must_use]
    pub fn was(mut self, old_id: impl Into<String>) -> Self {
        self.said.once("was", "a subscriber adopts one earlier id");
        self.was = Some(old_id.into());
        self
    }

    /// At most this many attempts at one event, at least 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.policy.attempts = NonZeroU32::new(attempts);
        let none = "attempts is 0; at least 1 is needed, `paused = true` makes it stand still";
        self.said.refuse(attempts == 0, "attempts", none);
        self
    }

    /// How retries wait: the first wait, which doubles, the longest, and for how long in all.
    #[must_use]
    pub fn retry(mut self, initial: Duration, cap: Duration, total: Duration) -> Self {
        (self.policy.retry_initial, self.policy.retry_cap, self.policy.retry_total) = (initial, cap, total);
        self
    }

    /// How often an event may end the process while it is tried alone, before it becomes a dead letter `crash loop`; at least 1.
    ///
    /// ```
    /// # use stheno_core::{AnyEvent, Cx, Failure, Subscriber, SubscriberDef, async_trait};
    /// # struct Thumbnails;
    /// # #[async_trait]
    /// # impl Subscriber for Thumbnails {
    /// #     type Event = AnyEvent;
    /// #     async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
    /// #         Ok(())
    /// #     }
    /// # }
    /// // Its library may end the process, and a restart costs little.
    /// let subscriber = SubscriberDef::new("images.thumbnails", Thumbnails).on("product.*").crash_limit(10);
    /// assert_eq!(subscriber.policy().crash_limit.get(), 10);
    /// ```
    #[must_use]
    pub fn crash_limit(mut self, starts: u32) -> Self {
        self.policy.crash_limit = NonZeroU32::new(starts).unwrap_or(self.policy.crash_limit);
        let none = "crash_limit is 0; at least 1 is needed: an event is blamed after it has ended the process so often";
        self.said.refuse(starts == 0, "crash_limit", none);
        self
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout = timeout;
        self
    }

    /// Most attempts under way at once.
    #[must_use]
    pub fn concurrency(mut self, attempts: usize) -> Self {
        self.policy.concurrency = attempts;
        self
    }

    /// Handles events of one key side by side and in any order; a dead letter parks nothing.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.policy.ordered = false;
        self
    }

    /// Says that the handler blocks its thread, by waiting or by computing: each attempt begins on a thread of its own, so that
    /// other keys of the subscriber go on beside it. Other subscribers go on in any case.
    #[must_use]
    pub fn blocking(mut self) -> Self {
        self.policy.blocking = true;
        self
    }

    /// Where it begins when it has never run.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.policy.start = start;
        self
    }

    /// Most events in one call, and how long a batch waits to become full; zero for not at all. For handlers that take
    /// batches.
    #[must_use]
    pub fn batch(mut self, events: usize, linger: Duration) -> Self {
        let single = "`batch` is said of a handler that takes one event at a time; take a `Batch`";
        self.said.refuse(!self.batch, "batch", single);
        (self.policy.batch, self.policy.linger) = (events, linger);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Its permanent id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it is run, before an operator's overrides.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The patterns as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    pub(crate) fn pattern_set(&self) -> Result<PatternSet, crate::name::NameError> {
        let parsed: Result<Vec<_>, _> = self.patterns.iter().map(Pattern::new).collect();
        Ok(PatternSet::new(parsed?))
    }

    pub(crate) fn build(&self, resources: &Resources) -> Result<Arc<dyn Handler>, Vec<MissingResource>> {
        (self.build)(resources)
    }
}

/// Longest id in bytes.
const MAX_ID_LEN: usize = 128;

/// What keeps a text from being the id of a subscriber; it follows the id in a message.
pub(crate) fn id_problem(id: &str) -> Option<&'static str> {
    let is_token =
        |token: &str| !token.is_empty() && token.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    match () {
        () if id.len() > MAX_ID_LEN => {
            Some("is no subscriber id, because it has more than 128 characters; choose a shorter one")
        }
        () if !id.split('.').all(is_token) => Some(
            "is no subscriber id; use lower-case tokens of letters, digits and `-` joined by dots, such as `receipts.send`",
        ),
        () if names::is_backfill(id) => Some(
            "ends as the id of a backfill, and would have the same records; choose another ending than `.backfill-` and a number",
        ),
        () => None,
    }
}

impl fmt::Debug for SubscriberDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriberDef").field("id", &self.id).field("patterns", &self.patterns).finish_non_exhaustive()
    }
}
