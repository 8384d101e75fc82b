//! Durable pull consumers: one that acknowledges each message, one whose acknowledgements are confirmed, ten at once.

use std::sync::Arc;

use async_nats::jetstream::{
    AckKind,
    consumer::{self, AckPolicy, PullConsumer},
    stream::Stream,
};
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::{connect, stream};
use crate::{
    Fallible,
    nats::{
        events::Ledger,
        side::Place,
        watch::{Measured, Watch},
    },
};

const BATCH: usize = 500;
const MAX_ACK_PENDING: i64 = 10_000;
const CONFIRMED_IN_FLIGHT: usize = 256;
const DURABLES: u64 = 10;

/// From the making of the consumer until the last acknowledgement is sent.
pub async fn one(place: &Place) -> Fallible<Measured> {
    let (client, jetstream) = connect(place).await?;
    let stream = stream(place, &jetstream).await?;
    let ledger = Ledger::default();
    let watch = Watch::start(place.server)?;
    let consumer = durable(place, &stream, "one").await?;
    read(place, &consumer, &ledger).await?;
    client.flush().await?;
    let measured = watch.stop(place.messages)?;
    ledger.check(place.messages, 1)?;
    stream.delete_consumer("one").await?;
    Ok(measured)
}

/// The same with ten durables, each in a task of its own.
pub async fn ten(place: &Place) -> Fallible<Measured> {
    let (client, jetstream) = connect(place).await?;
    let stream = stream(place, &jetstream).await?;
    let ledger = Arc::new(Ledger::default());
    let watch = Watch::start(place.server)?;
    let mut tasks = Vec::new();
    for number in 0..DURABLES {
        let (place, stream, ledger) = (place.clone(), stream.clone(), Arc::clone(&ledger));
        tasks.push(tokio::spawn(async move {
            let consumer = durable(&place, &stream, &format!("ten-{number}")).await?;
            let own = Ledger::default();
            read(&place, &consumer, &own).await?;
            own.check(place.messages, 1)?;
            ledger.add(&own);
            Fallible::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    client.flush().await?;
    let measured = watch.stop(place.messages)?;
    ledger.check(place.messages, DURABLES)?;
    for number in 0..DURABLES {
        stream.delete_consumer(&format!("ten-{number}")).await?;
    }
    Ok(measured)
}

/// Each acknowledgement is confirmed by the server before a message counts, with as many on their way as pays.
pub async fn confirmed(place: &Place) -> Fallible<Measured> {
    let (_client, jetstream) = connect(place).await?;
    let stream = stream(place, &jetstream).await?;
    let ledger = Ledger::default();
    let watch = Watch::start(place.server)?;
    let consumer = durable(place, &stream, "confirmed").await?;
    let messages = consumer.stream().max_messages_per_batch(BATCH).messages().await?;
    let handled = messages.take(usize::try_from(place.messages)?).map(|message| async {
        let message = message?;
        ledger.note(&place.size.decode(&message.payload)?);
        message.double_ack_with(AckKind::Ack).await
    });
    handled.buffer_unordered(CONFIRMED_IN_FLIGHT).try_collect::<()>().await?;
    let measured = watch.stop(place.messages)?;
    ledger.check(place.messages, 1)?;
    stream.delete_consumer("confirmed").await?;
    Ok(measured)
}

async fn durable(place: &Place, stream: &Stream, name: &str) -> Fallible<PullConsumer> {
    let config = consumer::pull::Config {
        durable_name: Some(name.to_owned()),
        filter_subject: place.filter(),
        ack_policy: AckPolicy::Explicit,
        max_ack_pending: MAX_ACK_PENDING,
        ..Default::default()
    };
    Ok(stream.create_consumer(config).await?)
}

async fn read(place: &Place, consumer: &PullConsumer, ledger: &Ledger) -> Fallible<()> {
    let mut messages = consumer.stream().max_messages_per_batch(BATCH).messages().await?;
    while ledger.count() < place.messages {
        let message = messages.next().await.ok_or("the consumer ended")??;
        ledger.note(&place.size.decode(&message.payload)?);
        message.ack().await?;
    }
    Ok(())
}
