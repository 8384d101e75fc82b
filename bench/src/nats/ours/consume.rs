//! An app with trivial typed subscribers reads a full log to its end and records what is done.

use std::{sync::Arc, time::Duration};

use stheno::{Failure, Res, SubscriberDef, medusa::OrderPlaced, subscriber};

use super::{app, open};
use crate::{
    Fallible,
    nats::{
        events::{Ledger, OrderExported, Size},
        side::{Place, Sending},
        watch::{Measured, Watch},
    },
};

const LIMIT: Duration = Duration::from_secs(200);

macro_rules! trivial_subscribers {
    ($($name:ident = $id:literal),*) => {
        $(
            #[subscriber(id = $id, start = "beginning")]
            async fn $name(order: OrderPlaced, ledger: Res<Ledger>) -> Result<(), Failure> {
                std::hint::black_box(order.no_notification);
                ledger.note(&order.id);
                Ok(())
            }
        )*

        fn small() -> Vec<SubscriberDef> {
            vec![$($name::subscriber()),*]
        }
    };
}

trivial_subscribers! {
    s0 = "bench.s0", s1 = "bench.s1", s2 = "bench.s2", s3 = "bench.s3", s4 = "bench.s4",
    s5 = "bench.s5", s6 = "bench.s6", s7 = "bench.s7", s8 = "bench.s8", s9 = "bench.s9"
}

#[subscriber(id = "bench.large", start = "beginning")]
async fn large(order: OrderExported, ledger: Res<Ledger>) -> Result<(), Failure> {
    std::hint::black_box((&order.email, order.total, &order.items));
    ledger.note(&order.id);
    Ok(())
}

#[subscriber(id = "bench.ahead", start = "new")]
async fn ahead(order: OrderPlaced, ledger: Res<Ledger>) -> Result<(), Failure> {
    ledger.note(&order.id);
    Ok(())
}

/// From the start of the app until every subscriber has recorded the whole log as done.
pub async fn measure(place: &Place, subscribers: usize) -> Fallible<Measured> {
    let subscribed = match place.size {
        Size::Small => small().into_iter().take(subscribers).collect(),
        Size::Large => vec![large::subscriber()],
    };
    let times = subscribed.len() as u64;
    run(place, subscribed, times).await
}

/// The same for one subscriber, while another has nothing to do since it is at the head of the log.
pub async fn behind(place: &Place) -> Fallible<Measured> {
    run(place, vec![ahead::subscriber(), s0::subscriber()], 1).await
}

/// Every event is handled so many times.
async fn run(place: &Place, subscribed: Vec<SubscriberDef>, times: u64) -> Fallible<Measured> {
    let backend = open(place, Sending::Default).await?;
    let ledger = Arc::new(Ledger::default());
    let app = app(&backend).provide_shared(Arc::clone(&ledger));
    let app = subscribed.into_iter().fold(app, stheno::App::subscribe);
    let watch = Watch::start(place.server)?;
    let running = app.start().await?;
    running.settle(LIMIT).await?;
    let measured = watch.stop(place.messages)?;
    running.stop().await;
    backend.close().await;
    ledger.check(place.messages, times)?;
    Ok(measured)
}
