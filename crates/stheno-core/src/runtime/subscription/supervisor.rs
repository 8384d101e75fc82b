//! Runs one subscriber for as long as the app does: gets the lease, goes on from what is recorded, starts the worker, and
//! begins again when the lease is lost.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

use crate::{
    backend::{BackendError, BackendErrorKind, LogInfo, RecordError, Revision},
    bus::Bus,
    cx::Scope,
    delivery::{
        Machine,
        doc::{LaneDoc, StateDoc},
    },
    failure::Failure,
    marker::Identity,
    runtime::{
        alarm::Verdict,
        operator::command::{self, Asked},
        pool::tasks::{Cut, Tasks},
        progress::Progress,
        store,
        subscription::{
            attempts::Attempts,
            backfill::{self, Joining},
            batching::Batching,
            enabled::{Company, Enabled, HandedOver},
            lease::{Claim, Lease},
            polls::Polls,
            surroundings::{End, Surroundings},
            worker::{Commands, Worker},
        },
    },
    time::Now,
};

/// The wait before the next try when the backend does not answer.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) struct Supervisor {
    pub(crate) subscriber: Enabled,
    pub(crate) bus: Bus,
    pub(crate) around: Surroundings,
    pub(crate) holder: String,
    pub(crate) lease_time: Duration,
    /// The highest epoch that a store outside of the log has seen.
    pub(crate) seen: Arc<AtomicU64>,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) polls: Arc<Polls>,
    /// All of this process: one that hands over what this one passed over joins them.
    pub(crate) company: Arc<dyn Company>,
}

/// A subscriber that was taken over.
struct Held {
    lease: Arc<Lease>,
    /// Where it goes on.
    machine: Machine,
    /// The revision that guards its state.
    guard: Option<Revision>,
    /// What an operator has asked while nobody ran it, and it has to know before it begins anything.
    asked: Vec<Asked>,
    /// What is begun beside it.
    beside: Vec<Enabled>,
}

impl Supervisor {
    /// Runs until the app stops, and says how it ended. Runs on the control thread.
    pub(crate) async fn run(self, commands: Arc<Notify>) -> End {
        let mut stopping = self.around.stopping.clone();
        loop {
            let mut held = match self.take_over(&mut stopping).await {
                Ok(Some(held)) => held,
                Ok(None) if *stopping.borrow() => return End::Stopped,
                Ok(None) => return End::LogUnusable,
                Err(error) => match Verdict::of(error.kind()) {
                    Verdict::Closed => return End::Stopped,
                    Verdict::Lasting => {
                        self.around.alarm.say(&self.subscriber.id, &error);
                        return End::LogUnusable;
                    }
                    Verdict::Retry => {
                        tracing::warn!(subscriber = &*self.subscriber.id, %error, "the subscriber could not be taken over; trying again");
                        tokio::select! {
                            () = tokio::time::sleep(RETRY) => continue,
                            () = self.around.alarm.heard() => return End::LogUnusable,
                            _ = stopping.wait_for(|stop| *stop) => return End::Stopped,
                        }
                    }
                },
            };
            held.beside.drain(..).for_each(|subscriber| Arc::clone(&self.company).begin(subscriber));
            let lease = Arc::clone(&held.lease);
            let keeper = self
                .around
                .control
                .spawn(Arc::clone(&lease).keep(Arc::clone(&self.around.backend), Arc::clone(&self.around.alarm)));
            let mut worker = self.worker(held, Arc::clone(&commands));
            // A set ends its tasks when it is dropped: an app that is dropped ends as in a crash, with the handlers under way.
            let mut running = Tasks::new(&self.around.handlers);
            running.spawn(async move {
                let end = worker.run().await;
                let is_over = end == End::LogUnusable && worker.attempts.cut().await;
                (end, is_over)
            });
            // One task was spawned, so there is one that ends.
            let Some((_, ended)) = running.next_end().await else { return End::Broken };
            lease.lose();
            keeper.abort();
            self.progress.send_modify(|progress| (progress.held, progress.idle) = (false, false));
            match ended {
                // It was asked to stop, and could not hand over.
                Ok((End::LostLease | End::Outrun, _)) if *stopping.borrow() => return End::Cut,
                Ok((End::LostLease, _)) => {}
                Ok((End::Outrun, _)) => {
                    // If it is still ours, the next epoch need not wait until it has run out. If not, its holder goes on.
                    lease.give_back(&self.around.backend).await;
                }
                Ok((end, is_over)) => {
                    // Another host may be able to go on, and nothing is under way here any more.
                    if is_over {
                        lease.give_back(&self.around.backend).await;
                    }
                    return end;
                }
                // The app's runtime is gone, or the worker has a defect: the next holder goes on.
                Err(cut) => {
                    let error = match cut {
                        Cut::Panicked(panic) => Failure::panicked(&*panic).chain().join(": "),
                        Cut::Cancelled => "cancelled".to_owned(),
                    };
                    tracing::error!(subscriber = &*self.subscriber.id, error, "the worker ended");
                    return End::Broken;
                }
            }
        }
    }

    /// Gets the lease and writes the state under the new epoch, so that an earlier holder cannot write any more. Nothing, if
    /// the app was asked to stop before, or the alarm was raised.
    async fn take_over(&self, stopping: &mut watch::Receiver<bool>) -> Result<Option<Held>, BackendError> {
        let (id, backend) = (&self.subscriber.id, &self.around.backend);
        let stop = async {
            tokio::select! {
                // The sender is gone only after the app is: that means stop as well.
                _ = stopping.wait_for(|stop| *stop) => {}
                () = self.around.alarm.heard() => {}
            }
        };
        let claim = Claim { holder: &self.holder, time: self.lease_time, clock: &*self.around.clock, seen: &self.seen };
        let Some(lease) = Lease::acquire(backend, id, &claim, stop).await? else {
            return Ok(None);
        };
        let held = self.go_on(&lease).await;
        if held.is_err() {
            // Nothing was begun under it.
            lease.give_back(backend).await;
        }
        held.map(Some)
    }

    /// Goes on from what is recorded, under a lease that was just taken.
    async fn go_on(&self, lease: &Arc<Lease>) -> Result<Held, BackendError> {
        let Enabled { id, policy, patterns, batch, .. } = &self.subscriber;
        let backend = &self.around.backend;
        // The holder before may have had catalogs that this host has not.
        if self.around.keys.learn(backend).await? {
            self.around.intake.forget();
        }
        let mut policy = policy.clone();
        if *batch {
            // The machine counts events; a call has many.
            policy.concurrency = policy.concurrency.saturating_mul(policy.batch);
        }
        loop {
            let recorded = store::load(backend, id).await?;
            let info = backend.info().await?;
            let asked = command::steering(backend, id).await?;
            let now = Now::of(&*self.around.clock);
            let mut joining = Joining::default();
            let (machine, guard) = match recorded.state {
                // It was there when the app started.
                None => return Err(records_gone(id)),
                Some((state, revision)) => {
                    let other = another_log(id, &state, &recorded.lanes, &info);
                    if other.is_none() {
                        say_what_is_gone(id, &state, &info);
                        joining =
                            backfill::found(&self.around, &*self.company, &self.subscriber, lease.epoch, &state, &info)
                                .await?;
                    }
                    let (policy, patterns) = (policy.clone(), patterns.clone());
                    let uncounted = state.beside.is_none();
                    let mut machine =
                        Machine::restored(policy, patterns, lease.epoch, state, recorded.lanes, info.last, now);
                    if uncounted {
                        machine = machine.with_letters(store::count_dead(&**backend, id).await?);
                    }
                    if let Some(message) = other {
                        // An operator knows, and has said where to go on.
                        let Some((after, command)) = command::rewind(&asked) else {
                            return Err(BackendError::new(BackendErrorKind::LogChanged, message));
                        };
                        machine.begin_anew(after, &store::dead_sequences(&**backend, id).await??);
                        machine.carried_out(command, None);
                    }
                    (machine, Some(revision))
                }
            };
            let mut machine = machine.on_log(&info.log_id);
            let Some(commit) = machine.take_commit(now) else {
                let message = "nothing was to be recorded of a subscriber that was taken over";
                return Err(BackendError::new(BackendErrorKind::Other, message));
            };
            let mut writes = commit.writes(id, guard);
            writes.extend(joining.writes);
            match backend.write_records(writes).await {
                Ok(revisions) => {
                    machine.committed(&commit);
                    let (lease, guard) = (Arc::clone(lease), revisions.first().copied());
                    return Ok(Held { lease, machine, guard, asked, beside: joining.subscribers });
                }
                // The earlier holder wrote once more meanwhile, or another host has begun to hand over what was passed over.
                Err(RecordError::Conflict { .. }) if lease.is_good() => {}
                Err(RecordError::Conflict { .. }) => {
                    return Err(BackendError::new(
                        BackendErrorKind::Unavailable,
                        "the lease ran out while it was taken over",
                    ));
                }
                Err(RecordError::Backend(error)) => return Err(error),
            }
        }
    }

    fn worker(&self, held: Held, commands: Arc<Notify>) -> Worker {
        let Held { lease, machine, guard, asked, .. } = held;
        let Enabled { id, patterns, handed_over, batch, policy, handler, .. } = &self.subscriber;
        let own = Identity { id: Arc::clone(id), former: machine.former().to_vec() };
        let run = machine.run();
        let (identity, marked) = match handed_over {
            // What it passed over is marked as of the run in which it did, until it is replayed by itself.
            Some(HandedOver { missed, of }) if run.number == 0 => (of.clone(), missed.run()),
            Some(HandedOver { of, .. }) => (of.clone(), run),
            None => (own, run),
        };
        let scope = Scope {
            subscriber: Arc::clone(id),
            log: Arc::clone(machine.log()),
            identity: Arc::new(identity),
            run: run.number,
            marked,
            epoch: lease.epoch,
            seen: Arc::clone(&self.seen),
            bus: self.bus.clone(),
            stopping: self.around.stopping.clone(),
        };
        let batching = batch.then(|| Batching::new(policy));
        Worker {
            id: Arc::clone(id),
            patterns: patterns.clone(),
            missed: handed_over.as_ref().map(|handed_over| Arc::clone(&handed_over.missed)),
            attempts: Attempts::new(
                Arc::clone(handler),
                Arc::new(scope),
                policy.timeout,
                &self.around.handlers,
                Arc::clone(&self.polls),
                Arc::clone(&lease),
            ),
            lease,
            asked,
            commands: Commands::new(Arc::clone(id), commands),
            bulk: None,
            progress: self.progress.clone(),
            guard,
            batching,
            feed: self.around.intake.feed(&self.around.control, patterns.clone(), machine.position()),
            machine,
            current: None,
            writing: None,
            looked_at: Instant::now(),
            wrote_at: Instant::now(),
            wrote_several_at: None,
            to_load: Vec::new(),
            loads: tokio::task::JoinSet::new(),
            leave: None,
            rewinding: None,
            lanes_first: true,
            jitter: random_fraction,
            around: self.around.clone(),
        }
    }
}

/// Why what a subscriber has recorded is not about this log, if it is not.
fn another_log(id: &str, state: &StateDoc, lanes: &[LaneDoc], info: &LogInfo) -> Option<String> {
    let (read, last) = (read_upto(state, lanes), info.last);
    let said = match state.log.is_empty() || state.log == info.log_id {
        false => "the log was made anew, or is another one",
        true if read > last => "the log is shorter than it was: is it an earlier state?",
        true => return None,
    };
    Some(format!(
        "{said}: it ends at {last}, and subscriber `{id}` has read up to {read} of the one before. Restore the log, or rewind \
         the subscriber: it then begins a new run here, and forgets what waited"
    ))
}

/// Somebody has deleted where a subscriber stands.
fn records_gone(id: &str) -> BackendError {
    let message = format!(
        "the records of subscriber `{id}` are gone, and with them where it stands: were they deleted, or was it moved to \
         another id? Restore them if there is a backup; a new start begins the subscriber anew"
    );
    BackendError::new(BackendErrorKind::LogChanged, message)
}

/// The highest sequence that a subscriber is known to have read.
fn read_upto(state: &StateDoc, lanes: &[LaneDoc]) -> u64 {
    let done = state.done.iter().map(|(_, last)| *last);
    let before = lanes.iter().map(|lane| lane.from.saturating_sub(1));
    done.chain(before).fold(state.floor, u64::max)
}

/// Says aloud that events were deleted which a subscriber has not seen: by limits of the log, or by somebody.
fn say_what_is_gone(id: &str, state: &StateDoc, info: &LogInfo) {
    if info.first > state.floor + 1 {
        tracing::warn!(
            subscriber = id,
            from = state.floor + 1,
            to = info.first - 1,
            "events that this subscriber has not seen are no longer in the log; keep them for longer (`max_age`, `max_bytes`), \
             or start it more often"
        );
    }
}

/// A random number between 0 and 1: the random part of a new UUID.
fn random_fraction() -> f64 {
    let (_, random) = uuid::Uuid::now_v7().as_u64_pair();
    // 53 bits are what a float holds exactly; the variant bits on top are constant.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    let fraction = (random & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64;
    fraction
}

#[cfg(test)]
mod tests;
