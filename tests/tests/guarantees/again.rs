//! What a handler publishes is in the log once, also when an attempt repeats it after the log has forgotten its id.

use std::time::Duration;

use stheno::{
    App, Cx, Failure, FailureExt as _, Outgoing, PublishError,
    backend::{Backend, Query},
    medusa::{OrderCanceled, OrderPlaced},
};
use stheno_system_tests::{LogFile, Seen, eventually, order_of, settle, subscriber};

/// Longer than the log knows an id.
const LATER: Duration = Duration::from_millis(300);

/// A log that knows an id for a twentieth of a second.
async fn forgetful(file: &LogFile) -> std::sync::Arc<dyn Backend> {
    stheno::open_backend(&format!("{}?dedup=50ms", file.url())).await.expect("a file of its own can be opened")
}

/// Publishes an event with a key, one without, one with an id of the handler's own, and one for later; notes whether they were
/// there.
async fn publish(cx: &Cx, seen: &Seen) -> Result<(), PublishError> {
    let hour = Duration::from_secs(3_600);
    let published = [
        cx.publish(OrderCanceled::new("order_1")).await?,
        cx.publish(Outgoing::undocumented("warehouse.counted", "[1,2]")).await?,
        cx.publish(OrderCanceled::new("order_2")).with(|event| event.id("mine")).await?,
        cx.publish(OrderCanceled::new("order_3")).with(|event| event.delay(hour)).await?,
    ];
    seen.note(format!("{:?}", published.map(|one| one.duplicate)));
    Ok(())
}

/// How many events the log has; the one for later waits.
async fn there(log: &dyn Backend) -> usize {
    log.read(Query::all()).await.expect("the log can be read").events.len()
}

const NEW: &str = "[false, false, false, false]";
const KNOWN: &str = "[true, true, true, true]";

#[tokio::test]
async fn a_retry_after_the_window_finds_what_the_attempt_before_has_published() {
    let (file, seen) = (LogFile::new(), Seen::default());
    let log = forgetful(&file).await;
    let noted = seen.clone();
    let twice = subscriber("again.retry", "order.placed", move |_, cx| {
        let seen = noted.clone();
        async move {
            publish(&cx, &seen).await?;
            if cx.attempt() < 3 { Err(Failure::new("not yet").retry_after(LATER)) } else { Ok(()) }
        }
    });
    let running = App::new(log.clone()).subscribe(twice).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_9")).await.unwrap();
    assert_eq!(seen.at_least(3).await, [NEW, KNOWN, KNOWN]);
    settle(&running).await;
    assert_eq!(there(&*log).await, 4);
    running.stop().await;
}

#[tokio::test]
async fn so_does_a_redrive_and_a_replay_publishes_anew() {
    let (file, seen) = (LogFile::new(), Seen::default());
    let log = forgetful(&file).await;
    let noted = seen.clone();
    let dies = subscriber("again.redrive", "order.placed", move |_, cx| {
        let seen = noted.clone();
        async move {
            publish(&cx, &seen).await?;
            if seen.lines().len() == 1 { Err("no such address").terminal() } else { Ok(()) }
        }
    });
    let running = App::new(log.clone()).subscribe(dies).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_9")).await.unwrap();
    let operator = running.operator();
    let letters = || async { operator.dead_letters("again.redrive").await.unwrap() };
    let letters = eventually(letters, |letters| !letters.is_empty()).await;
    tokio::time::sleep(LATER).await;
    operator.redrive("again.redrive", letters[0].sequence).await.unwrap();
    assert_eq!(seen.at_least(2).await, [NEW, KNOWN]);
    settle(&running).await;
    assert_eq!(there(&*log).await, 4);
    // Another run publishes events of its own, but for the one that has the same id in each.
    operator.rewind("again.redrive", stheno::RewindTo::Beginning).await.unwrap();
    assert_eq!(seen.at_least(3).await[2], "[false, false, true, false]");
    settle(&running).await;
    assert_eq!(there(&*log).await, 6);
    running.stop().await;
}

#[tokio::test]
async fn so_does_another_process_after_one_that_was_ended() {
    let (file, seen) = (LogFile::new(), Seen::default());
    let log = forgetful(&file).await;
    let publishing = |waits: bool| {
        let seen = seen.clone();
        subscriber("again.restart", "order.placed", move |event, cx| {
            let (seen, order) = (seen.clone(), order_of(&event));
            async move {
                publish(&cx, &seen).await?;
                assert_eq!(order, "order_9/placed");
                if waits { std::future::pending().await } else { Ok(()) }
            }
        })
    };
    let running = App::new(log.clone()).subscribe(publishing(true)).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_9")).await.unwrap();
    assert_eq!(seen.at_least(1).await, [NEW]);
    // It is not asked to stop: nothing of what it did is recorded.
    drop(running);
    tokio::time::sleep(LATER).await;
    let running = App::new(forgetful(&file).await).subscribe(publishing(false)).start().await.unwrap();
    assert_eq!(seen.at_least(2).await, [NEW, KNOWN]);
    settle(&running).await;
    assert_eq!(there(&*log).await, 4);
    running.stop().await;
}
