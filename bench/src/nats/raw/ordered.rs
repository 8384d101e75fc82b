//! Ordered consumers that only decode: what ours stands on.

use async_nats::jetstream::consumer;
use futures_util::{Stream, StreamExt as _};

use super::{connect, stream};
use crate::{
    Fallible,
    nats::{
        events::Ledger,
        side::Place,
        watch::{Measured, Watch},
    },
};

/// The client asks for messages.
pub async fn pull(place: &Place) -> Fallible<Measured> {
    let (_client, jetstream) = connect(place).await?;
    let stream = stream(place, &jetstream).await?;
    let watch = Watch::start(place.server)?;
    let config = consumer::pull::OrderedConfig { filter_subject: place.filter(), ..Default::default() };
    let messages = stream.create_consumer(config).await?.messages().await?;
    read(place, watch, messages).await
}

/// The server pushes them, flow-controlled.
pub async fn push(place: &Place) -> Fallible<Measured> {
    let (client, jetstream) = connect(place).await?;
    let stream = stream(place, &jetstream).await?;
    let watch = Watch::start(place.server)?;
    let config = consumer::push::OrderedConfig {
        deliver_subject: client.new_inbox(),
        filter_subject: place.filter(),
        ..Default::default()
    };
    let messages = stream.create_consumer(config).await?.messages().await?;
    read(place, watch, messages).await
}

async fn read<E: std::error::Error + Send + std::marker::Sync + 'static>(
    place: &Place,
    watch: Watch,
    mut messages: impl Stream<Item = Result<async_nats::jetstream::Message, E>> + Unpin,
) -> Fallible<Measured> {
    let ledger = Ledger::default();
    while ledger.count() < place.messages {
        let message = messages.next().await.ok_or("the consumer ended")??;
        ledger.note(&place.size.decode(&message.payload)?);
    }
    let measured = watch.stop(place.messages)?;
    ledger.check(place.messages, 1)?;
    Ok(measured)
}
