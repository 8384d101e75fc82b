//! Typed events, published by tasks that each await their own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use stheno::{Bus, Outgoing, medusa::OrderPlaced};

use super::{bus, open};
use crate::{
    Fallible,
    nats::{
        events::{self, OrderExported, Size},
        side::{Place, Sending},
        watch::{Measured, Watch},
    },
};

/// How many publish while a log is filled.
const FILLING: u64 = 1_024;

/// As many tasks as said, on one bus.
pub async fn measure(place: &Place, callers: u64, sending: Sending) -> Fallible<Measured> {
    let backend = open(place, sending).await?;
    let bus = bus(&backend);
    let watch = Watch::start(place.server)?;
    publish(place, &bus, callers).await?;
    let measured = watch.stop(place.messages)?;
    let stored = backend.info().await?.last;
    backend.close().await;
    match stored == place.messages {
        true => Ok(measured),
        false => Err(format!("{stored} of {} events are stored", place.messages).into()),
    }
}

/// Makes a log with nothing in it.
///
/// # Errors
/// When it cannot be made.
pub async fn make(place: &Place) -> Fallible<()> {
    open(place, Sending::Default).await?.close().await;
    Ok(())
}

/// Makes a log and fills it.
///
/// # Errors
/// When it cannot be made or filled.
pub async fn fill(place: &Place, sending: Sending) -> Fallible<()> {
    let backend = open(place, sending).await?;
    publish(place, &bus(&backend), FILLING).await?;
    backend.close().await;
    Ok(())
}

/// An event of this place.
pub(super) fn event(size: Size, number: u64) -> Outgoing {
    match size {
        Size::Small => OrderPlaced::new(events::id(number)).no_notification(false).into(),
        Size::Large => OrderExported::from(events::exported(number)).into(),
    }
}

async fn publish(place: &Place, bus: &Bus, callers: u64) -> Fallible<()> {
    let next = Arc::new(AtomicU64::new(0));
    let (size, messages) = (place.size, place.messages);
    let publish = |bus: Bus, next: Arc<AtomicU64>| async move {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= messages {
                return Ok::<_, stheno::PublishError>(());
            }
            bus.publish(event(size, number)).send().await?;
        }
    };
    let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(publish(bus.clone(), Arc::clone(&next)))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}
