//! "No responders" (status 503) to what is published, while the stream is there and answers: nobody knows whether it is stored.

mod common;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    thread::JoinHandle,
    time::Duration,
};

use common::{a_log, ask, bounded, client, everything, names, open, placed, shared, stored};
use serde_json::{Value, json};
use stheno_core::{
    NewEvent, Timestamp,
    backend::{Append, AppendErrorKind, Backend, Expect, RecordError, RecordName, RecordWrite},
};
use stheno_nats::NatsBackend;
use stheno_testkit::nats::{NatsServer, NatsServerOptions};

/// For how long an append is tried again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Changes one field of a stream, and says what it was.
async fn change(server: &NatsServer, stream: &str, field: &str, value: Value) -> Value {
    let client = client(server).await;
    let mut config = ask(&client, &format!("STREAM.INFO.{stream}"), &Value::Null).await["config"].clone();
    let before = std::mem::replace(&mut config[field], value);
    let updated = ask(&client, &format!("STREAM.UPDATE.{stream}"), &config).await;
    assert!(updated["error"].is_null(), "{updated}");
    before
}

/// A program that listens where messages of a subject go, and says to each what a server says for which nobody listens.
struct Liar {
    stream: TcpStream,
    thread: Option<JoinHandle<()>>,
}

impl Liar {
    fn on(server: &NatsServer, subject: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the server takes a connection");
        let mut heard = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut say = stream.try_clone().expect("a third handle");
        let hello = format!("CONNECT {{\"verbose\":false,\"headers\":true}}\r\nSUB {subject} 1\r\nPING\r\n");
        say.write_all(hello.as_bytes()).expect("the server reads");
        let mut line = String::new();
        while line != "PONG\r\n" {
            line.clear();
            heard.read_line(&mut line).expect("the server answers");
        }
        let thread = std::thread::spawn(move || {
            let mut line = String::new();
            while heard.read_line(&mut line).is_ok_and(|read| read > 0) {
                let words: Vec<&str> = line.split_whitespace().collect();
                let reply = match words[..] {
                    ["MSG", _, _, reply, _] | ["HMSG", _, _, reply, _, _] => Some(reply),
                    _ => None,
                };
                if matches!(words.first(), Some(&("MSG" | "HMSG"))) {
                    let total: usize = words.last().and_then(|total| total.parse().ok()).expect("a length");
                    heard.read_exact(&mut vec![0; total + 2]).expect("the message");
                }
                if let Some(reply) = reply {
                    let lie = format!("HPUB {reply} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
                    say.write_all(lie.as_bytes()).expect("the server reads");
                } else if words == ["PING"] {
                    say.write_all(b"PONG\r\n").expect("the server reads");
                }
                line.clear();
            }
        });
        Self { stream, thread: Some(thread) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "it has lied to the end");
        }
    }
}

/// What is appended: one event, one for later, and two together.
fn batches(later: Timestamp) -> [Vec<NewEvent>; 3] {
    let mut scheduled = placed("later");
    scheduled.not_before = Some(later);
    [vec![placed("one")], vec![scheduled], vec![placed("a"), placed("b")]]
}

fn batch(events: &[NewEvent]) -> Append {
    Append::batch(events.to_vec())
}

/// Appends what nobody can say about whether it is stored.
async fn is_unknown(log: &NatsBackend, events: &[NewEvent]) {
    let refused = bounded("it comes to an end", log.append(batch(events))).await;
    let error = refused.expect_err("nobody has acknowledged it");
    assert_eq!(error.kind(), AppendErrorKind::Unknown, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_hears_while_the_stream_answers_may_be_stored() {
    let log = open(a_log(shared()).patience(PATIENCE)).await;
    let (stream, _) = names(&log).await;
    stored(&log, placed("first")).await;
    let later = Timestamp::now().plus(Duration::from_secs(3_600));
    // Nobody listens to where events go, and the API answers as ever.
    let subjects = change(shared(), &stream, "subjects", json!([format!("{stream}.elsewhere")])).await;
    for events in batches(later) {
        is_unknown(&log, &events).await;
    }
    change(shared(), &stream, "subjects", subjects).await;
    assert_eq!(everything(&log).await.len(), 1, "nothing of it is there");
    for events in batches(later) {
        log.append(batch(&events)).await.expect("the log takes it again");
    }
    assert_eq!(everything(&log).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_although_something_says_that_nobody_listens_is_not_said_to_be_absent() {
    let server = NatsServer::start();
    let log = open(a_log(&server).patience(PATIENCE)).await;
    let (stream, published) = names(&log).await;
    let prefix = published.trim_end_matches(".events").to_owned();
    // The stream stores what it gets and says nothing, so that only the other program answers.
    change(&server, &stream, "no_ack", json!(true)).await;
    let liar = Liar::on(&server, &format!("{prefix}.>"));
    let [one, _, pair] = batches(Timestamp::now());
    is_unknown(&log, &one).await;
    is_unknown(&log, &pair).await;
    drop(liar);
    change(&server, &stream, "no_ack", json!(false)).await;
    let there = everything(&log).await;
    assert!(there.iter().any(|event| event.id == one[0].id), "it was stored: {there:?}");
    // Whoever sends it again with its id has it once, where it was.
    for events in [&one, &pair] {
        let again = log.append(batch(events)).await.expect("the log knows it, or takes it");
        let all = everything(&log).await;
        for (event, appended) in events.iter().zip(&again) {
            let places: Vec<_> = all.iter().filter(|there| there.id == event.id).map(|there| there.sequence).collect();
            assert_eq!(appended.sequence.as_slice(), places);
        }
    }
    assert_eq!(everything(&log).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_written_although_something_says_that_nobody_listens_is_no_conflict() {
    // It stores so slowly that the other program is quicker.
    let server = NatsServerOptions::new().jetstream("sync_interval: always").start();
    let log = open(a_log(&server)).await;
    let (stream, _) = names(&log).await;
    let liar = Liar::on(&server, &format!("$KV.{stream}-records.>"));
    for number in 0..8 {
        let name = RecordName::trusted(format!("sub/{number}"));
        let mut write = RecordWrite::put(name.clone(), "1");
        write.expect = Expect::Absent;
        match bounded("it comes to an end", log.write_records(vec![write])).await {
            Ok(revisions) => {
                let found = log.get_record(&name).await.expect("it can be asked").expect("it is there");
                assert_eq!(revisions, [found.revision]);
            }
            Err(RecordError::Conflict { name }) => panic!("{name} is ours"),
            Err(_) => {}
        }
    }
    drop(liar);
}
