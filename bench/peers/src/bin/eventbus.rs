//! eventbus-nats: a durable whose acknowledgements are confirmed one by one, without an inbox or with its own in a
//! key-value bucket; and tasks that each await their own publish.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use eventbus_nats::{
    EventBus, EventBusBuilder, NatsClient, NatsKvIdempotencyConfig, StreamConfig, SubscribeOptions,
    core::{
        error::{BusError, HandlerError},
        event::Event,
        handler::{EventHandler, HandlerCtx},
        id::MessageId,
        idempotency::{ClaimOutcome, IdempotencyStore},
    },
    nats::NatsKvIdempotencyStore,
};
use serde::{Deserialize, Serialize};
use stheno_bench::{Fallible, nats::events};
use stheno_bench_peers::{measurement, mode, side_by_side};

#[derive(Serialize, Deserialize)]
struct Placed {
    id: String,
    no_notification: bool,
}

impl Event for Placed {
    fn subject(&self) -> Cow<'_, str> {
        measurement().place.subject().into()
    }

    fn message_id(&self) -> MessageId {
        MessageId::new()
    }
}

struct Count;

#[async_trait]
impl EventHandler<Placed> for Count {
    async fn handle(&self, _: HandlerCtx, placed: Placed) -> Result<(), HandlerError> {
        measurement().handled(&placed.id);
        Ok(())
    }
}

/// No inbox: every claim is granted.
struct Everything;

#[async_trait]
impl IdempotencyStore for Everything {
    async fn try_claim(&self, _: &MessageId, _: Duration) -> Result<ClaimOutcome, BusError> {
        Ok(ClaimOutcome::Claimed)
    }

    async fn mark_done(&self, _: &MessageId) -> Result<(), BusError> {
        Ok(())
    }

    async fn release(&self, _: &MessageId) -> Result<(), BusError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let measurement = measurement();
    let place = &measurement.place;
    let subjects = ["events", "log", "schedule"].map(|kind| format!("{}.{kind}.>", place.prefix)).into();
    let config = StreamConfig { name: place.stream.clone(), subjects, num_replicas: 1, ..StreamConfig::default() };
    let builder = EventBusBuilder::new().url(place.url.clone()).stream_config(config.clone());
    let bus = match &*mode() {
        "consume-inbox" => {
            let client = NatsClient::connect(&place.url, &config).await?;
            let inbox = NatsKvIdempotencyConfig::default();
            let inbox = NatsKvIdempotencyStore::new(client.jetstream().clone(), inbox).await?;
            builder.idempotency(inbox).build().await?
        }
        _ => builder.idempotency(Everything).build().await?,
    };
    if mode() == "publish" {
        return publish(bus).await;
    }
    let options = SubscribeOptions {
        stream: place.stream.clone(),
        durable: "eventbus".into(),
        filter: place.filter(),
        concurrency: side_by_side(),
        ..SubscribeOptions::default()
    };
    let _handle = bus.subscribe::<Placed, _>(options, Count).await?;
    std::future::pending().await
}

async fn publish(bus: EventBus) -> Fallible<()> {
    let measurement = measurement();
    let next = Arc::new(AtomicU64::new(0));
    measurement.begin()?;
    let tasks: Vec<_> = (0..side_by_side())
        .map(|_| {
            let (bus, measurement, next) = (bus.clone(), Arc::clone(&measurement), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= measurement.place.messages {
                        return Fallible::Ok(());
                    }
                    let placed = Placed { id: events::id(number), no_notification: false };
                    bus.publish(&placed).await?;
                    measurement.handled(&placed.id);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}
