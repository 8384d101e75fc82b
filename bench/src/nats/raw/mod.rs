//! The references: loops on async-nats as people write them, on its default runtime. Each checks that it saw exactly the
//! events there are.

pub mod durable;
pub mod latency;
pub mod ordered;
pub mod publish;

use async_nats::jetstream::{self, Context, stream::Stream};

use crate::{Fallible, nats::side::Place};

/// A connection of its own, and JetStream on it.
async fn connect(place: &Place) -> Fallible<(async_nats::Client, Context)> {
    let client = async_nats::connect(&place.url).await?;
    Ok((client.clone(), jetstream::new(client)))
}

async fn stream(place: &Place, jetstream: &Context) -> Fallible<Stream> {
    Ok(jetstream.get_stream(&place.stream).await?)
}
