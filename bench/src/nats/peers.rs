//! Other libraries, each in a program of its own that `cargo xtask bench peers` has built or installed.

use std::{env, path::PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::{
    Fallible,
    nats::{
        log::Log,
        side::{Place, Sending, Side, said},
        suite::{Metric, Row, Run},
        watch::Measured,
    },
};

/// Which library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Library {
    /// ruststream-nats, in Rust.
    Ruststream,
    /// eventbus-nats, in Rust.
    Eventbus,
    /// FastStream, in Python.
    Faststream,
    /// @nats-io/jetstream, in Node.
    Jetstream,
    /// BullMQ as Medusa uses it, in Node, on Redis.
    Medusa,
}

/// What a library is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Which library.
    pub library: Library,
    /// `consume`, `publish`, or another word that its program understands.
    pub mode: Mode,
    /// How many messages are handled at once, or how many tasks publish.
    pub side_by_side: usize,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Handle every event.
    Consume,
    /// The same with the library's own inbox.
    ConsumeInbox,
    /// Publish, and await each.
    Publish,
}

impl Library {
    /// The variable that says where its programs are.
    fn variable(self) -> &'static str {
        match self {
            Library::Ruststream | Library::Eventbus => "STHENO_PEERS_RUST",
            Library::Faststream => "STHENO_PEERS_PYTHON",
            Library::Jetstream | Library::Medusa => "STHENO_PEERS_NODE",
        }
    }

    /// Why it cannot be measured here; `None` when it can.
    pub fn missing(self) -> Option<String> {
        let needed = match self {
            Library::Medusa => vec![self.variable(), super::redis::VARIABLE],
            _ => vec![self.variable()],
        };
        let missing = needed.into_iter().find(|variable| env::var_os(variable).is_none())?;
        Some(format!("{missing} is not set; `cargo xtask bench peers` sets it, or says what it needs for that"))
    }

    fn command(self) -> Fallible<Command> {
        let folder = PathBuf::from(env::var_os(self.variable()).ok_or_else(|| self.missing().unwrap_or_default())?);
        let node = || env::var_os("STHENO_NODE").map_or_else(|| PathBuf::from("node"), PathBuf::from);
        let script = |program: PathBuf, script: &str| {
            let mut command = Command::new(program);
            command.arg(folder.join(script));
            command
        };
        Ok(match self {
            Library::Ruststream => {
                let mut command = Command::new(folder.join("ruststream"));
                command.arg("run");
                command
            }
            Library::Eventbus => Command::new(folder.join("eventbus")),
            Library::Faststream => script(folder.join("bin/python"), "peer.py"),
            Library::Jetstream => script(node(), "jetstream.mjs"),
            Library::Medusa => script(node(), "bullmq.mjs"),
        })
    }
}

/// Measures in the library's own program.
///
/// # Errors
/// When it is not there, fails, or takes too long.
pub async fn measure(peer: Peer, place: &Place) -> Fallible<Measured> {
    let mode = match peer.mode {
        Mode::Consume => "consume",
        Mode::ConsumeInbox => "consume-inbox",
        Mode::Publish => "publish",
    };
    let mut command = peer.library.command()?;
    command.env("PLACE", serde_json::to_string(place)?).env("MODE", mode);
    said(command.env("SIDE_BY_SIDE", peer.side_by_side.to_string()).env("RUST_LOG", "error")).await
}

/// The table of the peers.
pub fn cases() -> Vec<Vec<Row>> {
    use Library::{Eventbus, Faststream, Jetstream, Medusa, Ruststream};
    vec![
        vec![
            consume("ruststream-nats, one worker", peer(Ruststream, Mode::Consume, 1), Log::Lean, 1.8),
            consume("eventbus-nats, 64 at once", peer(Eventbus, Mode::Consume, 64), Log::Lean, 4.0),
            consume("eventbus-nats, 64 at once, its inbox", peer(Eventbus, Mode::ConsumeInbox, 64), Log::Short, 9.0),
            consume("FastStream", peer(Faststream, Mode::Consume, 1), Log::Short, 20.0),
            consume("@nats-io/jetstream", peer(Jetstream, Mode::Consume, 1), Log::Lean, 3.5),
            consume("Medusa's BullMQ shape, 100 at once", peer(Medusa, Mode::Consume, 100), Log::Redis, 16.0),
        ],
        vec![
            publish("ruststream-nats, 256 tasks", peer(Ruststream, Mode::Publish, 256), Log::Empty, 1.3),
            publish("eventbus-nats, 256 tasks", peer(Eventbus, Mode::Publish, 256), Log::Empty, 1.15),
            publish("FastStream, 64 tasks", peer(Faststream, Mode::Publish, 64), Log::EmptyShort, 5.0),
            publish("@nats-io/jetstream, 256 callers", peer(Jetstream, Mode::Publish, 256), Log::EmptyShort, 4.0),
            publish("Medusa's BullMQ shape, 64 callers", peer(Medusa, Mode::Publish, 64), Log::Redis, 7.0),
        ],
    ]
}

fn peer(library: Library, mode: Mode, side_by_side: usize) -> Peer {
    Peer { library, mode, side_by_side }
}

fn consume(case: &str, peer: Peer, log: Log, floor: f64) -> Row {
    let ours = Run { side: Side::OursConsume { subscribers: 1 }, log: Log::Lean };
    row(&format!("consume, against {case}"), ours, peer, log, floor)
}

fn publish(case: &str, peer: Peer, log: Log, floor: f64) -> Row {
    let ours = Run { side: Side::OursPublish { callers: 256, sending: Sending::Default }, log: Log::Empty };
    row(&format!("publish, 256 tasks against {case}"), ours, peer, log, floor)
}

fn row(case: &str, ours: Run, peer: Peer, log: Log, floor: f64) -> Row {
    let reference = Some(Run { side: Side::Peer(peer), log });
    Row { case: case.to_owned(), metric: Metric::Rate, ours, reference, floor: Some(floor) }
}
