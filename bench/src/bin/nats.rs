//! Ours on a real nats-server against what people write on the raw client, side by side in one run.
//!
//! `cargo xtask bench nats [ROUNDS] [MESSAGES] [WORDS..]`, 5 rounds of 200,000 messages by default; with words, only the
//! rows that have all of them. Recovery after an outage is measured with half as many; `recovery` chooses it alone.

use stheno_bench::{
    Fallible,
    nats::{cases, suite},
    recovery,
};

#[tokio::main]
async fn main() -> Fallible<()> {
    suite::main("nats", cases::all(), async |rounds, messages| recovery::rows("nats", rounds, messages / 2, &[]).await)
        .await
}
