//! What shall go wrong, and with which calls.

use std::time::Duration;

use stheno_core::backend::{BackendErrorKind, RecordName};

/// A call of a [`Backend`](stheno_core::backend::Backend), or of one of its tails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `info`
    Info,
    /// `append`
    Append,
    /// `read`
    Read,
    /// `tail`
    Tail,
    /// `next` of a tail
    Next,
    /// `get_record`
    GetRecord,
    /// `list_records` and `read_records`
    ListRecords,
    /// `write_records`
    WriteRecords,
    /// `close`, which can only come late.
    Close,
}

/// Something that goes wrong: `Fault::fail(BackendErrorKind::Unavailable).on(Call::Append).times(2)`.
///
/// Without [`on`](Fault::on) it concerns every call, without [`times`](Fault::times) it lasts until it is cleared.
#[derive(Debug, Clone)]
#[must_use = "nothing goes wrong before it is injected"]
pub struct Fault {
    pub(crate) effect: Effect,
    calls: Vec<Call>,
    records: Option<String>,
    left: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    Fail(BackendErrorKind),
    LoseAnswer,
    Delay(Duration),
    Stall,
    Panic,
}

impl Fault {
    /// The call fails, and nothing of it is done.
    pub fn fail(kind: BackendErrorKind) -> Self {
        Self::new(Effect::Fail(kind))
    }

    /// The call is done, and the caller hears that it failed; an append hears that nobody knows.
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// The call is done this much later, in real time.
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Delay(by))
    }

    /// The call is done once the fault is cleared: on every call, this is a process that was frozen.
    pub fn stall() -> Self {
        Self::new(Effect::Stall)
    }

    /// The call panics, as one of a backend with a defect.
    pub fn panic() -> Self {
        Self::new(Effect::Panic)
    }

    fn new(effect: Effect) -> Self {
        Self { effect, calls: Vec::new(), records: None, left: None }
    }

    /// Concerns this call; may be said several times.
    pub fn on(mut self, call: Call) -> Self {
        self.calls.push(call);
        self
    }

    /// Concerns only calls about a record whose name begins like this: `lease/`.
    ///
    /// # Panics
    /// When it is said twice, or of every record: the test would not test what it says.
    pub fn of_records(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        assert!(!prefix.is_empty(), "`of_records` names no record; leave it out for every call");
        let earlier = self.records.replace(prefix);
        assert!(earlier.is_none(), "`of_records` is said twice; inject two faults");
        self
    }

    /// Happens this often. A stall counts the calls that it holds up.
    ///
    /// # Panics
    /// When it is said twice, or 0: the test would not test what it says.
    pub fn times(mut self, times: u32) -> Self {
        assert!(times > 0, "a fault that happens 0 times is none; leave it out");
        let earlier = self.left.replace(times);
        assert!(earlier.is_none(), "`times` is said twice; keep one");
        self
    }

    /// Whether a call is concerned; if so, it has happened once more.
    pub(crate) fn strike(&mut self, call: Call, records: &[RecordName]) -> bool {
        let concerned = self.calls.is_empty() || self.calls.contains(&call);
        let of_records = self
            .records
            .as_ref()
            .is_none_or(|prefix| records.iter().any(|name| name.as_str().starts_with(prefix.as_str())));
        if !concerned || !of_records || self.left == Some(0) {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}
