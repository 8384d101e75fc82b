//! However many dead letters there are, handing all of them back, or giving all of them up, takes no memory for each while other events
//! flow: a host takes what its rings and caches take, and for each parked key its lane.
//!
//! `STHENO_LETTERS=100000 cargo test --release -p stheno-system-tests --test letters -- --nocapture` takes longer.
#![cfg(target_os = "linux")]

use std::process::Stdio;

use stheno_system_tests::LogFile;
use stheno_testkit::{nats::NatsServer, random::number_in};
use tokio::process::Command;

/// The letters that others are compared with.
const FEW: u64 = 1_000;
/// What a host may take beyond that until its rings and caches are full, in KiB.
const ROOM: u64 = 32 * 1024;
/// What it may take for each parked key, in bytes: a lane is about 400, and the allocator keeps as much again.
const EACH: u64 = 1_500;

fn many() -> u64 {
    number_in("STHENO_LETTERS").unwrap_or(8_000)
}

/// The most memory that a host took, in KiB.
async fn took(url: &str, command: &str, letters: u64) -> u64 {
    let mut host = Command::new(env!("CARGO_BIN_EXE_letters-host"));
    host.args([url, command, &letters.to_string()]).stdout(Stdio::piped()).kill_on_drop(true);
    let output = host.spawn().expect("the host is built with these tests").wait_with_output();
    let output = output.await.expect("it ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn assert_flat(what: &str, few: u64, many_took: u64) {
    println!("{what}: {few} KiB with {FEW} letters, {many_took} KiB with {}", many());
    let most = few + ROOM + many() * EACH / 1024;
    assert!(many_took <= most, "{what}: {many_took} KiB, and at most {most} KiB is right");
}

async fn on_a_file(command: &str) {
    let (one, other) = (LogFile::new(), LogFile::new());
    assert_flat(command, took(&one.url(), command, FEW).await, took(&other.url(), command, many()).await);
}

async fn on_a_nats_server(command: &str) {
    let (one, other) = (NatsServer::start(), NatsServer::start());
    assert_flat(command, took(&one.url(), command, FEW).await, took(&other.url(), command, many()).await);
}

#[tokio::test]
async fn handing_back_many_dead_letters_takes_no_more_memory_than_few_on_a_file() {
    on_a_file("redrive").await;
}

#[tokio::test]
async fn giving_up_many_dead_letters_takes_no_more_memory_than_few_on_a_file() {
    on_a_file("discard").await;
}

#[tokio::test]
async fn handing_back_many_dead_letters_takes_no_more_memory_than_few_on_a_nats_server() {
    on_a_nats_server("redrive").await;
}

#[tokio::test]
async fn giving_up_many_dead_letters_takes_no_more_memory_than_few_on_a_nats_server() {
    on_a_nats_server("discard").await;
}
