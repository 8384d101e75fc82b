//! Leases: the right to run a subscriber, held by one process at a time.
//!
//! A challenger takes a lease only when its record has stood still for the lease time on the challenger's own monotonic
//! clock. The holder starts no handler after the lease has run out on its own. No wall clocks are compared.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use crate::{
    backend::{Backend, BackendError, Expect, RecordError, RecordName, RecordWrite, Revision},
    delivery::{commit::json, names},
    marker::never_before,
    runtime::{
        alarm::{Alarm, Verdict},
        store,
    },
    time::Clock,
};

/// How long a lease holds without being renewed.
pub const LEASE: Duration = Duration::from_secs(8);

/// How long it may take to give a lease back outside of a hand-over.
const GIVE_BACK: Duration = Duration::from_secs(2);

/// The shortest wait for a lease to run out.
const TICK: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeaseDoc {
    pub(crate) holder: String,
    pub(crate) epoch: u64,
    /// The holder stopped in order: anybody may take it at once.
    pub(crate) free: bool,
}

/// Who wants a lease.
pub(crate) struct Claim<'a> {
    pub(crate) holder: &'a str,
    /// How long it shall hold without being renewed.
    pub(crate) time: Duration,
    pub(crate) clock: &'a dyn Clock,
    /// The highest epoch that a store outside of the log has seen.
    pub(crate) seen: &'a AtomicU64,
}

/// A lease that this process holds, until it says otherwise.
#[derive(Debug)]
pub(crate) struct Lease {
    name: RecordName,
    pub(crate) epoch: u64,
    holder: String,
    time: Duration,
    born: Instant,
    /// Milliseconds after `born` up to which the lease holds; only ever raised, by the renewal.
    good_for: AtomicU64,
    lost: AtomicBool,
    /// Wakes whoever waits for the loss.
    loss: Notify,
    /// The revision of the record as last written; held while a write is under way.
    revision: Mutex<Revision>,
}

impl Lease {
    /// Waits until the lease can be taken, and takes it; `None` if `give_up` came first. The taking itself is not given up
    /// half-way: it might have succeeded, and nobody would release the lease.
    pub(crate) async fn acquire(
        backend: &Arc<dyn Backend>,
        subscriber: &str,
        claim: &Claim<'_>,
        give_up: impl Future<Output = ()>,
    ) -> Result<Option<Arc<Self>>, BackendError> {
        let Claim { holder, time, .. } = *claim;
        let name = names::lease(subscriber);
        let mut seen: Option<(Revision, Instant)> = None;
        let mut give_up = std::pin::pin!(give_up);
        loop {
            let found = tokio::select! {
                found = backend.get_record(&name) => found?,
                () = &mut give_up => return Ok(None),
            };
            let doc = found.as_ref().map(store::parse_if_ours::<LeaseDoc>).transpose()?.flatten();
            let (expect, epoch, free) = match (&found, doc) {
                (None, _) => (Expect::Absent, 0, true),
                (Some(record), Some(doc)) => (Expect::Revision(record.revision), doc.epoch, doc.free),
                // Nobody's lease: not one of ours, or cut short. It stands still or it does not.
                (Some(record), None) => (Expect::Revision(record.revision), 0, false),
            };
            let still = match (expect, seen) {
                (Expect::Revision(now), Some((then, since))) if now == then => since.elapsed() >= time,
                (Expect::Revision(now), _) => {
                    seen = Some((now, Instant::now()));
                    false
                }
                _ => true,
            };
            if free || still {
                // The record may have been deleted, or restored to an earlier state: no epoch comes twice.
                let recorded = store::state(backend, subscriber).await?.map_or(0, |state| state.epoch);
                let last = epoch.max(recorded).max(claim.seen.load(Ordering::Relaxed));
                let epoch = never_before(claim.clock.now(), last);
                let asked = Instant::now();
                let doc = LeaseDoc { holder: holder.to_owned(), epoch, free: false };
                let write = RecordWrite::put(name.clone(), json(&doc)).expect(expect);
                match backend.write_records(vec![write]).await {
                    Ok(revisions) => {
                        let revision = revisions.first().copied().unwrap_or(Revision(0));
                        return Ok(Some(Arc::new(Self::held(name, doc, time, asked, revision))));
                    }
                    Err(RecordError::Conflict { .. }) => continue,
                    Err(RecordError::Backend(error)) => return Err(error),
                }
            }
            tokio::select! {
                () = tokio::time::sleep((time / 16).min(Duration::from_millis(500))) => {}
                () = &mut give_up => return Ok(None),
            }
        }
    }

    fn held(name: RecordName, doc: LeaseDoc, time: Duration, asked: Instant, revision: Revision) -> Self {
        let good_for = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            name,
            epoch: doc.epoch,
            holder: doc.holder,
            time,
            born: asked,
            good_for: AtomicU64::new(good_for),
            lost: AtomicBool::new(false),
            loss: Notify::new(),
            revision: Mutex::new(revision),
        }
    }

    /// Whether a handler may be started now.
    pub(crate) fn is_good(&self) -> bool {
        self.is_good_at(Instant::now())
    }

    /// The same, at a time that is now.
    pub(crate) fn is_good_at(&self, now: Instant) -> bool {
        let age = u64::try_from(now.saturating_duration_since(self.born).as_millis()).unwrap_or(u64::MAX);
        !self.lost.load(Ordering::Acquire) && age < self.good_for.load(Ordering::Acquire)
    }

    /// Returns when the lease is lost or has run out; [`keep`](Self::keep) wakes whoever waits here.
    pub(crate) async fn lost(&self) {
        loop {
            let notified = self.loss.notified();
            if !self.is_good() {
                return;
            }
            notified.await;
        }
    }

    /// Returns when the lease has run out on this process's own clock.
    async fn ran_out(&self) {
        while self.is_good() {
            let until = Duration::from_millis(self.good_for.load(Ordering::Acquire));
            tokio::time::sleep(until.saturating_sub(self.born.elapsed()).max(TICK)).await;
        }
    }

    pub(crate) fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.loss.notify_waiters();
    }

    /// Renews the lease until it is lost or given up, and loses it when it runs out. Runs on the control thread.
    pub(crate) async fn keep(self: Arc<Self>, backend: Arc<dyn Backend>, alarm: Arc<Alarm>) {
        let mut renewing = std::pin::pin!(self.renew(&backend, &alarm));
        tokio::select! {
            () = &mut renewing => return,
            // A renewal may be under way for longer than the lease holds.
            () = self.ran_out() => self.lose(),
        }
        renewing.await;
    }

    async fn renew(&self, backend: &Arc<dyn Backend>, alarm: &Alarm) {
        let mut pause = self.time / 3;
        loop {
            tokio::time::sleep(pause).await;
            if self.lost.load(Ordering::Acquire) {
                return;
            }
            let asked = self.born.elapsed();
            let mut revision = self.revision.lock().await;
            let doc = LeaseDoc { holder: self.holder.clone(), epoch: self.epoch, free: false };
            let write = RecordWrite::put(self.name.clone(), json(&doc)).expect(Expect::Revision(*revision));
            match backend.write_records(vec![write]).await {
                Ok(revisions) => {
                    *revision = revisions.first().copied().unwrap_or(*revision);
                    let until = u64::try_from((asked + self.time).as_millis()).unwrap_or(u64::MAX);
                    self.good_for.store(until, Ordering::Release);
                    pause = self.time / 3;
                }
                Err(RecordError::Conflict { .. }) => return self.lose(),
                Err(RecordError::Backend(error)) => match alarm.judge(&error) {
                    // The worker hears the alarm. To it, a lost lease would mean that somebody else goes on.
                    Verdict::Lasting => return,
                    Verdict::Closed => return self.lose(),
                    Verdict::Retry => {
                        tracing::warn!(lease = %self.name, %error, "the lease could not be renewed; trying again");
                        pause = self.time / 10;
                        if !self.is_good() {
                            return self.lose();
                        }
                    }
                },
            }
        }
    }

    /// Whether nobody holds the lease of a subscriber: there is none, or its last holder has given it back.
    pub(crate) async fn is_free(backend: &Arc<dyn Backend>, subscriber: &str) -> Result<bool, BackendError> {
        let Some(record) = backend.get_record(&names::lease(subscriber)).await? else { return Ok(true) };
        Ok(store::parse_if_ours::<LeaseDoc>(&record)?.is_some_and(|doc| doc.free))
    }

    /// Whether this holder's release is what is recorded: the answer to it may have been lost.
    pub(crate) async fn is_released(&self, backend: &Arc<dyn Backend>) -> bool {
        let found = backend.get_record(&self.name).await.ok().flatten();
        let doc = found.and_then(|record| store::parse_if_ours::<LeaseDoc>(&record).ok().flatten());
        doc.is_some_and(|doc| doc.free && doc.epoch == self.epoch && doc.holder == self.holder)
    }

    /// Gives the lease back outside of a hand-over, so that the next holder need not wait until it has run out. Only for a holder
    /// that has nothing under way any more. If this fails, the lease runs out as it would have.
    pub(crate) async fn give_back(&self, backend: &Arc<dyn Backend>) {
        let given_back = async { backend.write_records(vec![self.release().await]).await };
        match tokio::time::timeout(GIVE_BACK, given_back).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(lease = %self.name, %error, "the lease was not given back; it runs out"),
            Err(_) => tracing::debug!(lease = %self.name, "the lease was not given back in time; it runs out"),
        }
    }

    /// The write that gives the lease up; nobody renews it any more. To be written together with the last state.
    pub(crate) async fn release(&self) -> RecordWrite {
        let revision = self.revision.lock().await;
        self.lose();
        let doc = LeaseDoc { holder: self.holder.clone(), epoch: self.epoch, free: true };
        RecordWrite::put(self.name.clone(), json(&doc)).expect(Expect::Revision(*revision))
    }
}
