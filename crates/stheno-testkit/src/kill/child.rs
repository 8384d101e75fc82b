//! The process that dies: publishes, says what the log took, and handles.

use std::{
    error::Error as StdError,
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use stheno_core::{
    App, Bus,
    app::{Running, Stopped},
};
use stheno_sqlite::{SqliteBackend, SqliteOptions};

use crate::{
    kill::{
        events::{self, Planned},
        ledger::Ledger,
        subscribers,
    },
    random::Random,
};

/// Short: after a kill the next process waits this long, and a minute has to hold many of them.
const LEASE: Duration = Duration::from_millis(300);
/// How long everything may take to come to rest at the end.
const LIMIT: Duration = Duration::from_secs(120);
/// Publishers of one process.
const PUBLISHERS: u64 = 3;
/// Events of the round before that each publisher publishes once more: it cannot know which of them the log took.
const AGAIN: u64 = 8;

type Anything = Box<dyn StdError + Send + Sync>;

/// What the process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Publish and handle until killed.
    Work,
    /// Handle everything there is, then stop in order.
    Finish,
    /// Hand every dead letter back to handlers that find nothing broken, then stop in order.
    Mend,
}

impl Task {
    /// As it stands on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Task::Work => "work",
            Task::Finish => "finish",
            Task::Mend => "mend",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Task::Work, Task::Finish, Task::Mend].into_iter().find(|task| task.as_str() == text)
    }
}

/// The entry of the process: task, log, ledger, round, seed.
pub fn main() -> ExitCode {
    // What is not UTF-8 is none of the words that are understood.
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let arguments: Vec<String> = std::env::args_os().skip(1).map(text).collect();
    let parsed = match &arguments[..] {
        [task, log, ledger, round, seed] => Task::parse(task)
            .zip(round.parse().ok())
            .zip(seed.parse().ok())
            .map(|((task, round), seed)| (task, PathBuf::from(log), PathBuf::from(ledger), round, seed)),
        _ => None,
    };
    let Some((task, log, ledger, round, seed)) = parsed else {
        eprintln!("this process belongs to the kill test: `cargo test -p stheno-testkit --test kill`");
        return ExitCode::from(64);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.map_err(Anything::from).and_then(|runtime| {
        runtime.block_on(async {
            let log = SqliteBackend::open(SqliteOptions::file(log)).await?;
            let ledger = Arc::new(Ledger::open(&ledger)?);
            let app = App::new(log).catalog(events::catalog()).lease(LEASE);
            let app = subscribers::all(&ledger, task == Task::Mend).into_iter().fold(app, App::subscribe);
            match task {
                Task::Work => work(app, round, seed).await,
                Task::Finish => finish(app.start().await?).await,
                Task::Mend => mend(app.start().await?).await,
            }
        })
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the child of the kill test failed: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn work(app: App, round: u64, seed: u64) -> Result<(), Anything> {
    // Publishing begins before the subscribers do, as another process would.
    let bus = app.bus();
    let publishing: Vec<_> =
        (0..PUBLISHERS).map(|publisher| tokio::spawn(publish(bus.clone(), round, publisher, seed))).collect();
    let running = app.start().await?;
    for publisher in publishing {
        publisher.await??;
    }
    drop(running);
    Ok(())
}

async fn publish(bus: Bus, round: u64, publisher: u64, seed: u64) -> Result<(), Anything> {
    let mut random = Random::new(seed ^ (round << 8) ^ publisher);
    if let Some(before) = round.checked_sub(1) {
        for number in 0..AGAIN {
            publish_one(&bus, &id(before, publisher, number)).await?;
        }
    }
    let mut number = 0;
    loop {
        if random.one_in(6) {
            publish_batch(&bus, (0..3).map(|next| id(round, publisher, number + next)).collect()).await?;
            number += 3;
        } else {
            publish_one(&bus, &id(round, publisher, number)).await?;
            number += 1;
        }
        tokio::time::sleep(random.time_below(Duration::from_millis(30))).await;
    }
}

fn id(round: u64, publisher: u64, number: u64) -> String {
    format!("{round}-{publisher}-{number}")
}

async fn publish_one(bus: &Bus, id: &str) -> Result<(), Anything> {
    say(&format!("try {id}"))?;
    let published = bus.publish(Planned::of(id).outgoing()).await?;
    say_acknowledged(id, published.sequence)
}

/// All or nothing; a batch cannot hold events for later.
async fn publish_batch(bus: &Bus, ids: Vec<String>) -> Result<(), Anything> {
    if ids.iter().any(|id| Planned::of(id.as_str()).delay.is_some()) {
        for id in &ids {
            publish_one(bus, id).await?;
        }
        return Ok(());
    }
    ids.iter().try_for_each(|id| say(&format!("try {id}")))?;
    let batch = ids.iter().map(|id| Planned::of(id.as_str()).outgoing());
    let published = bus.publish_all(batch).atomic().await?;
    ids.iter().zip(published).try_for_each(|(id, published)| say_acknowledged(id, published.sequence))
}

fn say_acknowledged(id: &str, sequence: Option<u64>) -> Result<(), Anything> {
    match sequence {
        Some(sequence) => say(&format!("ack {id} {sequence}")),
        None => say(&format!("ack {id} -")),
    }
}

/// One line, one write: a kill does not tear it.
fn say(line: &str) -> Result<(), Anything> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

async fn finish(running: Running) -> Result<(), Anything> {
    rest(&running).await?;
    stop(running).await
}

async fn mend(running: Running) -> Result<(), Anything> {
    rest(&running).await?;
    for (id, _) in running.progress() {
        for letter in running.operator().dead_letters(&id).await? {
            running.operator().redrive(&id, letter.sequence).await?;
        }
    }
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !running.bus().backend().list_records("command/").await?.is_empty() {
        if tokio::time::Instant::now() > deadline {
            return Err("the redrives were not carried out".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    rest(&running).await?;
    stop(running).await
}

/// Waits until nothing is left to be handled or tried again; events for later are due by then.
async fn rest(running: &Running) -> Result<(), Anything> {
    // The longest delay of an event is shorter than this.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        running.settle(LIMIT).await?;
        if running.progress().iter().all(|(_, progress)| progress.next_due.is_none()) {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            return Err("retries do not come to an end".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn stop(running: Running) -> Result<(), Anything> {
    match running.stop().await {
        Stopped::Drained => Ok(()),
        stopped => Err(format!("the app did not drain: {stopped:?}").into()),
    }
}
