//! Damage of a log's file, as the processes show it that use the file: what ends them, with which code, and what the next
//! start says.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt as _,
    path::Path,
};

use stheno::{
    App, Bus, Operator, Outgoing,
    backend::{BackendErrorKind, Query},
    delivery::why::Why,
    medusa::OrderPlaced,
    prelude::*,
    sqlite::once::rusqlite,
};
use stheno_system_tests::{Host, LogFile};

fn start(log: &LogFile) -> Host {
    Host::start(env!("CARGO_BIN_EXE_small-host"), log, &[("STHENO_URL", &log.url())])
}

/// Orders that fill some hundred pages, all of them in the file itself.
async fn with_many_orders(log: &LogFile) {
    let bus = Bus::connect(&log.url()).await.unwrap();
    let orders = (0..400).map(|number| {
        let body = serde_json::json!({ "id": format!("order_{number}"), "note": "x".repeat(3_000) });
        Outgoing::raw("order.placed", &body).as_received()
    });
    bus.publish_all(orders).send().await.unwrap();
    bus.backend().close().await;
}

/// A host that runs, has begun the first of many orders, and has nothing else to read.
async fn running(log: &LogFile) -> Host {
    with_many_orders(log).await;
    let mut host = start(log);
    host.says("begun order_0").await;
    host
}

/// Turns bytes of a file over, in place.
fn flip(file: &Path, from: u64, length: usize) {
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from).unwrap();
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    file.write_all_at(&bytes, from).unwrap();
}

fn errors(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("ERROR")).collect()
}

async fn ended_with_70(host: Host, what: &str) -> String {
    let (status, said) = host.end_by_itself().await;
    assert_eq!(status.code(), Some(70), "{what}: {said}");
    assert_eq!(errors(&said).len(), 1, "{what}: {said}");
    said
}

/// That nobody opens the log: neither a host nor a publisher. Gives what the host says.
async fn is_refused(log: &LogFile, what: &str) -> String {
    let (status, said) = start(log).end().await;
    assert_eq!(status.code(), Some(78), "{what}: {said}");
    let refused = Bus::connect(&log.url()).await.expect_err(what);
    assert_eq!(refused.kind(), BackendErrorKind::Corrupt, "{what}: {refused}");
    said
}

#[tokio::test]
async fn a_host_whose_write_ahead_log_was_damaged_ends_with_70_and_nobody_opens_the_log_until_an_operator_says_so() {
    for how in ["flipped", "zeroed", "cut to half"] {
        let log = LogFile::new();
        let host = running(&log).await;
        let (file, ahead, sign) =
            (log.beside("stheno.db"), log.beside("stheno.db-wal"), log.beside("stheno.db-damaged"));
        let bus = Bus::connect(&log.url()).await.unwrap();
        for number in 0..20 {
            bus.publish(OrderPlaced::new(format!("late_{number}"))).await.unwrap();
        }
        let whole = fs::read(&file).unwrap();
        let length = fs::metadata(&ahead).unwrap().len();
        match how {
            "flipped" => flip(&ahead, length / 2, 500),
            "zeroed" => {
                OpenOptions::new().write(true).open(&ahead).unwrap().write_all_at(&vec![0; length as usize], 0).unwrap()
            }
            _ => OpenOptions::new().write(true).open(&ahead).unwrap().set_len(length / 2).unwrap(),
        }
        host.terminate().await;
        ended_with_70(host, how).await;
        drop(bus);
        assert!(fs::read(&file).unwrap() == whole, "{how}: nothing was moved into the sound file");
        let said = is_refused(&log, how).await;
        for part in
            ["its `-wal` file was found damaged", "and not the file itself", "restore a backup", "stheno.db-damaged"]
        {
            assert!(said.contains(part), "{how}: {part}: {said}");
        }

        fs::remove_file(&sign).unwrap();
        let bus = Bus::connect(&log.url()).await.unwrap();
        assert!(bus.backend().read(Query::all()).await.unwrap().events.len() >= 400, "{how}");
        bus.backend().close().await;
        let mut host = start(&log);
        assert!(host.next_line().await.is_some_and(|line| line.starts_with("begun")), "{how}");
        host.terminate().await;
        assert_eq!(host.end().await.0.code(), Some(0), "{how}");
    }
}

#[tokio::test]
async fn a_host_finds_damage_of_pages_that_it_does_not_read() {
    let log = LogFile::new();
    let host = running(&log).await;
    let file = log.beside("stheno.db");
    let middle = fs::metadata(&file).unwrap().len() / 2 / 4_096 * 4_096;
    flip(&file, middle, 500);
    let said = ended_with_70(host, "in the middle").await;
    assert!(said.contains("integrity_check"), "{said}");
    let said = is_refused(&log, "in the middle").await;
    assert!(said.contains("it was found damaged") && said.contains(".recover"), "{said}");
}

#[tokio::test]
async fn a_host_that_is_stopped_right_after_the_damage_does_not_end_as_if_all_were_well() {
    let log = LogFile::new();
    let host = running(&log).await;
    flip(&log.beside("stheno.db"), 300 * 4_096, 500);
    host.terminate().await;
    ended_with_70(host, "stopped").await;
    is_refused(&log, "stopped").await;
}

#[tokio::test]
async fn what_another_process_finds_ends_a_host() {
    let log = LogFile::new();
    let host = running(&log).await;
    flip(&log.beside("stheno.db"), 300 * 4_096, 500);
    let bus = Bus::connect(&log.url()).await.unwrap();
    let mut query = Query::all();
    let found = loop {
        match bus.backend().read(query.clone()).await {
            Ok(page) if page.end => panic!("nothing was found"),
            Ok(page) => query.after = page.covered,
            Err(error) => break error,
        }
    };
    assert_eq!(found.kind(), BackendErrorKind::Corrupt);
    ended_with_70(host, "found elsewhere").await;
}

#[tokio::test]
async fn after_a_crash_a_write_ahead_log_without_its_end_is_refused_with_what_is_lost() {
    let log = LogFile::new();
    let host = running(&log).await;
    let bus = Bus::connect(&log.url()).await.unwrap();
    let ahead = log.beside("stheno.db-wal");
    let length = fs::metadata(&ahead).unwrap().len();
    for number in 0..20 {
        bus.publish(OrderPlaced::new(format!("late_{number}"))).await.unwrap();
    }
    // A copy, since this process has not crashed.
    host.kill().await;
    let crashed = LogFile::new();
    for name in ["stheno.db", "stheno.db-wal"] {
        fs::copy(log.beside(name), crashed.beside(name)).unwrap();
    }
    OpenOptions::new().write(true).open(crashed.beside("stheno.db-wal")).unwrap().set_len(length).unwrap();
    let acknowledged = fs::read_to_string(log.beside("stheno.db-acknowledged")).unwrap();
    use std::os::unix::fs::MetadataExt as _;
    let identity = |log: &LogFile| {
        let file = fs::metadata(log.beside("stheno.db")).unwrap();
        format!("{}:{}", file.dev(), file.ino())
    };
    let acknowledged = acknowledged.replace(&identity(&log), &identity(&crashed));
    fs::write(crashed.beside("stheno.db-acknowledged"), acknowledged).unwrap();
    let said = is_refused(&crashed, "cut").await;
    assert!(said.contains("the events 401 to 420 were acknowledged, and they are gone"), "{said}");
}

#[tokio::test]
async fn tables_that_somebody_changes_end_a_running_host_and_refuse_the_next_start() {
    let changes = ["meta", "names", "events", "clock_steps", "scheduled", "records"]
        .map(|table| format!("DROP TABLE {table}"))
        .into_iter()
        .chain(
            [
                "DELETE FROM meta",
                "DELETE FROM names",
                "ALTER TABLE records RENAME COLUMN value TO other",
                "ALTER TABLE events RENAME COLUMN body TO other",
            ]
            .map(str::to_owned),
        );
    let one = |change: String| async move {
        let log = LogFile::new();
        let host = running(&log).await;
        let hand = rusqlite::Connection::open(log.beside("stheno.db")).unwrap();
        hand.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        hand.execute_batch(&change).unwrap();
        drop(hand);
        let said = ended_with_70(host, &change).await;
        assert!(said.matches("trying again").count() < 5, "{change}: {said}");
        let said = is_refused(&log, &change).await;
        assert!(said.contains("by hand"), "{change}: {said}");
        assert!(!log.beside("stheno.db-damaged").exists(), "{change}: it can be undone");
    };
    // Side by side: a host that does not need a table looks for it every few seconds.
    let all: Vec<_> = changes.map(|change| tokio::spawn(one(change))).collect();
    for one in all {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn an_event_with_an_illegal_key_ends_a_host_before_it_records_anything_that_it_refuses_itself() {
    let log = LogFile::new();
    let bus = Bus::connect(&log.url()).await.unwrap();
    bus.publish(OrderPlaced::new("order_1")).await.unwrap();
    bus.backend().close().await;
    let hand = |change: &str| {
        rusqlite::Connection::open(log.beside("stheno.db")).unwrap().execute_batch(change).unwrap();
    };
    hand("UPDATE events SET key = 'nocolon'");
    for _ in 0..2 {
        let (status, said) = start(&log).end().await;
        assert_eq!(status.code(), Some(70), "{said}");
        assert!(said.contains("event 1: key `nocolon` has no colon"), "{said}");
    }
    let operator = Operator::new(App::new(log.open().await).bus());
    assert!(operator.dead_letters("small.handle").await.unwrap().is_empty());
    let status = operator.subscribers().await.unwrap();
    assert!(status.iter().all(|status| status.lanes.is_empty()), "{status:?}");
    drop(operator);

    hand("UPDATE events SET key = 'order:order_1'");
    let mut host = start(&log);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    host.says("done order_1").await;
    assert_eq!(host.end().await.0.code(), Some(0));
    let operator = Operator::new(App::new(log.open().await).bus());
    assert_eq!(operator.why("small.handle", 1).await.unwrap(), Why::Handled);
}
