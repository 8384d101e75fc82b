//! How a subscriber is run: retries, time-out, concurrency, order, start.

use std::{fmt, num::NonZeroU32, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Unexpected, Visitor},
};

/// Where a subscriber that has never run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Start {
    /// With events that come after its first start: it must not mail two years of orders.
    #[default]
    New,
    /// With the first event of the log.
    Beginning,
}

/// How a subscriber is run. Operators override it in `stheno.toml`, under `[subscribers."<id>"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Most attempts at one event; `None` leaves it to `retry_total`.
    pub attempts: Option<NonZeroU32>,
    /// The wait before the second attempt; it doubles from one to the next.
    pub retry_initial: Duration,
    /// The longest wait between two attempts.
    pub retry_cap: Duration,
    /// How long after the first failure the last attempt may be.
    pub retry_total: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Most attempts under way at once.
    pub concurrency: usize,
    /// Whether events of one key are handled one at a time, in log order.
    pub ordered: bool,
    /// Where it begins when it has never run.
    pub start: Start,
    /// Whether it stands still.
    pub paused: bool,
    /// Whether it gets older events that it passed over before its patterns were widened.
    pub backfill: bool,
    /// Most events in one call, for handlers that take batches.
    pub batch: usize,
    /// How long a batch waits to become full.
    pub linger: Duration,
    /// How often an event may end the process while it is tried alone, before it becomes a dead letter.
    pub crash_limit: NonZeroU32,
    /// Whether the handler blocks its thread, so that each attempt begins on one of its own.
    pub blocking: bool,
}

impl Policy {
    /// The wait before the second attempt.
    pub const RETRY_INITIAL: Duration = Duration::from_secs(1);
    /// The longest wait between two attempts.
    pub const RETRY_CAP: Duration = Duration::from_secs(15 * 60);
    /// How long after the first failure the last attempt may be.
    pub const RETRY_TOTAL: Duration = Duration::from_secs(6 * 60 * 60);
    /// How long one attempt may take.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// Most attempts under way at once.
    pub const CONCURRENCY: usize = 16;
    /// Most events in one call, for handlers that take batches.
    pub const BATCH: usize = 100;
    /// How long a batch waits to become full.
    pub const LINGER: Duration = Duration::from_millis(50);
    /// The longest of all times but [`Policy::linger`].
    pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
    /// The longest [`Policy::linger`].
    pub const LONGEST_LINGER: Duration = Duration::from_secs(60 * 60);

    /// How often an event may end the process while it is tried alone.
    pub const CRASH_LIMIT: NonZeroU32 = NonZeroU32::new(3).unwrap();

    /// The wait after the failed attempt of this number (from 1), before jitter.
    pub fn wait_after(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.retry_initial.saturating_mul(1 << doublings).min(self.retry_cap)
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut refuse = |wrong: bool, problem: &str| {
            if wrong {
                problems.push(problem.to_owned());
            }
        };
        refuse(self.concurrency == 0, "concurrency is 0; at least 1 is needed, `paused = true` makes it stand still");
        refuse(self.concurrency > 4096, "concurrency is over 4096; choose less");
        refuse(self.timeout.is_zero(), "timeout is 0; an attempt needs time");
        refuse(self.retry_initial.is_zero(), "retry_initial is 0; a failing handler would spin");
        refuse(self.retry_total.is_zero(), "retry_total is 0; at most one attempt is `attempts = 1`");
        refuse(
            self.retry_initial > self.retry_cap,
            "retry_initial is over retry_cap; raise the cap, or begin with less",
        );
        let never = !self.retry_total.is_zero() && self.retry_initial > self.retry_total;
        refuse(
            never && self.retry_initial <= self.retry_cap,
            "retry_initial is over retry_total, so that no event would be tried again; raise the total, or say `attempts = 1`",
        );
        refuse(self.timeout > Self::LONGEST, "timeout is over 10 years; choose less");
        refuse(self.retry_cap > Self::LONGEST, "retry_cap is over 10 years; choose less");
        refuse(self.retry_total > Self::LONGEST, "retry_total is over 10 years; choose less");
        refuse(self.linger > Self::LONGEST_LINGER, "linger is over an hour; events wait as long, so choose less");
        refuse(self.batch == 0, "batch is 0; at least 1 is needed");
        refuse(self.batch > 10_000, "batch is over 10000; choose less");
        problems
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: None,
            retry_initial: Self::RETRY_INITIAL,
            retry_cap: Self::RETRY_CAP,
            retry_total: Self::RETRY_TOTAL,
            timeout: Self::TIMEOUT,
            concurrency: Self::CONCURRENCY,
            ordered: true,
            start: Start::New,
            paused: false,
            backfill: false,
            batch: Self::BATCH,
            linger: Self::LINGER,
            crash_limit: Self::CRASH_LIMIT,
            blocking: false,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = humantime::format_duration;
        write!(f, "retry {} doubling to {}, ", time(self.retry_initial), time(self.retry_cap))?;
        match self.attempts {
            Some(attempts) => write!(f, "{attempts} attempts within {}", time(self.retry_total))?,
            None => write!(f, "for {}", time(self.retry_total))?,
        }
        write!(f, "; timeout {}; {} at once", time(self.timeout), self.concurrency)?;
        if !self.ordered {
            f.write_str("; unordered")?;
        }
        if self.blocking {
            f.write_str("; blocking")?;
        }
        if self.paused {
            f.write_str("; paused")?;
        }
        Ok(())
    }
}

/// What an operator overrides of a policy. Times are written as `"60s"`, `"15m"`, `"6h"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyPatch {
    attempts: Option<NonZeroU32>,
    retry_initial: Option<Written>,
    retry_cap: Option<Written>,
    retry_total: Option<Written>,
    timeout: Option<Written>,
    concurrency: Option<usize>,
    ordered: Option<bool>,
    start: Option<Start>,
    paused: Option<bool>,
    backfill: Option<bool>,
    batch: Option<usize>,
    linger: Option<Written>,
    crash_limit: Option<NonZeroU32>,
    blocking: Option<bool>,
}

impl PolicyPatch {
    /// The keys a table may have.
    pub(crate) const KEYS: [&'static str; 14] = [
        "attempts",
        "retry_initial",
        "retry_cap",
        "retry_total",
        "timeout",
        "concurrency",
        "ordered",
        "start",
        "paused",
        "backfill",
        "batch",
        "linger",
        "crash_limit",
        "blocking",
    ];

    /// Whether it says something of batches.
    pub(crate) fn is_about_batches(&self) -> bool {
        self.batch.is_some() || self.linger.is_some()
    }

    pub(crate) fn apply(&self, policy: &mut Policy) {
        let times = [
            (&self.retry_initial, &mut policy.retry_initial),
            (&self.retry_cap, &mut policy.retry_cap),
            (&self.retry_total, &mut policy.retry_total),
            (&self.timeout, &mut policy.timeout),
            (&self.linger, &mut policy.linger),
        ];
        for (written, time) in times {
            *time = written.as_ref().map_or(*time, |written| written.0);
        }
        policy.attempts = self.attempts.or(policy.attempts);
        policy.concurrency = self.concurrency.unwrap_or(policy.concurrency);
        policy.ordered = self.ordered.unwrap_or(policy.ordered);
        policy.start = self.start.unwrap_or(policy.start);
        policy.paused = self.paused.unwrap_or(policy.paused);
        policy.backfill = self.backfill.unwrap_or(policy.backfill);
        policy.batch = self.batch.unwrap_or(policy.batch);
        policy.crash_limit = self.crash_limit.unwrap_or(policy.crash_limit);
        policy.blocking = self.blocking.unwrap_or(policy.blocking);
    }
}

/// A duration as people write it: `"60s"`, `"15m"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written(pub(crate) Duration);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl Visitor<'_> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"60s\" or \"15m\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
        let parsed = humantime::parse_duration(text);
        parsed.map(Written).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = Policy::default();
        assert_eq!(policy.wait_after(1), Duration::from_secs(1));
        assert_eq!(policy.wait_after(2), Duration::from_secs(2));
        assert_eq!(policy.wait_after(5), Duration::from_secs(16));
        assert_eq!(policy.wait_after(40), Policy::RETRY_CAP);
        assert_eq!(policy.wait_after(u32::MAX), Policy::RETRY_CAP);
    }

    #[test]
    fn the_keys_are_those_of_the_patch() {
        let refused = toml::from_str::<PolicyPatch>("nonsense = 1").unwrap_err().to_string();
        let listed: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
        assert_eq!(listed, PolicyPatch::KEYS, "{refused}");
    }

    #[test]
    fn an_operator_overrides_what_is_written_and_nothing_else() {
        let patch: PolicyPatch = toml::from_str("attempts = 20\ntimeout = \"60s\"\npaused = true").unwrap();
        let mut policy = Policy::default();
        patch.apply(&mut policy);
        assert_eq!(policy.attempts, NonZeroU32::new(20));
        assert_eq!(policy.timeout, Duration::from_secs(60));
        assert!(policy.paused);
        assert_eq!(policy.concurrency, Policy::CONCURRENCY);
        assert!(toml::from_str::<PolicyPatch>("atempts = 20").is_err());
        assert!(toml::from_str::<PolicyPatch>("timeout = 60").is_err());
        assert!(toml::from_str::<PolicyPatch>("attempts = 0").is_err());
    }
}
