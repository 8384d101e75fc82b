//! Several processes on one file, and processes that are killed.

mod common;

use std::{path::Path, sync::Arc};

use common::{
    BOUND, TestFile, append,
    child::{self, Running},
    event, open, read_all, sequences, take, with_id,
};
use stheno_core::backend::{Backend, Expect, Query, RecordError, RecordWrite};
use stheno_sqlite::SqliteBackend;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

const TASKS: usize = 8;
const EACH: usize = 50;
const OF_ONE: usize = TASKS * EACH;

/// Appends from several tasks and tails at the same time, until the events of both processes are there.
async fn append_and_tail(path: &Path, who: &str) {
    let log = open(path).await;
    let mut tail = log.tail(Query::all()).await.unwrap();
    let tailing = tokio::spawn(async move { take(&mut *tail, 2 * OF_ONE).await });
    let appending: Vec<_> = (0..TASKS)
        .map(|task| {
            let (log, who) = (Arc::clone(&log), who.to_owned());
            tokio::spawn(async move {
                for number in 0..EACH {
                    append(&log, with_id("order.placed", &format!("{who}/{task}/{number:03}"))).await;
                }
            })
        })
        .collect();
    for task in appending {
        task.await.unwrap();
    }
    let events = tailing.await.unwrap();
    assert_eq!(sequences(&events), (1..=2 * OF_ONE as u64).collect::<Vec<u64>>());
    for task in 0..TASKS {
        for writer in ["parent", "child"] {
            let prefix = format!("{writer}/{task}/");
            let of_task: Vec<&str> =
                events.iter().map(|event| event.id.as_str()).filter(|id| id.starts_with(&prefix)).collect();
            assert_eq!(of_task.len(), EACH);
            assert!(of_task.is_sorted(), "{of_task:?}");
        }
    }
    log.close().await;
}

#[test]
fn two_processes_append_and_tail_one_file_at_once() {
    const TEST: &str = "two_processes_append_and_tail_one_file_at_once";
    if let Some((_, path)) = child::role() {
        runtime().block_on(append_and_tail(&path, "child"));
        child::say("done");
        return;
    }
    let file = TestFile::new();
    let child = Running::start(child::command(TEST, "append and tail", &file.path));
    runtime().block_on(append_and_tail(&file.path, "parent"));
    assert_eq!(child.finish(), ["done"]);
}

/// Raises a counter in a record by compare-and-set, this many times.
async fn count_up(log: &SqliteBackend, times: usize) {
    let name = common::record("counter");
    let mut done = 0;
    while done < times {
        let (value, expect) = match log.get_record(&name).await.unwrap() {
            Some(record) => (record.value[0], Expect::Revision(record.revision)),
            None => (0, Expect::Absent),
        };
        match log.write_records(vec![RecordWrite::put(name.clone(), vec![value + 1]).expect(expect)]).await {
            Ok(_) => done += 1,
            Err(RecordError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn processes_that_count_by_compare_and_set_lose_no_step() {
    const TEST: &str = "processes_that_count_by_compare_and_set_lose_no_step";
    if let Some((_, path)) = child::role() {
        runtime().block_on(async { count_up(&*open(&path).await, 40).await });
        return;
    }
    let file = TestFile::new();
    let children: Vec<Running> = (0..2).map(|_| Running::start(child::command(TEST, "count", &file.path))).collect();
    runtime().block_on(async {
        let log = file.open().await;
        count_up(&log, 40).await;
        for child in children {
            child.finish();
        }
        let counter = log.get_record(&common::record("counter")).await.unwrap().unwrap();
        assert_eq!(counter.value[0], 120);
    });
}

#[test]
fn processes_that_make_one_file_at_once_make_one_log() {
    const TEST: &str = "processes_that_make_one_file_at_once_make_one_log";
    if let Some((_, path)) = child::role() {
        runtime().block_on(async {
            let log = open(&path).await;
            append(&log, event("order.placed")).await;
            child::say(&log.info().await.unwrap().log_id);
        });
        return;
    }
    let file = TestFile::new();
    let children: Vec<Running> = (0..6).map(|_| Running::start(child::command(TEST, "make", &file.path))).collect();
    let mut ids: Vec<String> = children.into_iter().flat_map(Running::finish).collect();
    assert_eq!(ids.len(), 6);
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let events = runtime().block_on(async { read_all(&*file.open().await, Query::all()).await });
    assert_eq!(events.len(), 6);
}

/// Appends for ever from several tasks and says every id that was acknowledged.
async fn append_and_say(path: &Path) {
    let log = open(path).await;
    let round = log.info().await.unwrap().last;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                for number in 0.. {
                    let id = format!("{round}/{task}/{number}");
                    let sequence = append(&log, with_id("order.placed", &id)).await;
                    child::say(&format!("{id} {sequence}"));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[test]
fn what_was_acknowledged_is_there_after_kill_9() {
    const TEST: &str = "what_was_acknowledged_is_there_after_kill_9";
    if let Some((_, path)) = child::role() {
        runtime().block_on(append_and_say(&path));
        return;
    }
    let file = TestFile::new();
    let mut acknowledged: Vec<(String, u64)> = Vec::new();
    for lines in [1, 40, 170, 333, 500] {
        let mut child = Running::start(child::command(TEST, "append", &file.path));
        let mut said: Vec<String> = (0..lines).map(|_| child.next_line().expect("the child goes on")).collect();
        said.extend(child.kill());
        acknowledged.extend(said.iter().map(|line| {
            let (id, sequence) = line.split_once(' ').unwrap();
            (id.to_owned(), sequence.parse().unwrap())
        }));
        let events = runtime().block_on(async {
            let log = tokio::time::timeout(BOUND, file.open()).await.expect("a killed process holds nothing");
            read_all(&log, Query::all()).await
        });
        assert_eq!(sequences(&events), (1..=events.len() as u64).collect::<Vec<u64>>());
        for (id, sequence) in &acknowledged {
            let at = usize::try_from(*sequence).unwrap() - 1;
            assert_eq!(events[at].id.as_str(), id);
        }
    }
    assert!(acknowledged.len() >= 1_044);
}
