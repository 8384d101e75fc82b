//! What follows from an attempt: done, tried again, or given up.

use std::time::Duration;

use crate::{
    delivery::{
        doc::{DeadLetter, DeadReason, Note, NoteKind, Waiting},
        lane::{Doing, Lane, LaneId},
        machine::{Alone, AloneStage, Attempt, Machine},
    },
    event::recorded::RecordedEvent,
    failure::{self, Failure, Verdict},
    time::Timestamp,
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
}

/// A wait may be this much longer than the policy says, so that what failed together is not tried again together.
const JITTER: f64 = 0.1;

impl Machine {
    /// Takes the end of an attempt. `jitter` is between 0 and 1.
    pub(crate) fn settle(&mut self, attempt: Attempt, outcome: Outcome, now: Timestamp, jitter: f64) {
        if attempt.suspended {
            self.running -= 1;
        }
        if attempt.alone && matches!(&self.alone, Some(Alone { stage: AloneStage::Started, .. })) {
            self.alone = None;
            self.suspect = None;
        }
        self.record_soon();
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
        }
    }

    fn settled(&mut self, attempt: &Attempt) {
        // A key whose events are handled at once has no lane.
        if let Some(lane) = self.lanes.get_mut(&attempt.lane) {
            let sequence = attempt.event.sequence;
            self.open.remove(&sequence);
            lane.failed = None;
            lane.from = sequence + 1;
            if lane.indexed {
                self.changed.insert(attempt.lane.clone());
            }
            self.proceed(&attempt.lane);
        }
    }

    fn failed(&mut self, attempt: &Attempt, failure: &Failure, now: Timestamp, jitter: f64) {
        self.counts.failed += 1;
        let error = failure.recorded();
        self.note(attempt, NoteKind::Failed(error.clone()), now);
        let earlier = self.lanes.get(&attempt.lane).and_then(|lane| lane.failed.as_ref());
        let first_failed = earlier.map_or(now, |waiting| waiting.first_failed);
        match self.decide(failure.verdict(), attempt.number, first_failed, now, jitter) {
            Ok(due) => self.wait(attempt, Waiting { attempts: attempt.number, due, first_failed, error }),
            Err(reason) => {
                let letter = self.letter(&attempt.event, reason, attempt.number, error, first_failed, now);
                self.give_up(&attempt.lane, letter);
            }
        }
    }

    /// When the next attempt may begin, or why there is none.
    fn decide(
        &self,
        verdict: Verdict,
        attempt: u32,
        first_failed: Timestamp,
        now: Timestamp,
        jitter: f64,
    ) -> Result<Timestamp, DeadReason> {
        let asked = match verdict {
            Verdict::Terminal => return Err(DeadReason::Terminal),
            Verdict::Undecodable => return Err(DeadReason::Undecodable),
            Verdict::RetryAfter(delay) => delay,
            Verdict::Retry | Verdict::TimedOut | Verdict::Panicked => Duration::ZERO,
        };
        if self.policy.attempts.is_some_and(|attempts| attempt >= attempts.get()) {
            return Err(DeadReason::Exhausted);
        }
        // The policy's wait is a floor: jitter only ever adds.
        let wait = self.policy.wait_after(attempt).mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0)).max(asked);
        let due = now.plus(wait);
        if due > first_failed.plus(self.policy.retry_total) { Err(DeadReason::Exhausted) } else { Ok(due) }
    }

    fn wait(&mut self, attempt: &Attempt, waiting: Waiting) {
        let due = waiting.due;
        let lane = self.lane_of(attempt);
        lane.failed = Some(waiting.clone());
        lane.doing = Doing::Waiting(waiting);
        self.stand_still(&attempt.lane, attempt.event.sequence);
        self.timers.insert((due, attempt.lane.clone()));
    }

    /// Leaves an event to an operator, and parks what follows it.
    fn give_up(&mut self, id: &LaneId, letter: DeadLetter) {
        self.counts.dead += 1;
        self.record_now();
        let sequence = letter.sequence;
        self.outbox.bury(letter);
        if id.key().is_some() {
            let lane = self.lanes.entry(id.clone()).or_insert_with(|| Lane::running(sequence));
            lane.failed = None;
            lane.doing = Doing::Parked { dead: sequence };
            self.open.remove(&sequence);
            self.stand_still(id, sequence + 1);
        } else if let Some(lane) = self.lanes.remove(id) {
            self.open.remove(&sequence);
            self.changed.remove(id);
            if lane.stored {
                self.outbox.forget_lane(id.clone());
            }
        }
    }

    /// Leaves a lane's events to the log, from a sequence on.
    fn stand_still(&mut self, id: &LaneId, from: u64) {
        self.index(id);
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.leave_to_the_log();
            lane.from = from;
        }
    }

    fn lane_of(&mut self, attempt: &Attempt) -> &mut Lane {
        let sequence = attempt.event.sequence;
        self.lanes.entry(attempt.lane.clone()).or_insert_with(|| Lane::running(sequence))
    }

    /// Gives up on an event that ended the process each time it was tried alone.
    pub(crate) fn crash_loop(&mut self, attempt: &Attempt, starts: u32, now: Timestamp) {
        self.suspect = None;
        let error = vec![format!("the process ended {starts} times while this event was tried alone")];
        let letter = self.letter(&attempt.event, DeadReason::CrashLoop, starts, error, now, now);
        self.give_up(&attempt.lane, letter);
    }

    /// Gives up on an event that the log no longer has, and goes on with what follows it.
    pub(crate) fn gone(&mut self, id: &LaneId, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let sequence = lane.from;
        let failed = lane.failed.take();
        lane.from = sequence + 1;
        self.changed.insert(id.clone());
        self.counts.dead += 1;
        let first_failed = failed.as_ref().map_or(now, |waiting| waiting.first_failed);
        self.outbox.bury(DeadLetter {
            sequence,
            id: crate::event::recorded::EventId::derived(&format!("gone/{sequence}")),
            name: crate::name::EventName::trusted("unknown".into()),
            key: id.key().cloned(),
            run: self.run,
            reason: DeadReason::Gone,
            attempts: failed.as_ref().map_or(0, |waiting| waiting.attempts),
            error: failed.map_or_else(Vec::new, |waiting| waiting.error),
            first_failed,
            at: now,
        });
        self.record_now();
        self.proceed(id);
    }

    /// Hands a dead letter, and what is parked behind it, back to the handler.
    pub(crate) fn redrive(&mut self, letter: &DeadLetter, now: Timestamp) {
        self.unpark(letter, letter.sequence, NoteKind::Redriven, now);
    }

    /// Gives a dead letter up for good, and hands back what is parked behind it.
    pub(crate) fn discard(&mut self, letter: &DeadLetter, now: Timestamp) {
        self.unpark(letter, letter.sequence + 1, NoteKind::Discarded, now);
    }

    fn unpark(&mut self, letter: &DeadLetter, from: u64, note: NoteKind, now: Timestamp) {
        let (sequence, run) = (letter.sequence, letter.run);
        self.outbox.note(&mut self.counts, Note { sequence, run, attempt: letter.attempts, at: now, what: note });
        self.outbox.unbury(sequence);
        self.record_now();
        let parked = letter.key.clone().map(LaneId::Key);
        let parked = parked.filter(|id| self.lanes.get(id).is_some_and(|lane| lane.is_behind(sequence)));
        // Its key went on without it: nothing is parked behind an event that is gone, or that failed while no order was kept.
        let alone = (from == sequence).then_some(LaneId::Event(sequence));
        let Some(id) = parked.or(alone) else { return };
        let lane = self.lanes.entry(id.clone()).or_insert_with(|| Lane::ready(from));
        if matches!(lane.doing, Doing::Running(_) | Doing::Loading | Doing::Waiting(_)) {
            // It is under way again already.
            return;
        }
        lane.from = lane.from.min(from);
        if lane.from == sequence {
            // The record says from now on that this very event comes next: it is found again, or said to be gone.
            lane.failed = Some(Waiting { attempts: 0, due: now, first_failed: now, error: letter.error.clone() });
        }
        lane.doing = Doing::NeedsLoad;
        lane.leave_to_the_log();
        self.index(&id);
        self.ready.push_back(id);
    }

    fn letter(
        &self,
        event: &RecordedEvent,
        reason: DeadReason,
        attempts: u32,
        error: Vec<String>,
        first_failed: Timestamp,
        at: Timestamp,
    ) -> DeadLetter {
        DeadLetter {
            sequence: event.sequence,
            id: event.id.clone(),
            name: event.name.clone(),
            key: event.key.clone(),
            run: self.run,
            reason,
            attempts,
            error,
            first_failed,
            at,
        }
    }

    fn note(&mut self, attempt: &Attempt, what: NoteKind, now: Timestamp) {
        let note = Note { sequence: attempt.event.sequence, run: self.run, attempt: attempt.number, at: now, what };
        self.outbox.note(&mut self.counts, note);
    }
}
