//! Group commit: single appends that go out together on a server that writes each through to its disk.

mod common;

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{LIMIT, a_log, bounded, everything, in_batches, open, placed, sequences, stored};
use futures_util::future::join_all;
use stheno_core::{
    EventId, NewEvent, Timestamp,
    backend::{Append, AppendError, AppendErrorKind, Appended, Backend, BackendErrorKind},
};
use stheno_nats::{NatsBackend, NatsOptions, ServerSync};
use stheno_testkit::nats::{NatsClusterOptions, NatsServer, NatsServerOptions};
use tokio::task::JoinHandle;

fn synced() -> NatsServer {
    NatsServerOptions::new().jetstream("sync_interval: always").start()
}

/// The server of the tests that leave it alone.
fn shared() -> &'static NatsServer {
    static SHARED: OnceLock<NatsServer> = OnceLock::new();
    SHARED.get_or_init(synced)
}

fn together(server: &NatsServer) -> NatsOptions {
    a_log(server).sync(ServerSync::Always)
}

fn append(log: &Arc<NatsBackend>, event: NewEvent) -> JoinHandle<Result<Appended, AppendError>> {
    let log = Arc::clone(log);
    tokio::spawn(async move { log.append(Append::one(event)).await.map(|appended| appended[0]) })
}

async fn answer(task: JoinHandle<Result<Appended, AppendError>>) -> Result<Appended, AppendError> {
    bounded("an append is answered", task).await.expect("the task ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_gather_each_have_their_own_answer_and_keep_the_order_of_a_caller() {
    let log = open(together(shared())).await;
    let callers = (0..40).map(|caller| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let events: Vec<_> = (0..20).map(|number| placed(format!("{caller}-{number}"))).collect();
            let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
            let appended = join_all(events.into_iter().map(|event| log.append(Append::one(event)))).await;
            let sequences = appended.into_iter().map(|one| one.expect("the log takes it")[0].sequence.expect("stored"));
            ids.into_iter().zip(sequences).collect::<Vec<_>>()
        })
    });
    let mut answered = HashMap::new();
    for caller in callers.collect::<Vec<_>>() {
        let of_one = bounded("a caller ends", caller).await.expect("the task ends");
        assert!(of_one.is_sorted_by_key(|(_, sequence)| *sequence), "{of_one:?}");
        answered.extend(of_one);
    }
    let events = everything(&log).await;
    assert_eq!(events.len(), 800);
    assert!(events.iter().all(|event| answered.get(&event.id) == Some(&event.sequence)));
    assert!(in_batches(shared(), &log).await > 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_every_append_goes_by_itself() {
    let log = open(together(shared()).group_commit(false)).await;
    for task in (0..100).map(|number| append(&log, placed(number))).collect::<Vec<_>>() {
        answer(task).await.expect("the log takes it");
    }
    assert_eq!(in_batches(shared(), &log).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_or_a_conflict_is_answered_to_whom_it_belongs() {
    let server = synced();
    let log = open(together(&server)).await;
    let known = placed("known");
    assert_eq!(stored(&log, known.clone()).await, 1);
    let twin = placed("twin");
    server.pause();
    // So many that they gather, with those among them that are not like the others.
    let mut plain: Vec<_> = (0..60).map(|number| append(&log, placed(number))).collect();
    let again = append(&log, known);
    let twins = [append(&log, twin.clone()), append(&log, twin)];
    let [mut conflict, mut fine, mut later] = [placed("known"), placed("fine"), placed("later")];
    (conflict.expected, fine.expected) = (Some(0), Some(0));
    later.not_before = Some(Timestamp::now().plus(Duration::from_secs(3_600)));
    let [conflict, fine, later] = [conflict, fine, later].map(|event| append(&log, event));
    plain.extend((60..120).map(|number| append(&log, placed(number))));
    // What was spawned first is not always what comes first: the server goes on when all have begun.
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.resume();

    for task in plain {
        let appended = answer(task).await.expect("the log takes it");
        assert!(appended.sequence.is_some() && !appended.duplicate, "{appended:?}");
    }
    assert_eq!(answer(again).await.expect("it is there"), Appended::duplicate(Some(1)));
    let [one, other] = twins;
    let twins = [answer(one).await.expect("the log takes it"), answer(other).await.expect("the log takes it")];
    assert_eq!(twins[0].sequence, twins[1].sequence);
    assert_eq!(twins.iter().filter(|twin| twin.duplicate).count(), 1, "{twins:?}");
    let refused = answer(conflict).await.expect_err("something else is expected");
    assert_eq!(refused.kind(), AppendErrorKind::Conflict { index: 0, expected: 0, actual: 1 });
    assert!(answer(fine).await.expect("what is expected is so").sequence.is_some());
    assert_eq!(answer(later).await.expect("the log takes it"), Appended::scheduled());
    assert_eq!(everything(&log).await.len(), 1 + 120 + 1 + 1);
    // One duplicate does not make all others go by themselves.
    assert!(in_batches(&server, &log).await > 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_server_refuses_is_refused_alone() {
    let users = r#"authorization { users: [
        { user: u, password: p, permissions: { publish: { deny: ["*.log.*.secret.>"] } } }
    ] }"#;
    let server = NatsServerOptions::new().jetstream("sync_interval: always").config(users).start();
    let log = open(together(&server).user("u", "p")).await;
    let mut secret = placed("secret");
    secret.name = "secret.thing".parse().expect("a legal name");
    server.pause();
    let before: Vec<_> = (0..50).map(|number| append(&log, placed(number))).collect();
    let refused = append(&log, secret);
    let after: Vec<_> = (50..100).map(|number| append(&log, placed(number))).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.resume();
    for task in before.into_iter().chain(after) {
        answer(task).await.expect("the log takes it");
    }
    let refused = answer(refused).await.expect_err("the server refuses it");
    assert_eq!(refused.kind(), AppendErrorKind::Backend(BackendErrorKind::Permission), "{refused:?}");
    assert_eq!(everything(&log).await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_takes_nobody_along() {
    let server = synced();
    let log = open(together(&server)).await;
    server.pause();
    let tasks: Vec<_> = (0..100).map(|number| append(&log, placed(number))).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    tasks.iter().step_by(2).for_each(JoinHandle::abort);
    server.resume();
    let mut answered = Vec::new();
    for task in tasks.into_iter().skip(1).step_by(2) {
        answered.extend(answer(task).await.expect("the log takes it").sequence);
    }
    let there = sequences(&everything(&log).await);
    assert_eq!(answered.len(), 50);
    assert!(answered.iter().all(|sequence| there.contains(sequence)));
}

/// Many callers that each await their own.
struct Load {
    callers: Vec<JoinHandle<Vec<(EventId, u64)>>>,
    count: Arc<AtomicUsize>,
}

impl Load {
    const CALLERS: usize = 100;
    const EACH: usize = 40;
    const ALL: usize = Self::CALLERS * Self::EACH;

    fn start(log: &Arc<NatsBackend>) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let callers = (0..Self::CALLERS).map(|caller| {
            let (log, count) = (Arc::clone(log), Arc::clone(&count));
            tokio::spawn(async move {
                let mut answered = Vec::new();
                for number in 0..Self::EACH {
                    let event = placed(format!("{caller}-{number}"));
                    let id = event.id.clone();
                    answered.push((id, stored(&log, event).await));
                    count.fetch_add(1, Ordering::Relaxed);
                }
                answered
            })
        });
        Self { callers: callers.collect(), count }
    }

    /// Waits until so many are answered.
    async fn reaches(&self, answered: usize) {
        let reached = async {
            while self.count.load(Ordering::Relaxed) < answered {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        bounded("appends go on", reached).await;
    }

    /// Everything that was answered is there, once, where the answer said, and nothing else is.
    async fn find_all(self, log: &NatsBackend) {
        let mut answered = HashMap::new();
        for caller in self.callers {
            let of_one = bounded("a caller ends", caller).await.expect("the task ends");
            assert!(of_one.is_sorted_by_key(|(_, sequence)| *sequence), "{of_one:?}");
            answered.extend(of_one);
        }
        let events = everything(log).await;
        assert_eq!(events.len(), Self::ALL, "nothing is there twice");
        for event in &events {
            assert_eq!(answered.get(&event.id), Some(&event.sequence), "{event:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_append_that_was_acknowledged_is_there_once_though_the_server_is_killed() {
    let server = Arc::new(synced());
    let log = open(together(&server)).await;
    let load = Load::start(&log);
    for killed in 1..=3 {
        load.reaches(killed * Load::ALL / 4).await;
        let server = Arc::clone(&server);
        let restarted = tokio::task::spawn_blocking(move || {
            server.kill();
            server.start_again();
        });
        restarted.await.expect("the server starts");
    }
    load.find_all(&log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_three_servers_whose_leader_is_killed() {
    let cluster = Arc::new(NatsClusterOptions::new().start());
    let options = NatsOptions::from_url(&cluster.url()).expect("the address of a cluster");
    let options = options.stream("GROUP").replicas(3).group_commit(true).patience(LIMIT);
    let log = open(options).await;
    let load = Load::start(&log);
    for killed in 1..=2 {
        load.reaches(killed * Load::ALL / 3).await;
        let cluster = Arc::clone(&cluster);
        let another = tokio::task::spawn_blocking(move || {
            let leader = cluster.leader("GROUP");
            leader.kill();
            cluster.leader("GROUP");
            leader.start();
            cluster.wait_until_whole("GROUP");
        });
        another.await.expect("another server leads");
    }
    load.find_all(&log).await;
}
