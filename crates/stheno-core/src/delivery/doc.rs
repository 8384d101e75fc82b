//! The documents that delivery keeps in records: state, lanes, dead letters, notes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{event::recorded::EventId, key::Key, name::EventName, pattern::PatternSet, time::Timestamp};

/// The format of the documents in records, these and those of the runtime.
///
/// A document without `format` is of format 1. A version of Stheno whose documents an older one would read wrongly writes
/// `format` into them, with a higher number, and the older one refuses them wherever it reads them. Fields that an older version
/// may leave out of account need none.
pub const FORMAT: u32 = 1;

/// Where a subscriber stands. One record, written with everything that changed since the last write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateDoc {
    /// [`FORMAT`].
    pub format: u32,
    /// The identity of the log that the sequences below are of.
    #[serde(default)]
    pub log: String,
    /// Which run this is: 0 is live, each replay has a number of its own.
    pub run: u32,
    /// The epoch in which this run began; 0 for the first run, and in runs that an older version began.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub run_epoch: u64,
    /// Where this run began: after this sequence. What an earlier run recorded of what is ahead of it is of no account.
    #[serde(default)]
    pub rewound: u64,
    /// The epoch of the lease that wrote it.
    pub epoch: u64,
    /// The subscriber's first run began after this sequence.
    pub began: u64,
    /// Everything up to this sequence is settled, or indexed by a lane.
    pub floor: u64,
    /// So is everything in these ranges above the floor, both ends included.
    pub done: Vec<(u64, u64)>,
    /// No handler has been started for an event above this sequence.
    pub reserved: u64,
    /// Whether the holder stopped in order: then nothing above the floor was started.
    pub clean: bool,
    /// The event that is being tried alone, because it may have ended the process.
    pub suspect: Option<Suspect>,
    /// Others that were tried alone before, and have not come to an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<Suspect>,
    /// Of the lanes that have a record, only those with these marks may have been started; all of them, if an older version wrote
    /// it. A mark is a short name of the lane's key or sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Vec<u64>>,
    /// Whether it stands still.
    pub paused: bool,
    /// The patterns it was last run with.
    pub patterns: PatternSet,
    /// How many events were settled in which way, since the subscriber exists.
    pub counts: Counts,
    /// The ids that the subscriber had before, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// How many records stand beside this one; nothing if an older version wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// When it was written.
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(crate) fn is_false(truth: &bool) -> bool {
    !*truth
}

/// How many records of a subscriber there are, so that nobody has to list them to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Beside {
    /// Keys, or single events without a key, that wait, are parked or are being read back.
    pub lanes: u64,
    /// Those of them that are parked behind a dead letter.
    pub parked: u64,
    /// Dead letters.
    pub letters: u64,
}

/// An id that a subscriber had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Former {
    /// The id.
    pub id: String,
    /// What is done for events up to here is remembered under it: for all that will ever be, unless an older version moved the
    /// subscriber, which remembered later ones under the new id.
    pub upto: u64,
}

impl Former {
    /// An id under which everything stays remembered: a step back to the release that has it, and forward again, repeats nothing.
    pub(crate) fn for_ever(id: &str) -> Self {
        Self { id: id.to_owned(), upto: u64::MAX }
    }
}

/// An event that is being tried alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// The event.
    pub sequence: u64,
    /// How often it was started alone.
    pub starts: u32,
}

/// How many events were settled in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// The handler returned Ok.
    pub handled: u64,
    /// The handler chose to do nothing.
    pub skipped: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Events that became dead letters.
    pub dead: u64,
    /// Notes written so far; the next one's place in their ring.
    pub notes: u64,
}

/// A key whose events from a sequence on are not handled yet: the log has them, this is their index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LaneDoc {
    /// The key; `None` for a single event that has none, or of a subscriber without order.
    pub key: Option<Key>,
    /// Which run wrote it.
    #[serde(default)]
    pub run: u32,
    /// The first event of the key that is not settled.
    pub from: u64,
    /// Where the events end that this record speaks for: later ones of the key came when no order was kept any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<u64>,
    /// Why it is not handled yet.
    pub state: LaneState,
}

impl LaneDoc {
    /// Whether nothing it says is about events up to this sequence.
    pub(crate) fn is_ahead_of(&self, sequence: u64) -> bool {
        match self.state {
            LaneState::Parked { dead } => dead > sequence,
            _ => self.from > sequence,
        }
    }
}

/// Why the events of a lane are not handled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LaneState {
    /// They will be read from the log soon.
    Behind,
    /// The first one failed and is tried again.
    Waiting(Waiting),
    /// They wait behind a dead letter.
    Parked {
        /// The sequence of the dead letter.
        dead: u64,
    },
}

/// A failed event that is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Waiting {
    /// Attempts so far.
    pub attempts: u32,
    /// When the next one may begin.
    pub due: Timestamp,
    /// When the first one failed.
    pub first_failed: Timestamp,
    /// The last error and its sources, outermost first.
    pub error: Vec<String>,
    /// The wait that was asked for, in milliseconds: it is never longer, whatever the clock shows. Nothing in the record of an
    /// older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// This wait and those before it, in milliseconds: what counts towards `retry_total`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// Whether the subscriber stands still, so that the next attempt waits until it is resumed. Only the answer of
    /// [`why`](crate::runtime::operator::Operator::why) says so; no record does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub paused: bool,
}

/// An event that one subscriber gave up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The event.
    pub sequence: u64,
    /// Its id.
    pub id: EventId,
    /// Its name, which another program may have chosen.
    #[serde(deserialize_with = "stored_name")]
    pub name: EventName,
    /// Its key; later events of the key are parked behind it, unless the subscriber has no order.
    pub key: Option<Key>,
    /// Which run it was.
    pub run: u32,
    /// Why the subscriber gave up.
    pub reason: DeadReason,
    /// Attempts made.
    pub attempts: u32,
    /// The last error and its sources, outermost first; of a long text its beginning.
    pub error: Vec<String>,
    /// When the first attempt failed.
    pub first_failed: Timestamp,
    /// When the subscriber gave up.
    pub at: Timestamp,
}

/// A name as it was stored: other programs publish under names that ours may not have.
fn stored_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventName, D::Error> {
    Ok(EventName::trusted(String::deserialize(deserializer)?.into()))
}

/// Why a subscriber gave up on an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeadReason {
    /// The handler said that no retry can mend it.
    Terminal,
    /// The attempts, or the time for them, are used up.
    Exhausted,
    /// The body is not what the handler needs.
    Undecodable,
    /// The process ended each time it was tried alone.
    CrashLoop,
    /// The log no longer has it.
    Gone,
}

impl fmt::Display for DeadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeadReason::Terminal => "terminal",
            DeadReason::Exhausted => "attempts used up",
            DeadReason::Undecodable => "undecodable",
            DeadReason::CrashLoop => "crash loop",
            DeadReason::Gone => "gone from the log",
        })
    }
}

/// Something worth remembering about one event: kept in a ring, the oldest is overwritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// The event.
    pub sequence: u64,
    /// Which run it was.
    pub run: u32,
    /// Which attempt.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub what: NoteKind,
}

/// What happened to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoteKind {
    /// The handler chose to do nothing, for a reason.
    Skipped(String),
    /// The attempt failed; the error and its sources.
    Failed(Vec<String>),
    /// An operator handed the dead letter back.
    Redriven,
    /// An operator gave the dead letter up for good.
    Discarded,
}
