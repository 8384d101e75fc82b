//! One subscriber's failure or slowness never delays or repeats another's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use stheno::{App, SubscriberDef, app::Stopped, medusa::OrderPlaced};
use stheno_system_tests::{Gate, LogFile, Seen, memory, noting, settle, subscriber};
use tokio::runtime::{Builder, Runtime};

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

/// How a handler holds its thread.
#[derive(Debug, Clone, Copy)]
enum Hold {
    Sleeping,
    Spinning,
    SleepingAfterAnAwait,
    SpinningAfterAnAwait,
}

impl Hold {
    const ALL: [Self; 4] = [Self::Sleeping, Self::Spinning, Self::SleepingAfterAnAwait, Self::SpinningAfterAnAwait];

    /// Holds the thread until it is let go.
    fn until(self, open: &AtomicBool) {
        while !open.load(Ordering::Relaxed) {
            match self {
                Self::Sleeping | Self::SleepingAfterAnAwait => thread::sleep(Duration::from_millis(1)),
                Self::Spinning | Self::SpinningAfterAnAwait => std::hint::spin_loop(),
            }
        }
    }

    /// A subscriber that holds its thread with every event until it is let go.
    fn subscriber(self, id: &'static str, open: &Arc<AtomicBool>) -> SubscriberDef {
        let open = Arc::clone(open);
        subscriber(id, "order.placed", move |_, _| {
            let open = Arc::clone(&open);
            async move {
                if matches!(self, Self::SleepingAfterAnAwait | Self::SpinningAfterAnAwait) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                self.until(&open);
                Ok(())
            }
        })
    }
}

fn runtimes() -> [Runtime; 4] {
    let multi = |threads| Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let single = Builder::new_current_thread().enable_all().build();
    [multi(1), multi(2), multi(4), single].map(|runtime| runtime.expect("a runtime"))
}

#[test]
fn handlers_that_hold_their_threads_delay_no_other_subscriber_on_any_runtime() {
    for (runtime, hold) in runtimes().iter().flat_map(|runtime| Hold::ALL.map(|hold| (runtime, hold))) {
        runtime.block_on(async {
            let (open, good) = (Arc::<AtomicBool>::default(), Seen::default());
            let (timed, noted) = (Seen::default(), good.clone());
            let waiting = {
                let timed = timed.clone();
                subscriber("good.waits", ">", move |_, _| {
                    let timed = timed.clone();
                    async move {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        let spawned = tokio::spawn(async { tokio::task::yield_now().await });
                        spawned.await.map_err(|_| "the app's runtime runs what is spawned")?;
                        timed.note("waited");
                        Ok(())
                    }
                })
            };
            let running = App::new(memory())
                .subscribe(hold.subscriber("bad.first", &open))
                .subscribe(hold.subscriber("bad.second", &open))
                .subscribe(noting("good", ">", &noted))
                .subscribe(waiting)
                .start()
                .await
                .unwrap();
            // One after the other: what is held from the first on delays none that comes later.
            for number in 0..10 {
                running.bus().publish(OrderPlaced::new(format!("order_{number}"))).await.unwrap();
                good.at_least(number + 1).await;
                timed.at_least(number + 1).await;
            }
            open.store(true, Ordering::Relaxed);
            settle(&running).await;
            running.stop().await;
        });
    }
}

#[tokio::test]
async fn other_keys_of_a_blocking_subscriber_go_on_while_one_holds_its_thread() {
    let (open, seen) = (Arc::<AtomicBool>::default(), Seen::default());
    let blocking = {
        let (open, seen) = (Arc::clone(&open), seen.clone());
        subscriber("blocks", "order.placed", move |event, _| {
            let (open, seen) = (Arc::clone(&open), seen.clone());
            async move {
                let order: OrderPlaced = event.json()?;
                if order.id == "order_held" {
                    Hold::Sleeping.until(&open);
                }
                seen.note(order.id);
                Ok(())
            }
        })
        .blocking()
    };
    let running = App::new(memory()).subscribe(blocking).start().await.unwrap();
    for id in ["order_held", "order_1", "order_held", "order_2"] {
        running.bus().publish(OrderPlaced::new(id)).await.unwrap();
    }
    let mut handled = seen.at_least(2).await;
    handled.sort();
    assert_eq!(handled, ["order_1", "order_2"]);
    open.store(true, Ordering::Relaxed);
    settle(&running).await;
    assert_eq!(seen.lines().len(), 4);
    running.stop().await;
}

#[tokio::test]
async fn an_attempt_that_is_overdue_is_shown_and_no_other_of_its_key_begins() {
    let (open, begun) = (Arc::<AtomicBool>::default(), Seen::default());
    let blocking = {
        let (open, begun) = (Arc::clone(&open), begun.clone());
        subscriber("blocks", "order.placed", move |_, cx| {
            let (open, begun) = (Arc::clone(&open), begun.clone());
            async move {
                begun.note(cx.attempt().to_string());
                Hold::Sleeping.until(&open);
                Ok(())
            }
        })
        .blocking()
        .timeout(Duration::from_millis(10))
    };
    let running = App::new(memory()).subscribe(blocking).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    let overdue = || running.progress().iter().find(|(id, _)| id == "blocks").map(|(_, progress)| progress.overdue);
    let begun_at = Instant::now();
    while overdue() != Some(1) {
        assert!(begun_at.elapsed() < Duration::from_secs(60), "it is never shown");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(begun.lines(), ["1"]);
    open.store(true, Ordering::Relaxed);
    settle(&running).await;
    assert_eq!(begun.lines(), ["1", "1"], "both are handled, and neither was cut");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_of_a_handler_that_cannot_be_cut_is_not_given_back() {
    let (file, open, begun) = (LogFile::new(), Arc::<AtomicBool>::default(), Seen::default());
    let held = {
        let (open, begun) = (Arc::clone(&open), begun.clone());
        subscriber("blocks", "order.placed", move |_, _| {
            let (open, begun) = (Arc::clone(&open), begun.clone());
            async move {
                begun.note("begun");
                Hold::Sleeping.until(&open);
                Ok(())
            }
        })
        .blocking()
    };
    let app = App::new(file.open().await).subscribe(held).subscribe(noting("good", ">", &Seen::default()));
    let running = app.drain(Duration::from_millis(10)).start().await.unwrap();
    running.bus().publish(OrderPlaced::new("order_1")).await.unwrap();
    begun.at_least(1).await;
    assert_eq!(running.stop().await, Stopped::Cut);
    let log = file.open().await;
    let leases = log.list_records("lease/").await.unwrap();
    let free = |id: &str| {
        let record = leases.iter().find(|record| record.name.as_str() == format!("lease/{id}")).expect("it was held");
        serde_json::from_slice::<serde_json::Value>(&record.value).unwrap()["free"] == true
    };
    assert_eq!((free("blocks"), free("good")), (false, true));
    open.store(true, Ordering::Relaxed);
}
