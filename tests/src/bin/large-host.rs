//! A host for the test of memory: it handles so many events with the subscribers of a plan, says how much memory it took at
//! most, and stops. Its words are the address of the log, the plan, and the number of events.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use stheno::{App, Failure, SubscriberDef};
use stheno_system_tests::{large, subscriber};
use tokio::sync::Notify;

/// How long a slow handler takes for an event.
const SLOW: Duration = Duration::from_millis(4);
/// How long every handler waits, so that an event is under way while others come.
const QUICK: Duration = Duration::from_micros(200);

/// The sequences that one subscriber has handled, each of them once.
struct Handled {
    sequences: Mutex<HashSet<u64>>,
    wanted: usize,
    all: Notify,
}

impl Handled {
    fn note(&self, sequence: u64) {
        let mut sequences = self.sequences.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(sequences.insert(sequence), "event {sequence} was handled twice");
        if sequences.len() == self.wanted {
            self.all.notify_one();
        }
    }
}

/// A subscriber, and when it is through. Of those that fail, every tenth event does at its first attempt.
fn handling(id: &str, takes: Duration, fails: bool, wanted: usize) -> (SubscriberDef, Arc<Handled>) {
    let handled = Arc::new(Handled { sequences: Mutex::default(), wanted, all: Notify::new() });
    let noting = Arc::clone(&handled);
    let defined = subscriber(id, large::NAME, move |event, cx| {
        let handled = Arc::clone(&noting);
        async move {
            tokio::time::sleep(takes).await;
            assert_eq!(event.body.len(), large::BYTES);
            if fails && event.sequence.is_multiple_of(10) && cx.attempt() == 1 {
                return Err(Failure::new("not yet"));
            }
            handled.note(event.sequence);
            Ok(())
        }
    });
    (defined, handled)
}

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .init();
    let words = stheno::words().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(error.exit().code().into())
    });
    let [url, plan, events] = &words[..] else { panic!("this process belongs to the test of memory") };
    let events = events.parse().expect("a number of events");
    let subscribers = match plan.as_str() {
        "live" => vec![handling("large.live", QUICK, false, events)],
        "one" => vec![handling("large.one", QUICK, false, events)],
        "two" => vec![handling("large.quick", QUICK, false, events), handling("large.slow", SLOW, false, events)],
        "failing" => vec![handling("large.failing", QUICK, true, events)],
        other => panic!("`{other}` is no plan"),
    };
    let log = stheno::open_backend(url).await.expect("the log is there");
    let (defined, handled): (Vec<_>, Vec<_>) = subscribers.into_iter().unzip();
    let app = defined.into_iter().fold(App::new(log).catalog(large::catalog()), App::subscribe);
    let running = app.start().await.expect("the host starts");
    println!("started");
    for one in handled {
        one.all.notified().await;
    }
    running.stop().await;
    println!("{}", large::high_water_mark());
}
