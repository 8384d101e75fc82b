//! Where a log lies, and what fills it.

use std::sync::Arc;

use stheno::{
    Bus, Catalogs, Outgoing,
    backend::Backend,
    medusa::OrderPlaced,
    nats::{NatsBackend, NatsOptions},
    sqlite::{SqliteBackend, SqliteOptions},
};
use tempfile::TempDir;

use crate::{
    Fallible,
    nats::server::{Server, Sync},
};

/// Where a log lies.
pub(crate) enum Place {
    File(TempDir),
    Nats { _folder: TempDir, server: Server },
}

impl Place {
    pub(crate) fn new(url: &str) -> Fallible<Self> {
        let folder = tempfile::tempdir()?;
        match url {
            "embedded" => Ok(Self::File(folder)),
            "nats" => {
                let server = Server::start(folder.path(), Sync::Interval)?;
                Ok(Self::Nats { _folder: folder, server })
            }
            other => Err(format!("`{other}` is neither `embedded` nor `nats`").into()),
        }
    }

    pub(crate) async fn open(&self) -> Fallible<Arc<dyn Backend>> {
        match self {
            Self::File(folder) => Ok(SqliteBackend::open(SqliteOptions::file(folder.path().join("log.db"))).await?),
            Self::Nats { server, .. } => Ok(NatsBackend::open(NatsOptions::from_url(&server.url())?).await?),
        }
    }

    /// The messages that clients and the server have sent each other so far.
    pub(super) fn messages(&self) -> u64 {
        match self {
            Self::File(_) => 0,
            Self::Nats { server, .. } => server.messages(),
        }
    }

    /// The process whose time counts beside our own.
    pub(super) fn server(&self) -> u32 {
        match self {
            Self::File(_) => std::process::id(),
            Self::Nats { server, .. } => server.process(),
        }
    }
}

/// How an event is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// As ours publishes it: the key stands beside it.
    Keyed,
    /// By a program that knows nothing of ours: the body has the key.
    Bare,
}

pub(crate) async fn fill(place: &Place, events: u64, stored: Stored) -> Fallible<()> {
    let backend = place.open().await?;
    let (catalogs, _) = Catalogs::new([stheno::medusa::catalog()], []);
    let bus = Bus::new(Arc::clone(&backend), Arc::new(catalogs));
    let order = |number: u64| format!("order_01H8X4Q2V5Z7{number:010}");
    match (stored, place) {
        (Stored::Bare, Place::Nats { server, .. }) => {
            let client = async_nats::jetstream::new(async_nats::connect(server.url()).await?);
            let mut acks = Vec::new();
            for number in 0..events {
                let body = serde_json::to_vec(&serde_json::json!({ "id": order(number) }))?;
                acks.push(client.publish("events.order.placed", body.into()).await?);
                if acks.len() == 512 || number + 1 == events {
                    for ack in acks.drain(..) {
                        ack.await?;
                    }
                }
            }
        }
        _ => {
            let mut number = 0;
            while number < events {
                let batch = 500.min(events - number);
                let orders = (number..number + batch).map(|number| Outgoing::from(OrderPlaced::new(order(number))));
                bus.publish_all(orders).atomic().await?;
                number += batch;
            }
        }
    }
    backend.close().await;
    Ok(())
}
