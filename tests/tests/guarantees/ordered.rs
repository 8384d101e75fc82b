//! Events of one key come to a subscriber one at a time and in log order: across retries, dead letters, restarts and
//! processes.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use stheno::{
    App, Cx, FailureExt as _, SubscriberDef,
    app::{Running, Stopped},
    delivery::why::Why,
    medusa::{OrderCanceled, OrderCompleted, OrderPlaced, OrderUpdated},
};
use stheno_system_tests::{Gate, LogFile, Seen, eventually, memory, noting, order_of, settle, subscriber};

/// The story of one order.
async fn story(running: &Running, order: &str) {
    let bus = running.bus();
    bus.publish(OrderPlaced::new(order)).await.unwrap();
    bus.publish(OrderUpdated::new(order)).await.unwrap();
    bus.publish(OrderCompleted::new(order)).await.unwrap();
}

/// Notes what it handled; the first attempt at every event fails.
fn fails_at_first(seen: &Seen) -> SubscriberDef {
    let (seen, met) = (seen.clone(), Mutex::new(HashSet::new()));
    subscriber("fails-at-first", "order.*", move |event, cx: Cx| {
        let first = met.lock().expect("nobody panics with it").insert(event.sequence);
        assert_eq!(first, cx.attempt() == 1);
        if !first {
            seen.note(order_of(&event));
        }
        async move { if first { Err("not at the first attempt".into()) } else { Ok(()) } }
    })
}

#[tokio::test]
async fn order_of_a_key_holds_across_retries() {
    let seen = Seen::default();
    let running = App::new(memory()).subscribe(fails_at_first(&seen)).start().await.unwrap();
    story(&running, "order_1").await;
    story(&running, "order_2").await;
    let handled = seen.at_least(6).await;
    running.stop().await;
    for order in ["order_1", "order_2"] {
        let of_one: Vec<_> = handled.iter().filter_map(|line| line.strip_prefix(order)).collect();
        assert_eq!(of_one, ["/placed", "/updated", "/completed"]);
    }
}

#[tokio::test]
async fn what_follows_a_dead_letter_of_its_key_waits_and_comes_in_order_after_a_redrive() {
    let (seen, mended) = (Seen::default(), Gate::default());
    let (noted, gate) = (seen.clone(), mended.clone());
    let strict = subscriber("strict", "order.*", move |event, _| {
        let ready = gate.is_open();
        if ready {
            noted.note(order_of(&event));
        }
        async move { if ready { Ok(()) } else { Err("the address is wrong").terminal() } }
    });
    let running = App::new(memory()).subscribe(strict).start().await.unwrap();
    let operator = running.operator();
    story(&running, "order_1").await;
    settle(&running).await;
    assert!(matches!(operator.why("strict", 1).await.unwrap(), Why::Dead(_)));
    for parked in [2, 3] {
        assert_eq!(operator.why("strict", parked).await.unwrap(), Why::Parked { dead: 1 });
    }

    mended.open();
    running.bus().publish(OrderPlaced::new("order_2")).await.unwrap();
    assert_eq!(seen.at_least(1).await, ["order_2/placed"], "another key is not parked");
    operator.redrive("strict", 1).await.unwrap();
    let handled = seen.at_least(4).await;
    assert_eq!(handled[1..], ["order_1/placed", "order_1/updated", "order_1/completed"]);
    eventually(|| async { operator.why("strict", 3).await.unwrap() }, |why| *why == Why::Handled).await;
    assert!(operator.dead_letters("strict").await.unwrap().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn order_of_a_key_holds_across_a_restart() {
    let file = LogFile::new();
    let (before, after) = (Seen::default(), Seen::default());
    let noted = before.clone();
    let stops_here = subscriber("reader", "order.*", move |event, _| {
        noted.note(order_of(&event));
        let last = event.name.as_str() == "order.updated";
        async move { if last { Err("not in this process".into()) } else { Ok(()) } }
    });
    let running = App::new(file.open().await).subscribe(stops_here).start().await.unwrap();
    story(&running, "order_1").await;
    before.at_least(3).await;
    assert_eq!(running.stop().await, Stopped::Drained);
    assert!(!before.lines().contains(&"order_1/completed".to_owned()));

    let running = App::new(file.open().await).subscribe(noting("reader", "order.*", &after)).start().await.unwrap();
    after.at_least(2).await;
    settle(&running).await;
    running.stop().await;
    assert_eq!(after.lines(), ["order_1/updated", "order_1/completed"], "what is done is not repeated");
}

#[tokio::test]
async fn of_two_apps_on_one_file_one_runs_a_subscriber_and_the_other_takes_over_when_it_stops() {
    let file = LogFile::new();
    let (one, two) = (Seen::default(), Seen::default());
    let first = App::new(file.open().await).subscribe(noting("reader", "order.*", &one)).start().await.unwrap();
    story(&first, "order_1").await;
    one.at_least(3).await;
    let second = App::new(file.open().await).subscribe(noting("reader", "order.*", &two)).start().await.unwrap();
    // Published by the one that does not hold the lease, handled by the one that does.
    story(&second, "order_2").await;
    one.at_least(6).await;
    settle(&first).await;
    assert!(two.lines().is_empty(), "one holder at a time");

    assert_eq!(first.stop().await, Stopped::Drained);
    story(&second, "order_3").await;
    two.at_least(3).await;
    settle(&second).await;
    second.stop().await;
    let expected = |order: &str| ["placed", "updated", "completed"].map(|what| format!("{order}/{what}"));
    assert_eq!(one.lines(), [expected("order_1"), expected("order_2")].concat());
    assert_eq!(two.lines(), expected("order_3"));
}

#[tokio::test]
async fn an_app_that_vanishes_is_followed_once_its_lease_has_run_out_and_order_goes_on() {
    let file = LogFile::new();
    let lease = Duration::from_millis(400);
    let (one, two, never) = (Seen::default(), Seen::default(), Gate::default());
    let noted = one.clone();
    let stuck = subscriber("reader", "order.*", move |event, _| {
        noted.note(order_of(&event));
        let never = never.clone();
        async move {
            never.pass().await;
            Ok(())
        }
    });
    let first = App::new(file.open().await).lease(lease).subscribe(stuck).start().await.unwrap();
    story(&first, "order_1").await;
    one.at_least(1).await;
    // Ends as a crash would: nothing is handed over.
    drop(first);

    let second =
        App::new(file.open().await).lease(lease).subscribe(noting("reader", "order.*", &two)).start().await.unwrap();
    two.at_least(3).await;
    second.bus().publish(OrderCanceled::new("order_1")).await.unwrap();
    two.at_least(4).await;
    settle(&second).await;
    second.stop().await;
    assert_eq!(one.lines(), ["order_1/placed"], "the first one in the key was under way, and nothing after it");
    assert_eq!(two.lines(), ["order_1/placed", "order_1/updated", "order_1/completed", "order_1/canceled"]);
}
