//! Wall-clock times in events, and the clock that comes in from outside.
//!
//! Beside this file: `offset` (times of payloads, kept as their platform wrote them).

pub mod offset;

use std::{
    fmt,
    str::FromStr,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use offset::{OffsetTime, OffsetTimeError};

/// A point in wall-clock time, to the microsecond. Written as RFC 3339 in UTC: `2026-11-22T10:00:00.000000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The current time of the system's clock.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// This much later; stops at the end of time instead of overflowing.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This much earlier; stops at the beginning of time instead of overflowing.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        };
        Self(micros)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let offset = Duration::from_micros(time.0.unsigned_abs());
        let shifted = if time.0 >= 0 { UNIX_EPOCH.checked_add(offset) } else { UNIX_EPOCH.checked_sub(offset) };
        shifted.unwrap_or(UNIX_EPOCH)
    }
}

/// The first microsecond of the year 0 and the last one of the year 9999, which RFC 3339 can write.
const FIRST_WRITABLE: i64 = -62_167_219_200_000_000;
const LAST_WRITABLE: i64 = 253_402_300_799_999_999;
/// Years after which the calendar repeats itself, five times over, and the microseconds in them. By as much a time before 1970
/// is moved to be read and written, since what reads and writes knows none.
const YEARS: u16 = 2000;
const MICROS_OF_YEARS: i64 = 63_113_904_000_000_000;

/// Written up to the years 0 and 9999; an earlier or later time as the first or last one of these.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writable = self.0.clamp(FIRST_WRITABLE, LAST_WRITABLE);
        if writable >= 0 {
            return fmt::Display::fmt(&humantime::format_rfc3339_micros(Timestamp(writable).into()), f);
        }
        let moved = humantime::format_rfc3339_micros(Timestamp(writable + MICROS_OF_YEARS).into()).to_string();
        let (year, rest) = moved.split_at_checked(4).unwrap_or_default();
        // It is of the years 2000 to 3969.
        let year = year.parse::<u16>().unwrap_or(YEARS).saturating_sub(YEARS);
        f.pad(&format!("{year:04}{rest}"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an RFC 3339 time in UTC.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a time; write it as 2026-11-22T10:00:00Z", crate::shown::shown(text))]
pub struct TimestampError {
    text: String,
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let parsed = match before_1970(text) {
            Some((year, rest)) => humantime::parse_rfc3339_weak(&format!("{:04}{rest}", year + YEARS))
                .map(|moved| Self(Self::from(moved).0 - MICROS_OF_YEARS)),
            None => humantime::parse_rfc3339_weak(text).map(Self::from),
        };
        parsed.map_err(|_| TimestampError { text: text.chars().take(80).collect() })
    }
}

/// The year of a text, if it is one before 1970, and what follows it.
fn before_1970(text: &str) -> Option<(u16, &str)> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = year.parse().ok().filter(|_| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    (year < 1970).then_some((year, rest))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Where delivery gets its time from: the system's clock, or one that a test moves.
///
/// Due times are wall time, because they are stored and outlive the process. Waits of one process go by [`Clock::steady`]. Leases
/// never use this clock: they count on the system's monotonic one.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The current wall time.
    fn now(&self) -> Timestamp;

    /// Returns once [`Clock::now`] has reached `time`. May return early.
    async fn sleep_until(&self, time: Timestamp);

    /// A time that goes on evenly while the process runs, also when somebody sets the clock. By itself the current time: then a
    /// step back by a second or more moves what waits.
    fn steady(&self) -> Timestamp {
        self.now()
    }

    /// Returns once [`Clock::steady`] has reached `time`. May return early.
    async fn sleep_until_steady(&self, time: Timestamp) {
        self.sleep_until(time).await;
    }
}

/// One moment, by the wall clock and by the steady one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: Timestamp,
    pub(crate) steady: Timestamp,
}

impl Now {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), steady: clock.steady() }
    }

    /// What the wall clock shows at a time of the steady one. Less than a second between the two is no difference: they are never
    /// read at once.
    pub(crate) fn on_the_wall(self, steady: Timestamp) -> Timestamp {
        let (ahead, behind) = (self.wall.since(self.steady), self.steady.since(self.wall));
        match ahead.max(behind) >= Duration::from_secs(1) {
            true => steady.plus(ahead).minus(behind),
            false => steady,
        }
    }
}

/// The moment at which both clocks show a time.
#[cfg(test)]
impl From<Timestamp> for Now {
    fn from(time: Timestamp) -> Self {
        Self { wall: time, steady: time }
    }
}

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, time: Timestamp) {
        // A wall clock may be set while we wait, so no single sleep is longer than a minute.
        let wait = time.since(self.now()).min(Duration::from_secs(60));
        tokio::time::sleep_until(tokio::time::Instant::from_std(Instant::now() + wait)).await;
    }

    fn steady(&self) -> Timestamp {
        static BEGAN: LazyLock<(Instant, Timestamp)> = LazyLock::new(|| (Instant::now(), Timestamp::now()));
        let (began, time) = *BEGAN;
        time.plus(began.elapsed())
    }

    async fn sleep_until_steady(&self, time: Timestamp) {
        let wait = time.since(self.steady());
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_back_to_the_microsecond() {
        let time = Timestamp::from_micros(1_795_000_000_123_456);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_time_before_1970_is_kept() {
        for (text, seconds) in [
            ("1914-06-28T10:50:00.000000Z", -1_751_807_400),
            ("1969-12-31T23:59:59.000000Z", -1),
            ("1600-02-29T00:00:00.000000Z", -11_670_998_400),
            ("0000-01-01T00:00:00.000000Z", -62_167_219_200),
        ] {
            let time = Timestamp::from_micros(seconds * 1_000_000);
            assert_eq!((time.to_string().as_str(), text.parse::<Timestamp>().unwrap()), (text, time));
        }
        assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_micros(i64::MIN).to_string(), "0000-01-01T00:00:00.000000Z");
        for wrong in ["1900-02-29T00:00:00Z", "19", "+196-01-01T00:00:00Z", "1914-06-28"] {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(Timestamp::from_micros(5).since(end), Duration::ZERO);
        assert!(!end.to_string().is_empty());
    }
}
