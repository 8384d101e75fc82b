//! What the tests share: a server for each test program, logs of their own on it, and a client that knows nothing of us.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod mirrors;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_nats::HeaderMap;
use base64::Engine as _;
use serde_json::Value;
use stheno_core::{
    EventName, Key, NewEvent, RecordedEvent,
    backend::{Append, Backend, Query, Tail},
};
use stheno_nats::{NatsBackend, NatsOptions};
use stheno_testkit::nats::NatsServer;

/// How long a condition is waited for. Conditions come about at once; only a defect needs this long.
pub const LIMIT: Duration = Duration::from_secs(45);

/// The server that the tests of this program share. It ends with the program.
pub fn shared() -> &'static NatsServer {
    static SHARED: OnceLock<NatsServer> = OnceLock::new();
    SHARED.get_or_init(NatsServer::start)
}

/// A log of its own on a server: the options that open it.
pub fn a_log(server: &NatsServer) -> NatsOptions {
    static LOGS: AtomicU32 = AtomicU32::new(0);
    let number = LOGS.fetch_add(1, Ordering::Relaxed);
    let options = NatsOptions::from_url(&server.url()).expect("the address of a server");
    options.stream(format!("LOG-{number}")).prefix(format!("l{number}"))
}

/// Opens a log.
pub async fn open(options: NatsOptions) -> Arc<NatsBackend> {
    NatsBackend::open(options).await.expect("the log opens")
}

/// The stream of a log that [`a_log`] named, and where anybody publishes to it.
pub async fn names(log: &NatsBackend) -> (String, String) {
    let place = log.info().await.expect("the log can be asked").place;
    let stream = place.rsplit('/').next().unwrap_or_default().to_owned();
    let number = stream.rsplit('-').next().unwrap_or_default();
    let published = format!("l{number}.events");
    (stream, published)
}

pub fn placed(order: impl std::fmt::Display) -> NewEvent {
    let name = EventName::new("order.placed").expect("a legal name");
    let mut event = NewEvent::new(name, format!(r#"{{"id":"{order}"}}"#));
    event.key = Key::new("order", &order.to_string()).ok();
    event
}

/// Appends an event alone, and says where it is.
pub async fn stored(log: &NatsBackend, event: NewEvent) -> u64 {
    let appended = log.append(Append::one(event)).await.expect("the log takes the event");
    appended[0].sequence.expect("it is stored")
}

pub async fn everything(log: &NatsBackend) -> Vec<Arc<RecordedEvent>> {
    log.read(Query::all().limit(100_000)).await.expect("the log can be read").events
}

/// Reads a tail until it has given so many events.
pub async fn take(tail: &mut dyn Tail, events: usize) -> Vec<Arc<RecordedEvent>> {
    let mut all = Vec::new();
    bounded(&format!("a tail gives {events} events"), async {
        while all.len() < events {
            all.extend(tail.next().await.expect("the tail goes on").events);
        }
    })
    .await;
    all
}

pub fn sequences(events: &[Arc<RecordedEvent>]) -> Vec<u64> {
    events.iter().map(|event| event.sequence).collect()
}

/// Waits for something that has to happen.
pub async fn bounded<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, happens).await {
        Ok(happened) => happened,
        Err(_) => panic!("has not happened within {LIMIT:?}: {what}"),
    }
}

/// An ordinary client.
pub async fn client(server: &NatsServer) -> async_nats::Client {
    async_nats::connect(server.url()).await.expect("the server takes a client")
}

/// Asks JetStream; null is an empty question.
pub async fn ask(client: &async_nats::Client, subject: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = client.request(format!("$JS.API.{subject}"), body.into()).await.expect("an answer");
    serde_json::from_slice(&reply.payload).expect("an answer in JSON")
}

/// An ordinary acknowledged publish.
pub async fn publish(client: &async_nats::Client, subject: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let mut map = HeaderMap::new();
    headers.iter().for_each(|(name, value)| map.append(*name, *value));
    let reply = client.request_with_headers(subject.to_owned(), map, body.to_owned().into()).await.expect("an ack");
    serde_json::from_slice(&reply.payload).expect("an ack in JSON")
}

/// Publishes over a bare connection, whatever the bytes of the headers are.
pub fn publish_raw(server: &NatsServer, subject: &str, headers: &[u8], body: &[u8]) {
    assert_eq!(try_publish_raw(server, subject, headers, body), "PONG");
}

/// The same, and what the server says to it: `PONG`, or an error.
pub fn try_publish_raw(server: &NatsServer, subject: &str, headers: &[u8], body: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the server takes a connection");
    let mut said = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    said.next();
    let length = headers.len();
    let mut bytes = b"CONNECT {\"verbose\":false,\"headers\":true}\r\n".to_vec();
    bytes.extend(format!("HPUB {subject} {length} {}\r\n", length + body.len()).into_bytes());
    bytes.extend(headers);
    bytes.extend(body);
    bytes.extend(b"\r\nPING\r\n");
    stream.write_all(&bytes).expect("the server reads");
    let mut said = said.map_while(Result::ok);
    said.find(|line| line.starts_with("PONG") || line.starts_with("-ERR")).expect("the server answers")
}

/// What the server said in base64.
pub fn base64_of(value: &Value) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default());
    String::from_utf8(bytes.expect("base64")).expect("text")
}

/// How many messages of a log were stored as part of a batch of ours; those of a test that begins others say that they are foreign.
pub async fn in_batches(server: &NatsServer, log: &NatsBackend) -> usize {
    let ((stream, _), client) = (names(log).await, client(server).await);
    let mut batched = 0;
    for sequence in sequences(&everything(log).await) {
        let read = ask(&client, &format!("STREAM.MSG.GET.{stream}"), &serde_json::json!({ "seq": sequence })).await;
        let headers = base64_of(&read["message"]["hdrs"]);
        batched += usize::from(headers.contains("Nats-Batch-Id") && !headers.contains("foreign"));
    }
    batched
}
