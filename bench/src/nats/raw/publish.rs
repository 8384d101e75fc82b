//! Tasks that each await the acknowledgement of their own publish, with an id for deduplication.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_nats::{
    HeaderMap,
    jetstream::{Context, context::PublishErrorKind},
};
use uuid::Uuid;

use super::{connect, stream};
use crate::{
    Fallible,
    nats::{
        side::Place,
        watch::{Measured, Watch},
    },
};

/// As many tasks as said, on one context; to one subject, or to one for each key.
pub async fn measure(place: &Place, callers: u64, keyed: bool) -> Fallible<Measured> {
    let (_client, jetstream) = connect(place).await?;
    let mut stream = stream(place, &jetstream).await?;
    let next = Arc::new(AtomicU64::new(0));
    let watch = Watch::start(place.server)?;
    let tasks: Vec<_> = (0..callers)
        .map(|_| tokio::spawn(publish(place.clone(), jetstream.clone(), Arc::clone(&next), keyed)))
        .collect();
    for task in tasks {
        task.await??;
    }
    let measured = watch.stop(place.messages)?;
    let stored = stream.info().await?.state.messages;
    match stored == place.messages {
        true => Ok(measured),
        false => Err(format!("{stored} of {} events are stored", place.messages).into()),
    }
}

async fn publish(place: Place, jetstream: Context, next: Arc<AtomicU64>, keyed: bool) -> Fallible<()> {
    let subject = place.subject();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= place.messages {
            return Ok(());
        }
        let body = place.size.body(number)?;
        let subject = if keyed { place.subject_of(number) } else { subject.clone() };
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", Uuid::now_v7().to_string());
        let acknowledged = jetstream.publish_with_headers(subject, headers, body.into()).await?;
        if acknowledged.await?.duplicate {
            return Err(PublishErrorKind::Other.to_string().into());
        }
    }
}
