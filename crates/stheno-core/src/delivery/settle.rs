//! What follows from an attempt: done, tried again, or given up.

use std::time::Duration;

use crate::{
    delivery::{
        attempt::Attempt,
        doc::{DeadLetter, DeadReason, Note, NoteKind, Waiting},
        lane::{Doing, Indexed, Lane},
        lane_id::LaneId,
        machine::Machine,
    },
    event::recorded::RecordedEvent,
    failure::{self, Failure, Verdict},
    time::{Now, Timestamp},
};

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The handler returned Ok.
    Handled,
    /// The handler chose to do nothing, for a reason.
    Skipped(String),
    /// The handler failed.
    Failed(Failure),
    /// The attempt says nothing of the event: it is made again after this wait, and counts neither as an attempt nor for
    /// `retry_total`.
    PutOff(Failure, Duration),
}

/// A wait may be this much longer than the policy says, so that what failed together is not tried again together.
const JITTER: f64 = 0.1;

impl Machine {
    /// Takes the end of an attempt. `jitter` is between 0 and 1.
    pub(crate) fn settle(&mut self, attempt: Attempt, outcome: Outcome, now: Now, jitter: f64) {
        if attempt.suspended {
            self.running -= 1;
        } else {
            self.given = None;
        }
        if attempt.alone {
            self.trial.end(&attempt);
        }
        self.outbox.record_soon();
        match outcome {
            Outcome::Handled => {
                self.counts.handled += 1;
                self.settled(&attempt);
            }
            Outcome::Skipped(reason) => {
                self.counts.skipped += 1;
                self.note(&attempt, NoteKind::Skipped(failure::cut(reason)), now);
                self.settled(&attempt);
            }
            Outcome::Failed(failure) => self.failed(&attempt, &failure, now, jitter),
            Outcome::PutOff(failure, wait) => self.put_off(&attempt, &failure, wait, now),
        }
    }

    fn settled(&mut self, attempt: &Attempt) {
        // A key whose events are handled at once has no lane.
        if let Some(lane) = self.lanes.get_mut(&attempt.lane) {
            let sequence = attempt.event.sequence;
            lane.settled(sequence);
            let is_recorded = lane.indexed() != Indexed::No;
            self.settled.release(sequence);
            if is_recorded {
                self.outbox.change(&attempt.lane);
            }
            self.proceed(&attempt.lane);
        }
    }

    fn failed(&mut self, attempt: &Attempt, failure: &Failure, now: Now, jitter: f64) {
        self.counts.failed += 1;
        let mut error = failure.recorded();
        self.note(attempt, NoteKind::Failed(error.clone()), now);
        let earlier = self.lanes.get(&attempt.lane).and_then(Lane::failed);
        let first_failed = earlier.map_or(now.wall, |waiting| waiting.first_failed);
        let waited = earlier.map_or(Duration::ZERO, |waiting| waiting.waited(now.wall));
        match self.decide(failure.verdict(), attempt.number, waited, jitter) {
            Ok(wait) => {
                let waiting = Waiting {
                    attempts: attempt.number,
                    due: now.wall.plus(wait),
                    first_failed,
                    error,
                    wait_ms: Some(millis(wait)),
                    waited_ms: Some(millis(waited.saturating_add(wait))),
                    paused: false,
                };
                self.wait(attempt, waiting, now.steady.plus(wait));
            }
            Err((reason, why)) => {
                error.extend(why);
                let letter = self.letter(&attempt.event, reason, attempt.number, error, first_failed, now);
                self.give_up(&attempt.lane, letter);
            }
        }
    }

    /// What is recorded of earlier attempts stays; the wait is that of the record, and not added up.
    fn put_off(&mut self, attempt: &Attempt, failure: &Failure, wait: Duration, now: Now) {
        let earlier = self.lanes.get(&attempt.lane).and_then(Lane::failed);
        let waiting = Waiting {
            attempts: attempt.number.saturating_sub(1),
            due: now.wall.plus(wait),
            first_failed: earlier.map_or(now.wall, |waiting| waiting.first_failed),
            error: failure.recorded(),
            wait_ms: Some(millis(wait)),
            waited_ms: Some(millis(earlier.map_or(Duration::ZERO, |waiting| waiting.waited(now.wall)))),
            paused: false,
        };
        self.wait(attempt, waiting, now.steady.plus(wait));
    }

    /// How long to wait before the next attempt, or why there is none. `waited` is the sum of the waits before: time in which
    /// nobody ran the subscriber, or by which the clock was set, counts for nothing.
    fn decide(
        &self,
        verdict: Verdict,
        attempt: u32,
        waited: Duration,
        jitter: f64,
    ) -> Result<Duration, (DeadReason, Option<String>)> {
        let asked = match verdict {
            Verdict::Terminal => return Err((DeadReason::Terminal, None)),
            Verdict::Undecodable => return Err((DeadReason::Undecodable, None)),
            Verdict::RetryAfter(delay) => delay,
            Verdict::Retry | Verdict::TimedOut | Verdict::Panicked => Duration::ZERO,
        };
        if self.policy.attempts.is_some_and(|attempts| attempt >= attempts.get()) {
            return Err((DeadReason::Exhausted, None));
        }
        // The policy's wait is a floor: jitter only ever adds.
        let wait = self.policy.wait_after(attempt).mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0));
        let total = self.policy.retry_total;
        match waited.saturating_add(wait.max(asked)) {
            sum if sum <= total => Ok(wait.max(asked)),
            _ if asked <= wait => Err((DeadReason::Exhausted, None)),
            _ => {
                let [asked, total, left] = [asked, total, total.saturating_sub(waited)].map(humantime::format_duration);
                let why = format!(
                    "the handler asked to be tried again after {asked}, and of `retry_total` ({total}) {left} are left"
                );
                Err((DeadReason::Exhausted, Some(why)))
            }
        }
    }

    fn wait(&mut self, attempt: &Attempt, waiting: Waiting, due: Timestamp) {
        self.lane_of(attempt);
        if let Some(lane) = self.lanes.get_mut(&attempt.lane) {
            lane.fail(self.memory.keep(&attempt.event), waiting);
        }
        self.index(&attempt.lane);
        self.lanes.turn_to(&attempt.lane, Doing::Waiting(due));
        self.lanes.keep(&attempt.lane, &self.memory);
    }

    /// Leaves an event to an operator, and parks what follows it.
    fn give_up(&mut self, id: &LaneId, letter: DeadLetter) {
        self.counts.dead += 1;
        self.outbox.record_now();
        let sequence = letter.sequence;
        self.outbox.bury(letter);
        if id.key().is_some() {
            if let Some(lane) = self.lanes.get_mut(id) {
                lane.bury(sequence, &self.memory);
            } else {
                let mut lane = Lane::behind(sequence);
                if self.settled.hold(sequence) {
                    lane.holds(sequence);
                }
                self.lanes.insert(id.clone(), lane);
            }
            self.index(id);
            self.lanes.turn_to(id, Doing::Parked { dead: sequence });
            return;
        }
        self.end(id);
        // Until a write holds the letter. A lane with a record stays recorded as long.
        self.settled.hold(sequence);
    }

    /// The lane of an attempt; a new one, if it was made at once.
    fn lane_of(&mut self, attempt: &Attempt) {
        if !self.lanes.contains(&attempt.lane) {
            let sequence = attempt.event.sequence;
            let mut lane = Lane::running(sequence);
            if self.settled.hold(sequence) {
                lane.holds(sequence);
            }
            self.lanes.insert(attempt.lane.clone(), lane);
        }
    }

    /// Gives up on an event that ended the process each time it was tried alone.
    pub(super) fn crash_loop(&mut self, attempt: &Attempt, starts: u32, now: Now) {
        let error = vec![format!(
            "the process ended {starts} times while this event was tried alone; the cause may lie elsewhere, if something else \
             ended it each time: redrive the event then"
        )];
        let letter = self.letter(&attempt.event, DeadReason::CrashLoop, starts, error, now.wall, now);
        self.give_up(&attempt.lane, letter);
    }

    /// Gives up on an event that the log no longer has, and goes on with what follows it.
    pub(super) fn gone(&mut self, id: &LaneId, now: Now) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let (sequence, failed) = lane.gone();
        self.outbox.change(id);
        self.counts.dead += 1;
        let first_failed = failed.as_ref().map_or(now.wall, |waiting| waiting.first_failed);
        self.outbox.bury(DeadLetter {
            sequence,
            id: crate::event::recorded::EventId::derived(&format!("gone/{sequence}")),
            name: crate::name::EventName::trusted("unknown".into()),
            key: id.key().cloned(),
            run: self.run.number,
            reason: DeadReason::Gone,
            attempts: failed.as_ref().map_or(0, |waiting| waiting.attempts),
            error: failed.map_or_else(Vec::new, |waiting| waiting.error),
            first_failed,
            at: now.wall,
        });
        self.outbox.record_now();
        self.proceed(id);
    }

    /// Hands a dead letter, and what is parked behind it, back to the handler.
    pub(crate) fn redrive(&mut self, letter: &DeadLetter, now: Now) {
        self.unpark(letter, letter.sequence, NoteKind::Redriven, now);
    }

    /// Gives a dead letter up for good, and hands back what is parked behind it.
    pub(crate) fn discard(&mut self, letter: &DeadLetter, now: Now) {
        self.unpark(letter, letter.sequence + 1, NoteKind::Discarded, now);
    }

    fn unpark(&mut self, letter: &DeadLetter, from: u64, note: NoteKind, now: Now) {
        let (sequence, run) = (letter.sequence, letter.run);
        self.outbox.note(&mut self.counts, Note { sequence, run, attempt: letter.attempts, at: now.wall, what: note });
        self.outbox.record_now();
        let parked = letter.key.clone().map(LaneId::Key);
        let parked = parked.filter(|id| self.lanes.get(id).is_some_and(|lane| lane.is_behind(sequence)));
        // Its key went on without it: nothing is parked behind an event that is gone, or that failed while no order was kept.
        let alone = (from == sequence).then_some(LaneId::Event(sequence));
        let id = parked.or(alone);
        self.outbox.unbury(sequence, id.clone());
        let Some(id) = id else { return };
        let lane = match self.lanes.get_mut(&id) {
            // It is under way again already.
            Some(lane) if matches!(lane.doing(), Doing::Running | Doing::Loading | Doing::Waiting(_)) => return,
            Some(lane) => lane,
            None => {
                self.lanes.insert(id.clone(), Lane::in_the_log(from));
                match self.lanes.get_mut(&id) {
                    Some(lane) => lane,
                    None => return,
                }
            }
        };
        let from = lane.from().min(from);
        // The record says from now on that this very event comes next: it is found again, or said to be gone.
        let next = (from == sequence).then(|| Waiting {
            attempts: 0,
            due: now.wall,
            first_failed: now.wall,
            error: letter.error.clone(),
            wait_ms: Some(0),
            waited_ms: Some(0),
            paused: false,
        });
        lane.hand_back(from, next, &self.memory);
        self.index(&id);
        self.lanes.turn_to(&id, Doing::NeedsLoad);
    }

    /// Tries an event now that failed and waits. Whether one does.
    pub(crate) fn retry_now(&mut self, sequence: u64, now: Now) -> bool {
        let Some(id) = self.lanes.waiting_for(sequence).cloned() else { return false };
        let note = Note {
            sequence,
            run: self.run.number,
            attempt: self.lanes.get(&id).and_then(Lane::failed).map_or(0, |failed| failed.attempts),
            at: now.wall,
            what: NoteKind::Redriven,
        };
        self.outbox.note(&mut self.counts, note);
        self.outbox.record_now();
        self.lanes.turn_to(&id, Doing::NeedsLoad);
        true
    }

    /// Whether a dead letter was taken away that may still be recorded.
    pub(crate) fn is_on_its_way(&self, sequence: u64, being_written: bool) -> bool {
        !self.outbox.has_letter(sequence) && (being_written || self.outbox.takes_away(sequence))
    }

    fn letter(
        &self,
        event: &RecordedEvent,
        reason: DeadReason,
        attempts: u32,
        error: Vec<String>,
        first_failed: Timestamp,
        at: Now,
    ) -> DeadLetter {
        DeadLetter {
            sequence: event.sequence,
            id: event.id.clone(),
            name: event.name.clone(),
            key: event.key.clone(),
            run: self.run.number,
            reason,
            attempts,
            error,
            first_failed,
            at: at.wall,
        }
    }

    fn note(&mut self, attempt: &Attempt, what: NoteKind, now: Now) {
        let (sequence, run) = (attempt.event.sequence, self.run.number);
        self.outbox.note(&mut self.counts, Note { sequence, run, attempt: attempt.number, at: now.wall, what });
    }
}

impl Waiting {
    /// The waits so far. An older version did not count them: then all the time since the first failure.
    fn waited(&self, now: Timestamp) -> Duration {
        self.waited_ms.map_or_else(|| now.since(self.first_failed), Duration::from_millis)
    }
}

/// The next full millisecond.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
