//! A host for the test of many dead letters: it gives up on every event, then has all of them handed back or given up for good while
//! other events flow, and says how much memory it took at most. Its words are the address of the log, `redrive` or `discard`, and how
//! many letters there are.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use stheno::{App, Bus, Failure, LetterFilter, app::Running, medusa, medusa::OrderPlaced};
use stheno_system_tests::{large, subscriber};

const ID: &str = "letters.handle";
/// Events published at once.
const AT_ONCE: usize = 1_000;
/// Events that flow meanwhile.
const LIVE: usize = 50;

/// What was handled, by sequence.
type Handled = Arc<Mutex<HashSet<u64>>>;

fn handled(of: &Handled) -> usize {
    of.lock().unwrap_or_else(PoisonError::into_inner).len()
}

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    eprintln!("waiting until {what}");
    while !so().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn publish(bus: &Bus, numbers: std::ops::Range<usize>) {
    for first in numbers.clone().step_by(AT_ONCE) {
        let events =
            (first..numbers.end.min(first + AT_ONCE)).map(|number| OrderPlaced::new(format!("order_{number}")));
        bus.publish_all(events).await.expect("the log takes them");
    }
}

async fn letters(running: &Running) -> u64 {
    let subscribers = running.operator().subscribers().await.expect("they can be read");
    subscribers[0].state.beside.as_ref().expect("they are counted").letters
}

#[tokio::main]
async fn main() {
    let words = stheno::words().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(error.exit().code().into())
    });
    let [url, command, many] = &words[..] else { panic!("this process belongs to the test of many dead letters") };
    let many: usize = many.parse().expect("a number of letters");
    let (mended, seen) = (Arc::new(AtomicBool::new(false)), Handled::default());
    let handle = {
        let (mended, seen) = (Arc::clone(&mended), Arc::clone(&seen));
        subscriber(ID, ">", move |event, _| {
            let mended = mended.load(Ordering::SeqCst);
            if mended {
                seen.lock().unwrap_or_else(PoisonError::into_inner).insert(event.sequence);
            }
            async move { if mended { Ok(()) } else { Err(Failure::new("the mail server refused the mail").terminal()) } }
        })
    };
    let log = stheno::open_backend(url).await.expect("the log is there");
    let app = App::new(log).catalog(medusa::catalog()).subscribe(handle);
    let running = app.start().await.expect("the host starts");
    publish(running.bus(), 0..many).await;
    until("all are dead letters", async || letters(&running).await == many as u64).await;
    mended.store(true, Ordering::SeqCst);

    let operator = running.operator();
    let asked = match command.as_str() {
        "redrive" => operator.redrive_all(ID, LetterFilter::all()).await,
        "discard" => operator.discard_all(ID, LetterFilter::all()).await,
        other => panic!("`{other}` is no command"),
    };
    assert_eq!(asked.expect("the command is taken"), many as u64);
    let live = async {
        for number in 0..LIVE {
            publish(running.bus(), many + number..many + number + 1).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let carried_out = until("all are gone", async || letters(&running).await == 0);
    tokio::join!(live, carried_out);
    let expected = if command == "redrive" { many + LIVE } else { LIVE };
    until("what flows is handled", async || handled(&seen) == expected).await;
    running.stop().await;
    println!("{}", large::high_water_mark());
}
