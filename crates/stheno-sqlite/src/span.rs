//! Which stretch of the log a query is about: its bounds in sequence and in time, as sequences.

use rusqlite::{Connection, OptionalExtension};
use stheno_core::backend::{Direction, Query};

/// The events with `after < sequence <= upto`. Sequences are SQLite's signed numbers here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) after: i64,
    pub(crate) upto: i64,
}

impl Span {
    pub(crate) fn is_empty(self) -> bool {
        self.after >= self.upto
    }

    fn intersect(self, other: Span) -> Span {
        Span { after: self.after.max(other.after), upto: self.upto.min(other.upto) }
    }
}

/// The part of a query that one page looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where events of the query can be.
    pub(crate) span: Span,
    /// Whether the query has another span behind this one: the clock was set back, so its times lie in two places.
    pub(crate) more: bool,
}

/// The last sequence there ever was; 0 before the first.
pub(crate) fn last_sequence(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'events'")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// The bounds in sequence alone.
pub(crate) fn bounds(query: &Query, last: i64) -> Span {
    let upto = query.upto.map_or(last, |upto| signed(upto).min(last));
    Span { after: signed(query.after), upto }
}

/// The first stretch of a query in its direction; `None` when no event can be in it.
pub(crate) fn first_stretch(connection: &Connection, query: &Query, last: i64) -> rusqlite::Result<Option<Stretch>> {
    let spans = all(connection, query, last)?;
    let more = spans.len() > 1;
    let first = match query.direction {
        Direction::Forward => spans.first(),
        Direction::Backward => spans.last(),
    };
    Ok(first.map(|span| Stretch { span: *span, more }))
}

/// All spans in which events of a query can be, oldest first.
pub(crate) fn all(connection: &Connection, query: &Query, last: i64) -> rusqlite::Result<Vec<Span>> {
    let bounds = bounds(query, last);
    if bounds.is_empty() {
        return Ok(Vec::new());
    }
    if query.since.is_none() && query.until.is_none() {
        return Ok(vec![bounds]);
    }
    let mut spans = Vec::new();
    for piece in pieces(connection, last)? {
        let span = within_times(connection, query, piece)?.intersect(bounds);
        if !span.is_empty() {
            spans.push(span);
        }
    }
    Ok(spans)
}

/// The pieces of the log within which storing times never go back.
fn pieces(connection: &Connection, last: i64) -> rusqlite::Result<Vec<Span>> {
    let mut statement = connection.prepare_cached("SELECT sequence FROM clock_steps ORDER BY sequence")?;
    let steps = statement.query_map([], |row| row.get::<_, i64>(0))?;
    let mut pieces = Vec::new();
    let mut after = 0;
    for step in steps {
        let upto = step? - 1;
        pieces.push(Span { after, upto });
        after = upto;
    }
    pieces.push(Span { after, upto: last });
    Ok(pieces)
}

/// The events of a piece that were stored within the times of the query.
fn within_times(connection: &Connection, query: &Query, piece: Span) -> rusqlite::Result<Span> {
    let after = match query.since {
        Some(time) => last_before(connection, time.as_micros(), piece)?,
        None => piece.after,
    };
    let upto = match query.until {
        Some(time) => last_before(connection, time.as_micros(), piece)?,
        None => piece.upto,
    };
    Ok(Span { after, upto })
}

/// The last sequence of a piece whose event was stored before a time; the one before the piece when there is none. Found by
/// halving: some twenty row look-ups in a million events.
fn last_before(connection: &Connection, micros: i64, piece: Span) -> rusqlite::Result<i64> {
    let mut statement = connection
        .prepare_cached("SELECT stored FROM events WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT 1")?;
    let Span { mut after, mut upto } = piece;
    // Everything up to `after` was stored before the time, and everything behind `upto` was not.
    while after < upto {
        let middle = after + (upto - after) / 2;
        let stored: Option<i64> = statement.query_row([middle, upto], |row| row.get(0)).optional()?;
        match stored {
            Some(stored) if stored < micros => after = middle + 1,
            _ => upto = middle,
        }
    }
    Ok(after)
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
