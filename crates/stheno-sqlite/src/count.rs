//! Counting the events of a query without reading them.

use stheno_core::backend::Query;

use crate::{session::Session, span};

/// How many events a query has, in one snapshot of the log.
pub(crate) fn count(session: &mut Session, query: &Query) -> rusqlite::Result<u64> {
    let Session { connection, names } = session;
    // Rolled back when it is dropped: it only holds the snapshot.
    let snapshot = connection.transaction()?;
    names.refresh(&snapshot)?;
    let last = span::last_sequence(&snapshot)?;
    let filter = (!query.patterns.is_all()).then(|| names.matching(&query.patterns));
    let key = query.key.as_ref().map(|key| key.as_str());
    let index = match (key, &filter) {
        (Some(_), _) => "INDEXED BY events_key",
        (None, Some(_)) if !query.keyless => "INDEXED BY events_name",
        (None, _) => "NOT INDEXED",
    };
    let of_key = match key {
        Some(_) => "key = ?3 AND",
        None if query.keyless => "key IS NULL AND ?3 IS NULL AND",
        None => "?3 IS NULL AND",
    };
    let of_names = if filter.is_some() { "name IN (SELECT value FROM json_each(?4)) AND" } else { "?4 IS NULL AND" };
    let json = filter.as_ref().map(|filter| filter.json.as_str());
    let mut statement = snapshot.prepare_cached(&format!(
        "SELECT count(*) FROM events {index} WHERE {of_key} {of_names} sequence > ?1 AND sequence <= ?2"
    ))?;
    let mut count = 0;
    for span in span::all(&snapshot, query, last)? {
        count += statement.query_row((span.after, span.upto, key, json), |row| row.get::<_, i64>(0))?;
    }
    Ok(count.unsigned_abs())
}
