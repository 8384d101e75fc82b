//! What an operator looks at, on a file and on a nats-server, however many dead letters there are.
//!
//! `cargo xtask bench operator [embedded|nats] [ROUNDS] [KEYS]`, 3 rounds of 100,000 keys by default.

use stheno_bench::{Fallible, operator, report, results};

#[tokio::main]
async fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (urls, numbers): (Vec<_>, Vec<_>) = words.iter().partition(|word| word.parse::<u64>().is_err());
    let urls = if urls.is_empty() { vec!["embedded", "nats"] } else { urls.iter().map(|url| url.as_str()).collect() };
    let rounds = numbers.first().map_or(Ok(3), |word| word.parse())?;
    let keys = numbers.get(1).map_or(Ok(100_000), |word| word.parse())?;
    let mut cases = Vec::new();
    for url in urls {
        cases.extend(operator::rows(url, rounds, keys).await?);
    }
    report(&cases, &results("operator"))?;
    Ok(())
}
