//! When events go and when they come, within one process.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::task::JoinHandle;

use crate::{
    Fallible,
    nats::{events::Ledger, watch::Measured},
};

/// When each event went, and how long it took to come, in nanoseconds.
#[derive(Debug)]
pub struct Stamps {
    begin: Instant,
    gone: Vec<AtomicU64>,
    took: Vec<AtomicU64>,
    ledger: Ledger,
}

impl Stamps {
    /// For so many events.
    pub fn new(events: u64) -> Self {
        let empty = || (0..events).map(|_| AtomicU64::new(0)).collect();
        Self { begin: Instant::now(), gone: empty(), took: empty(), ledger: Ledger::default() }
    }

    /// Which events came.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// An event goes now.
    pub fn goes(&self, number: u64) {
        self.gone[number as usize].store(self.now(), Ordering::Release);
    }

    /// The event of this order came now.
    pub fn came(&self, id: &str) {
        let now = self.now();
        self.ledger.note(id);
        let number = id.get(9..).and_then(|digits| digits.parse::<usize>().ok());
        let Some((gone, took)) = number.and_then(|number| Some((self.gone.get(number)?, self.took.get(number)?)))
        else {
            return;
        };
        took.store(now.saturating_sub(gone.load(Ordering::Acquire)), Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Adds the percentiles, in microseconds.
    ///
    /// # Errors
    /// When not every event came.
    pub fn say(&self, measured: Measured) -> Fallible<Measured> {
        self.ledger.check(self.gone.len() as u64, 1)?;
        let mut took: Vec<u64> = self.took.iter().map(|took| took.load(Ordering::Acquire)).collect();
        took.sort_unstable();
        let share = |share: f64| took[((took.len() - 1) as f64 * share) as usize] as f64 / 1e3;
        Ok(measured.with("p50", share(0.5)).with("p90", share(0.9)).with("p99", share(0.99)))
    }
}

/// Calls at a steady rate, and waits for what was begun.
///
/// # Errors
/// The first error of what was begun.
pub async fn paced(
    rate: u64,
    times: u64,
    mut begin: impl AsyncFnMut(u64) -> Fallible<JoinHandle<Fallible<()>>>,
) -> Fallible<()> {
    let start = tokio::time::Instant::now();
    let mut begun = Vec::with_capacity(usize::try_from(times)?);
    for number in 0..times {
        // The timer is exact to a millisecond; what is due by then goes at once.
        tokio::time::sleep_until(start + Duration::from_nanos(number * 1_000_000_000 / rate)).await;
        begun.push(begin(number).await?);
    }
    for task in begun {
        task.await??;
    }
    Ok(())
}
