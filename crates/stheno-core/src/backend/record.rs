//! Records: small documents under a name, written by compare-and-set.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shown::shown_name;

/// A version number of a record. A write has a higher one than every write before it, also to other names, and none is used
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// The name of a record: 1 to 400 characters of `[A-Za-z0-9_=./-]`, such as `sub/receipts.send/state`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName(Arc<str>);

impl RecordName {
    /// Longest record name in bytes.
    pub const MAX_LEN: usize = 400;

    /// Makes a name of any text: what a record name cannot hold becomes `=XX`. A text that would be too long is cut
    /// short and ends in a digest of the whole.
    pub fn escaped(prefix: &str, text: &str) -> Self {
        use fmt::Write as _;
        let mut name = String::with_capacity(prefix.len() + text.len());
        name.push_str(prefix);
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
                name.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(name, "={byte:02X}");
            }
        }
        if name.len() > Self::MAX_LEN {
            let digest = crate::event::recorded::EventId::derived(text);
            name.truncate(Self::MAX_LEN - 40);
            let _ = write!(name, ".{digest}");
        }
        Self(name.into())
    }

    /// Takes a name that is known to be legal: one of ours, or one a backend has stored.
    pub fn trusted(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Bytes of the longest name of ours: that of a lane, whose key is escaped.
const LONGEST: usize = 2 * 1024;

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&shown_name(&self.0, LONGEST), f)
    }
}

/// A record as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its name.
    pub name: RecordName,
    /// Its revision.
    pub revision: Revision,
    /// Its content.
    pub value: Bytes,
}

impl Record {
    /// Puts a record together.
    pub fn new(name: RecordName, revision: Revision, value: impl Into<Bytes>) -> Self {
        Self { name, revision, value: value.into() }
    }
}

/// How a record has to be before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// In any way.
    Any,
    /// Not there.
    Absent,
    /// At this revision.
    Revision(Revision),
}

/// A write to one record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecordWrite {
    /// Its name.
    pub name: RecordName,
    /// Its new content; `None` deletes it.
    pub value: Option<Bytes>,
    /// How it has to be before.
    pub expect: Expect,
    /// After how long it is as if it had been deleted.
    pub expires: Option<Duration>,
}

impl RecordWrite {
    /// Writes a record, however it is now.
    pub fn put(name: RecordName, value: impl Into<Bytes>) -> Self {
        Self { name, value: Some(value.into()), expect: Expect::Any, expires: None }
    }

    /// Deletes a record, however it is now.
    pub fn delete(name: RecordName) -> Self {
        Self { name, value: None, expect: Expect::Any, expires: None }
    }

    /// Only if the record is like this.
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }

    /// The record goes after this long.
    #[must_use]
    pub fn expires(mut self, after: Duration) -> Self {
        self.expires = Some(after);
        self
    }
}

/// Where a page of records ended. Only the backend that gave it knows what it says; it may be kept in a record, and stays good
/// when the backend is opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordCursor(String);

impl RecordCursor {
    /// Keeps a place, in a backend's own words.
    pub fn new(place: impl Into<String>) -> Self {
        Self(place.into())
    }

    /// The place.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Some of the records whose names begin with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordPage {
    /// The records, in the order of the backend. There may be none although more follow.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` when nothing is left.
    pub next: Option<RecordCursor>,
}

impl RecordPage {
    /// Puts a page together.
    pub fn new(records: Vec<Record>, next: Option<RecordCursor>) -> Self {
        Self { records, next }
    }

    /// The page of a list that is sorted by name.
    pub(crate) fn of_list(records: Vec<Record>, after: Option<&RecordCursor>, limit: usize) -> Self {
        let mut records = records;
        records.retain(|record| after.is_none_or(|after| record.name.as_str() > after.as_str()));
        let is_all = records.len() <= limit;
        records.truncate(limit);
        let last = records.last().filter(|_| !is_all).map(|record| RecordCursor::new(record.name.as_str()));
        Self { records, next: last }
    }
}
