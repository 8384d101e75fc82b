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
                Direction::Backward => span.after = -farthest,
            }
        }
    }
    Ok(nearest.into_sorted_vec().into_iter().map(distance).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_nearest_sequences_are_found_whatever_the_order_of_the_names(
            rows in prop::collection::vec(1..6_i64, 0..60),
            names in Just(vec![1, 2, 3, 4]).prop_shuffle(),
            after in 0..60_i64,
            upto in 0..60_i64,
            backward in any::<bool>(),
            wanted in 1..10_usize,
        ) {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(
                "CREATE TABLE events (sequence INTEGER PRIMARY KEY, name INTEGER); CREATE INDEX events_name ON events (name)",
            ).unwrap();
            for name in &rows {
                connection.execute("INSERT INTO events (name) VALUES (?1)", [name]).unwrap();
            }
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let found = sequences_of(&connection, &names[..3], Span { after, upto }, direction, wanted).unwrap();

            let numbered = (1..).zip(&rows);
            let all = numbered.filter(|(sequence, name)| after < *sequence && *sequence <= upto && names[..3].contains(name));
            let mut expected: Vec<i64> = all.map(|(sequence, _)| sequence).collect();
            if backward {
                expected.reverse();
            }
            expected.truncate(wanted);
            prop_assert_eq!(found, expected);
        }
    }
}
