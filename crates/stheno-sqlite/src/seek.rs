//! Finding the next events of several names by their index, where looking at every event would take too long.

use std::collections::BinaryHeap;

use rusqlite::Connection;
use stheno_core::backend::Direction;

use crate::span::Span;

/// The first `wanted` sequences of a span that have one of these names, in the direction.
///
/// One name after the other is looked up in the index, and each only as far as the farthest sequence that is still
/// wanted, so that the cost is a look-up per name and a few steps per sequence found, however long the span is.
pub(crate) fn sequences_of(
    connection: &Connection,
    names: &[i64],
    span: Span,
    direction: Direction,
    wanted: usize,
) -> rusqlite::Result<Vec<i64>> {
    let order = match direction {
        Direction::Forward => "ASC",
        Direction::Backward => "DESC",
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT sequence FROM events INDEXED BY events_name
         WHERE name = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence {order} LIMIT ?4"
    ))?;
    // The farthest is on top. Backwards, sequences are counted from the end.
    let distance = |sequence: i64| match direction {
        Direction::Forward => sequence,
        Direction::Backward => -sequence,
    };
    let mut nearest: BinaryHeap<i64> = BinaryHeap::with_capacity(wanted + 1);
    let mut span = span;
    for name in names {
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let mut rows = statement.query([*name, span.after, span.upto, limit])?;
        while let Some(row) = rows.next()? {
            nearest.push(distance(row.get(0)?));
            if nearest.len() > wanted {
                nearest.pop();
            }
        }
        if let (true, Some(farthest)) = (nearest.len() == wanted, nearest.peek()) {
            match direction {
                Direction::Forward => span.upto = *farthest,
                Direction::Backward => span.after = -farthest - 1,
            }
        }
    }
    Ok(nearest.into_sorted_vec().into_iter().map(distance).collect())
}
