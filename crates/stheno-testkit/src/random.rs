//! Random numbers that can be had again: every random test prints its seed, and `STHENO_SEED` gives it back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The environment variable that repeats a random test.
pub const SEED: &str = "STHENO_SEED";

/// A small generator (SplitMix64): the same seed gives the same numbers on every machine.
///
/// ```
/// use stheno_testkit::random::Random;
/// let (mut one, mut other) = (Random::new(7), Random::new(7));
/// assert_eq!(one.below(1_000), other.below(1_000));
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    seed: u64,
    state: u64,
}

/// The number in an environment variable, if it is set.
///
/// # Panics
/// When it is set to something else: the run would not be what it is meant to be. What it is, is not said.
pub fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var_os(variable)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{variable} is set and is no number; write one, or leave it out")))
}

impl Random {
    /// A generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// A generator of the seed in `STHENO_SEED`, or else of a new one. Prints how to have the same numbers again: a test
    /// harness shows what a failed test printed.
    ///
    /// # Panics
    /// When `STHENO_SEED` is no number: the run would not repeat what it is meant to.
    pub fn seeded(what: &str) -> Self {
        let of_the_time = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map_or(0, |now| now.as_secs().rotate_left(32) ^ u64::from(now.subsec_nanos()))
        };
        let seed = number_in(SEED).unwrap_or_else(of_the_time);
        println!("{what}: repeat with {SEED}={seed}");
        Self::new(seed)
    }

    /// The seed it began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The bias of the remainder is far below what a test could see.
        self.bits().checked_rem(limit).unwrap_or(0)
    }

    /// True in one of `times` cases.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of the choices; `None` when there is none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(choices.len() as u64);
        choices.get(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// A time below `limit`, in whole microseconds.
    pub fn time_below(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)))
    }
}
