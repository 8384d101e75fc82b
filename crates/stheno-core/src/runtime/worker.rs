//! One subscriber while this process holds its lease: drives the machine, the attempts, the intake and the writes.

use std::{
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinHandle,
};

use crate::{
    backend::{Backend, Query, RecordError, RecordWrite, Revision},
    delivery::{Attempt, Machine, Offer, Step, commit::Commit, machine::Load, settle::Outcome},
    event::recorded::RecordedEvent,
    failure::Failure,
    pattern::PatternSet,
    runtime::{
        attempts::{Attempts, Begun, Ended},
        command::{Asked, Command},
        intake::{Batch, Feed, SharedIntake},
        lease::Lease,
        progress::Progress,
        store,
    },
    time::{Clock, Timestamp},
};

/// Attempts begun in place before other tasks get their turn.
const TURN: usize = 128;
/// While there is more to do than one turn, what is done is recorded within this time. A write costs as much as many
/// events, and a crash repeats no more than this.
const RECORD_WITHIN: Duration = Duration::from_millis(5);
/// The wait after a write that failed, doubled up to [`WRITE_RETRY_CAP`].
const WRITE_RETRY: Duration = Duration::from_millis(100);
const WRITE_RETRY_CAP: Duration = Duration::from_secs(5);
/// How long it may go unrecorded that events were passed over which left nothing to settle.
const PASSED_OVER: Duration = Duration::from_secs(1);
/// The wait after a read of a lane that failed.
const LOAD_RETRY: Duration = Duration::from_secs(1);

/// What a worker needs from outside; the same for every worker of a process.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) control: Handle,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) intake: Arc<SharedIntake>,
    /// One suspect is tried at a time in the whole process, so that the one to blame is known.
    pub(crate) alone: Arc<Semaphore>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// How long what is under way may take after the stop.
    pub(crate) drain: Duration,
}

/// What a lane's events are, and how far they were read; nothing if the read failed.
pub(crate) type Read = Option<(Vec<Arc<RecordedEvent>>, u64)>;

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was asked to stop, and has handed over.
    Stopped,
    /// It was asked to stop, and what was still under way at the drain deadline was cut off before it handed over.
    Cut,
    /// The lease went to somebody else.
    LostLease,
    /// The log is not the one it was.
    LogChanged,
    /// It panicked, or the runtime of the handlers is gone.
    Broken,
}

pub(crate) struct Worker {
    pub(crate) id: Arc<str>,
    pub(crate) patterns: PatternSet,
    pub(crate) machine: Machine,
    pub(crate) attempts: Attempts,
    pub(crate) lease: Arc<Lease>,
    pub(crate) around: Surroundings,
    pub(crate) commands: mpsc::UnboundedReceiver<Asked>,
    pub(crate) progress: watch::Sender<Progress>,
    /// The state's revision: guards every write.
    pub(crate) guard: Option<Revision>,
    pub(crate) batching: Option<Batching>,
    pub(crate) feed: Feed,
    /// The batch that is being offered, and how far it was.
    pub(crate) current: Option<(Arc<Batch>, usize)>,
    pub(crate) writing: Option<Writing>,
    /// When the last write began.
    pub(crate) wrote_at: Instant,
    pub(crate) loads: tokio::task::JoinSet<(Load, Read)>,
    pub(crate) leave: Option<OwnedSemaphorePermit>,
    pub(crate) rewinding: Option<(u64, Asked)>,
    pub(crate) jitter: fn() -> f64,
}

/// How a handler of batches gets them.
pub(crate) struct Batching {
    pub(crate) size: usize,
    pub(crate) linger: Duration,
    pub(crate) calls: usize,
    pub(crate) gathered: Vec<Attempt>,
    pub(crate) since: Option<Instant>,
}

pub(crate) struct Writing {
    commit: Commit,
    task: JoinHandle<Result<Vec<Revision>, RecordError>>,
    failures: u32,
}

/// What a worker waits for.
enum Woken {
    Intake(Option<Arc<Batch>>),
    Ended(Option<Ended>),
    Loaded(Load, Read),
    Wrote(Result<Vec<Revision>, RecordError>),
    Commanded(Option<Asked>),
    Leave(OwnedSemaphorePermit),
    Due,
    PassedOver,
    Stop,
    LostLease,
    LogChanged,
}

impl Worker {
    /// Runs until the lease is lost or the app stops.
    pub(crate) async fn run(&mut self) -> End {
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
        let more = self.work()?;
        if !more || self.machine.reserve_runs_out() || self.wrote_at.elapsed() >= RECORD_WITHIN {
            self.begin_write();
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

    /// Steps and offers, up to a turn's worth. Says whether there is more to do at once.
    fn work(&mut self) -> Result<bool, End> {
        let mut begun = 0;
        while begun < TURN {
            let now = self.around.clock.now();
            if self.rewinding.is_none()
                && let Some(step) = self.machine.next(now)
            {
                match step {
                    Step::Start(attempt) => self.start(attempt)?,
                    Step::Load(load) => self.load(load),
                }
                begun += 1;
                continue;
            }
            match self.offer_some(TURN - begun, now)? {
                0 => break,
                offered => begun += offered,
            }
        }
        self.flush_batch(false);
        Ok(begun >= TURN)
    }

    /// Offers live events. Says how many were taken.
    fn offer_some(&mut self, limit: usize, now: Timestamp) -> Result<usize, End> {
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
            if !self.patterns.matches(&event.name) {
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
            if self.machine.has_ready() {
                break;
            }
        }
        Ok(offered)
    }

    fn start(&mut self, attempt: Attempt) -> Result<(), End> {
        let now = self.around.clock.now();
        self.start_at(attempt, now)
    }

    fn start_at(&mut self, mut attempt: Attempt, now: Timestamp) -> Result<(), End> {
        if !self.lease.is_good() {
            return Err(End::LostLease);
        }
        if let Some(batching) = &mut self.batching {
            let alone = attempt.alone;
            self.machine.suspend(&mut attempt);
            batching.gathered.push(attempt);
            batching.since.get_or_insert_with(Instant::now);
            if alone {
                self.flush_batch(true);
            }
            return Ok(());
        }
        match self.attempts.begin(attempt) {
            Begun::Ended(attempt, outcome) => self.settle(attempt, outcome, now),
            Begun::Waits(mut waits) => {
                self.machine.suspend(&mut waits.attempt);
                self.attempts.wait_for(waits);
            }
        }
        Ok(())
    }

    fn settle(&mut self, attempt: Attempt, outcome: Outcome, now: Timestamp) {
        if attempt.alone {
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

    fn settle_all(&mut self, ended: Ended) {
        let now = self.around.clock.now();
        for (attempt, outcome) in ended {
            self.settle(attempt, outcome, now);
        }
    }

    fn say_failed(&self, attempt: &Attempt, failure: &Failure) {
        tracing::warn!(
            subscriber = &*self.id,
            event = %attempt.event.id,
            name = %attempt.event.name,
            sequence = attempt.event.sequence,
            attempt = attempt.number,
            error = failure.chain().join(": "),
            "an attempt failed"
        );
    }

    /// Calls the handler with what has been gathered, if there is enough or it has waited long enough.
    fn flush_batch(&mut self, now: bool) {
        let Some(batching) = &mut self.batching else { return };
        let waited = batching.since.is_some_and(|since| since.elapsed() >= batching.linger);
        let enough = batching.gathered.len() >= batching.size || waited || now;
        if batching.gathered.is_empty() || !enough || self.attempts.len() >= batching.calls {
            return;
        }
        let rest = batching.gathered.split_off(batching.gathered.len().min(batching.size));
        let attempts = std::mem::replace(&mut batching.gathered, rest);
        batching.since = (!batching.gathered.is_empty()).then(Instant::now);
        if let Some(ended) = self.attempts.begin_batch(attempts) {
            self.settle_all(ended);
        }
    }

    fn load(&mut self, load: Load) {
        let backend = Arc::clone(&self.around.backend);
        let query = Query::new(PatternSet::all()).after(load.after).upto(load.upto).limit(load.limit);
        let (query, patterns) = match &load.key {
            Some(key) => (Query { patterns: self.patterns.clone(), ..query.key(key.clone()) }, None),
            None => (query, Some(self.patterns.clone())),
        };
        self.loads.spawn_on(
            async move {
                let page = backend.read(query).await;
                let read = page.map(|page| {
                    let matching =
                        |event: &Arc<RecordedEvent>| patterns.as_ref().is_none_or(|set| set.matches(&event.name));
                    // A read without anything left has come as far as it was asked to.
                    let covered = if page.end { load.upto } else { page.covered };
                    (page.events.into_iter().filter(matching).collect(), covered)
                });
                let read =
                    read.inspect_err(|error| tracing::warn!(%error, "a key's events could not be read; trying again"));
                (load, read.ok())
            },
            &self.around.control,
        );
    }

    fn begin_write(&mut self) {
        if self.writing.is_none()
            && let Some(commit) = self.machine.take_commit(self.around.clock.now())
        {
            let writes = commit.writes(&self.id, self.guard);
            self.write(commit, writes, 0, Duration::ZERO);
        }
    }

    /// Writes on the control thread, so that a blocking handler cannot hold the record back.
    fn write(&mut self, commit: Commit, writes: Vec<RecordWrite>, failures: u32, wait: Duration) {
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

    fn report(&self) {
        let idle = self.machine.is_idle()
            && self.current.is_none()
            && self.writing.is_none()
            && self.rewinding.is_none()
            && self.batching.as_ref().is_none_or(|batching| batching.gathered.is_empty());
        let now = Progress {
            held: true,
            position: self.machine.position,
            floor: self.machine.recorded_floor,
            idle,
            next_due: self.machine.next_due(),
            running: self.machine.running,
            counts: self.machine.counts,
            run: self.machine.run,
            paused: self.machine.is_paused(),
        };
        self.progress.send_if_modified(|progress| {
            let changed = *progress != now;
            *progress = now;
            changed
        });
    }

    async fn wait(&mut self) -> Woken {
        let intake = self.current.is_none() && self.rewinding.is_none() && self.machine.wants_intake();
        let due = self.machine.next_due().filter(|_| self.rewinding.is_none());
        let clock = Arc::clone(&self.around.clock);
        let linger = self.batching.as_ref().and_then(|batching| {
            let room = self.attempts.len() < batching.calls;
            batching.since.filter(|_| room).map(|since| since + batching.linger)
        });
        let (writing, loads, attempts) = (&mut self.writing, &mut self.loads, &mut self.attempts);
        let needs_leave = self.machine.needs_leave() && self.leave.is_none();
        // Others read from the record how far this subscriber is.
        let passed_over = self.machine.floor() > self.machine.recorded_floor && writing.is_none();
        let record_at = passed_over.then(|| self.wrote_at + PASSED_OVER);
        tokio::select! {
            biased;
            () = self.lease.lost() => Woken::LostLease,
            () = self.around.intake.broken() => Woken::LogChanged,
            _ = self.around.stopping.wait_for(|stop| *stop) => Woken::Stop,
            ended = attempts.next_end(), if attempts.len() > 0 => Woken::Ended(ended),
            result = written(writing) => Woken::Wrote(result),
            Some(loaded) = loads.join_next(), if !loads.is_empty() => match loaded {
                Ok((load, read)) => Woken::Loaded(load, read),
                // The control thread is gone: the app is over.
                Err(_) => Woken::Stop,
            },
            asked = self.commands.recv() => Woken::Commanded(asked),
            permit = Arc::clone(&self.around.alone).acquire_owned(), if needs_leave => match permit {
                Ok(permit) => Woken::Leave(permit),
                // The semaphore is never closed.
                Err(_) => Woken::Stop,
            },
            batch = self.feed.batches.recv(), if intake => Woken::Intake(batch),
            () = sleep_until(clock, due), if due.is_some() => Woken::Due,
            () = linger_until(linger), if linger.is_some() => Woken::Due,
            () = linger_until(record_at), if record_at.is_some() => Woken::PassedOver,
        }
    }

    async fn take(&mut self, woken: Woken) -> Result<(), End> {
        match woken {
            Woken::Intake(Some(batch)) => self.current = Some((batch, 0)),
            // The reader has ended because the backend was closed.
            Woken::Intake(None) | Woken::Stop => return Err(End::Stopped),
            Woken::Ended(ended) => self.settle_all(ended.unwrap_or_default()),
            Woken::Loaded(load, Some((events, covered))) => {
                self.machine.loaded(&load, events, covered, self.around.clock.now());
            }
            Woken::Loaded(load, None) => self.machine.load_failed(&load, self.around.clock.now().plus(LOAD_RETRY)),
            Woken::Wrote(result) => self.wrote(result)?,
            Woken::Commanded(Some(asked)) => self.obey(asked).await,
            Woken::Commanded(None) | Woken::Due => {}
            Woken::PassedOver => self.machine.record_soon(),
            Woken::Leave(permit) => {
                self.leave = Some(permit);
                self.machine.grant_leave(self.around.clock.now());
                if !self.machine.is_alone() {
                    self.leave = None;
                }
            }
            Woken::LostLease => return Err(End::LostLease),
            Woken::LogChanged => return Err(End::LogChanged),
        }
        self.rewind_when_quiet().await;
        Ok(())
    }

    fn wrote(&mut self, result: Result<Vec<Revision>, RecordError>) -> Result<(), End> {
        let Some(Writing { commit, failures, .. }) = self.writing.take() else { return Ok(()) };
        match result {
            Ok(revisions) => {
                self.guard = revisions.first().copied();
                self.machine.committed(&commit);
                Ok(())
            }
            Err(RecordError::Conflict { name }) => {
                tracing::warn!(subscriber = &*self.id, record = %name, "somebody else runs this subscriber now; stopping here");
                self.lease.lose();
                Err(End::LostLease)
            }
            Err(RecordError::Backend(error)) => {
                tracing::warn!(subscriber = &*self.id, %error, "what was handled could not be recorded; trying again");
                let wait = WRITE_RETRY.saturating_mul(1 << failures.min(10)).min(WRITE_RETRY_CAP);
                let writes = commit.writes(&self.id, self.guard);
                self.write(commit, writes, failures + 1, wait);
                Ok(())
            }
        }
    }

    async fn obey(&mut self, asked: Asked) {
        let now = self.around.clock.now();
        match asked.command {
            Command::Redrive { sequence } | Command::Discard { sequence } => {
                let letters = store::dead_letters(&self.around.backend, &self.id).await;
                let found = match letters {
                    Ok(letters) => letters.into_iter().find(|letter| letter.sequence == sequence),
                    Err(error) => {
                        // The record stays; the command comes again.
                        tracing::warn!(%error, "the dead letters could not be read; the command is tried again");
                        return;
                    }
                };
                match (found, &asked.command) {
                    (Some(letter), Command::Redrive { .. }) => self.machine.redrive(&letter, now),
                    (Some(letter), _) => self.machine.discard(&letter, now),
                    (None, _) => tracing::warn!(subscriber = &*self.id, sequence, "there is no such dead letter"),
                }
            }
            Command::Rewind { after } => {
                let replaced = self.rewinding.replace((after, asked.clone()));
                // Of two rewinds the later one counts; it may also be the same one, passed on again.
                if let Some((_, replaced)) = replaced.filter(|(_, replaced)| replaced.record != asked.record) {
                    self.machine.outbox.carried_out(replaced.record);
                    self.machine.record_soon();
                }
                return;
            }
            Command::Pause => self.machine.paused = true,
            Command::Resume => self.machine.paused = false,
        }
        self.machine.outbox.carried_out(asked.record);
        self.machine.record_soon();
    }

    /// Rewinds once nothing is under way.
    async fn rewind_when_quiet(&mut self) {
        if self.rewinding.is_none() {
            return;
        }
        // What has gathered counts as under way.
        self.flush_batch(true);
        if self.machine.is_busy() || self.machine.is_alone() || self.writing.is_some() {
            return;
        }
        if let Some((after, asked)) = self.rewinding.take() {
            let dead_letters = match store::dead_letters(&self.around.backend, &self.id).await {
                Ok(dead_letters) => dead_letters,
                Err(error) => {
                    // The record stays; the command comes again.
                    tracing::warn!(%error, "the dead letters could not be read; the command is tried again");
                    return;
                }
            };
            self.machine.rewind(after, &dead_letters);
            self.attempts.set_run(self.machine.run);
            self.machine.outbox.carried_out(asked.record);
            self.current = None;
            self.feed = self.around.intake.feed(&self.around.control, self.patterns.clone(), after);
        }
    }

    /// Lets what is under way come to its end, records it and hands over.
    async fn drain(&mut self) -> End {
        let deadline = tokio::time::Instant::now() + self.around.drain;
        let mut end = End::Stopped;
        self.flush_batch(true);
        while self.attempts.len() > 0 {
            let ended = tokio::select! {
                ended = self.attempts.next_end() => ended,
                () = self.lease.lost() => return End::LostLease,
                () = tokio::time::sleep_until(deadline) => {
                    tracing::warn!(subscriber = &*self.id, under_way = self.attempts.len(), "the drain deadline has passed; what is under way is handled again after the next start");
                    end = End::Cut;
                    break;
                }
            };
            self.settle_all(ended.unwrap_or_default());
            self.flush_batch(true);
        }
        match self.hand_over().await {
            End::Stopped => end,
            other => other,
        }
    }

    /// Writes the last state together with the release of the lease.
    async fn hand_over(&mut self) -> End {
        self.machine.record_soon();
        loop {
            if self.writing.is_none() {
                let Some(commit) = self.machine.take_commit(self.around.clock.now()) else { return End::Stopped };
                let last = !self.machine.has_to_record();
                let commit = if last { commit.clean() } else { commit };
                let mut writes = commit.writes(&self.id, self.guard);
                if last {
                    writes.push(self.lease.release().await);
                }
                self.write(commit, writes, 0, Duration::ZERO);
                if last {
                    let result = written(&mut self.writing).await;
                    if let Err(error) = result {
                        tracing::warn!(subscriber = &*self.id, %error, "the hand-over was not recorded; the next holder waits for the lease to run out");
                    }
                    return End::Stopped;
                }
            }
            let result = written(&mut self.writing).await;
            if let Err(end) = self.wrote(result) {
                return end;
            }
        }
    }
}

/// The end of the write that is under way; never, if none is.
async fn written(writing: &mut Option<Writing>) -> Result<Vec<Revision>, RecordError> {
    match writing {
        Some(writing) => (&mut writing.task).await.unwrap_or_else(|error| {
            let message = format!("the write did not come to its end: {error}");
            let kind = crate::backend::BackendErrorKind::Closed;
            Err(RecordError::Backend(crate::backend::BackendError::new(kind, message)))
        }),
        None => std::future::pending().await,
    }
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
            Some(due) => clock.sleep_until(due).await,
            None => std::future::pending().await,
        }
    })
}

async fn linger_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => std::future::pending().await,
    }
}
