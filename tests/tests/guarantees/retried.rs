//! An error means retry, `.terminal()` means dead letter now; a panic or a time-out counts as a failed attempt.

use std::time::Duration;

use stheno::{
    App, Failure, FailureExt as _, SubscriberDef,
    delivery::doc::{DeadLetter, DeadReason},
    medusa::OrderPlaced,
};
use stheno_system_tests::{Seen, eventually, memory, subscriber};

/// Lets a subscriber fail at one event, and gives what became of it.
async fn dead_letter_of(subscriber: SubscriberDef) -> DeadLetter {
    let id = subscriber.id().to_owned();
    let running = App::new(memory()).subscribe(subscriber).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    let letters = || async { running.operator().dead_letters(&id).await.unwrap() };
    let letters = eventually(letters, |letters| !letters.is_empty()).await;
    running.stop().await;
    let [letter] = <[DeadLetter; 1]>::try_from(letters).expect("one event was published");
    letter
}

#[tokio::test]
async fn an_error_is_tried_again_with_the_attempt_counted_until_it_works() {
    let seen = Seen::default();
    let noted = seen.clone();
    let third = subscriber("third-time", "order.placed", move |_, cx| {
        noted.note(cx.attempt().to_string());
        async move { if cx.attempt() < 3 { Err("not yet".into()) } else { Ok(()) } }
    });
    let running = App::new(memory()).subscribe(third).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    assert_eq!(seen.at_least(3).await, ["1", "2", "3"]);
    let counts = || async {
        let status = running.operator().subscribers().await.unwrap();
        let counts = status.into_iter().find(|one| one.id == "third-time").unwrap().state.counts;
        (counts.handled, counts.failed, counts.dead)
    };
    eventually(counts, |counts| *counts == (1, 2, 0)).await;
    running.stop().await;
}

#[tokio::test]
async fn an_error_that_stays_becomes_a_dead_letter_when_the_attempts_are_used_up() {
    let always = subscriber("always", "order.placed", |_, _| async { Err("it never works".into()) }).attempts(4);
    let letter = dead_letter_of(always).await;
    assert_eq!((letter.reason, letter.attempts), (DeadReason::Exhausted, 4));
    assert_eq!(letter.error, ["it never works"]);
}

#[tokio::test]
async fn a_terminal_error_becomes_a_dead_letter_at_the_first_attempt() {
    let terminal = subscriber("terminal", "order.placed", |_, _| async { Err("no such address").terminal() });
    let letter = dead_letter_of(terminal).await;
    assert_eq!((letter.reason, letter.attempts), (DeadReason::Terminal, 1));
    assert_eq!(letter.key.as_ref().map(|key| key.as_str()), Some("order:order_1"));
}

#[tokio::test]
async fn a_panic_counts_as_a_failed_attempt_and_says_its_text() {
    let panics = |_, _| async { panic!("this is what went wrong") };
    let letter = dead_letter_of(subscriber("panics", "order.placed", panics).attempts(2)).await;
    assert_eq!((letter.reason, letter.attempts), (DeadReason::Exhausted, 2));
    assert!(letter.error[0].contains("this is what went wrong"), "{:?}", letter.error);
}

#[tokio::test]
async fn a_time_out_counts_as_a_failed_attempt() {
    let hangs = subscriber("hangs", "order.placed", |_, _| std::future::pending());
    let letter = dead_letter_of(hangs.timeout(Duration::from_millis(20)).attempts(2)).await;
    assert_eq!((letter.reason, letter.attempts), (DeadReason::Exhausted, 2));
}

#[tokio::test]
async fn an_error_may_say_when_to_come_again() {
    let seen = Seen::default();
    let noted = seen.clone();
    let wait = Duration::from_millis(300);
    let busy = subscriber("busy", "order.placed", move |_, cx| {
        noted.note("called");
        let failed: Result<(), Failure> = Err("the service is busy".into());
        async move { if cx.attempt() == 1 { failed.retry_after(wait) } else { Ok(()) } }
    });
    let running = App::new(memory()).subscribe(busy).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    seen.at_least(1).await;
    let since = std::time::Instant::now();
    seen.at_least(2).await;
    // The policy itself would have waited for 5 ms.
    assert!(since.elapsed() > wait / 2);
    running.stop().await;
}
