//! Steps of the machine and live events become attempts; attempts become settled.

use std::{sync::Arc, time::Instant};

use crate::{
    delivery::{Attempt, Offer, Step, settle::Outcome},
    failure::Failure,
    runtime::{
        alarm::Verdict,
        subscription::{
            attempts::{Begun, Ended, FailedWhole},
            surroundings::End,
            worker::{SHARE, TURN, Worker, read_back::read_back},
        },
    },
    shown::shown_chain,
    time::Now,
};

impl Worker {
    /// Steps and offers, up to a turn's worth. Says whether there is more to do at once.
    ///
    /// Lanes that go on and live events take turns, so that neither waits for all of the others: after an outage there may be more
    /// of the first than the handler can do in an hour.
    pub(super) fn work(&mut self) -> Result<bool, End> {
        let mut begun = 0;
        while begun < TURN {
            let before = begun;
            for _ in 0..2 {
                let share = if self.machine.has_ready() { SHARE } else { TURN - begun };
                begun += match self.lanes_first {
                    true => self.step_some(share)?,
                    false => self.offer_some(share)?,
                };
                self.lanes_first = !self.lanes_first;
            }
            self.lanes_first = !self.lanes_first;
            if begun == before {
                break;
            }
        }
        self.begin_loads();
        self.flush_batch(false);
        Ok(begun >= TURN)
    }

    /// Does what the lanes want done. Says how many attempts it began: what is to be read is read in one go, however much it is.
    fn step_some(&mut self, limit: usize) -> Result<usize, End> {
        let mut begun = 0;
        while begun < limit
            && self.rewinding.is_none()
            && let Some(step) = self.machine.next(self.now())
        {
            match step {
                Step::Start(attempt) => {
                    self.looked_at = Instant::now();
                    self.start_at(attempt, self.now())?;
                    begun += 1;
                }
                Step::Load(load) => self.to_load.push(load),
            }
        }
        Ok(begun)
    }

    /// Offers live events. Says how many were taken.
    pub(super) fn offer_some(&mut self, limit: usize) -> Result<usize, End> {
        let now = self.now();
        self.looked_at = Instant::now();
        let mut offered = 0;
        while offered < limit && self.rewinding.is_none() && self.machine.wants_intake() {
            let Some((batch, at)) = &mut self.current else {
                match self.feed.batches.try_recv() {
                    Ok(batch) => {
                        self.current = Some((batch, 0));
                        continue;
                    }
                    Err(_) => break,
                }
            };
            let Some(event) = batch.events.get(*at) else {
                self.machine.advance(batch.covered);
                self.current = None;
                offered += 1;
                continue;
            };
            let missed = self.missed.as_ref().is_none_or(|missed| missed.has(event));
            if !(missed && self.patterns.matches(&event.name)) {
                *at += 1;
                continue;
            }
            match self.machine.offer(event) {
                Offer::Start(attempt) => {
                    *at += 1;
                    self.start_at(attempt, now)?;
                }
                Offer::Taken => *at += 1,
                Offer::NotYet => break,
            }
            offered += 1;
        }
        Ok(offered)
    }

    /// Starts an attempt, right after it was looked what time it is.
    pub(super) fn start_at(&mut self, mut attempt: Attempt, now: Now) -> Result<(), End> {
        if !self.lease.is_good_at(self.looked_at) {
            return Err(End::LostLease);
        }
        if let Some(batching) = &mut self.batching {
            let alone = attempt.is_alone();
            self.machine.suspend(&mut attempt);
            batching.gather(attempt);
            if alone {
                self.flush_batch(true);
            }
            self.looked_at = Instant::now();
            return Ok(());
        }
        if self.attempts.are_apart() {
            self.machine.suspend(&mut attempt);
            self.attempts.begin_apart(attempt);
            self.looked_at = Instant::now();
            return Ok(());
        }
        let begun = self.attempts.begin(attempt);
        let ended_at = Instant::now();
        self.attempts.took_in_place(ended_at.duration_since(self.looked_at));
        self.looked_at = ended_at;
        match begun {
            Begun::Ended(attempt, outcome) => {
                self.check_epoch()?;
                self.settle(attempt, outcome, now);
            }
            Begun::Waits(mut waits) => {
                self.machine.suspend(&mut waits.attempt);
                self.attempts.wait_for(waits);
            }
        }
        Ok(())
    }

    /// Ends the worker when a store outside of the log has seen a higher epoch than this one's: what it would settle, the next
    /// holder does.
    pub(super) fn check_epoch(&self) -> Result<(), End> {
        if !self.attempts.is_outrun() {
            return Ok(());
        }
        tracing::warn!(
            subscriber = &*self.id,
            epoch = self.lease.epoch,
            "a database of a handler has seen a later holder of this subscriber: another process runs it now, or the log was \
             restored to an earlier state; taking it over anew with a higher epoch"
        );
        Err(End::Outrun)
    }

    pub(super) fn settle(&mut self, attempt: Attempt, outcome: Outcome, now: Now) {
        if attempt.is_alone() {
            self.leave = None;
        }
        let jitter = match &outcome {
            Outcome::Failed(failure) => {
                self.say_failed(&attempt, failure);
                (self.jitter)()
            }
            _ => 0.0,
        };
        self.machine.settle(attempt, outcome, now, jitter);
    }

    pub(super) fn settle_all(&mut self, ended: Ended) {
        let now = self.now();
        let Ended { each, whole } = ended;
        if let Some(batching) = &mut self.batching {
            let is_over = |outcome: &Outcome| matches!(outcome, Outcome::Handled | Outcome::Skipped(_));
            for (attempt, _) in each.iter().filter(|(_, outcome)| is_over(outcome)) {
                batching.forget(attempt.event().sequence);
            }
        }
        for (attempt, outcome) in each {
            self.settle(attempt, outcome, now);
        }
        let Some(batching) = &mut self.batching else { return };
        let Some(whole) = whole else { return batching.went_well() };
        say_failed_whole(&self.id, &whole);
        for (attempt, outcome) in batching.failed(whole) {
            self.settle(attempt, outcome, now);
        }
    }

    pub(super) fn say_failed(&self, attempt: &Attempt, failure: &Failure) {
        tracing::warn!(
            subscriber = &*self.id,
            event = %attempt.event().id,
            name = %attempt.event().name,
            sequence = attempt.event().sequence,
            attempt = attempt.number(),
            error = %shown_chain(&failure.chain()),
            "an attempt failed"
        );
    }

    /// Calls the handler with what has been gathered, if there is enough or it has waited long enough, and again with the parts of
    /// calls that failed.
    pub(super) fn flush_batch(&mut self, now: bool) {
        // Without memory for more events it would not fill.
        let now = now || !self.machine.has_memory();
        while let Some(batching) = &mut self.batching
            && let Some(group) = batching.next_group(self.attempts.len(), now)
        {
            if let Some(ended) = self.attempts.begin_batch(group) {
                self.settle_all(ended);
            }
        }
    }

    /// Reads what the lanes of this turn need, in one go.
    fn begin_loads(&mut self) {
        if self.to_load.is_empty() {
            return;
        }
        let loads = std::mem::take(&mut self.to_load);
        let (backend, alarm) = (Arc::clone(&self.around.backend), Arc::clone(&self.around.alarm));
        let (missed, patterns) = (self.missed.clone(), self.patterns.clone());
        self.loads.spawn_on(
            async move {
                let reads = read_back(&*backend, &loads, &patterns, missed.as_deref()).await;
                let done = loads.into_iter().zip(reads).map(|(load, read)| {
                    let read = read.inspect_err(|error| {
                        if alarm.judge(error) == Verdict::Retry {
                            tracing::warn!(%error, "a key's events could not be read; trying again");
                        }
                    });
                    (load, read.ok())
                });
                done.collect()
            },
            &self.around.control,
        );
    }
}

/// One line for a call, not one for each of its events: of those that are called again nothing is known yet.
fn say_failed_whole(subscriber: &str, whole: &FailedWhole) {
    if whole.called > 1 {
        tracing::warn!(
            subscriber,
            events = whole.called,
            first = whole.attempts.first().map(|attempt| attempt.event().sequence),
            error = %shown_chain(&whole.failure.chain()),
            "a call with a batch failed as a whole; its events are called again in smaller groups"
        );
    }
}
