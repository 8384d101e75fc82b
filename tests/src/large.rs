//! Large events, and how much memory a process took for them.

use stheno::{Catalog, EventDescriptor, Key, Outgoing};

/// The name of the events.
pub const NAME: &str = "large.event";
/// The length of each body: a nats-server takes no more than 1 MiB with the headers unless it is told to.
pub const BYTES: usize = 1_000_000;
/// Keys that the events have in turn.
const KEYS: usize = 40;

/// The catalog that has the name.
pub fn catalog() -> Catalog {
    let event = EventDescriptor::declared(NAME, "", env!("CARGO_PKG_NAME"));
    Catalog::new("large", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).event(event)
}

/// The event of a number.
pub fn event(number: usize) -> Outgoing {
    let body = format!("\"{}\"", "x".repeat(BYTES - 2));
    let key = Key::new("large", &(number % KEYS).to_string()).expect("a number is a legal id");
    Outgoing::raw_bytes(NAME, body).key(key)
}

/// The most memory that this process has had at once, in KiB, as Linux counts it.
pub fn high_water_mark() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says how a process is");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it has a high-water mark");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}
