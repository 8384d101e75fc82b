//! The tour: every event once, a story of three orders, and who handled what.
//!
//! Ids are made from the number of the tour, so that a tour that was broken off goes on where it was: what is in the log
//! already is recognised. A tour is over when `storefront.tour_completed` is in the log; then the next one has the next
//! number. (The log recognises an id for a day; a tour that is broken off for longer publishes again.)
//!
//! Reading order: this file, `story`, `mail_server`, `report`.

mod mail_server;
mod report;
pub(crate) mod story;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use plugin_notifications::Transport;
use stheno::{
    App, Bus, Event, Exit, Operator, Outgoing, PatternSet, Published, Timestamp,
    app::Running,
    backend::{BackendError, Query},
    medusa,
};

use crate::{
    events::TourCompleted,
    place, print, shop,
    tour::{mail_server::MailServer, report::Report},
};

/// How long the tour waits for handlers and retries; what is not done then is said to wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Within this time the leases of a process that was killed have run out.
const LEASES: Duration = Duration::from_secs(15);

/// What one tour has published.
struct Tour {
    number: u64,
    examples: Vec<Published>,
    story: Vec<Published>,
}

/// Takes the visitor on a tour.
pub(crate) async fn take(app: App) -> stheno::Result<Exit> {
    let mails = MailServer::open(Path::new(place::MAILS)).map_err(stheno::Error::new)?;
    let app = app.provide_shared::<dyn Transport>(Arc::new(mails)).provide_shared(shop::made_up());
    let before = Operator::new(app.bus()).subscribers().await?;
    let began = Instant::now();
    let running = match app.start().await {
        Ok(running) => running,
        Err(error) => return Ok(print::refusal(&error)),
    };
    if !all_held(&running).await {
        running.stop().await;
        eprintln!("another process runs the plugins on this log; stop it first, or look on with `log`");
        return Ok(Exit::UNAVAILABLE);
    }
    let tour = publish(running.bus()).await?;
    wait(&running).await;
    complete(running.bus(), tour.number).await?;
    wait(&running).await;
    print!("{}", Report::of(&running, &tour, &before, began.elapsed()).await?);
    Ok(running.stop().await.into())
}

async fn publish(bus: &Bus) -> stheno::Result<Tour> {
    let number = next_number(bus).await?;
    let examples = bus.publish_all(examples(number)).await?;
    let story = bus.publish_all(story::events(number)).await?;
    Ok(Tour { number, examples, story })
}

async fn complete(bus: &Bus, tour: u64) -> stheno::Result<()> {
    let completed = TourCompleted::new(format!("tour{tour}"));
    bus.publish(completed).id(&format!("tour{tour}/completed")).await?;
    Ok(())
}

/// One example of each of Medusa's events.
fn examples(tour: u64) -> Vec<Outgoing> {
    let catalog = medusa::catalog();
    let named = catalog.events().iter().filter_map(|event| {
        // `oauth.token_generated.*` ends with the name of an application.
        let name = event.pattern.replace('*', "storefront");
        Some(Outgoing::raw(&name, &event.example?()).id(&format!("tour{tour}/{name}")))
    });
    named.collect()
}

/// The number after that of the last tour that came to its end.
async fn next_number(bus: &Bus) -> Result<u64, BackendError> {
    let completed = PatternSet::parse([TourCompleted::PATTERN]).unwrap_or_default();
    let last = bus.backend().read(Query::new(completed).backward().limit(1)).await?;
    let number =
        last.events.first().and_then(|event| event.key.as_ref()?.id().strip_prefix("tour")?.parse::<u64>().ok());
    Ok(number.map_or(1, |number| number + 1))
}

/// Whether this process gets to run every plugin; another may have been killed, and its leases run out first.
async fn all_held(running: &Running) -> bool {
    let deadline = Instant::now() + LEASES;
    while !running.progress().iter().all(|(_, progress)| progress.held) {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Waits until everything is handled, also what is tried again within the tour's patience.
async fn wait(running: &Running) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Whoever is still busy then stands in the report.
        let _ = running.settle(left).await;
        let due = running.progress().into_iter().filter_map(|(_, progress)| progress.next_due).min();
        let until_due = due.map(|due| due.since(Timestamp::now()));
        match until_due {
            Some(wait) if wait < deadline.saturating_duration_since(Instant::now()) => tokio::time::sleep(wait).await,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use stheno::sqlite::SqliteBackend;

    use super::*;

    fn bus() -> Bus {
        App::new(SqliteBackend::memory().unwrap()).bus()
    }

    #[tokio::test]
    async fn a_tour_that_was_broken_off_publishes_nothing_twice() {
        let bus = bus();
        let first = publish(&bus).await.unwrap();
        let again = publish(&bus).await.unwrap();
        assert_eq!((first.number, again.number), (1, 1));
        assert_eq!((first.examples.len(), first.story.len()), (99, 11));
        assert!(again.examples.iter().chain(&again.story).all(|published| published.duplicate));
        assert_eq!(bus.backend().info().await.unwrap().last, 110);
    }

    #[tokio::test]
    async fn the_next_tour_has_the_next_number_and_events_of_its_own() {
        let bus = bus();
        for number in 1..=11 {
            let tour = publish(&bus).await.unwrap();
            assert_eq!(tour.number, number);
            assert!(tour.examples.iter().chain(&tour.story).all(|published| !published.duplicate));
            complete(&bus, number).await.unwrap();
        }
    }
}
