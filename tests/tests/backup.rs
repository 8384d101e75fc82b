//! A backup that is made while a host runs and a shop publishes is a log that opens, and delivers what was not handled yet.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use stheno::{
    App, Operator,
    backend::{Backend, Query},
    delivery::why::Why,
    medusa::OrderPlaced,
};
use stheno_system_tests::{Gate, LogFile, Seen, eventually, settle, subscriber};

/// What the copy's host waits for: the leases in it are those of the host that ran when it was made.
const LEASE: Duration = Duration::from_secs(1);

/// A host that notes every order; it stops handling when it has noted so many.
async fn host(log: Arc<dyn Backend>, seen: &Seen, at_most: usize) -> stheno::app::Running {
    let (noted, never) = (seen.clone(), Gate::default());
    let note = subscriber("probe.note", "order.placed", move |event, _| {
        let (noted, never) = (noted.clone(), never.clone());
        async move {
            if noted.lines().len() >= at_most {
                never.pass().await;
            }
            noted.note(event.id.as_str());
            Ok(())
        }
    });
    App::new(log).lease(LEASE).subscribe(note.concurrency(1)).start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_opens_and_delivers_what_was_not_handled() {
    let file = LogFile::new();
    let seen = Seen::default();
    let running = host(file.open().await, &seen, 60).await;
    let bus = running.bus().clone();
    let publishing = tokio::spawn(async move {
        let mut number = 0;
        while bus.publish(OrderPlaced::new(format!("order_{number}"))).id(&format!("id-{number}")).await.is_ok() {
            number += 1;
        }
    });
    seen.at_least(50).await;
    let recorded = || async { running.progress().iter().any(|(id, now)| id == "probe.note" && now.floor > 0) };
    assert!(eventually(recorded, |recorded| *recorded).await);
    let copy = file.beside("copy.db");
    running.operator().backup(&copy).await.unwrap();
    publishing.abort();
    drop(running);

    let log = stheno::open_backend(&format!("sqlite://{}", copy.display())).await.unwrap();
    let events = log.read(Query::all().limit(10_000)).await.unwrap().events;
    assert!(events.len() >= 50, "{}", events.len());
    let (after, before) = (Seen::default(), seen.lines().into_iter().collect::<BTreeSet<_>>());
    let running = host(log, &after, usize::MAX).await;
    settle(&running).await;
    let mut handled: BTreeSet<String> = after.lines().into_iter().collect();
    assert!(handled.len() < events.len(), "what was recorded as handled is not handled again");
    handled.extend(before);
    for event in &events {
        assert!(handled.contains(event.id.as_str()), "{} was never handled", event.id);
        assert_eq!(running.operator().why("probe.note", event.sequence).await.unwrap(), Why::Handled);
    }
    // Its own log, which goes on by itself.
    running.bus().publish(OrderPlaced::new("order_new")).id("id-new").await.unwrap();
    settle(&running).await;
    assert!(after.lines().contains(&"id-new".to_owned()));
    running.stop().await;
    assert_eq!(Operator::new(App::new(file.open().await).bus()).why("probe.note", 1).await.unwrap(), Why::Handled);
}
