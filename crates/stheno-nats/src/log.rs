//! What every part of the backend has of one log.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use stheno_core::backend::BackendError;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
};

use crate::{
    api::Api,
    decode::Decoder,
    error::{self, Trouble},
    gate::Gate,
    group::Group,
    options::NatsOptions,
    provision::{self, Found},
    publish::Target,
    rollups::Rollups,
    schedule::Repeating,
    subject::Subjects,
};

/// Messages under way to one stream at once: what an acknowledgement takes to come back is filled with others.
const WINDOW: usize = 4_096;
/// Atomic batches under way at once; the server takes 50 for one stream, of all processes together.
const BATCHES: usize = 8;

/// For how long it is taken for granted that the stream is still the log that was opened.
const GRANTED: Duration = Duration::from_secs(5);

/// What may be under way to one stream at once.
pub(crate) struct Window {
    messages: Semaphore,
    batches: Semaphore,
}

impl Window {
    fn new() -> Self {
        Self { messages: Semaphore::new(WINDOW), batches: Semaphore::new(BATCHES) }
    }

    /// Room for so many messages among those that are under way.
    pub(crate) async fn room(&self, messages: usize) -> Result<SemaphorePermit<'_>, BackendError> {
        let permits = u32::try_from(messages.min(WINDOW / 4)).unwrap_or(1);
        self.messages.acquire_many(permits).await.map_err(|_| error::closed())
    }

    /// Room for one batch among those that are under way.
    pub(crate) async fn batch(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        self.batches.acquire().await.map_err(|_| Trouble::Closed)
    }
}

/// One open log.
pub(crate) struct Log {
    pub(crate) options: NatsOptions,
    /// Where it is, for messages, without anything secret.
    pub(crate) place: String,
    pub(crate) subjects: Subjects,
    pub(crate) log_id: Arc<str>,
    /// The JetStream domain it is in, if its servers have one.
    domain: Option<String>,
    /// When its stream was last seen to be the log that was opened.
    seen: Mutex<Instant>,
    /// The last sequence behind the last event at which something is known to be gone.
    pub(crate) reached: AtomicU64,
    pub(crate) dedup_window: Duration,
    /// For appends, records and questions: what is read in bulk does not delay it.
    pub(crate) writing: Api,
    /// For what is read in bulk. A message that no client can read breaks this connection and not the other.
    pub(crate) reading: Api,
    pub(crate) appends: Window,
    /// Of their own, so that no lease waits behind appends that wait for a leader.
    pub(crate) records: Window,
    pub(crate) gate: Gate,
    /// Single appends, if they gather.
    pub(crate) group: Group,
    /// Schedules that were seen to make events again and again.
    pub(crate) repeating: Repeating,
    /// Whether the bucket of the records takes roll-ups.
    pub(crate) rollups: Rollups,
}

impl Log {
    /// A log over these connections, which live on the runtime `io`.
    pub(crate) fn new(
        options: NatsOptions,
        subjects: Subjects,
        found: Found,
        (writing, reading): (Api, Api),
        io: Handle,
    ) -> Self {
        Self {
            place: options.place(),
            options,
            subjects,
            log_id: found.log_id.into(),
            domain: found.domain,
            seen: Mutex::new(Instant::now()),
            reached: AtomicU64::new(0),
            dedup_window: found.dedup_window,
            writing,
            reading,
            appends: Window::new(),
            records: Window::new(),
            gate: Gate::default(),
            group: Group::new(io),
            repeating: Repeating::default(),
            rollups: Rollups::new(found.rollups),
        }
    }

    /// The stream of the log.
    pub(crate) fn stream(&self) -> &str {
        &self.options.stream
    }

    /// What has to acknowledge an event.
    pub(crate) fn target(&self) -> Target<'_> {
        self.target_of(self.stream())
    }

    /// What has to acknowledge a message of another stream of ours.
    pub(crate) fn target_of<'a>(&'a self, stream: &'a str) -> Target<'a> {
        Target { stream, domain: self.domain.as_deref() }
    }

    /// Something that makes events of messages.
    pub(crate) fn decoder(&self) -> Decoder {
        Decoder::new(self.subjects.clone(), Arc::clone(&self.log_id))
    }

    /// What trouble means here.
    pub(crate) fn explain(&self, trouble: Trouble) -> BackendError {
        trouble.explain(&self.place)
    }

    /// Refuses when the backend was closed.
    pub(crate) fn check_open(&self) -> Result<(), BackendError> {
        if self.gate.is_closed() { Err(error::closed()) } else { Ok(()) }
    }

    /// Refuses when the stream is not the one that was opened, or has become shorter than `reached`.
    pub(crate) async fn check_identity(&self, reached: u64) -> Result<(), BackendError> {
        let info = self.reading.stream(self.stream()).await.map_err(|trouble| self.explain(trouble))?;
        match info {
            None => Err(error::log_changed(&self.place, "was deleted")),
            Some(info) if provision::log_id(&info) != *self.log_id => {
                Err(error::log_changed(&self.place, "was made anew"))
            }
            Some(info) if info.state.last_seq < reached => Err(error::log_changed(&self.place, "became shorter")),
            Some(_) => {
                *self.seen() = Instant::now();
                Ok(())
            }
        }
    }

    /// The same now and then: who reads pages has no connection to one stream that would break with it.
    pub(crate) async fn check_identity_at_times(&self) -> Result<(), BackendError> {
        let granted = self.seen().elapsed() < GRANTED;
        if granted { Ok(()) } else { self.check_identity(0).await }
    }

    fn seen(&self) -> MutexGuard<'_, Instant> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
