//! One measurement, and the process that makes it.

use std::{process::Stdio, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::{
    Fallible,
    nats::{
        events::{self, Size},
        ours,
        peers::{self, Peer},
        raw,
        watch::Measured,
    },
};

/// The word that tells this program to make one measurement and to say what came of it.
pub const WORD: &str = "measure";
/// A measurement that takes longer than this has failed.
const LIMIT: Duration = Duration::from_secs(240);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Side {
    /// An app with so many subscribers, from its start until all is recorded as done.
    OursConsume {
        /// How many subscribers, each of which gets every event.
        subscribers: usize,
    },
    /// An app with one subscriber that has everything to catch up with, and one that is at the head of the log.
    OursBehind,
    /// Tasks that each await their own publish.
    OursPublish {
        /// How many tasks.
        callers: u64,
        /// How the backend sends.
        sending: Sending,
    },
    /// From the call of publish to the handler.
    OursLatency {
        /// Publishes a second.
        rate: u64,
    },
    /// What the server has to write so that events are known as done.
    OursWrites {
        /// Publishes a second.
        rate: u64,
    },
    /// A durable pull consumer that acknowledges each message: what people write.
    Durable,
    /// The same with confirmed acknowledgements, 256 in flight.
    DoubleAck,
    /// Ten durables in one process.
    TenDurables,
    /// An ordered consumer that only decodes.
    Ordered {
        /// Whether the server pushes.
        push: bool,
    },
    /// Tasks that each await the acknowledgement of their own publish.
    Tasks {
        /// How many tasks.
        callers: u64,
        /// Whether each event has the subject of its key, or all have the one that the documentation names.
        keyed: bool,
    },
    /// From publish to a durable pull consumer.
    Latency {
        /// Publishes a second.
        rate: u64,
    },
    /// Another library, in a program of its own.
    Peer(Peer),
}

/// How ours sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sending {
    /// As it does by default.
    Default,
    /// With the attributes of CloudEvents as headers.
    CloudEvents,
    /// Gathered into atomic batches.
    GroupCommit,
}

/// Where it is measured, and how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The server.
    pub url: String,
    /// Its process.
    pub server: u32,
    /// The stream.
    pub stream: String,
    /// What stands before its subjects.
    pub prefix: String,
    /// How many messages.
    pub messages: u64,
    /// How large they are.
    pub size: Size,
}

impl Place {
    /// What a reader of all its events filters by.
    pub fn filter(&self) -> String {
        format!("{}.log.*.{}", self.prefix, self.size.event())
    }

    /// Where another program publishes such an event.
    pub fn subject(&self) -> String {
        format!("{}.events.{}", self.prefix, self.size.event())
    }

    /// Where the event of this order is stored with its key.
    pub fn subject_of(&self, number: u64) -> String {
        format!("{}.log.order:{}.{}", self.prefix, events::id(number), self.size.event())
    }
}

#[derive(Serialize, Deserialize)]
struct Job {
    side: Side,
    place: Place,
}

/// Measures in a process of its own.
///
/// # Errors
/// When it fails there, or takes too long.
pub async fn measure(side: Side, place: Place) -> Fallible<Measured> {
    if let Side::Peer(peer) = side {
        return peers::measure(peer, &place).await.map_err(|error| format!("{side:?}: {error}").into());
    }
    let job = serde_json::to_string(&Job { side, place })?;
    let mut command = Command::new(std::env::current_exe()?);
    said(command.arg(WORD).arg(job)).await.map_err(|error| format!("{side:?}: {error}").into())
}

/// Runs a program that makes one measurement and says it in JSON on its last line.
///
/// # Errors
/// When it fails, or takes too long.
pub async fn said(command: &mut Command) -> Fallible<Measured> {
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true).spawn()?;
    let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await?;
    let output = output?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().next_back().unwrap_or_default();
    match output.status.success() {
        true => serde_json::from_str(last).map_err(|error| format!("{error}: {last:?}").into()),
        false => Err(format!("{}", output.status).into()),
    }
}

/// What the process does that was told to measure.
///
/// # Errors
/// When the measurement fails.
pub async fn work(job: &str) -> Fallible<()> {
    let Job { side, place } = serde_json::from_str(job)?;
    let measured = match side {
        Side::OursConsume { subscribers } => ours::consume::measure(&place, subscribers).await?,
        Side::OursBehind => ours::consume::behind(&place).await?,
        Side::OursPublish { callers, sending } => ours::publish::measure(&place, callers, sending).await?,
        Side::OursLatency { rate } => ours::latency::measure(&place, rate).await?,
        Side::OursWrites { rate } => ours::writes::measure(&place, rate).await?,
        Side::Durable => raw::durable::one(&place).await?,
        Side::DoubleAck => raw::durable::confirmed(&place).await?,
        Side::TenDurables => raw::durable::ten(&place).await?,
        Side::Ordered { push: false } => raw::ordered::pull(&place).await?,
        Side::Ordered { push: true } => raw::ordered::push(&place).await?,
        Side::Tasks { callers, keyed } => raw::publish::measure(&place, callers, keyed).await?,
        Side::Latency { rate } => raw::latency::measure(&place, rate).await?,
        Side::Peer(peer) => peers::measure(peer, &place).await?,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
