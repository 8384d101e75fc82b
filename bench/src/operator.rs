//! What an operator looks at, with so many keys that have a dead letter each, against the same with 100 of them.

use std::time::Instant;

use stheno::{AnyEvent, App, Cx, Failure, LetterFilter, Operator, Start, Subscriber, SubscriberDef, async_trait};

use crate::{
    Case, Fallible,
    recovery::{LIMIT, Place, Stored, fill},
};

const ID: &str = "bench.operator";
/// Keys that it is compared with.
const FEW: u64 = 100;
/// How often each is looked at.
const LOOKS: u32 = 50;
/// Dead letters of a page.
const PAGE: usize = 100;
/// What is looked at.
const WHAT: [&str; 3] = ["the first page of dead letters", "all subscribers", "why an event was not handled"];

/// Gives up on everything.
struct Broken;

#[async_trait]
impl Subscriber for Broken {
    type Event = AnyEvent;

    async fn handle(&self, _event: AnyEvent, _cx: Cx) -> Result<(), Failure> {
        Err(Failure::new("the mail server is down").terminal())
    }
}

/// Milliseconds that each look takes.
async fn looks(url: &str, keys: u64) -> Fallible<[f64; 3]> {
    let place = Place::new(url)?;
    fill(&place, keys, Stored::Keyed).await?;
    let app = App::new(place.open().await?).catalog(stheno::medusa::catalog()).without_unknown_names();
    let subscriber = SubscriberDef::new(ID, Broken).on("order.placed").start(Start::Beginning);
    let running = app.subscribe(subscriber).start().await?;
    running.settle(LIMIT).await?;
    let operator = running.operator().clone();
    let until = Instant::now() + LIMIT;
    while operator.subscribers().await?.iter().any(|status| status.state.beside.is_none_or(|one| one.letters < keys)) {
        if Instant::now() > until {
            return Err("the dead letters are not recorded".into());
        }
    }
    let middle = keys / 2;
    let taken = [
        time(async || operator.dead_letters_page(ID, &LetterFilter::all(), None, PAGE).await.map(drop)).await?,
        time(async || operator.subscribers().await.map(drop)).await?,
        time(async || operator.why(ID, middle).await.map(drop)).await?,
    ];
    check(&operator, middle).await?;
    running.stop().await;
    Ok(taken)
}

async fn check(operator: &Operator, sequence: u64) -> Fallible<()> {
    let why = operator.why(ID, sequence).await?.to_string();
    if why.contains("dead letter") { Ok(()) } else { Err(format!("event {sequence}: {why}").into()) }
}

async fn time<E: std::error::Error + Send + Sync + 'static>(look: impl AsyncFn() -> Result<(), E>) -> Fallible<f64> {
    look().await?;
    let mut taken = Vec::new();
    for _ in 0..LOOKS {
        let begun = Instant::now();
        look().await?;
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(crate::median(&mut taken))
}

/// Measures a backend: so many rounds, with so many keys.
///
/// # Errors
/// When something does not come to its end.
pub async fn rows(url: &str, rounds: usize, keys: u64) -> Fallible<Vec<Case>> {
    let mut pairs: [Vec<(f64, f64)>; 3] = Default::default();
    for round in 0..rounds {
        let (few, many) = (looks(url, FEW).await?, looks(url, keys).await?);
        eprintln!("{url}, round {round}: looks with {FEW} keys {few:?} ms, with {keys} {many:?} ms");
        for ((pairs, few), many) in pairs.iter_mut().zip(few).zip(many) {
            pairs.push((many, few));
        }
    }
    let name = |what| format!("{url}: {what}, {keys} keys against {FEW}");
    Ok(WHAT.iter().zip(&pairs).map(|(what, pairs)| Case::of(name(what), "ms", pairs, 3.0).at_most()).collect())
}
