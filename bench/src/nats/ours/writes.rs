//! What the server writes so that events are known as done: the writes of the records' stream, and the event's own.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream;
use stheno::{Failure, Res, medusa::OrderPlaced, subscriber};

use super::{app, bus, open, publish::event};
use crate::{
    Fallible,
    nats::{
        events::Ledger,
        latency::paced,
        log,
        side::{Place, Sending},
        watch::{Measured, Watch},
    },
};

const LIMIT: Duration = Duration::from_secs(60);

#[subscriber(id = "bench.writes", start = "beginning")]
async fn handled(order: OrderPlaced, ledger: Res<Ledger>) -> Result<(), Failure> {
    ledger.note(&order.id);
    Ok(())
}

/// Publishes at a steady rate, as far as the machine can.
pub async fn measure(place: &Place, rate: u64) -> Fallible<Measured> {
    let ledger = Arc::new(Ledger::default());
    let (publishing, reading) = (open(place, Sending::Default).await?, open(place, Sending::Default).await?);
    let bus = bus(&publishing);
    let running = app(&reading).provide_shared(Arc::clone(&ledger)).subscribe(handled::subscriber()).start().await?;
    running.settle(LIMIT).await?;
    let before = written(place).await?;
    let watch = Watch::start(place.server)?;
    paced(rate, place.messages, async |number| {
        let (bus, event) = (bus.clone(), event(place.size, number));
        Ok(tokio::spawn(async move {
            bus.publish(event).send().await?;
            Ok(())
        }))
    })
    .await?;
    running.settle(LIMIT).await?;
    let measured = watch.stop(place.messages)?;
    let records = written(place).await? - before;
    running.stop().await;
    publishing.close().await;
    reading.close().await;
    ledger.check(place.messages, 1)?;
    let reached = measured.rate();
    Ok(measured.with("writes", 1.0 + records as f64 / place.messages as f64).with("reached", reached))
}

/// The last sequence of the records' stream: every write is counted there.
async fn written(place: &Place) -> Fallible<u64> {
    let jetstream = jetstream::new(async_nats::connect(&place.url).await?);
    let mut stream = jetstream.get_stream(log::records(place)).await?;
    Ok(stream.info().await?.state.last_sequence)
}
