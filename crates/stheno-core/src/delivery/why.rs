//! Why a handler did, or did not, act on an event: answered from what delivery has recorded.

use std::fmt;

use serde::Serialize;

use crate::{
    delivery::doc::{DeadLetter, LaneDoc, LaneState, Note, NoteKind, StateDoc, Waiting},
    event::recorded::RecordedEvent,
    pattern::PatternSet,
    shown::{SHOWN_CHAIN, shown, shown_chain, shown_long},
};

/// What became of an event at one subscriber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// No event has this sequence.
    NotInTheLog,
    /// No such subscriber has ever run on this log.
    UnknownSubscriber {
        /// The one whose id is nearest.
        nearest: Option<String>,
    },
    /// Nothing subscribes to its name, which no catalog knows.
    UnknownName {
        /// The known name nearest to it.
        nearest: Option<String>,
    },
    /// The subscriber takes other events.
    PatternDoesNotMatch {
        /// What it takes.
        patterns: PatternSet,
    },
    /// The subscriber began later.
    BeforeItsStart {
        /// It began after this sequence.
        began: u64,
    },
    /// The subscriber did not take it when it came by, and has been widened since.
    PassedOver,
    /// Its turn has not come.
    NotYetTaken {
        /// Whether the subscriber stands still.
        paused: bool,
    },
    /// It failed and is tried again.
    Retrying(Waiting),
    /// It waits behind an earlier event of its key that failed and is tried again.
    Behind {
        /// The earlier event.
        sequence: u64,
        /// When that one is tried again; `None` if it is being handled.
        retry: Option<Waiting>,
    },
    /// It waits behind a dead letter of its key.
    Parked {
        /// The dead letter.
        dead: u64,
    },
    /// The subscriber gave up on it.
    Dead(Box<DeadLetter>),
    /// The handler chose to do nothing.
    Skipped {
        /// The reason it gave.
        reason: String,
    },
    /// An operator gave it up for good.
    Discarded,
    /// The handler has done its work.
    Handled,
}

/// What a host says of how it runs a subscriber, as far as an answer depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policed {
    /// Whether the subscriber keeps the order of a key.
    pub(crate) ordered: bool,
    /// Whether its configuration lets it stand still.
    pub(crate) paused: bool,
}

/// Answers from what is recorded. `nearest` is set when no catalog knows the event's name.
#[expect(
    clippy::too_many_arguments,
    reason = "one argument per thing that is recorded; the operator calls it in one place"
)]
pub(crate) fn why(
    event: Option<&RecordedEvent>,
    sequence: u64,
    nearest: Option<Option<&str>>,
    state: Option<&StateDoc>,
    policy: Policed,
    lanes: &[LaneDoc],
    dead: &[DeadLetter],
    notes: &[Note],
) -> Why {
    let Some(event) = event else { return Why::NotInTheLog };
    let Some(state) = state else { return Why::UnknownSubscriber { nearest: None } };
    if !state.patterns.matches(&event.name) {
        return match nearest {
            Some(nearest) => Why::UnknownName { nearest: nearest.map(str::to_owned) },
            None => Why::PatternDoesNotMatch { patterns: state.patterns.clone() },
        };
    }
    if let Some(letter) = dead.iter().find(|letter| letter.sequence == sequence) {
        return Why::Dead(Box::new(letter.clone()));
    }
    let lane = lanes.iter().find(|lane| match &lane.key {
        Some(key) => policy.ordered && event.key.as_ref() == Some(key) && lane.from <= sequence,
        None => lane.from == sequence,
    });
    let paused = state.paused || policy.paused;
    let waits = |waiting: &Waiting| Waiting { paused, ..waiting.clone() };
    match lane {
        Some(LaneDoc { state: LaneState::Parked { dead }, .. }) => return Why::Parked { dead: *dead },
        Some(LaneDoc { state: LaneState::Waiting(waiting), from, .. }) if *from == sequence => {
            return Why::Retrying(waits(waiting));
        }
        Some(LaneDoc { state: LaneState::Waiting(waiting), from, .. }) => {
            return Why::Behind { sequence: *from, retry: Some(waits(waiting)) };
        }
        Some(LaneDoc { state: LaneState::Behind, from, .. }) => return Why::Behind { sequence: *from, retry: None },
        None => {}
    }
    let latest =
        notes.iter().filter(|note| note.sequence == sequence && note.run == state.run).max_by_key(|note| note.at);
    match latest.map(|note| &note.what) {
        Some(NoteKind::Skipped(reason)) => return Why::Skipped { reason: reason.clone() },
        Some(NoteKind::Discarded) => return Why::Discarded,
        _ => {}
    }
    let settled =
        sequence <= state.floor || state.done.iter().any(|(first, last)| (*first..=*last).contains(&sequence));
    match settled {
        _ if sequence <= state.began && state.run == 0 => Why::BeforeItsStart { began: state.began },
        true => Why::Handled,
        false => Why::NotYetTaken { paused },
    }
}

impl Why {
    /// Whether a note may say more: what an earlier run or attempt came to.
    pub(crate) fn may_be_noted(&self) -> bool {
        matches!(self, Self::Handled | Self::NotYetTaken { .. } | Self::BeforeItsStart { .. })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NotInTheLog => f.write_str("no event of the log has this sequence"),
            Why::UnknownSubscriber { nearest: Some(nearest) } => {
                write!(f, "no such subscriber has ever run on this log; did you mean `{}`?", shown(nearest))
            }
            Why::UnknownSubscriber { nearest: None } => {
                f.write_str("no such subscriber has ever run on this log; check the id")
            }
            Why::UnknownName { nearest: Some(nearest) } => {
                write!(f, "no catalog knows its name; did the publisher mean `{}`?", shown(nearest))
            }
            Why::UnknownName { nearest: None } => {
                f.write_str("no catalog knows its name, and the subscriber does not take it")
            }
            Why::PatternDoesNotMatch { patterns } => write!(f, "the subscriber takes {}", shown_long(&patterns.to_string())),
            Why::BeforeItsStart { began } => {
                write!(f, "the subscriber began after sequence {began}; rewind it to get older events")
            }
            Why::PassedOver => f.write_str(
                "it was passed over, because the subscriber did not take it then; say `backfill = true` in its policy and \
                 start again to hand it over",
            ),
            Why::NotYetTaken { paused: true } => f.write_str("the subscriber is paused; resume it, or take `paused` out of its policy"),
            Why::NotYetTaken { paused: false } => f.write_str("its turn has not come yet"),
            Why::Retrying(waiting) if waiting.is_handed_back() => {
                write!(f, "an operator handed it back; the next attempt {}", When(waiting))
            }
            Why::Retrying(waiting) if waiting.attempts == 0 => {
                write!(f, "it was put off ({}); the next attempt {}", shown_chain(&waiting.error), When(waiting))
            }
            Why::Retrying(waiting) => {
                let (attempt, error) = (waiting.attempts, shown_chain(&waiting.error));
                write!(f, "attempt {attempt} failed ({error}); the next {}", When(waiting))
            }
            Why::Behind { sequence, retry: Some(waiting) } => {
                let what = if waiting.is_handed_back() { "was handed back by an operator" } else { "failed" };
                write!(f, "it waits behind event {sequence} of its key, which {what}; its next attempt {}", When(waiting))
            }
            Why::Behind { sequence, retry: None } => write!(f, "it waits behind event {sequence} of its key"),
            Why::Parked { dead } => {
                write!(f, "it is parked behind the dead letter {dead} of its key; redrive that one")
            }
            Why::Dead(letter) => write!(
                f,
                "it is a dead letter ({}) after attempt {}: {}",
                letter.reason,
                letter.attempts,
                shown_chain(&letter.error)
            ),
            Why::Skipped { reason } => write!(f, "skipped, because {}", shown_long(reason).within(SHOWN_CHAIN)),
            Why::Discarded => f.write_str("it was a dead letter, and an operator discarded it"),
            Why::Handled => f.write_str("handled"),
        }
    }
}

/// When the next attempt is made.
struct When<'a>(&'a Waiting);

impl fmt::Display for When<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.paused {
            true => f.write_str("comes when the subscriber is resumed, which is paused now"),
            false => write!(f, "is at {}", self.0.due),
        }
    }
}

impl Waiting {
    /// Whether an operator handed it back and no attempt has ended since: it waits for none of the waits of a policy.
    fn is_handed_back(&self) -> bool {
        self.attempts == 0 && self.wait_ms == Some(0)
    }
}
