//! Handlers that hold their thread are noticed: once a second it is looked whether a poll is still the same.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::{
    backend::{Backend, Query},
    runtime::{
        progress::Progress,
        subscription::polls::{Held, Polls},
    },
    shown::shown,
};

/// How often it is looked.
const TICK: Duration = Duration::from_secs(1);

/// What is watched of a subscriber.
pub(crate) struct Watched {
    pub(crate) id: String,
    pub(crate) polls: Arc<Polls>,
    pub(crate) progress: watch::Sender<Progress>,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
}

/// A poll that was there when it was looked before.
struct Known {
    since: Instant,
    said: bool,
    said_overdue: bool,
}

/// Notices what holds its thread. Runs on the control thread, for as long as the app does.
pub(crate) async fn watch(log: Arc<dyn Backend>, all: impl Fn() -> Vec<Arc<Watched>>) {
    let mut known: HashMap<(String, Held), Known> = HashMap::new();
    loop {
        tokio::time::sleep(TICK).await;
        let mut still = HashMap::new();
        for watched in all() {
            let mut overdue = 0;
            for held in watched.polls.now() {
                let place = (watched.id.clone(), held);
                let Some(mut known) = known.remove(&place) else {
                    still.insert(place, Known { since: Instant::now(), said: false, said_overdue: false });
                    continue;
                };
                let time = known.since.elapsed();
                let is_overdue = time >= watched.timeout;
                overdue += usize::from(is_overdue);
                if !known.said || (is_overdue && !known.said_overdue) {
                    say(&*log, &watched, held.sequence, time, is_overdue).await;
                    (known.said, known.said_overdue) = (true, is_overdue);
                }
                still.insert(place, known);
            }
            watched.progress.send_if_modified(|progress| std::mem::replace(&mut progress.overdue, overdue) != overdue);
        }
        known = still;
    }
}

async fn say(log: &dyn Backend, watched: &Watched, sequence: u64, time: Duration, is_overdue: bool) {
    let found = log.read(Query::all().after(sequence.saturating_sub(1)).upto(sequence).limit(1)).await;
    let event = found.ok().and_then(|page| page.events.into_iter().next());
    let (name, key) = match &event {
        Some(event) => {
            (shown(event.name.as_str()).to_string(), event.key.as_ref().map(|key| shown(key.as_str()).to_string()))
        }
        None => (String::new(), None),
    };
    let held = humantime::format_duration(Duration::from_secs(time.as_secs().max(1))).to_string();
    if is_overdue {
        tracing::warn!(
            subscriber = watched.id,
            sequence,
            name,
            key,
            held,
            "an attempt is overdue and cannot be cut, since it holds its thread; its key waits until it returns, here and on \
             every other host"
        );
    } else {
        tracing::warn!(
            subscriber = watched.id,
            sequence,
            name,
            key,
            held,
            "the handler holds its thread; use `tokio::task::spawn_blocking` for what blocks, or say `blocking` on the subscriber"
        );
    }
}
