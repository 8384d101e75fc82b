//! The started app: it publishes, shows how far its subscribers are, and stops in order.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};

use crate::{
    app::{App, Manifest, Problem, StartError, Table, closing::in_time, signals::Signals, startup},
    bus::Bus,
    event::recorded::EventId,
    pattern::PatternSet,
    runtime::{
        alarm::{Alarm, Verdict},
        control::Control,
        host,
        log::{intake::SharedIntake, keyed::keyed, keys::Keys},
        operator::Operator,
        pool::Pool,
        progress::Progress,
        subscription::{
            backfill, commanded,
            enabled::{Company as _, Enabled},
            holding,
            registration::{register, taken_twice},
            supervisors::Supervisors,
            surroundings::{End, Surroundings},
        },
        unknown,
    },
    time::{Clock, Timestamp},
};

impl App {
    /// What the app would run, without running it. Set-ups run, since they may bring subscribers; nothing is consumed.
    ///
    /// # Errors
    /// [`StartError::Problems`] with everything that is wrong.
    pub async fn inspect(mut self) -> Result<(Table, Manifest), StartError> {
        let checked = startup::check(&mut self).await.map_err(StartError::Problems)?;
        Ok((checked.table, checked.manifest))
    }

    /// Checks everything, then begins to deliver. Handlers run on threads of the app that have
    /// entered the tokio runtime this is called on: what they spawn, their timers and their connections are that runtime's.
    ///
    /// # Errors
    /// [`StartError`] lists everything that is wrong at once; nothing was consumed.
    pub async fn start(mut self) -> Result<Running, StartError> {
        let mut checked = startup::check(&mut self).await.map_err(StartError::Problems)?;
        checked.subscribers =
            backfill::beside(&self.backend, checked.subscribers).await.map_err(StartError::Backend)?;
        let control = Control::start().map_err(StartError::Thread)?;
        let wanted = checked.subscribers.iter().fold(PatternSet::default(), |all, one| all.union(&one.patterns));
        let (stop, stopping) = watch::channel(false);
        let keys = Arc::new(Keys::new(checked.bus.catalogs()));
        let log = keyed(&self.backend, &keys);
        let alarm = Arc::<Alarm>::default();
        let around = Surroundings {
            backend: Arc::clone(&log),
            keys,
            control: control.handle().clone(),
            handlers: Pool::new(Handle::current(), control.handle()),
            clock: Arc::clone(&self.clock),
            intake: SharedIntake::new(log, wanted, Arc::clone(&alarm)),
            alarm,
            alone: Arc::new(Semaphore::new(1)),
            stopping,
            drain: self.drain,
        };
        host::publish(&self.backend, checked.subscribers.iter().map(Enabled::spec), checked.bus.catalogs())
            .await
            .map_err(StartError::Backend)?;
        let mut begun = Vec::new();
        let own = checked.subscribers.iter().map(|subscriber| &*subscriber.id).collect();
        for subscriber in &checked.subscribers {
            let after = register(&around, subscriber, &own).await.map_err(StartError::Backend)?;
            // The counter of unknown names is the app's own, and nobody asks where it began.
            let after = after.filter(|_| &*subscriber.id != unknown::SUBSCRIBER && subscriber.handed_over.is_none());
            begun.extend(after.map(|after| (subscriber.id.to_string(), after)));
        }
        let twice = taken_twice(&self.backend, &checked.subscribers).await.map_err(StartError::Backend)?;
        if !twice.is_empty() {
            let problem = |(id, other)| Problem::FormerId { id, other };
            return Err(StartError::Problems(twice.into_iter().map(problem).collect()));
        }
        let asked = Arc::new(Notify::new());
        let operator = Operator::with_wake(checked.bus.clone(), Arc::clone(&asked));
        let mut tasks = vec![control.handle().spawn(Arc::clone(&around.intake).read())];
        let holder = EventId::random().to_string();
        let supervisors = Supervisors::new(checked.bus.clone(), around.clone(), holder, self.lease);
        for subscriber in checked.subscribers {
            Arc::clone(&supervisors).begin(subscriber);
        }
        tasks.push(control.handle().spawn(commanded::watch(
            Arc::clone(&self.backend),
            Arc::clone(&around.alarm),
            asked,
            Arc::clone(&supervisors),
        )));
        let watched = Arc::clone(&supervisors);
        tasks.push(control.handle().spawn(holding::watch(Arc::clone(&self.backend), move || watched.watched())));
        Ok(Running {
            bus: checked.bus,
            operator,
            table: checked.table,
            manifest: checked.manifest,
            begun,
            clock: self.clock,
            drain: self.drain,
            stop,
            alarm: around.alarm,
            supervisors,
            tasks,
            control,
        })
    }
}

/// A started app. Dropping it ends it as a crash would: ask it to [`stop`](Running::stop).
pub struct Running {
    bus: Bus,
    operator: Operator,
    table: Table,
    manifest: Manifest,
    begun: Vec<(String, u64)>,
    clock: Arc<dyn Clock>,
    drain: Duration,
    stop: watch::Sender<bool>,
    alarm: Arc<Alarm>,
    supervisors: Arc<Supervisors>,
    tasks: Vec<JoinHandle<()>>,
    control: Control,
}

/// How an app stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// Everything under way came to its end, and was handed over.
    Drained,
    /// The drain deadline passed, a second signal came, or the backend could not record the hand-over or did not close: what
    /// was under way is handled again after the next start.
    Cut,
    /// A subscriber ended on its own; the log says why.
    Failed,
}

impl Stopped {
    /// The exit code an init system understands: 0 when drained, 75 (`EX_TEMPFAIL`) when cut, 70 (`EX_SOFTWARE`) when a
    /// subscriber ended on its own. An app that cannot start ends with 78 (`EX_CONFIG`).
    pub fn exit_code(self) -> u8 {
        match self {
            Stopped::Drained => 0,
            Stopped::Cut => 75,
            Stopped::Failed => 70,
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stopped::Drained => "stopped: everything under way came to its end",
            Stopped::Cut => "stopped: what was under way was cut, and is handled again after the next start",
            Stopped::Failed => "stopped, because a subscriber ended on its own",
        })
    }
}

impl Stopped {
    /// The same, if something was cut at the end.
    fn or_cut(self) -> Self {
        if self == Self::Drained { Self::Cut } else { self }
    }
}

impl Running {
    /// The bus of the app.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// What an operator can see and do.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// What the app runs.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The same as a manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The subscribers that this log has never had before, each with the sequence it begins after: older events are not
    /// handled, unless its policy says `start = "beginning"`.
    pub fn begun(&self) -> &[(String, u64)] {
        &self.begun
    }

    /// How far each subscriber is, by id.
    pub fn progress(&self) -> Vec<(String, Progress)> {
        self.supervisors.progress().into_iter().map(|(id, progress)| (id, *progress.borrow())).collect()
    }

    /// Waits until every subscriber that this process runs has handled everything in the log that can be handled now, and
    /// recorded it. What waits for a retry is not waited for.
    ///
    /// # Errors
    /// [`NotSettled`] when that takes longer than `limit`; it says who was busy.
    pub async fn settle(&self, limit: Duration) -> Result<(), NotSettled> {
        let deadline = Instant::now() + limit;
        loop {
            // Handlers may publish, so the end of the log is looked at again until nobody is busy.
            let last = self.bus.backend().info().await.map(|info| info.last).unwrap_or(u64::MAX);
            let mut waited = false;
            for (id, mut progress) in self.supervisors.progress() {
                let settled = |progress: &Progress| self.is_settled(progress, last);
                if settled(&progress.borrow()) {
                    continue;
                }
                waited = true;
                let left = deadline.saturating_duration_since(Instant::now());
                let reached =
                    tokio::time::timeout(left, progress.wait_for(settled)).await.map(|reached| reached.is_ok());
                if reached != Ok(true) {
                    let progress = Box::new(*progress.borrow());
                    return Err(NotSettled { subscriber: id, progress, last });
                }
            }
            if !waited {
                return Ok(());
            }
        }
    }

    fn is_settled(&self, progress: &Progress, last: u64) -> bool {
        let due = |time: Timestamp| time <= self.clock.steady();
        let quiet = progress.idle && !progress.next_due_steady.is_some_and(due);
        progress.held && quiet && (progress.paused || progress.position >= last)
    }

    /// Lets what is under way come to its end, within the drain deadline, records it and hands over.
    pub async fn stop(self) -> Stopped {
        self.stop_or(std::future::pending()).await
    }

    /// Runs until SIGTERM, SIGINT or Ctrl-C, then stops in order; a second signal ends it at once. Also returns when a
    /// subscriber ends on its own.
    pub async fn until_signal(self) -> Stopped {
        self.until_signal_with(|_| {}).await
    }

    /// The same, and calls `stopping` with the drain deadline when it begins to stop, so that a host can say so.
    pub async fn until_signal_with(self, stopping: impl FnOnce(Duration)) -> Stopped {
        let mut signals = Signals::listen();
        let failed = tokio::select! {
            () = signals.next() => false,
            () = self.supervisors.any_ended() => true,
        };
        stopping(self.drain);
        let stopped = self.stop_or(signals.next()).await;
        // Why it stopped says more than how: what was cut meanwhile would tell an init system to start it again.
        if failed { Stopped::Failed } else { stopped }
    }

    async fn stop_or(self, at_once: impl Future<Output = ()>) -> Stopped {
        let Self { stop, supervisors, tasks, control, drain, bus, alarm, .. } = self;
        stop.send_replace(true);
        let mut at_once = std::pin::pin!(at_once);
        let all = async {
            let mut worst = Stopped::Drained;
            while let Some(ended) = supervisors.next_end().await {
                worst = match (ended, worst) {
                    (Ok(End::Stopped), worst) => worst,
                    (Ok(End::Cut), Stopped::Drained) => Stopped::Cut,
                    (Ok(End::Cut), worst) => worst,
                    // An error is one that was aborted or panicked: nothing is left of it to wait for.
                    (Ok(End::LostLease | End::Outrun | End::LogUnusable | End::Broken) | Err(_), _) => Stopped::Failed,
                };
            }
            worst
        };
        // Workers end at the drain deadline; writing the last state may take a little longer.
        let mut ended = tokio::select! {
            stopped = all => Some(stopped),
            () = tokio::time::sleep(drain + Duration::from_secs(5)) => None,
            () = &mut at_once => None,
        };
        tasks.iter().for_each(JoinHandle::abort);
        // What was cut may have been so because of the log: a code that says that starting again will do would be wrong then.
        if matches!(ended, Some(Stopped::Drained | Stopped::Cut)) {
            ended = tokio::select! {
                found = bus.backend().find_damage() => match found {
                    Err(error) if alarm.judge(&error) == Verdict::Lasting => Some(Stopped::Failed),
                    _ => ended,
                },
                () = &mut at_once => None,
            };
        }
        if let Some(stopped) = ended {
            // Nothing uses it any more.
            let closed = in_time(bus.backend().close(), at_once).await;
            ended = Some(if closed { stopped } else { stopped.or_cut() });
        }
        // Joins the thread, which only drives tasks and never blocks for long.
        let _ = tokio::task::spawn_blocking(move || drop(control)).await;
        ended.unwrap_or(Stopped::Cut)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

/// Subscribers that did not come to rest in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("subscriber `{subscriber}` has not come to rest at {last}: {progress:?}")]
pub struct NotSettled {
    subscriber: String,
    progress: Box<Progress>,
    last: u64,
}

impl NotSettled {
    /// The subscriber that was busy.
    pub fn subscriber(&self) -> &str {
        &self.subscriber
    }

    /// What it was doing.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}
