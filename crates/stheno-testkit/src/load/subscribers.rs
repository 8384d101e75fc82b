//! The subscribers of a load: each notes what it has handled.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use stheno_core::{AnyEvent, Cx, Failure, Start, Subscriber, SubscriberDef};

use crate::{
    kill::events::number_of,
    load::ledger::{Ledger, Numbered},
    random::Random,
};

/// The one that never fails.
const PLAIN: &str = "load.plain";
/// The one that fails now and then, and is tried again.
const FLAKY: &str = "load.flaky";
/// Every subscriber.
pub const ALL: [&str; 2] = [PLAIN, FLAKY];

/// The subscribers, which begin at the beginning of the log.
pub fn all(ledger: &Arc<Ledger>) -> Vec<SubscriberDef> {
    let (first_wait, cap, total) = (Duration::from_millis(5), Duration::from_millis(50), Duration::from_secs(3_600));
    let subscriber = |id: &'static str| {
        let noting = Noting { id, ledger: Arc::clone(ledger) };
        SubscriberDef::new(id, noting).on(">").start(Start::Beginning).retry(first_wait, cap, total)
    };
    ALL.into_iter().map(subscriber).collect()
}

struct Noting {
    id: &'static str,
    ledger: Arc<Ledger>,
}

#[async_trait]
impl Subscriber for Noting {
    type Event = AnyEvent;

    async fn handle(&self, event: AnyEvent, cx: Cx) -> Result<(), Failure> {
        let mut random = Random::new(number_of(&format!("{}/{}", event.id, cx.attempt())));
        if self.id == FLAKY && random.one_in(50) {
            return Err(Failure::new("not yet"));
        }
        let numbered = Numbered::parse(event.id.as_str()).ok_or_else(|| Failure::new("none of the load").terminal())?;
        self.ledger.handled(self.id, numbered);
        Ok(())
    }
}
