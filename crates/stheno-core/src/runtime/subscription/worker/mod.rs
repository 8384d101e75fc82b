//! One subscriber while this process holds its lease: drives the machine, the attempts, the intake and the writes.
//!
//! Reading order: this file (what a worker has, and what it waits for), `work` (steps and events become attempts), `read_back`
//! (lanes get their events from the log), `record` (what is done is written), `commands` (what an operator asks, read with
//! `pager`), `steer` (it is carried out), `bulk` (so are commands about many dead letters).

mod bulk;
mod commands;
mod pager;
mod read_back;
mod record;
mod steer;
mod work;

pub(crate) use commands::Commands;

use std::{
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::{JoinError, JoinHandle},
};

use crate::{
    backend::{RecordError, Revision},
    delivery::{Machine, attempt::Load, commit::Commit},
    event::recorded::RecordedEvent,
    pattern::PatternSet,
    runtime::{
        log::intake::{Fed, Feed},
        missed::Missed,
        operator::command::Asked,
        progress::Progress,
        subscription::{
            attempts::{Attempts, Ended},
            batching::Batching,
            lease::Lease,
            surroundings::{End, Surroundings},
            worker::{
                bulk::{Bulk, next_letters},
                record::written,
            },
        },
    },
    time::{Clock, Now, Timestamp},
};

/// Attempts begun in place before other tasks get their turn.
const TURN: usize = 128;
/// How many of them lanes that go on begin, or live events, before the others get their turn.
const SHARE: usize = 16;
/// What is done is recorded at once if nothing was for this long, else within this time: a write costs as much as many
/// events, and a crash repeats no more than this.
const RECORD_WITHIN: Duration = Duration::from_millis(5);
/// Writes of several records begin this far apart while attempts fail one after the other, unless many have: a backend may have to
/// do more for several records than for one.
const GATHER: Duration = Duration::from_millis(100);
/// How long it may go unrecorded that events were passed over which left nothing to settle.
const PASSED_OVER: Duration = Duration::from_secs(1);
/// The wait after a read of records that failed.
const READ_RETRY: Duration = Duration::from_secs(1);
/// The wait after a read of a lane that failed.
const LOAD_RETRY: Duration = Duration::from_secs(1);

/// What a lane's events are, and how far they were read; nothing if the read failed.
pub(crate) type Read = Option<(Vec<Arc<RecordedEvent>>, u64)>;

pub(crate) struct Worker {
    pub(crate) id: Arc<str>,
    pub(crate) patterns: PatternSet,
    /// It takes only these of what matches.
    pub(crate) missed: Option<Arc<Missed>>,
    pub(crate) machine: Machine,
    pub(crate) attempts: Attempts,
    pub(crate) lease: Arc<Lease>,
    pub(crate) around: Surroundings,
    /// What was asked before it began, and is done before anything is begun.
    pub(crate) asked: Vec<Asked>,
    pub(crate) commands: Commands,
    /// The command about many dead letters that is being carried out.
    pub(crate) bulk: Option<Bulk>,
    pub(crate) progress: watch::Sender<Progress>,
    /// The state's revision: guards every write.
    pub(crate) guard: Option<Revision>,
    pub(crate) batching: Option<Batching>,
    pub(crate) feed: Feed,
    /// The batch that is being offered, and how far it was.
    pub(crate) current: Option<(Fed, usize)>,
    pub(crate) writing: Option<Writing>,
    /// The time when it last looked: before a turn, and after each attempt. Looking costs as much as an attempt that does nothing.
    pub(crate) looked_at: Instant,
    /// When the last write began.
    pub(crate) wrote_at: Instant,
    /// When the last write of several records began.
    pub(crate) wrote_several_at: Option<Instant>,
    /// Reads that are begun with the end of this turn.
    pub(crate) to_load: Vec<Load>,
    pub(crate) loads: tokio::task::JoinSet<Vec<(Load, Read)>>,
    pub(crate) leave: Option<OwnedSemaphorePermit>,
    pub(crate) rewinding: Option<(u64, Asked)>,
    /// Whether lanes that go on come before live events next.
    pub(crate) lanes_first: bool,
    pub(crate) jitter: fn() -> f64,
}

pub(crate) struct Writing {
    commit: Commit,
    task: JoinHandle<Result<Vec<Revision>, RecordError>>,
    failures: u32,
}

/// What a worker waits for.
enum Woken {
    Intake(Option<Fed>),
    Ended(Option<Ended>),
    Loaded(Vec<(Load, Read)>),
    Wrote(Result<Vec<Revision>, RecordError>),
    /// Commands were read; nothing, if there may be some.
    Commanded(Option<Result<pager::Read, JoinError>>),
    Letters(Result<pager::Read, JoinError>),
    Leave(OwnedSemaphorePermit),
    Due,
    Record,
    Stop,
    LostLease,
    Alarm,
    Broken,
}

impl Worker {
    /// Runs until the lease is lost or the app stops.
    pub(crate) async fn run(&mut self) -> End {
        let asked = std::mem::take(&mut self.asked);
        self.obey(asked).await;
        self.rewind_when_quiet().await;
        loop {
            match self.turn().await {
                Ok(()) => {}
                Err(End::Stopped) => return self.drain().await,
                Err(end) => return end,
            }
        }
    }

    /// Does everything that can be done now, then waits for something to happen.
    async fn turn(&mut self) -> Result<(), End> {
        if !self.lease.is_good() {
            return Err(End::LostLease);
        }
        self.obey_some().await;
        let more = self.work()? || self.has_to_obey();
        let now = if more { self.machine.reserve_runs_out() } else { self.machine.has_to_record_now() };
        if now || self.wrote_at.elapsed() >= RECORD_WITHIN {
            self.record();
        }
        if more {
            tokio::task::yield_now().await;
            // What has happened meanwhile comes before what is left to do.
            return match now_or_never(self.wait()).await {
                Some(woken) => self.take(woken).await,
                None => Ok(()),
            };
        }
        self.report();
        let woken = self.wait().await;
        self.take(woken).await
    }

    fn now(&self) -> Now {
        Now::of(&*self.around.clock)
    }

    fn report(&self) {
        let idle = self.machine.is_idle()
            && self.current.is_none()
            && self.writing.is_none()
            && self.rewinding.is_none()
            && self.commands.is_idle()
            // One that hands letters back waits while nothing is handled.
            && (self.bulk.is_none() || self.machine.is_paused())
            && self.batching.as_ref().is_none_or(Batching::is_empty);
        let now = Progress {
            held: true,
            position: self.machine.position(),
            floor: self.machine.recorded_floor(),
            idle,
            next_due: self.machine.next_due().map(|due| self.now().on_the_wall(due)),
            running: self.machine.running(),
            counts: self.machine.counts(),
            run: self.machine.run().number,
            paused: self.machine.is_paused(),
            overdue: 0,
            next_due_steady: self.machine.next_due(),
        };
        self.progress.send_if_modified(|progress| {
            // Who looks after that is not held up itself.
            let now = Progress { overdue: progress.overdue, ..now };
            let changed = *progress != now;
            *progress = now;
            changed
        });
    }

    async fn wait(&mut self) -> Woken {
        let intake = self.current.is_none() && self.rewinding.is_none() && self.machine.wants_intake();
        let due = self.machine.next_due().filter(|_| self.rewinding.is_none());
        let clock = Arc::clone(&self.around.clock);
        let gathers_until = self.gathers_until();
        let next_call = self.batching.as_ref().and_then(|batching| batching.next_call(self.attempts.len()));
        let (writing, loads, attempts) = (&mut self.writing, &mut self.loads, &mut self.attempts);
        let needs_leave = self.machine.needs_leave() && self.leave.is_none();
        let record_at = match writing {
            Some(_) => None,
            None if self.machine.has_to_record_soon() || gathers_until.is_none() && self.machine.has_to_record() => {
                Some(self.wrote_at + RECORD_WITHIN)
            }
            None if gathers_until.is_some() => gathers_until,
            // Others read from the record how far this subscriber is.
            None => (self.machine.floor() > self.machine.recorded_floor()).then(|| self.wrote_at + PASSED_OVER),
        };
        tokio::select! {
            biased;
            () = self.lease.lost() => Woken::LostLease,
            () = self.around.alarm.heard() => Woken::Alarm,
            _ = self.around.stopping.wait_for(|stop| *stop) => Woken::Stop,
            ended = attempts.next_end(), if attempts.len() > 0 => Woken::Ended(ended),
            result = written(writing) => Woken::Wrote(result),
            Some(loaded) = loads.join_next(), if !loads.is_empty() => match loaded {
                Ok(loaded) => Woken::Loaded(loaded),
                Err(error) => not_loaded(&self.id, &error),
            },
            read = self.commands.next() => Woken::Commanded(read),
            read = next_letters(&mut self.bulk) => Woken::Letters(read),
            permit = Arc::clone(&self.around.alone).acquire_owned(), if needs_leave => match permit {
                Ok(permit) => Woken::Leave(permit),
                // The semaphore is never closed.
                Err(_) => Woken::Stop,
            },
            batch = self.feed.batches.recv(), if intake => Woken::Intake(batch),
            () = sleep_until(clock, due), if due.is_some() => Woken::Due,
            () = sleep_until_instant(next_call), if next_call.is_some() => Woken::Due,
            () = sleep_until_instant(record_at), if record_at.is_some() => Woken::Record,
        }
    }

    async fn take(&mut self, woken: Woken) -> Result<(), End> {
        match woken {
            Woken::Intake(Some(batch)) => self.current = Some((batch, 0)),
            // The reader has ended because the backend was closed.
            Woken::Intake(None) | Woken::Stop => return Err(End::Stopped),
            Woken::Ended(ended) => {
                self.check_epoch()?;
                self.settle_all(ended.unwrap_or_default());
            }
            Woken::Loaded(loaded) => {
                let now = self.now();
                for (load, read) in loaded {
                    match read {
                        Some((events, covered)) => self.machine.loaded(&load, events, covered, now),
                        None => self.machine.load_failed(&load, now.steady.plus(LOAD_RETRY)),
                    }
                }
            }
            Woken::Wrote(result) => self.wrote(result)?,
            Woken::Commanded(None) => self.commands.look_again(),
            Woken::Commanded(Some(Ok(Ok(page)))) => self.commands.took(page),
            Woken::Commanded(Some(Ok(Err(error)))) => {
                self.commands.not_read(&self.around.backend, &self.around.control, READ_RETRY);
                self.could_not_read(&error);
            }
            Woken::Letters(Ok(read)) => self.took_letters(read),
            Woken::Commanded(Some(Err(error))) | Woken::Letters(Err(error)) => return Err(not_read(&self.id, &error)),
            Woken::Due => {}
            Woken::Record => self.machine.record_soon(),
            Woken::Leave(permit) => {
                self.leave = Some(permit);
                self.machine.grant_leave(self.now());
                if !self.machine.is_alone() {
                    self.leave = None;
                }
            }
            Woken::LostLease => return Err(End::LostLease),
            Woken::Alarm => return Err(End::LogUnusable),
            Woken::Broken => return Err(End::Broken),
        }
        self.rewind_when_quiet().await;
        Ok(())
    }
}

/// What follows from a read of events that did not come to its end.
fn not_loaded(subscriber: &str, error: &JoinError) -> Woken {
    if error.is_panic() {
        tracing::error!(subscriber, %error, "stopped: the backend panicked while a key's events were read");
        return Woken::Broken;
    }
    // The control thread is gone: the app is over.
    Woken::Stop
}

/// The same of records.
fn not_read(subscriber: &str, error: &JoinError) -> End {
    if error.is_panic() {
        tracing::error!(subscriber, %error, "stopped: the backend panicked while records were read");
        return End::Broken;
    }
    End::Stopped
}

/// The result of a future that is ready now.
async fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn sleep_until(clock: Arc<dyn Clock>, due: Option<Timestamp>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        match due {
            Some(due) => clock.sleep_until_steady(due).await,
            None => std::future::pending().await,
        }
    })
}

async fn sleep_until_instant(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}
