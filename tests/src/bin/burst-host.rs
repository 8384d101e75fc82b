//! A host for the test of what a kill leaves unrecorded: its handler notes each attempt in a file before it does anything, and fails
//! with all of them or with none. Its words are the address of the log, the plan (`fails` or `succeeds`), how many attempts are made
//! at once, the file, and which process it is. It says `through` once every event was handled or waits, and ends.

use std::{sync::Arc, time::Duration};

use stheno::{App, Failure, medusa};
use stheno_system_tests::{attempts::Ledger, subscriber};

/// Longer than the test takes.
const OUTAGE: Duration = Duration::from_secs(24 * 3_600);

#[tokio::main]
async fn main() {
    let words = stheno::words().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(error.exit().code().into())
    });
    let [url, plan, concurrency, ledger, process] = &words[..] else {
        panic!("this process belongs to the test of what is unrecorded")
    };
    let fails = match plan.as_str() {
        "fails" => true,
        "succeeds" => false,
        other => panic!("`{other}` is no plan"),
    };
    let ledger = Arc::new(Ledger::open(ledger.as_ref(), process.parse().expect("a number")));
    let log = stheno::open_backend(url).await.expect("the log is there");
    let last = log.info().await.expect("the log says where it ends").last;
    let burst = subscriber("burst.handle", ">", move |event, cx| {
        ledger.note(event.sequence, cx.attempt());
        async move { if fails { Err(Failure::new("the mail server is down")) } else { Ok(()) } }
    });
    let burst = burst.retry(OUTAGE, OUTAGE, 10 * OUTAGE).concurrency(concurrency.parse().expect("a number"));
    let app = App::new(log).catalog(medusa::catalog()).subscribe(burst);
    let running = app.start().await.expect("the host starts");
    loop {
        let progress = running.progress().into_iter().next().map(|(_, progress)| progress).expect("one subscriber");
        if progress.idle && progress.position >= last {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.stop().await;
    println!("through");
}
