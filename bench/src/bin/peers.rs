//! Ours on a real nats-server against other libraries, side by side in one run.
//!
//! `cargo xtask bench peers [ROUNDS] [MESSAGES] [WORDS..]`, as `cargo xtask bench nats`.

use stheno_bench::{
    Fallible,
    nats::{
        peers,
        side::{self, Side},
        suite::{self, Row},
    },
};

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut missing = Vec::new();
    let mut groups = peers::cases();
    for rows in &mut groups {
        rows.retain(|row| match library(row).and_then(peers::Library::missing) {
            Some(why) => {
                missing.push(format!("NOT RUN: {}: {why}", row.case));
                false
            }
            None => true,
        });
    }
    let measures = stheno_bench::words().first().is_some_and(|word| word == side::WORD);
    suite::main("peers", groups, async |_, _| Ok(Vec::new())).await?;
    // The last line of a process that measures is its result.
    missing.iter().filter(|_| !measures).for_each(|line| println!("{line}"));
    Ok(())
}

fn library(row: &Row) -> Option<peers::Library> {
    match row.reference?.side {
        Side::Peer(peer) => Some(peer.library),
        _ => None,
    }
}
