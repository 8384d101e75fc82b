//! A host as a process: signals, exit codes, and the surroundings it takes its address from.

use std::{io::Write as _, path::Path};

use stheno::{App, Bus, Operator, Outgoing, medusa::OrderPlaced, prelude::*};
use stheno_system_tests::{Host, LIMIT, LogFile};
use tokio::time::timeout;

/// The small host as a process.
fn start(log: &LogFile, variables: &[(&str, &str)]) -> Host {
    Host::start(env!("CARGO_BIN_EXE_small-host"), log, variables)
}

async fn with_an_order(log: &LogFile) -> String {
    let bus = Bus::connect(&log.url()).await.unwrap();
    bus.publish(OrderPlaced::new("order_1")).await.unwrap();
    bus.backend().close().await;
    log.url()
}

#[tokio::test]
async fn sigterm_drains_what_is_under_way_and_ends_with_0() {
    let log = LogFile::new();
    let mut host = start(&log, &[("STHENO_URL", &with_an_order(&log).await)]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    host.says("done order_1").await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(0), "{said}");

    let operator = Operator::new(App::new(log.open().await).bus());
    assert_eq!(operator.why("small.handle", 1).await.unwrap(), stheno::delivery::why::Why::Handled);
}

#[tokio::test]
async fn a_second_signal_ends_a_handler_that_hangs_at_once_with_75() {
    let log = LogFile::new();
    let mut host = start(&log, &[("STHENO_URL", &with_an_order(&log).await), ("SMALL_HOST", "hang")]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    host.terminate().await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(75), "{said}");
}

#[tokio::test]
async fn what_was_cut_after_the_first_signal_is_not_taken_for_a_crash() {
    let log = LogFile::new();
    let url = with_an_order(&log).await;
    let mut host = start(&log, &[("STHENO_URL", &url), ("SMALL_HOST", "hang")]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    stopping_is_recorded(&log).await;
    host.kill().await;

    let operator = Operator::new(App::new(log.open().await).bus());
    let state = operator.subscribers().await.unwrap().into_iter().find(|one| one.id == "small.handle").unwrap().state;
    assert!(state.clean && state.suspect.is_none() && state.reserved == state.floor, "{state:?}");
    let mut host = start(&log, &[("STHENO_URL", &url)]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    host.says("done order_1").await;
    assert_eq!(host.end().await.0.code(), Some(0));
}

async fn stopping_is_recorded(log: &LogFile) {
    let operator = Operator::new(App::new(log.open().await).bus());
    let recorded = async {
        while !operator.subscribers().await.unwrap().iter().any(|one| one.id == "small.handle" && one.state.clean) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, recorded).await.expect("the stop is recorded");
}

#[tokio::test]
async fn a_second_signal_ends_a_handler_that_blocks_its_thread_at_once_with_75() {
    let log = LogFile::new();
    let mut host = start(&log, &[("STHENO_URL", &with_an_order(&log).await), ("SMALL_HOST", "block")]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    host.terminate().await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(75), "{said}");
}

#[tokio::test]
async fn what_is_wrong_with_the_app_ends_it_with_78() {
    let log = LogFile::new();
    let host = start(&log, &[("STHENO_URL", &log.url()), ("SMALL_HOST_WRONG", "1")]);
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(78), "{said}");
    assert!(said.contains("order.placed"), "the nearest name is shown: {said}");
}

#[tokio::test]
async fn a_file_that_is_no_log_ends_it_with_78() {
    let log = LogFile::new();
    std::fs::write(log.beside("stheno.db"), "this is no database, and nobody should write over it").unwrap();
    let (status, said) = start(&log, &[("STHENO_URL", &log.url())]).end().await;
    assert_eq!(status.code(), Some(78), "starting again does not help: {said}");
}

/// Orders that fill some hundred pages of a file, all of them in the file itself.
async fn with_many_orders(log: &LogFile) -> String {
    let bus = Bus::connect(&log.url()).await.unwrap();
    let orders = (0..400).map(|number| {
        let body = serde_json::json!({ "id": format!("order_{number}"), "note": "x".repeat(3_000) });
        Outgoing::raw("order.placed", &body).as_received()
    });
    bus.publish_all(orders).send().await.unwrap();
    bus.backend().close().await;
    log.url()
}

/// Turns over 64 bytes of a file: 8 in each of these pages.
fn damage(file: &Path, pages: std::ops::Range<usize>) {
    let mut bytes = std::fs::read(file).unwrap();
    for page in pages {
        bytes[page * 4_096..page * 4_096 + 8].iter_mut().for_each(|byte| *byte = !*byte);
    }
    // Written in place: another file would be a log that was replaced.
    std::fs::OpenOptions::new().write(true).open(file).unwrap().write_all(&bytes).unwrap();
}

fn errors(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("ERROR")).collect()
}

#[tokio::test]
async fn damage_that_a_running_host_finds_is_said_once_and_ends_it_with_70() {
    // A handler that never gives its thread back keeps no host from ending.
    for handler in ["", "hang", "block"] {
        let log = LogFile::new();
        let url = with_many_orders(&log).await;
        let file = log.beside("stheno.db");
        damage(&file, 200..208);
        let host = start(&log, &[("STHENO_URL", &url), ("SMALL_HOST", handler)]);
        let (status, said) = host.end().await;
        assert_eq!(status.code(), Some(70), "{said}");
        let errors = errors(&said);
        assert_eq!(errors.len(), 1, "{said}");
        for part in
            [&*file.canonicalize().unwrap().display().to_string(), "malformed", "PRAGMA integrity_check", "backup"]
        {
            assert!(errors[0].contains(part), "{part}: {said}");
        }
        assert!(!said.contains("trying again"), "{said}");
    }
}

#[tokio::test]
async fn damage_that_is_there_at_the_start_ends_a_host_with_78() {
    let log = LogFile::new();
    let url = with_many_orders(&log).await;
    damage(&log.beside("stheno.db"), 1..9);
    let (status, said) = start(&log, &[("STHENO_URL", &url)]).end().await;
    assert_eq!(status.code(), Some(78), "{said}");
    assert!(said.contains("integrity_check"), "{said}");
}

#[tokio::test]
async fn a_log_file_that_is_lost_under_a_running_host_ends_it_with_70() {
    for change in ["moved", "deleted", "replaced", "emptied", "cut short", "without its write-ahead log"] {
        let log = LogFile::new();
        let url = with_many_orders(&log).await;
        let mut host = start(&log, &[("STHENO_URL", &url), ("SMALL_HOST", "hang")]);
        host.says("begun order_0").await;
        let (file, other) = (log.beside("stheno.db"), log.beside("other.db"));
        let length = std::fs::metadata(&file).unwrap().len();
        let shorten = |length| std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length).unwrap();
        match change {
            "moved" => std::fs::rename(&file, &other).unwrap(),
            "deleted" => std::fs::remove_file(&file).unwrap(),
            "replaced" => {
                std::fs::copy(&file, &other).unwrap();
                std::fs::rename(&other, &file).unwrap();
            }
            "emptied" => shorten(0),
            "cut short" => shorten(length / 2),
            _ => std::fs::remove_file(log.beside("stheno.db-wal")).unwrap(),
        }
        let (status, said) = host.end().await;
        assert_eq!(status.code(), Some(70), "{change}: {said}");
        assert_eq!(errors(&said).len(), 1, "{change}: {said}");
    }
}

#[tokio::test]
async fn surroundings_that_contradict_themselves_end_it_with_78() {
    let log = LogFile::new();
    for (file, variables) in [
        // A local file in a container, where somebody meant a server.
        ("", vec![("NATS_URL", "nats://queue:4222")]),
        ("", vec![("STHENO_URL", "postgres://shop:hunter2@db/log")]),
        ("[plugin.small]", vec![("STHENO_URL", "memory:")]),
        ("", vec![("STHENO_URL", "memory:"), ("STHENO_CONFIG", "")]),
    ] {
        std::fs::write(log.beside("stheno.toml"), file).unwrap();
        let (status, said) = start(&log, &variables).end().await;
        assert_eq!(status.code(), Some(78), "{variables:?}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(!log.beside("stheno.db").exists());
    }
}

#[tokio::test]
async fn without_an_address_the_log_is_a_file_here_and_that_is_said_aloud() {
    let log = LogFile::new();
    with_an_order(&log).await;
    let mut host = start(&log, &[]);
    host.says("begun order_1").await;
    host.terminate().await;
    host.says("stopping").await;
    let (status, said) = host.end().await;
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("stheno.db"), "{said}");
}

#[tokio::test]
async fn a_manifest_is_written_and_checked_by_command() {
    let log = LogFile::new();
    let url = log.url();
    let manifest = log.beside("stheno.manifest.json");
    let (status, _) = start(&log, &[("STHENO_URL", &url), ("STHENO_MANIFEST", "write")]).end().await;
    assert_eq!(status.code(), Some(0));
    let written = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, written.replace("small.handle", "small.gone")).unwrap();
    let (status, said) = start(&log, &[("STHENO_URL", &url), ("STHENO_MANIFEST", "check")]).end().await;
    assert_eq!(status.code(), Some(78), "{said}");
    assert!(said.contains("small.gone"), "{said}");
    let required = [("STHENO_URL", &*url), ("STHENO_MANIFEST", "require")];
    assert_eq!(start(&log, &required).end().await.0.code(), Some(78));

    std::fs::write(&manifest, &written).unwrap();
    let (status, said) = start(&log, &[("STHENO_URL", &url), ("STHENO_MANIFEST", "check")]).end().await;
    assert_eq!(status.code(), Some(0), "a check ends when it is done: {said}");
    let mut running = start(&log, &[("STHENO_URL", &with_an_order(&log).await), ("STHENO_MANIFEST", "require")]);
    running.says("begun order_1").await;
}
