//! From publish to a durable pull consumer, one connection each.

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, jetstream::consumer};
use futures_util::StreamExt as _;
use uuid::Uuid;

use super::{connect, stream};
use crate::{
    Fallible,
    nats::{
        latency::{Stamps, paced},
        side::Place,
        watch::{Measured, Watch},
    },
};

/// How long the consumer may need to ask for its first messages.
const BEFORE: Duration = Duration::from_millis(300);

/// Publishes at a steady rate; each publish awaits its acknowledgement in a task of its own.
pub async fn measure(place: &Place, rate: u64) -> Fallible<Measured> {
    let (_publisher, jetstream) = connect(place).await?;
    let (_reader, other) = connect(place).await?;
    let stream = stream(place, &other).await?;
    let config = consumer::pull::Config {
        durable_name: Some("latency".to_owned()),
        filter_subject: place.filter(),
        max_ack_pending: 10_000,
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let mut messages = consumer.stream().max_messages_per_batch(500).messages().await?;
    let stamps = Arc::new(Stamps::new(place.messages));
    let (seen, size, count) = (Arc::clone(&stamps), place.size, place.messages);
    let reader = tokio::spawn(async move {
        while seen.ledger().count() < count {
            let message = messages.next().await.ok_or("the consumer ended")??;
            seen.came(&size.decode(&message.payload)?);
            message.ack().await?;
        }
        Fallible::Ok(())
    });
    tokio::time::sleep(BEFORE).await;
    let watch = Watch::start(place.server)?;
    let subject = place.subject();
    paced(rate, place.messages, async |number| {
        let (jetstream, subject, body) = (jetstream.clone(), subject.clone(), size.body(number)?);
        let stamps = Arc::clone(&stamps);
        Ok(tokio::spawn(async move {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", Uuid::now_v7().to_string());
            stamps.goes(number);
            jetstream.publish_with_headers(subject, headers, body.into()).await?.await?;
            Ok(())
        }))
    })
    .await?;
    reader.await??;
    let measured = stamps.say(watch.stop(place.messages)?)?;
    stream.delete_consumer("latency").await?;
    Ok(measured)
}
