//! One subscriber's failure or slowness never delays or repeats another's.

use stheno::{App, medusa::OrderPlaced};
use stheno_system_tests::{Gate, Seen, memory, noting, settle, subscriber};

#[tokio::test]
async fn a_subscriber_that_fails_or_hangs_neither_delays_nor_repeats_another() {
    const EVENTS: usize = 200;
    let (good, failed, gate) = (Seen::default(), Seen::default(), Gate::default());
    let failing = {
        let failed = failed.clone();
        subscriber("bad.fails", "order.placed", move |_, _| {
            failed.note("failed");
            async { Err("it never works".into()) }
        })
    };
    let hanging = {
        let gate = gate.clone();
        subscriber("bad.hangs", "order.placed", move |_, _| {
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Ok(())
            }
        })
    };
    let running = App::new(memory())
        .subscribe(failing)
        .subscribe(hanging)
        .subscribe(noting("good", "order.placed", &good))
        .start()
        .await
        .unwrap();
    running.bus().publish_all((0..EVENTS).map(|number| OrderPlaced::new(format!("order_{number}")))).await.unwrap();

    let mut handled = good.at_least(EVENTS).await;
    failed.at_least(2 * EVENTS).await;
    gate.open();
    handled.sort();
    handled.dedup();
    assert_eq!(handled.len(), EVENTS);
    assert_eq!(good.lines().len(), EVENTS, "each of them once");
    running.stop().await;
}

#[tokio::test]
async fn a_key_that_fails_does_not_hold_up_other_keys_of_its_subscriber() {
    let seen = Seen::default();
    let noted = seen.clone();
    let picky = subscriber("picky", "order.placed", move |event, _| {
        let noted = noted.clone();
        async move {
            let order: OrderPlaced = event.json()?;
            if order.id == "order_bad" {
                return Err("not this one".into());
            }
            noted.note(order.id);
            Ok(())
        }
    });
    let running = App::new(memory()).subscribe(picky).start().await.unwrap();
    for id in ["order_bad", "order_1", "order_bad", "order_2"] {
        running.bus().publish(OrderPlaced::new(id)).await.unwrap();
    }
    let mut handled = seen.at_least(2).await;
    handled.sort();
    assert_eq!(handled, ["order_1", "order_2"]);
    running.stop().await;
    assert_eq!(seen.lines().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_its_thread_does_not_delay_another_subscriber() {
    let good = Seen::default();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(held));
    let blocking = subscriber("bad.blocks", "order.placed", move |_, _| {
        let held = held.clone();
        async move {
            // On purpose without giving the thread back; the error means that the test let go.
            let _ = held.lock().expect("nobody panics with it").recv();
            Ok(())
        }
    })
    .concurrency(1);
    let running = App::new(memory()).subscribe(blocking).subscribe(noting("good", ">", &good)).start().await.unwrap();
    running.bus().publish_all((0..20).map(|number| OrderPlaced::new(format!("order_{number}")))).await.unwrap();
    good.at_least(20).await;
    drop(release);
    settle(&running).await;
    running.stop().await;
}
