//! A clock that stands still until a test moves it.

use std::time::Duration;

use async_trait::async_trait;
use stheno_core::{Clock, Timestamp};
use tokio::sync::watch;

/// A clock that stands still until a test moves it. Cloning gives another handle to the same clock.
///
/// Give it to [`App::clock`](stheno_core::App::clock) and retries wait for the test; give it to the backend as well and
/// so do events that are published with a delay. [`TestApp`](crate::TestApp) does both.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::time::Duration;
/// use stheno_core::Clock;
/// use stheno_testkit::ManualClock;
///
/// let clock = ManualClock::new();
/// let due = clock.now().plus(Duration::from_secs(3600));
/// let sleeper = tokio::spawn({
///     let clock = clock.clone();
///     async move { clock.sleep_until(due).await }
/// });
/// clock.advance(Duration::from_secs(3600));
/// sleeper.await.unwrap();
/// assert_eq!(clock.now(), due);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(watch::Sender<Shown>);

/// What a clock shows.
#[derive(Debug, Clone, Copy)]
struct Shown {
    wall: Timestamp,
    /// The time that goes on evenly: nothing sets it back.
    steady: Timestamp,
}

impl ManualClock {
    /// A clock that shows the current time of the system.
    pub fn new() -> Self {
        Self::at(Timestamp::now())
    }

    /// A clock that shows a time.
    pub fn at(time: Timestamp) -> Self {
        Self(watch::Sender::new(Shown { wall: time, steady: time }))
    }

    /// Moves the time forward and wakes whoever slept until then.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| (now.wall, now.steady) = (now.wall.plus(by), now.steady.plus(by)));
    }

    /// Sets the time, also backwards, as it happens to a wall clock. Backwards, nothing that waits in this process waits longer for
    /// it; forwards, as much time has passed.
    pub fn set(&self, time: Timestamp) {
        self.0.send_modify(|now| {
            now.steady = now.steady.plus(time.since(now.wall));
            now.wall = time;
        });
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.borrow().wall
    }

    async fn sleep_until(&self, time: Timestamp) {
        let mut now = self.0.subscribe();
        // The sender lives in `self`, so it cannot go while this waits.
        let _ = now.wait_for(|now| now.wall >= time).await;
    }

    fn steady(&self) -> Timestamp {
        self.0.borrow().steady
    }

    async fn sleep_until_steady(&self, time: Timestamp) {
        let mut now = self.0.subscribe();
        let _ = now.wait_for(|now| now.steady >= time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_their_time_has_come_and_not_before() {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(Timestamp::from_micros(10)).await;
                clock.now()
            }
        });
        clock.advance(Duration::from_micros(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_micros(1));
        assert_eq!(sleeper.await.unwrap(), Timestamp::from_micros(10));
    }

    #[test]
    fn a_clock_can_be_set_back() {
        let clock = ManualClock::new();
        clock.set(Timestamp::from_micros(5));
        assert_eq!(clock.now(), Timestamp::from_micros(5));
    }

    #[test]
    fn what_waits_evenly_knows_nothing_of_a_step_back() {
        let clock = ManualClock::at(Timestamp::from_micros(100));
        clock.set(Timestamp::from_micros(40));
        assert_eq!(clock.steady(), Timestamp::from_micros(100));
        clock.advance(Duration::from_micros(10));
        clock.set(Timestamp::from_micros(70));
        assert_eq!((clock.now(), clock.steady()), (Timestamp::from_micros(70), Timestamp::from_micros(130)));
    }
}
