//! Which events a handler of batches gets in one call, and how a call that failed as a whole is cut into smaller ones.
//!
//! The events of a failed call stay attempts under way: their next, smaller calls are made from memory, count for nothing with
//! the machine and need no record. Only an event that fails alone is settled as failed.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use crate::{
    delivery::{Attempt, settle::Outcome},
    failure::Verdict,
    runtime::subscription::{attempts::FailedWhole, group::Group},
    subscriber::policy::Policy,
};

/// The pause before a part of a failed call is called, doubled with every call in a row that fails, up to [`PAUSE_CAP`].
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_CAP: Duration = Duration::from_secs(1);
/// Events whose failed calls are remembered. One that is forgotten may be called with others again, and costs more calls.
const REMEMBERED: usize = 16_384;

/// How a handler of batches gets them.
pub(crate) struct Batching {
    size: usize,
    linger: Duration,
    calls: usize,
    /// What waits for a batch to become full.
    gathered: Vec<Attempt>,
    /// Since when the first of them waits.
    since: Option<Instant>,
    /// Cut from what has gathered, to be called as soon as there is room.
    groups: VecDeque<Group>,
    /// Parts of calls that failed as a whole. The parts of the last one come first, so that the others stay large while every
    /// call fails.
    parts: VecDeque<Group>,
    /// What is known of events whose last call failed as a whole and that the machine has back.
    remembered: BTreeMap<u64, Remembered>,
    /// Calls that failed as a whole since one did not.
    failed_in_a_row: u32,
    /// No part is called before this.
    pauses_until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Remembered {
    /// With how many events it is called at most, itself included.
    together: usize,
    earlier: u32,
}

impl Batching {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            size: policy.batch,
            linger: policy.linger,
            calls: policy.concurrency,
            gathered: Vec::new(),
            since: None,
            groups: VecDeque::new(),
            parts: VecDeque::new(),
            remembered: BTreeMap::new(),
            failed_in_a_row: 0,
            pauses_until: None,
        }
    }

    /// Whether no event waits here for its call.
    pub(crate) fn is_empty(&self) -> bool {
        self.gathered.is_empty() && self.groups.is_empty() && self.parts.is_empty()
    }

    pub(crate) fn gather(&mut self, attempt: Attempt) {
        self.gathered.push(attempt);
        self.since.get_or_insert_with(Instant::now);
    }

    /// When there is something to call at the latest, if so many calls are under way.
    pub(crate) fn next_call(&self, under_way: usize) -> Option<Instant> {
        if under_way >= self.calls {
            return None;
        }
        let full = self.since.map(|since| since + self.linger);
        let part = self.pauses_until.filter(|_| !self.parts.is_empty());
        full.into_iter().chain(part).min()
    }

    /// What to call next, if so many calls are under way. `at_once` waits for no batch to become full, and makes no pause.
    pub(crate) fn next_group(&mut self, under_way: usize, at_once: bool) -> Option<Group> {
        if under_way >= self.calls {
            return None;
        }
        if at_once || self.pauses_until.is_none_or(|until| until <= Instant::now()) {
            self.pauses_until = None;
            if let Some(part) = self.parts.pop_front() {
                return Some(part);
            }
        }
        let waited = self.since.is_some_and(|since| since.elapsed() >= self.linger);
        if self.groups.is_empty() && (self.gathered.len() >= self.size || waited || at_once) {
            self.cut();
        }
        self.groups.pop_front()
    }

    /// Cuts what has gathered into calls. What failed before is called apart from what did not.
    fn cut(&mut self) {
        let rest = self.gathered.split_off(self.gathered.len().min(self.size));
        let attempts = std::mem::replace(&mut self.gathered, rest);
        self.since = (!self.gathered.is_empty()).then(Instant::now);
        let mut alike: BTreeMap<usize, Group> = BTreeMap::new();
        for attempt in attempts {
            let remembered = self.remembered.get(&attempt.event().sequence);
            let together = remembered.map_or(self.size, |remembered| remembered.together.min(self.size));
            let group = alike.entry(together).or_insert_with(|| Group { attempts: Vec::new(), earlier: 0 });
            group.earlier = group.earlier.max(remembered.map_or(0, |remembered| remembered.earlier));
            group.attempts.push(attempt);
        }
        for (together, group) in alike.into_iter().rev() {
            self.groups.extend(group.in_parts(together));
        }
    }

    /// A call did not fail as a whole.
    pub(crate) fn went_well(&mut self) {
        self.failed_in_a_row = 0;
        self.pauses_until = None;
    }

    /// An event needs no further call.
    pub(crate) fn forget(&mut self, sequence: u64) {
        self.remembered.remove(&sequence);
    }

    /// Takes a call that failed as a whole. Gives back what the machine has to know of it now.
    ///
    /// An event that was called alone has failed. Others are called again in groups of at most half as many; whatever the failure
    /// says, it says it of the whole. If it says when to try again, the machine keeps them until then.
    pub(crate) fn failed(&mut self, whole: FailedWhole) -> Vec<(Attempt, Outcome)> {
        let FailedWhole { attempts, called, earlier, failure } = whole;
        let pause = PAUSE.saturating_mul(1 << self.failed_in_a_row.min(10)).min(PAUSE_CAP);
        self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
        self.pauses_until = Some(Instant::now() + pause);
        if called <= 1 {
            return attempts
                .into_iter()
                .map(|attempt| {
                    self.remember(&attempt, Remembered { together: 1, earlier });
                    (attempt, Outcome::Failed(failure.of_batch()))
                })
                .collect();
        }
        let (together, earlier) = (called / 2, earlier + 1);
        if let Verdict::RetryAfter(delay) = failure.verdict() {
            return attempts
                .into_iter()
                .map(|attempt| {
                    self.remember(&attempt, Remembered { together, earlier });
                    (attempt, Outcome::PutOff(failure.of_batch(), delay))
                })
                .collect();
        }
        for part in (Group { attempts, earlier }).in_parts(together).into_iter().rev() {
            self.parts.push_front(part);
        }
        Vec::new()
    }

    fn remember(&mut self, attempt: &Attempt, remembered: Remembered) {
        self.remembered.insert(attempt.event().sequence, remembered);
        if self.remembered.len() > REMEMBERED {
            self.remembered.pop_first();
        }
    }
}
