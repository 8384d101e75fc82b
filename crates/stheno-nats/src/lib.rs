//! The NATS JetStream backend of Stheno: the log in a stream, the records in a key-value bucket.
//!
//! ```no_run
//! use stheno_core::{EventName, NewEvent, backend::{Append, Backend, Query}};
//! use stheno_nats::{NatsBackend, NatsOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let log = NatsBackend::open(NatsOptions::from_url("nats://127.0.0.1:4222")?).await?;
//! let placed = NewEvent::new(EventName::new("order.placed")?, r#"{"id":"order_1"}"#);
//! let appended = log.append(Append::one(placed)).await?;
//! println!("stored as number {:?}", appended[0].sequence);
//! # Ok(())
//! # }
//! ```
//!
//! Any program in any language publishes to it: an acknowledged JetStream publish of the documented JSON to
//! `events.<name>`, with a `Nats-Msg-Id` if it may be sent twice.
//!
//! What it promises beyond the contract of [`stheno_core::backend`]:
//!
//! - An append is sent again with the same id, for [`NatsOptions::PATIENCE`], while the server is away or elects a
//!   leader. One's own repeated append is a success, with an expected sequence too.
//! - A user who may publish and not read is told of a conflict like anybody else, and of an append that was stored before.
//!   What such a user cannot be told is where an event stands that was stored before: its sequence is `None`.
//! - Reading has no acknowledgements, no durable consumers and no broker timers: consumers are made anew at the next
//!   sequence whenever a connection, a server or a consumer is lost, without gap or repeat.
//! - The connections live on a thread of their own. All methods need a Tokio runtime with time enabled around them.
//! - Only the stream itself is believed, and only its leader says that nothing is left: mirrors, and programs that answer on its
//!   subjects, pass no event over.
//! - Sequences have gaps, where events waited for their time. An event is kept until 2262-04-11T23:47:16Z at most.
//!
//! Reading order: [`NatsOptions`] and their address form (`options`, `login`, `url`, `context`); making a connection (`dial`, `next_server`, `refused`), the
//! thread it lives on (`io`), requests and replies over it (`link`, `replies`), what answers mean (`error`), the API
//! (`api`); what a server has to have (`server`, `limits`, `provision`, `rollups`); subjects and messages (`subject`, `message`, `encode`,
//! `decode`, `cloud_events`); one open log (`log`, `gate`); appending (`publish`, `append`, `batch`, `probe`,
//! `schedule`, `group`, `together`); reading (`span`, `fetch`, `read`, `ordered`, `tail`); records (`record_subject`, `record_list`,
//! `records`); the contract (`backend`).

#![cfg_attr(not(test), deny(clippy::expect_used, clippy::panic, clippy::unreachable, clippy::unwrap_used))]

mod api;
mod append;
mod backend;
mod batch;
mod cloud_events;
mod context;
mod decode;
mod dial;
mod encode;
mod error;
mod fetch;
mod file;
#[cfg(test)]
mod frozen;
mod gate;
mod group;
mod io;
mod limits;
mod link;
mod log;
mod login;
mod message;
mod next_server;
mod options;
mod ordered;
mod place;
mod probe;
mod provision;
mod publish;
mod read;
mod read_each;
mod record_list;
mod record_subject;
mod records;
mod refused;
mod replies;
mod rollups;
mod schedule;
mod server;
mod span;
mod subject;
mod tail;
mod together;
mod url;

pub use crate::{
    backend::NatsBackend,
    options::{HeaderMode, NatsOptions, ServerSync},
};
