//! The subscribers of a kill test. Each notes every attempt before it says how it ended.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::{AnyEvent, Batch, BatchItem, Cx, Failure, Start, Subscriber, SubscriberDef};

use crate::{
    kill::{
        events::{Planned, number_of},
        ledger::{Ended, Entry, Ledger},
    },
    random::Random,
};

/// The ids of those that keep the order of a key.
pub(super) const ORDERED: [&str; 4] = ["kill.plain", "kill.flaky", "kill.slow", "kill.picky"];
/// The ids of those that do not.
pub(super) const UNORDERED: [&str; 1] = ["kill.unordered"];
/// The id of the one that takes batches, in order.
pub(super) const BATCH: &str = "kill.batch";
/// The one that finds some events broken for good.
pub(super) const PICKY: &str = "kill.picky";

/// Every subscriber; mended ones find nothing broken.
pub(super) fn all(ledger: &Arc<Ledger>, mended: bool) -> Vec<SubscriberDef> {
    let (first_wait, cap, total) = (Duration::from_millis(5), Duration::from_millis(20), Duration::from_secs(3600));
    let mut all: Vec<_> = [&ORDERED[..], &UNORDERED]
        .concat()
        .into_iter()
        .map(|id| SubscriberDef::new(id, One { ledger: Arc::clone(ledger), mended }).on(">"))
        .map(|subscriber| if UNORDERED.contains(&subscriber.id()) { subscriber.unordered() } else { subscriber })
        .collect();
    let batch = SubscriberDef::new(BATCH, Many { ledger: Arc::clone(ledger) }).on(">");
    all.push(batch.batch(10, Duration::from_millis(5)));
    all.into_iter().map(|subscriber| subscriber.start(Start::Beginning).retry(first_wait, cap, total)).collect()
}

struct One {
    ledger: Arc<Ledger>,
    mended: bool,
}

#[async_trait]
impl Subscriber for One {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        let mut random = Random::new(number_of(&format!("{}/{}/{}", cx.subscriber(), event.id, cx.attempt())));
        match cx.subscriber() {
            "kill.slow" => tokio::time::sleep(random.time_below(Duration::from_millis(4))).await,
            "kill.flaky" if random.one_in(5) => {
                self.ledger.note(&entry(&event, &cx, Ended::Failed))?;
                return Err(Failure::new("not yet"));
            }
            PICKY if !self.mended && Planned::of(event.id.as_str()).poison => {
                self.ledger.note(&entry(&event, &cx, Ended::GaveUp))?;
                return Err(Failure::new("broken").terminal());
            }
            _ => {}
        }
        self.ledger.note(&entry(&event, &cx, Ended::Handled))?;
        Ok(())
    }
}

struct Many {
    ledger: Arc<Ledger>,
}

#[async_trait]
impl Subscriber for Many {
    type Event = Batch<AnyEvent>;

    async fn handle(&self, batch: Batch<AnyEvent>, cx: Cx) -> Result<(), Failure> {
        for item in batch.iter() {
            self.note(&batch, item, &cx)?;
        }
        Ok(())
    }
}

impl Many {
    fn note(&self, batch: &Batch<AnyEvent>, item: &BatchItem<AnyEvent>, cx: &Cx) -> Result<(), Failure> {
        let fails = Random::new(number_of(item.event.id.as_str())).one_in(20) && cx.attempt() == 1;
        if fails {
            batch.fail(item, "not yet");
        }
        let ended = if fails { Ended::Failed } else { Ended::Handled };
        Ok(self.ledger.note(&entry(&item.event, cx, ended))?)
    }
}

fn entry(event: &AnyEvent, cx: &Cx, ended: Ended) -> Entry {
    let (subscriber, id) = (cx.subscriber().to_owned(), event.id.to_string());
    Entry { subscriber, sequence: event.sequence, id, attempt: cx.attempt(), ended }
}
