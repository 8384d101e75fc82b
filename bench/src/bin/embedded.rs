//! The embedded log against bare SQLite, side by side in one run.
//!
//! `cargo xtask bench embedded [ROUNDS] [EVENTS]`, 7 rounds of 300,000 events by default; recovery after an outage with a third
//! of them.

#[path = "../embedded/consume.rs"]
mod consume;
#[path = "../embedded/publish.rs"]
mod publish;

use stheno_bench::{Case, Fallible, recovery, report, results};

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut words = stheno_bench::words().into_iter();
    let rounds = words.next().map_or(Ok(7), |word| word.parse())?;
    let events = words.next().map_or(Ok(300_000), |word| word.parse())?;
    let folder = tempfile::tempdir()?;
    println!("{rounds} rounds of {events} events in {}\n", folder.path().display());

    let (mut published, mut one, mut ten) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let folder = folder.path().join(round.to_string());
        std::fs::create_dir_all(&folder)?;
        let ours = publish::ours(&folder, events).await?;
        let bare = publish::bare(&folder, events, ours.batch)?;
        published.push((ours.rate, bare));

        let log = consume::fill(&folder, events).await?;
        let bare = consume::bare(&log)?;
        let single = consume::ours(&log, 1).await?;
        let tenfold = consume::ours(&log, 10).await?;
        one.push((single, bare));
        // Costs: the time for ten against the time for one.
        ten.push((1e9 / tenfold, 1e9 / single));
        std::fs::remove_dir_all(&folder)?;
        eprintln!("round {round}: batch {}", ours.batch);
    }
    let mut cases = vec![
        Case::of("durable publish, 256 in flight", "events/s", &published, 0.6),
        Case::of("delivery to one typed subscriber, done recorded", "events/s", &one, 0.5),
        Case::of("ten subscribers against one", "ns/event", &ten, 3.0).at_most(),
    ];
    cases.extend(recovery::rows("embedded", rounds, events as u64 / 3, &[]).await?);
    report(&cases, &results("embedded"))?;
    Ok(())
}
