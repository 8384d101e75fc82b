//! ruststream-nats: a subscriber with one worker, and tasks that each await their own acknowledged publish.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ruststream_nats::{JetStreamPublisher, prelude::*};
use serde::{Deserialize, Serialize};
use stheno_bench::nats::events;
use stheno_bench_peers::{measurement, mode, side_by_side};
use uuid::Uuid;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Placed {
    id: String,
    no_notification: bool,
}

fn filter() -> String {
    measurement().place.filter()
}

fn stream() -> String {
    measurement().place.stream.clone()
}

#[subscriber(JetStreamSubject::new(filter(), stream()).durable("ruststream").max_ack_pending(10_000))]
async fn count(placed: &Placed) -> HandlerOutcome {
    measurement().handled(&placed.id);
    HandlerOutcome::ack()
}

async fn publish(publisher: JetStreamPublisher) -> std::io::Result<()> {
    let (measurement, publisher, next) = (measurement(), Arc::new(publisher), Arc::new(AtomicU64::new(0)));
    measurement.begin().map_err(std::io::Error::other)?;
    let subject = measurement.place.subject();
    let tasks: Vec<_> = (0..side_by_side())
        .map(|_| {
            let (publisher, subject) = (Arc::clone(&publisher), subject.clone());
            let (measurement, next) = (Arc::clone(&measurement), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= measurement.place.messages {
                        return Ok(());
                    }
                    let placed = Placed { id: events::id(number), no_notification: false };
                    let body = serde_json::to_vec(&placed)?;
                    let id = Uuid::now_v7().to_string();
                    let options = JetStreamOptions { message_id: Some(id), ..JetStreamOptions::default() };
                    let message = ruststream::OutgoingMessage::new(&subject, &body);
                    publisher.publish_ack(message, Some(&options)).await.map_err(std::io::Error::other)?;
                    measurement.handled(&placed.id);
                }
            })
        })
        .collect();
    for task in tasks {
        let done: std::io::Result<()> = task.await?;
        done?;
    }
    Ok(())
}

#[ruststream::app]
fn app() -> impl App {
    let broker = NatsBroker::new(measurement().place.url.clone());
    RustStream::new(AppInfo::new("peer", "0.1.0")).with_broker(broker, |broker| {
        if mode() == "publish" {
            broker.after_startup(JetStreamPublish::default(), publish);
        } else {
            broker.include(count);
        }
    })
}
