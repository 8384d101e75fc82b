//! What was done is written, again and again, and a last time when the worker hands over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    backend::{BackendError, BackendErrorKind, RecordError, RecordWrite, Revision},
    delivery::commit::Commit,
    runtime::{
        alarm::Verdict,
        subscription::{
            surroundings::End,
            worker::{GATHER, RECORD_WITHIN, Worker, Writing},
        },
    },
};

/// The wait after a write that failed, doubled up to [`WRITE_RETRY_CAP`].
const WRITE_RETRY: Duration = Duration::from_millis(100);
const WRITE_RETRY_CAP: Duration = Duration::from_secs(5);
/// How long handing over may take at least, when the drain deadline is near or has passed.
const HAND_OVER_LEAST: Duration = Duration::from_secs(3);

impl Worker {
    /// Writes what has to be recorded. While attempts that failed wait for more of them, that is how far the subscriber is.
    pub(super) fn record(&mut self) {
        if self.gathers_until().is_none() {
            return self.begin_write();
        }
        let is_due = self.machine.has_to_record_soon() && self.wrote_at.elapsed() >= RECORD_WITHIN;
        if (is_due || self.machine.reserve_runs_out())
            && let Some(commit) = self.machine.take_commit_of_state(self.now())
        {
            let writes = commit.writes(&self.id, self.guard);
            self.write(commit, writes, 0, Duration::ZERO);
        }
    }

    /// Until when attempts that failed wait for more of them; none if they do not.
    pub(super) fn gathers_until(&self) -> Option<Instant> {
        let until = self.wrote_several_at? + GATHER;
        (self.machine.may_gather() && Instant::now() < until).then_some(until)
    }

    pub(super) fn begin_write(&mut self) {
        if self.writing.is_none()
            && let Some(commit) = self.machine.take_commit(self.now())
        {
            let writes = commit.writes(&self.id, self.guard);
            self.write(commit, writes, 0, Duration::ZERO);
        }
    }

    /// Writes on the control thread, so that a blocking handler cannot hold the record back.
    pub(super) fn write(&mut self, commit: Commit, writes: Vec<RecordWrite>, failures: u32, wait: Duration) {
        if writes.len() > 1 {
            self.wrote_several_at = Some(Instant::now());
        }
        let backend = Arc::clone(&self.around.backend);
        let task = self.around.control.spawn(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            backend.write_records(writes).await
        });
        self.writing = Some(Writing { commit, task, failures });
        self.wrote_at = Instant::now();
    }

    pub(super) fn wrote(&mut self, result: Result<Vec<Revision>, RecordError>) -> Result<(), End> {
        let Some(Writing { commit, failures, .. }) = self.writing.take() else { return Ok(()) };
        match result {
            Ok(revisions) => {
                self.guard = revisions.first().copied();
                self.machine.committed(&commit);
                Ok(())
            }
            Err(RecordError::Conflict { name }) => {
                tracing::warn!(subscriber = &*self.id, record = %name, "somebody else has written where this subscriber stands; stopping here");
                self.lease.lose();
                Err(End::LostLease)
            }
            Err(RecordError::Backend(error)) => match self.around.alarm.judge(&error) {
                Verdict::Lasting => Err(End::LogUnusable),
                Verdict::Closed => {
                    tracing::warn!(subscriber = &*self.id, %error, "what was handled is not recorded; it is handled again");
                    Err(End::Cut)
                }
                Verdict::Retry => {
                    tracing::warn!(subscriber = &*self.id, %error, "what was handled could not be recorded; trying again");
                    let writes = commit.writes(&self.id, self.guard);
                    self.write(commit, writes, failures + 1, wait_after(failures));
                    Ok(())
                }
            },
        }
    }

    /// Lets what is under way come to its end, records it and hands over.
    pub(super) async fn drain(&mut self) -> End {
        let deadline = tokio::time::Instant::now() + self.around.drain;
        let (mut end, mut over) = (End::Stopped, true);
        // An app that is dropped is as one that crashes: nobody has asked for a stop.
        let mut said = !*self.around.stopping.borrow();
        if let Err(end) = self.begin_gathered() {
            return end;
        }
        while self.attempts.len() > 0 {
            said = said || self.say_stopping();
            let (writing, attempts) = (&mut self.writing, &mut self.attempts);
            let ended = tokio::select! {
                ended = attempts.next_end() => ended,
                result = written(writing) => match self.wrote(result) {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
                () = self.lease.lost() => return End::LostLease,
                () = self.around.alarm.heard() => return End::LogUnusable,
                () = tokio::time::sleep_until(deadline) => {
                    tracing::warn!(subscriber = &*self.id, under_way = self.attempts.len(), "the drain deadline has passed; what is under way is handled again after the next start");
                    // Before the lease is free: another process must not begin what is still ending here.
                    over = self.attempts.cut().await;
                    end = End::Cut;
                    break;
                }
            };
            if let Err(end) = self.check_epoch() {
                return end;
            }
            self.settle_all(ended.unwrap_or_default());
            if let Err(end) = self.begin_gathered() {
                return end;
            }
        }
        if !over {
            tracing::warn!(
                subscriber = &*self.id,
                "a handler holds its thread and could not be cut; the lease is not given back and runs out, so that no other host begins at that key before"
            );
        }
        match self.hand_over(deadline, over).await {
            End::Stopped => end,
            other => other,
        }
    }

    /// Calls the handler with what has gathered, under the lease alone.
    pub(super) fn begin_gathered(&mut self) -> Result<(), End> {
        let has_gathered = self.batching.as_ref().is_some_and(|batching| !batching.is_empty());
        if has_gathered && !self.lease.is_good() {
            return Err(End::LostLease);
        }
        self.flush_batch(true);
        Ok(())
    }

    /// Records that nothing new is begun, so that what is cut from here on, by a second signal or by `kill -9`, is tried
    /// again like anything else: it was not what ended the process. Says whether the write was begun.
    fn say_stopping(&mut self) -> bool {
        self.machine.record_now();
        if self.writing.is_some() {
            return false;
        }
        let Some(commit) = self.machine.take_commit(self.now()) else { return false };
        let commit = commit.clean();
        let writes = commit.writes(&self.id, self.guard);
        self.write(commit, writes, 0, Duration::ZERO);
        true
    }

    /// Writes the last state together with the release of the lease, again and again until the deadline. Without the release, if
    /// not everything is `over`.
    async fn hand_over(&mut self, deadline: tokio::time::Instant, over: bool) -> End {
        let deadline = deadline.max(tokio::time::Instant::now() + HAND_OVER_LEAST);
        let handed_over = tokio::time::timeout_at(deadline, self.write_what_is_left(over)).await;
        handed_over.unwrap_or_else(|_| {
            tracing::warn!(subscriber = &*self.id, "the hand-over was not recorded before the drain deadline; the next holder waits for the lease to run out, and what was not recorded is handled again");
            End::Cut
        })
    }

    async fn write_what_is_left(&mut self, over: bool) -> End {
        self.machine.record_now();
        loop {
            if self.writing.is_none() {
                let Some(commit) = self.machine.take_commit(self.now()) else { return End::Stopped };
                let commit = commit.clean();
                if over && !self.machine.has_to_record() {
                    return self.write_last(commit).await;
                }
                let writes = commit.writes(&self.id, self.guard);
                self.write(commit, writes, 0, Duration::ZERO);
            }
            let result = written(&mut self.writing).await;
            if let Err(end) = self.wrote(result) {
                return end;
            }
        }
    }

    async fn write_last(&mut self, commit: Commit) -> End {
        self.begin_last(commit, 0, Duration::ZERO).await;
        loop {
            let result = written(&mut self.writing).await;
            let Some(Writing { commit, failures, .. }) = self.writing.take() else { return End::Stopped };
            match result {
                Ok(_) => return End::Stopped,
                Err(RecordError::Conflict { .. }) if self.lease.is_released(&self.around.backend).await => {
                    return End::Stopped;
                }
                Err(RecordError::Conflict { name }) => {
                    tracing::warn!(subscriber = &*self.id, record = %name, "somebody else runs this subscriber now; it could not be handed over");
                    return End::LostLease;
                }
                Err(RecordError::Backend(error)) => match self.around.alarm.judge(&error) {
                    Verdict::Lasting => return End::LogUnusable,
                    Verdict::Closed => {
                        tracing::warn!(subscriber = &*self.id, %error, "the hand-over was not recorded; the next holder waits for the lease to run out");
                        return End::Cut;
                    }
                    Verdict::Retry => {
                        tracing::warn!(subscriber = &*self.id, %error, "the hand-over could not be recorded; trying again");
                        self.begin_last(commit, failures + 1, wait_after(failures)).await;
                    }
                },
            }
        }
    }

    async fn begin_last(&mut self, commit: Commit, failures: u32, wait: Duration) {
        let mut writes = commit.writes(&self.id, self.guard);
        writes.push(self.lease.release().await);
        self.write(commit, writes, failures, wait);
    }
}

/// The wait before a write is tried again that has failed so often before.
fn wait_after(failures: u32) -> Duration {
    WRITE_RETRY.saturating_mul(1 << failures.min(10)).min(WRITE_RETRY_CAP)
}

/// The end of the write that is under way; never, if none is.
pub(super) async fn written(writing: &mut Option<Writing>) -> Result<Vec<Revision>, RecordError> {
    match writing {
        Some(writing) => (&mut writing.task).await.unwrap_or_else(|error| {
            let message = format!("the write did not come to its end: {error}");
            Err(RecordError::Backend(BackendError::new(BackendErrorKind::Closed, message)))
        }),
        None => std::future::pending().await,
    }
}
