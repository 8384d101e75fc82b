//! Ports of the loopback for servers that are killed and started again on the same one.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::random::Random;

/// Below those that the system gives to outgoing connections: one of them could take the port of a server while that is
/// away.
const FIRST: u16 = 10_240;
const PORTS: u16 = 22_000;

/// Ports that nobody listens on now.
///
/// # Panics
/// When there are not so many.
pub(crate) fn free(count: usize) -> Vec<u16> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::from(now.subsec_nanos()));
    // Other processes look for ports too, so each begins elsewhere.
    let mut random = Random::new(now ^ (u64::from(std::process::id()) << 32) ^ CALLS.fetch_add(1, Ordering::Relaxed));
    let candidates = (0..PORTS).map(|_| FIRST + u16::try_from(random.below(u64::from(PORTS))).unwrap_or(0));
    // All are held until all are known, so that none comes twice.
    let held: Vec<_> =
        candidates.filter_map(|port| Some((port, TcpListener::bind(("127.0.0.1", port)).ok()?))).take(count).collect();
    assert_eq!(held.len(), count, "the loopback has free ports");
    held.into_iter().map(|(port, _)| port).collect()
}
