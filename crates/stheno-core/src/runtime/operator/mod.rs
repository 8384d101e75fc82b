//! What an operator can see and do: subscribers, dead letters, redrive, rewind, pause, and why a handler did not act.

//!
//! Reading order: this file (what can be asked of one subscriber), `letters` (many dead letters), `bulk` (what is asked of many),
//! `command` (how it is asked).

mod bulk;
pub(crate) mod command;
mod letters;

pub use bulk::BulkProgress;
pub use letters::{LetterFilter, LetterPage};

use std::{path::Path, sync::Arc};

use serde::Serialize;
use tokio::sync::Notify;

use crate::{
    backend::{Backend, BackendError, Page, Query, RecordCursor, Revision},
    bus::Bus,
    delivery::{
        doc::{DeadLetter, LaneDoc, Note, StateDoc},
        lane_id::LaneId,
        names,
        why::{Why, why},
    },
    event::recorded::RecordedEvent,
    join,
    runtime::{
        host,
        log::{keyed::keyed_pages, keys::Keys},
        missed,
        operator::command::{Command, ask},
        store,
        unknown::{self, UnknownName},
    },
    time::Timestamp,
};

/// Sees and steers the subscribers of a log, from any process that has it.
///
/// What is asked is done by the process that holds the subscriber's lease, within about a second; if none does, by the
/// next one.
#[derive(Clone)]
pub struct Operator {
    bus: Bus,
    /// Wakes the commands of this very process.
    asked: Option<Arc<Notify>>,
}

/// Where a subscriber stands.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SubscriberStatus {
    /// Its id.
    pub id: String,
    /// What it has recorded.
    pub state: StateDoc,
    /// Events of the log it has not taken in yet, matching or not.
    pub behind: u64,
    /// Keys that wait, are parked or are being read back; of very many only some, see [`more_lanes`](Self::more_lanes).
    pub lanes: Vec<LaneDoc>,
    /// How many there are that [`lanes`](Self::lanes) does not show.
    pub more_lanes: u64,
    /// Whether the policy of the host that ran it last lets it stand still, whatever an operator says; what an operator says is
    /// `paused` of the [state](Self::state).
    pub paused_by_policy: bool,
}

impl SubscriberStatus {
    /// Whether it stands still, because an operator or its policy says so.
    pub fn is_paused(&self) -> bool {
        self.state.paused || self.paused_by_policy
    }
}

/// Where a rewind goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewindTo {
    /// The first event of the log.
    Beginning,
    /// After this sequence; beyond the last event of the log it is the same as [`End`](Self::End).
    After(u64),
    /// The first event stored at this time or later.
    Time(Timestamp),
    /// Past every event there is now.
    End,
}

/// Lanes that are shown of one subscriber.
const LANES: usize = 100;
/// How often it is looked at most for a state of what is recorded that nobody has written to meanwhile.
const LOOKS: usize = 5;

impl Operator {
    /// An operator of the log behind a bus.
    pub fn new(bus: Bus) -> Self {
        Self { bus, asked: None }
    }

    pub(crate) fn with_wake(bus: Bus, asked: Arc<Notify>) -> Self {
        Self { bus, asked: Some(asked) }
    }

    fn backend(&self) -> &Arc<dyn Backend> {
        self.bus.backend()
    }

    /// The subscribers that have ever run on this log.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn subscribers(&self) -> Result<Vec<SubscriberStatus>, BackendError> {
        let last = self.backend().info().await?.last;
        let mut all = Vec::new();
        for (id, state) in self.states().await? {
            let reached = state.done.last().map_or(state.floor, |(_, end)| *end);
            let none_waits = state.beside.is_some_and(|beside| beside.lanes == 0);
            let (lanes, is_all) = match none_waits {
                true => (Vec::new(), true),
                false => store::first_lanes(&**self.backend(), &id, LANES).await?,
            };
            // It may have been written since the state was read.
            let counted =
                state.beside.map_or(u64::from(!is_all), |beside| beside.lanes.saturating_sub(lanes.len() as u64));
            let more_lanes = if is_all { 0 } else { counted.max(1) };
            let paused_by_policy = host::policed(self.backend(), &id).await?.paused;
            let behind = last.saturating_sub(reached);
            all.push(SubscriberStatus { id, behind, state, lanes, more_lanes, paused_by_policy });
        }
        Ok(all)
    }

    /// Every subscriber that has run, with its state, by name.
    async fn states(&self) -> Result<Vec<(String, StateDoc)>, BackendError> {
        let backend = self.backend();
        let specs = backend.list_records(names::SPECS).await?;
        let mut ids: Vec<String> = specs.iter().filter_map(|spec| names::specified(&spec.name)).collect();
        let missed = join::all(ids.iter().map(|id| missed::list(backend, id))).await;
        for missed in missed {
            ids.extend(missed?.into_iter().map(|(backfill, ..)| backfill));
        }
        let names: Vec<_> = ids.iter().map(|id| names::state(id)).collect();
        let found = join::all(names.iter().map(|name| backend.get_record(name))).await;
        let mut states = Vec::new();
        for (id, record) in ids.into_iter().zip(found) {
            if let Some(record) = record? {
                states.push((id, record));
            }
        }
        states.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        states.into_iter().map(|(id, record)| Ok((id, store::parse(&record)?))).collect()
    }

    /// All dead letters of a subscriber, oldest event first. There may be very many: [`dead_letters_page`](Self::dead_letters_page)
    /// gives some of them at a time.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn dead_letters(&self, subscriber: &str) -> Result<Vec<DeadLetter>, BackendError> {
        store::dead_letters(self.backend(), subscriber).await
    }

    /// Some of the dead letters that a filter lets through, at most `limit`; `after` is where the page before ended.
    ///
    /// ```no_run
    /// # use stheno_core::runtime::operator::{LetterFilter, Operator};
    /// # async fn show(operator: Operator) -> Result<(), stheno_core::backend::BackendError> {
    /// let mut page = operator.dead_letters_page("receipts.send", &LetterFilter::all(), None, 100).await?;
    /// loop {
    ///     for letter in &page.letters {
    ///         println!("{} {}", letter.sequence, letter.reason);
    ///     }
    ///     let Some(next) = page.next else { break };
    ///     page = operator.dead_letters_page("receipts.send", &LetterFilter::all(), Some(&next), 100).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a letter cannot be read, or the backend cannot be.
    pub async fn dead_letters_page(
        &self,
        subscriber: &str,
        filter: &LetterFilter,
        after: Option<&RecordCursor>,
        limit: usize,
    ) -> Result<LetterPage, BackendError> {
        letters::page(&**self.backend(), subscriber, filter, after, limit).await
    }

    /// One dead letter, if there is one of this event.
    ///
    /// # Errors
    /// When it cannot be read, or the backend cannot be.
    pub async fn dead_letter(&self, subscriber: &str, sequence: u64) -> Result<Option<DeadLetter>, BackendError> {
        store::letter(&**self.backend(), subscriber, sequence).await
    }

    /// What else was worth remembering of a subscriber, oldest first: skips and failed attempts with their reasons, redrives,
    /// discards. Only so many are kept.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn notes(&self, subscriber: &str) -> Result<Vec<Note>, BackendError> {
        let mut notes = store::notes(self.backend(), subscriber).await?;
        notes.sort_by_key(|note| note.at);
        Ok(notes)
    }

    /// One event of the log, with its raw body.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn event(&self, sequence: u64) -> Result<Option<Arc<RecordedEvent>>, BackendError> {
        let query = Query::all().after(sequence.saturating_sub(1)).upto(sequence).limit(1);
        Ok(self.events(query).await?.events.into_iter().next())
    }

    /// A page of the log as subscribers see it: an event that another program has published without a key has the key of its
    /// catalog. The backend's own [`read`](Backend::read) gives such an event without one, and finds it by none.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn events(&self, query: Query) -> Result<Page, BackendError> {
        let keys = Arc::new(Keys::new(self.bus.catalogs()));
        keys.learn(self.backend()).await?;
        keyed_pages(self.backend(), &keys).read(query).await
    }

    /// Hands a dead letter, and what is parked behind it, back to the handler; or an event that failed and waits for its next
    /// attempt, which is made at once. A subscriber that is paused gets it when it is resumed: see
    /// [`SubscriberStatus::is_paused`].
    ///
    /// # Errors
    /// When it is neither, or a letter that cannot be read, or the backend cannot be read or written.
    pub async fn redrive(&self, subscriber: &str, sequence: u64) -> Result<(), BackendError> {
        self.is_dead(subscriber, sequence, true).await?;
        self.ask(subscriber, &Command::Redrive { sequence }).await
    }

    /// Gives a dead letter up for good, and hands back what is parked behind it.
    ///
    /// # Errors
    /// When it is no dead letter of the subscriber or one that cannot be read, or the backend cannot be read or written.
    pub async fn discard(&self, subscriber: &str, sequence: u64) -> Result<(), BackendError> {
        self.is_dead(subscriber, sequence, false).await?;
        self.ask(subscriber, &Command::Discard { sequence }).await
    }

    /// Lets a subscriber go on from another position, as a new run: its handler sees the events from there on again.
    ///
    /// # Errors
    /// When a dead letter of the subscriber cannot be read, or the backend cannot be read or written.
    pub async fn rewind(&self, subscriber: &str, to: RewindTo) -> Result<(), BackendError> {
        let info = self.backend().info().await?;
        let after = match to {
            RewindTo::Beginning => info.first.saturating_sub(1),
            RewindTo::After(sequence) => sequence.min(info.last),
            RewindTo::End => info.last,
            RewindTo::Time(time) => {
                let page = self.backend().read(Query::all().since(time).limit(1)).await?;
                page.events.first().map_or(info.last, |event| event.sequence - 1)
            }
        };
        // A host refuses it otherwise: the letters after that position go with a rewind, and what is in them is to be known.
        store::dead_sequences(&**self.backend(), subscriber).await??;
        self.ask(subscriber, &Command::Rewind { after }).await
    }

    /// Lets a subscriber stand still, until it is resumed; also over restarts.
    ///
    /// # Errors
    /// When the backend cannot be written.
    pub async fn pause(&self, subscriber: &str) -> Result<(), BackendError> {
        self.ask(subscriber, &Command::Pause).await
    }

    /// Lets a subscriber go on. One that its policy lets stand still (`paused = true`) stays so.
    ///
    /// # Errors
    /// When the backend cannot be written.
    pub async fn resume(&self, subscriber: &str) -> Result<(), BackendError> {
        self.ask(subscriber, &Command::Resume).await
    }

    /// Why a subscriber did, or did not, act on an event.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn why(&self, subscriber: &str, sequence: u64) -> Result<Why, BackendError> {
        let event = self.event(sequence).await?;
        let nearest = event.as_ref().and_then(|event| match self.bus.catalogs().find(&event.name) {
            Some(_) => None,
            None => Some(self.bus.catalogs().nearest(event.name.as_str())),
        });
        let state = store::state(self.backend(), subscriber).await?;
        if state.is_none() && event.is_some() {
            return Ok(Why::UnknownSubscriber { nearest: self.nearest(subscriber).await? });
        }
        if let Some(event) = &event
            && let Some(handed_over) = self.missed_by(subscriber, event).await?
        {
            return match handed_over {
                Some(id) => Box::pin(self.why(&id, sequence)).await,
                None => Ok(Why::PassedOver),
            };
        }
        let policy = host::policed(self.backend(), subscriber).await?;
        let mut look = 1;
        loop {
            let before = self.revision(subscriber).await?;
            let state = store::state(self.backend(), subscriber).await?;
            let dead = store::letter(&**self.backend(), subscriber, sequence).await?;
            let lanes = self.lanes_of(subscriber, sequence, event.as_deref()).await?;
            let answer = |notes: &[Note]| {
                why(event.as_deref(), sequence, nearest, state.as_ref(), policy, &lanes, dead.as_slice(), notes)
            };
            let mut answered = answer(&[]);
            if answered.may_be_noted() {
                answered = answer(&store::notes(self.backend(), subscriber).await?);
            }
            // What is written meanwhile would be half there. Who writes all the time rarely writes about this one event.
            if look == LOOKS || self.revision(subscriber).await? == before {
                return Ok(answered);
            }
            look += 1;
        }
    }

    /// The lanes that may have an event: that of its key, and its own. Read by name, however many there are.
    async fn lanes_of(
        &self,
        subscriber: &str,
        sequence: u64,
        event: Option<&RecordedEvent>,
    ) -> Result<Vec<LaneDoc>, BackendError> {
        let key = event.and_then(|event| event.key.clone()).map(LaneId::Key);
        let names: Vec<_> =
            key.into_iter().chain([LaneId::Event(sequence)]).map(|id| names::lane(subscriber, &id)).collect();
        let mut lanes = Vec::new();
        for record in join::all(names.iter().map(|name| self.backend().get_record(name))).await {
            lanes.extend(record?.as_ref().map(store::parse).transpose()?);
        }
        Ok(lanes)
    }

    /// The revision of a subscriber's state: every write of what is recorded of it has another.
    async fn revision(&self, subscriber: &str) -> Result<Option<Revision>, BackendError> {
        Ok(self.backend().get_record(&names::state(subscriber)).await?.map(|record| record.revision))
    }

    /// The names in the log that no catalog of any host knows, with the nearest known ones.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn unknown_names(&self) -> Result<Vec<UnknownName>, BackendError> {
        unknown::list(self.backend()).await
    }

    /// Copies the log with everything that is recorded of its subscribers, as it is at one moment, into a new file, while
    /// hosts run and publish. Restoring it takes the log back to that moment; what that means for subscribers is in
    /// `docs/operating.md`.
    ///
    /// ```no_run
    /// # async fn nightly(operator: stheno_core::runtime::operator::Operator) -> Result<(), stheno_core::backend::BackendError> {
    /// operator.backup("/backup/stheno-2026-11-30.db").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is such a file, it cannot be written, or the log is damaged; then no file is left behind. When the log is
    /// on a nats-server: its stream is backed up with `nats stream backup`.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<(), BackendError> {
        self.backend().backup(to.as_ref()).await
    }

    /// Whether a subscriber passed an event over, and under which id it is handed over if it is.
    async fn missed_by(&self, subscriber: &str, event: &RecordedEvent) -> Result<Option<Option<String>>, BackendError> {
        for (id, _, missed) in missed::list(self.backend(), subscriber).await? {
            if missed.has(event) {
                let runs = self.backend().get_record(&names::state(&id)).await?.is_some();
                return Ok(Some(runs.then_some(id)));
            }
        }
        Ok(None)
    }

    /// An error that says what the event is instead, if it is no dead letter of a subscriber that has run. One that waits for its
    /// next attempt will do, if `may_wait`.
    async fn is_dead(&self, subscriber: &str, sequence: u64, may_wait: bool) -> Result<(), BackendError> {
        if let Some(record) = self.backend().get_record(&names::dead_letter(subscriber, sequence)).await? {
            // A host refuses what is asked about a letter that it cannot read.
            return store::parse::<DeadLetter>(&record).map(drop);
        }
        match self.why(subscriber, sequence).await? {
            // The one of an unknown subscriber is said when it is asked.
            Why::Dead(_) | Why::UnknownSubscriber { .. } => Ok(()),
            Why::Retrying(_) if may_wait => Ok(()),
            other => {
                let message = format!("{sequence} is no dead letter of `{subscriber}`: {other}");
                Err(BackendError::new(crate::backend::BackendErrorKind::Other, message))
            }
        }
    }

    /// The subscriber of this log whose id is nearest to what was written.
    async fn nearest(&self, written: &str) -> Result<Option<String>, BackendError> {
        let states = self.states().await?;
        Ok(crate::nearest::nearest(written, states.iter().map(|(id, _)| id.as_str())).map(str::to_owned))
    }

    /// An error that says what to do, if no such subscriber has ever run.
    async fn has_run(&self, subscriber: &str) -> Result<(), BackendError> {
        if self.backend().get_record(&names::state(subscriber)).await?.is_some() {
            return Ok(());
        }
        let hint = self.nearest(subscriber).await?;
        let hint = hint.map_or("check the id".to_owned(), |nearest| format!("did you mean `{nearest}`?"));
        let message = format!("no subscriber `{subscriber}` has ever run on this log; {hint}");
        Err(BackendError::new(crate::backend::BackendErrorKind::Other, message))
    }

    async fn ask(&self, subscriber: &str, command: &Command) -> Result<(), BackendError> {
        self.has_run(subscriber).await?;
        ask(self.backend(), subscriber, command).await?;
        if let Some(asked) = &self.asked {
            asked.notify_one();
        }
        Ok(())
    }
}
