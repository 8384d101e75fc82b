//! A kill leaves few attempts unrecorded, however many keys fail at once and however quick the handler is: an attempt that is not
//! recorded is made once more, as the first one.
//!
//! `STHENO_BURST=100000 cargo test --release -p stheno-system-tests --test unrecorded -- --nocapture` takes more, and says how many
//! attempts a second were made.
#![cfg(unix)]

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use stheno::{Bus, Catalogs, backend::Backend, medusa, medusa::OrderPlaced};
use stheno_system_tests::{
    LogFile,
    attempts::{self, Attempt},
    nats,
};
use stheno_testkit::{nats::NatsServer, random::number_in};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Attempts that a kill may leave unrecorded at most, whenever it comes.
const MOST: usize = 2_000;
/// Kills of each log.
const KILLS: u64 = 2;
/// How long nothing may be attempted: only a defect, or a machine that stands still, takes so long.
const SILENCE: Duration = Duration::from_secs(120);

fn asked() -> Option<usize> {
    number_in("STHENO_BURST").map(|keys| usize::try_from(keys).expect("a number of keys"))
}

fn keys() -> usize {
    asked().unwrap_or(6_000)
}

/// How many attempts are made at once: what is worse for a plan, or few and many when more is asked for.
fn at_once(worse: usize) -> Vec<usize> {
    if asked().is_some() { vec![16, 256] } else { vec![worse] }
}

/// One log, its subscriber, and what it has attempted.
struct Burst<'b> {
    url: &'b str,
    plan: &'b str,
    concurrency: usize,
    ledger: PathBuf,
}

impl Burst<'_> {
    fn start(&self, process: u64) -> Child {
        let mut host = Command::new(env!("CARGO_BIN_EXE_burst-host"));
        host.args([self.url, self.plan, &self.concurrency.to_string()]).arg(&self.ledger).arg(process.to_string());
        host.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the host is built with these tests")
    }

    /// Waits until a process has made so many attempts. Says how long the burst took, and how many were made in it.
    async fn until_made(&self, process: u64, wanted: usize) -> (Duration, usize) {
        let (mut begun, mut made, mut heard) = (None, 0, Instant::now());
        loop {
            let now = attempts::read(&self.ledger).iter().filter(|attempt| attempt.process == process).count();
            if now > made {
                heard = Instant::now();
                begun.get_or_insert((heard, now));
            }
            made = now;
            if made >= wanted {
                let (since, before) = begun.expect("something was attempted");
                return (since.elapsed(), made - before);
            }
            assert!(heard.elapsed() < SILENCE, "{made} of {wanted} attempts were made, and no more");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills several processes in the middle, one after the other, and lets the last one come to its end.
    async fn run(&self) -> Vec<usize> {
        let each = keys() / (usize::try_from(KILLS).unwrap_or(1) + 1);
        for process in 0..KILLS {
            let mut host = self.start(process);
            let (took, made) = self.until_made(process, each).await;
            host.kill().await.expect("it runs");
            println!(
                "{} {} at once {}: {made} attempts in {took:?}",
                self.url.split(':').next().unwrap_or_default(),
                self.plan,
                self.concurrency
            );
        }
        let mut host = self.start(KILLS);
        let mut lines = BufReader::new(host.stdout.take().expect("it was piped")).lines();
        let said = lines.next_line().await.expect("it can be read");
        assert_eq!(said.as_deref(), Some("through"));
        host.wait().await.expect("it ends");
        unrecorded(&attempts::read(&self.ledger))
    }
}

/// For each process that was killed, how many of its first attempts a later one has made again as the first.
fn unrecorded(made: &[Attempt]) -> Vec<usize> {
    let firsts = |of: u64| made.iter().filter(move |attempt| attempt.process == of && attempt.number == 1);
    (0..KILLS)
        .map(|process| {
            let again: HashSet<u64> = (process + 1..=KILLS).flat_map(firsts).map(|attempt| attempt.sequence).collect();
            firsts(process).filter(|attempt| again.contains(&attempt.sequence)).count()
        })
        .collect()
}

async fn publish(log: Arc<dyn Backend>) {
    let (catalogs, _) = Catalogs::new([medusa::catalog()], []);
    let bus = Bus::new(log, Arc::new(catalogs));
    let order = |number: usize| OrderPlaced::new(format!("order_{number}"));
    for first in (0..keys()).step_by(1_000) {
        let events = (first..keys().min(first + 1_000)).map(order);
        bus.publish_all(events).await.expect("the log takes them");
    }
    bus.backend().close().await;
}

/// One log for each way, since a subscriber goes through a log once.
async fn a_kill_leaves_few(url: &str, log: Arc<dyn Backend>, beside: &Path, plan: &str, concurrency: usize) {
    publish(log).await;
    let burst = Burst { url, plan, concurrency, ledger: beside.to_owned() };
    let unrecorded = burst.run().await;
    println!("unrecorded at each kill: {unrecorded:?}");
    assert!(unrecorded.iter().all(|attempts| *attempts <= MOST), "more than {MOST} are unrecorded: {unrecorded:?}");
    let made = attempts::read(&burst.ledger);
    let attempted: HashSet<u64> = made.iter().map(|attempt| attempt.sequence).collect();
    assert_eq!(attempted.len(), keys(), "every event was attempted");
    let repeated = made.len() - keys();
    assert_eq!(repeated, unrecorded.iter().sum::<usize>(), "and nothing else was attempted twice");
}

async fn on_a_file(plan: &str, worse: usize) {
    for concurrency in at_once(worse) {
        let log = LogFile::new();
        a_kill_leaves_few(&log.url(), log.open().await, &log.beside("attempts"), plan, concurrency).await;
    }
}

async fn on_a_nats_server(plan: &str, worse: usize) {
    for concurrency in at_once(worse) {
        let (server, beside) = (NatsServer::start(), LogFile::new());
        let (url, ledger) = (server.url(), beside.beside("attempts"));
        a_kill_leaves_few(&url, nats(&url).await, &ledger, plan, concurrency).await;
    }
}

#[tokio::test]
async fn on_a_file_a_kill_in_a_burst_of_failures_leaves_few_attempts_unrecorded() {
    on_a_file("fails", 256).await;
}

#[tokio::test]
async fn on_a_file_a_kill_among_many_successes_leaves_few_attempts_unrecorded() {
    on_a_file("succeeds", 16).await;
}

#[tokio::test]
async fn on_a_nats_server_a_kill_in_a_burst_of_failures_leaves_few_attempts_unrecorded() {
    on_a_nats_server("fails", 256).await;
}

#[tokio::test]
async fn on_a_nats_server_a_kill_among_many_successes_leaves_few_attempts_unrecorded() {
    on_a_nats_server("succeeds", 16).await;
}
