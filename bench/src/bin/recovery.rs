//! Recovery after an outage, on a file and on a nats-server.
//!
//! `cargo xtask bench recovery [embedded|nats] [ROUNDS] [KEYS] [WORDS..]`, 3 rounds of 100,000 keys by default; with words, only
//! the rows that have all of them, and the results go to `recovery-some.json`.

use stheno_bench::{Fallible, recovery, report, results};

#[tokio::main]
async fn main() -> Fallible<()> {
    let words = stheno_bench::words();
    let (urls, words): (Vec<_>, Vec<_>) =
        words.iter().map(String::as_str).partition(|word| ["embedded", "nats"].contains(word));
    let urls = if urls.is_empty() { vec!["embedded", "nats"] } else { urls };
    let (numbers, words): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| word.parse::<u64>().is_ok());
    let rounds = numbers.first().map_or(Ok(3), |word| word.parse())?;
    let keys = numbers.get(1).map_or(Ok(100_000), |word| word.parse())?;
    let mut cases = Vec::new();
    for url in urls {
        cases.extend(recovery::rows(url, rounds, keys, &words).await?);
    }
    let file = if words.is_empty() { "recovery" } else { "recovery-some" };
    report(&cases, &results(file))?;
    Ok(())
}
