//! The logs that are measured on: some are filled once and read again and again, some are new for each run.

use std::collections::HashMap;

use async_nats::{
    HeaderMap,
    jetstream::{self, Context},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::{
    Fallible,
    nats::{
        events::{self, Size},
        ours,
        redis::Redis,
        server::{Server, Sync},
        side::{Place, Sending, Side},
    },
};

/// What a log is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Log {
    /// Full of small events, written by ours as it does by default.
    Lean,
    /// The same with the attributes of CloudEvents as headers.
    CloudEvents,
    /// Full of small events with six headers, written by another program.
    Foreign,
    /// Full of large events, written by ours: half as many.
    Large,
    /// Written by ours, a fifth as many: for readers that are slow.
    Short,
    /// New for each run, for small events.
    Empty,
    /// New for each run, for small events, a fifth as many.
    EmptyShort,
    /// New for each run, for large events.
    EmptyLarge,
    /// New for each run, on a server that syncs each write: a quarter as many.
    Synced,
    /// New for each run, and published to at a steady rate for some seconds.
    Paced,
    /// A queue on Redis, a fifth as many.
    Redis,
}

impl Log {
    /// Whether it is made for each run.
    fn is_new(self) -> bool {
        matches!(self, Log::Empty | Log::EmptyShort | Log::EmptyLarge | Log::Synced | Log::Paced)
    }
}

/// For how many seconds something is published at a steady rate.
const PACED: u64 = 5;

/// The logs of one run of the suite.
#[derive(Debug)]
pub struct Logs {
    server: Server,
    synced: Option<Server>,
    redis: Option<Redis>,
    messages: u64,
    kept: HashMap<Log, Place>,
    made: u32,
    folder: tempfile::TempDir,
}

impl Logs {
    /// Starts a server; logs that are filled have so many messages.
    ///
    /// # Errors
    /// When a folder for it cannot be made.
    pub fn start(messages: u64) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        let server = Server::start(folder.path(), Sync::Interval)?;
        Ok(Self { server, synced: None, redis: None, messages, kept: HashMap::new(), made: 0, folder })
    }

    /// A log as it has to be before a run: nobody has read it, or there is nothing in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn ready(&mut self, log: Log, side: &Side) -> Fallible<Place> {
        if let Some(place) = self.kept.get(&log) {
            if log != Log::Redis {
                forget(place).await?;
            }
            return Ok(place.clone());
        }
        let place = self.make(log, side).await?;
        self.kept.insert(log, place.clone());
        Ok(place)
    }

    /// A run is over: a log that is new for each run goes.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn done(&mut self, log: Log) -> Fallible<()> {
        if log.is_new()
            && let Some(place) = self.kept.remove(&log)
        {
            let jetstream = jetstream(&place).await?;
            jetstream.delete_stream(&place.stream).await?;
            jetstream.delete_stream(records(&place)).await?;
        }
        Ok(())
    }

    async fn make(&mut self, log: Log, side: &Side) -> Fallible<Place> {
        self.made += 1;
        let messages = match (log, side) {
            (Log::Paced, Side::OursLatency { rate } | Side::Latency { rate } | Side::OursWrites { rate }) => {
                rate * PACED
            }
            (Log::Large | Log::EmptyLarge, _) => self.messages / 2,
            (Log::Synced, _) => self.messages / 4,
            (Log::Short | Log::EmptyShort | Log::Redis, _) => self.messages / 5,
            _ => self.messages,
        };
        if log == Log::Redis {
            let redis = self.redis.insert(Redis::start(self.folder.path()).await?);
            let (url, server, nothing) = (redis.url(), redis.process(), String::new());
            return Ok(Place { url, server, stream: nothing.clone(), prefix: nothing, messages, size: Size::Small });
        }
        let server = match log {
            Log::Synced if self.synced.is_none() => {
                self.synced.insert(Server::start(self.folder.path(), Sync::Always)?)
            }
            Log::Synced => self.synced.as_ref().ok_or("it was started before")?,
            _ => &self.server,
        };
        let place = Place {
            url: server.url(),
            server: server.process(),
            stream: format!("{log:?}{}", self.made).to_uppercase(),
            prefix: format!("{log:?}{}", self.made).to_lowercase(),
            messages,
            size: if matches!(log, Log::Large | Log::EmptyLarge) { Size::Large } else { Size::Small },
        };
        match log {
            new if new.is_new() => ours::publish::make(&place).await?,
            Log::CloudEvents => ours::publish::fill(&place, Sending::CloudEvents).await?,
            Log::Foreign => {
                ours::publish::make(&place).await?;
                fill_as_another(&place).await?;
            }
            _ => ours::publish::fill(&place, Sending::Default).await?,
        }
        Ok(place)
    }
}

async fn jetstream(place: &Place) -> Fallible<Context> {
    Ok(jetstream::new(async_nats::connect(&place.url).await?))
}

/// What the bucket of our records is called behind the name of the log.
const RECORDS: &str = "-records";

/// The stream of the records that ours keeps beside a log.
pub(crate) fn records(place: &Place) -> String {
    format!("KV_{}{RECORDS}", place.stream)
}

/// Makes a log one that nobody has read: without records of ours, and without the durables and buckets of others.
async fn forget(place: &Place) -> Fallible<()> {
    let jetstream = jetstream(place).await?;
    jetstream.get_stream(records(place)).await?.purge().await?;
    let log = jetstream.get_stream(&place.stream).await?;
    let durables: Vec<String> = log.consumer_names().try_collect().await?;
    for durable in durables {
        log.delete_consumer(&durable).await?;
    }
    let streams: Vec<String> = jetstream.stream_names().try_collect().await?;
    for bucket in streams.iter().filter(|name| name.starts_with("KV_") && !name.ends_with(RECORDS)) {
        jetstream.delete_stream(bucket).await?;
    }
    Ok(())
}

/// Writes what a program would that knows CloudEvents and nothing of ours: six headers, and no key in the subject.
async fn fill_as_another(place: &Place) -> Fallible<()> {
    let jetstream = jetstream(place).await?;
    let published = stream::iter(0..place.messages).map(|number| {
        let jetstream = &jetstream;
        async move {
            let id = format!("{}-{number:023}", events::id(number));
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", &*id);
            headers.insert("ce-id", &*id);
            headers.insert("ce-type", place.size.event());
            headers.insert("ce-source", "/medusa/order");
            headers.insert("ce-time", "2026-10-01T12:00:00.000Z");
            headers.insert("ce-specversion", "1.0");
            let body = place.size.body(number)?;
            jetstream.publish_with_headers(place.subject(), headers, body.into()).await?.await?;
            Fallible::Ok(())
        }
    });
    published.buffer_unordered(512).try_collect::<()>().await
}
