//! Ours on a real nats-server against what people write on the raw client, side by side in one run.
//!
//! `cargo xtask bench nats [ROUNDS] [MESSAGES] [WORDS..]`, 5 rounds of 200,000 messages by default; with words, only the
//! rows that have all of them.

use stheno_bench::{
    Fallible,
    nats::{cases, suite},
};

#[tokio::main]
async fn main() -> Fallible<()> {
    suite::main("nats", cases::all()).await
}
