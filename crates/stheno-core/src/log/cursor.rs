//! Where a question goes on.

use std::{fmt, str::FromStr};

use crate::{
    backend::{Direction, Query},
    log::error::LogError,
    shown::shown,
};

/// Where a page or a stream of a question ended; [`Log::from`](crate::log::Log::from) goes on there. As text it can be given to a
/// program and taken back; its form may change.
///
/// ```
/// use stheno_core::log::Cursor;
///
/// let cursor: Cursor = "after-128".parse()?;
/// assert_eq!(cursor.to_string(), "after-128");
/// assert!("128".parse::<Cursor>().is_err());
/// # Ok::<(), stheno_core::log::CursorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    /// With what follows a sequence, oldest first.
    After(u64),
    /// With what is in front of a sequence, newest first.
    Before(u64),
}

impl Cursor {
    /// Behind what a page covers.
    pub(super) fn behind(query: &Query, covered: u64) -> Self {
        Self(match query.direction {
            Direction::Forward => At::After(covered.max(query.after)),
            Direction::Backward => At::Before(covered),
        })
    }

    /// Where a query begins.
    pub(super) fn at_the_beginning(query: &Query) -> Self {
        Self(match query.direction {
            Direction::Forward => At::After(query.after),
            Direction::Backward => At::Before(query.upto.map_or(u64::MAX, |upto| upto.saturating_add(1))),
        })
    }

    /// Behind an event that was given.
    pub(super) fn behind_event(self, sequence: u64) -> Self {
        Self(match self.0 {
            At::After(_) => At::After(sequence),
            At::Before(_) => At::Before(sequence),
        })
    }

    /// Lets a query begin here.
    ///
    /// # Errors
    /// When it goes the other way.
    pub(super) fn narrow(self, query: &mut Query) -> Result<(), LogError> {
        match (self.0, query.direction) {
            (At::After(sequence), Direction::Forward) => query.after = query.after.max(sequence),
            (At::Before(sequence), Direction::Backward) => {
                let upto = sequence.saturating_sub(1);
                query.upto = Some(query.upto.map_or(upto, |wanted| wanted.min(upto)));
            }
            (At::After(_), Direction::Backward) => {
                return Err(LogError::asked("the cursor goes on oldest first; leave `newest_first` out"));
            }
            (At::Before(_), Direction::Forward) => {
                return Err(LogError::asked("the cursor goes on newest first; say `newest_first` too"));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            At::After(sequence) => write!(f, "after-{sequence}"),
            At::Before(sequence) => write!(f, "before-{sequence}"),
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (way, sequence) = text.split_once('-').ok_or_else(|| CursorError(text.into()))?;
        let plain = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
        match (way, sequence.parse()) {
            ("after", Ok(sequence)) if plain => Ok(Self(At::After(sequence))),
            ("before", Ok(sequence)) if plain => Ok(Self(At::Before(sequence))),
            _ => Err(CursorError(text.into())),
        }
    }
}

/// A text that is no [`Cursor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no cursor of the log; give one as it came, such as `after-128`, or leave it out to begin", shown(.0))]
pub struct CursorError(Box<str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in ["after-0", "after-18446744073709551615", "before-1", "before-18446744073709551615"] {
            assert_eq!(text.parse::<Cursor>().map(|cursor| cursor.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["", "after", "after-", "after-+1", "after--1", "after-18446744073709551616", "Before-1", "after-1 "]
        {
            assert!(text.parse::<Cursor>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_cursor_narrows_what_is_asked_and_never_widens_it() {
        let mut query = Query::all().after(7);
        Cursor(At::After(3)).narrow(&mut query).unwrap();
        assert_eq!(query.after, 7);
        let mut query = Query::all().upto(5).backward();
        Cursor(At::Before(100)).narrow(&mut query).unwrap();
        assert_eq!(query.upto, Some(5));
        Cursor(At::Before(1)).narrow(&mut query).unwrap();
        assert_eq!(query.upto, Some(0));
        assert!(Cursor(At::After(3)).narrow(&mut query).is_err());
    }
}
