//! The subscribers that a process runs: those it starts with, and the backfills that join them later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
};

use crate::{
    bus::Bus,
    runtime::{
        progress::Progress,
        subscription::{
            enabled::{Company, Enabled},
            holding::Watched,
            polls::Polls,
            supervisor::Supervisor,
            surroundings::{End, Surroundings},
        },
    },
};

/// Begins supervisors, and knows those that run.
pub(crate) struct Supervisors {
    pub(crate) bus: Bus,
    pub(crate) around: Surroundings,
    pub(crate) holder: String,
    pub(crate) lease_time: Duration,
    members: Mutex<Members>,
}

/// What is known of each subscriber that was begun.
#[derive(Default)]
struct Members {
    progress: Vec<(String, watch::Receiver<Progress>)>,
    /// Says to each that there may be commands for it.
    asked: HashMap<String, Arc<Notify>>,
    tasks: JoinSet<End>,
    watched: Vec<Arc<Watched>>,
}

impl Supervisors {
    pub(crate) fn new(bus: Bus, around: Surroundings, holder: String, lease_time: Duration) -> Arc<Self> {
        Arc::new(Self { bus, around, holder, lease_time, members: Mutex::default() })
    }

    /// How many subscribers this process runs.
    pub(crate) fn count(&self) -> usize {
        self.members().asked.len()
    }

    /// Says to a subscriber that there are commands for it. Whether this process runs it.
    pub(crate) fn say_asked(&self, id: &str) -> bool {
        let members = self.members();
        let asked = members.asked.get(id);
        asked.inspect(|asked| asked.notify_one()).is_some()
    }

    /// What is watched of each subscriber.
    pub(crate) fn watched(&self) -> Vec<Arc<Watched>> {
        self.members().watched.clone()
    }

    /// How far each subscriber is, by id.
    pub(crate) fn progress(&self) -> Vec<(String, watch::Receiver<Progress>)> {
        self.members().progress.clone()
    }

    /// How the next supervisor ends; `None` when all have ended, and it was told how.
    pub(crate) async fn next_end(&self) -> Option<Result<End, JoinError>> {
        std::future::poll_fn(|context| self.members().tasks.poll_join_next(context)).await
    }

    /// Returns when one has ended. Of none, that is never.
    pub(crate) async fn any_ended(&self) {
        if self.next_end().await.is_none() {
            std::future::pending().await
        }
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Company for Supervisors {
    fn has_begun(&self, id: &str) -> bool {
        self.members().asked.contains_key(id)
    }

    fn begin(self: Arc<Self>, subscriber: Enabled) {
        let mut members = self.members();
        let id = subscriber.id.to_string();
        if members.asked.contains_key(&id) {
            return;
        }
        let asked = Arc::new(Notify::new());
        let (progress, receiver) = watch::channel(Progress::default());
        let polls = Polls::new(subscriber.policy.blocking);
        members.watched.push(Arc::new(Watched {
            id: id.clone(),
            polls: Arc::clone(&polls),
            progress: progress.clone(),
            timeout: subscriber.policy.timeout,
        }));
        members.asked.insert(id.clone(), Arc::clone(&asked));
        members.progress.push((id, receiver));
        let supervisor = Supervisor {
            subscriber,
            bus: self.bus.clone(),
            around: self.around.clone(),
            holder: self.holder.clone(),
            lease_time: self.lease_time,
            seen: Arc::default(),
            progress,
            polls,
            company: Arc::clone(&self) as Arc<dyn Company>,
        };
        members.tasks.spawn_on(supervisor.run(asked), &self.around.control);
    }
}
