//! From publish on one connection to the handler on another.

use std::{sync::Arc, time::Duration};

use stheno::{Failure, Res, medusa::OrderPlaced, subscriber};

use super::{app, bus, open, publish::event};
use crate::{
    Fallible,
    nats::{
        latency::{Stamps, paced},
        side::{Place, Sending},
        watch::{Measured, Watch},
    },
};

const LIMIT: Duration = Duration::from_secs(60);
/// How long the app may need to come to rest.
const BEFORE: Duration = Duration::from_millis(300);

#[subscriber(id = "bench.latency", start = "beginning")]
async fn came(order: OrderPlaced, stamps: Res<Stamps>) -> Result<(), Failure> {
    stamps.came(&order.id);
    Ok(())
}

/// Publishes at a steady rate; each publish is awaited in a task of its own.
pub async fn measure(place: &Place, rate: u64) -> Fallible<Measured> {
    let stamps = Arc::new(Stamps::new(place.messages));
    let (publishing, reading) = (open(place, Sending::Default).await?, open(place, Sending::Default).await?);
    let bus = bus(&publishing);
    let running = app(&reading).provide_shared(Arc::clone(&stamps)).subscribe(came::subscriber()).start().await?;
    running.settle(LIMIT).await?;
    tokio::time::sleep(BEFORE).await;
    let watch = Watch::start(place.server)?;
    paced(rate, place.messages, async |number| {
        let (bus, stamps, event) = (bus.clone(), Arc::clone(&stamps), event(place.size, number));
        Ok(tokio::spawn(async move {
            stamps.goes(number);
            bus.publish(event).send().await?;
            Ok(())
        }))
    })
    .await?;
    running.settle(LIMIT).await?;
    let measured = stamps.say(watch.stop(place.messages)?)?;
    running.stop().await;
    publishing.close().await;
    reading.close().await;
    Ok(measured)
}
