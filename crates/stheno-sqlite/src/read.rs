//! Reading one page of the log.
//!
//! A page looks at a bounded number of rows, so that a rare pattern holds no connection for long; how far it looked is
//! what [`Page::covered`] says. Events of a filter are first looked for where the query begins, which is enough where
//! many match; when the page is not full by then, the index of the names says where the next ones are.

use std::sync::Arc;

use rusqlite::{Connection, Row, Rows};
use stheno_core::{
    RecordedEvent,
    backend::{Direction, Page, Query},
};

use crate::{
    names::{NameFilter, json_of},
    row::{COLUMNS, Decoder},
    seek::sequences_of,
    session::Session,
    span::{self, Span},
};

/// Most rows one page looks at, and most events it holds.
const MAX_LOOK: usize = 16_384;
/// Rows looked at per event wanted, before the index of the names is asked.
const LOOK_FACTOR: usize = 4;
/// Rows looked at in any case, before the index of the names is asked.
const MIN_LOOK: usize = 256;
/// Most names the index is asked about one by one; a pattern of more names is looked for row by row.
const MAX_SEEKS: usize = 256;

/// Reads the page that a query begins with, from one snapshot of the log.
pub(crate) fn page(session: &mut Session, query: &Query) -> rusqlite::Result<Page> {
    let Session { connection, names } = session;
    // Rolled back when it is dropped: it only holds the snapshot.
    let snapshot = connection.transaction()?;
    names.refresh(&snapshot)?;
    let last = span::last_sequence(&snapshot)?;
    let filter = (!query.patterns.is_all()).then(|| names.matching(&query.patterns));
    let nothing_matches = filter.as_ref().is_some_and(|filter| filter.ids.is_empty());
    let stretch = if nothing_matches { None } else { span::first_stretch(&snapshot, query, last)? };
    let Some(stretch) = stretch else {
        return Ok(Page::new(Vec::new(), covered_at_end(query, last), true));
    };

    let limit = query.limit.clamp(1, MAX_LOOK);
    let mut reader = PageReader {
        connection: &snapshot,
        query,
        filter,
        decoder: Decoder::new(names),
        limit,
        events: Vec::with_capacity(limit.min(Query::DEFAULT_LIMIT)),
        bytes: 0,
    };
    let reach = reader.gather(stretch.span)?;
    let events = reader.events;
    let covered_upto_edge_of = |span: Span| match query.direction {
        Direction::Forward => span.upto.cast_unsigned(),
        Direction::Backward => span.after.cast_unsigned() + 1,
    };
    Ok(match reach {
        Reach::Full => {
            let covered = events.last().map_or(query.after, |event| event.sequence);
            Page::new(events, covered, false)
        }
        Reach::Edge(looked_at) => Page::new(events, covered_upto_edge_of(looked_at), false),
        Reach::End if stretch.more => Page::new(events, covered_upto_edge_of(stretch.span), false),
        Reach::End => Page::new(events, covered_at_end(query, last), true),
    })
}

/// What a page covers after which the query has nothing more.
fn covered_at_end(query: &Query, last: i64) -> u64 {
    match query.direction {
        Direction::Forward => query.after.max(span::bounds(query, last).upto.cast_unsigned()),
        Direction::Backward => query.after.saturating_add(1),
    }
}

/// How far a page reaches.
enum Reach {
    /// To its last event: it is full.
    Full,
    /// To the far edge of what was looked at.
    Edge(Span),
    /// To the end of the stretch.
    End,
}

struct PageReader<'r> {
    connection: &'r Connection,
    query: &'r Query,
    filter: Option<Arc<NameFilter>>,
    decoder: Decoder<'r>,
    limit: usize,
    events: Vec<Arc<RecordedEvent>>,
    /// What the events take.
    bytes: usize,
}

impl PageReader<'_> {
    fn gather(&mut self, span: Span) -> rusqlite::Result<Reach> {
        let near = self.near_part(span)?;
        if !self.scan(near)? {
            return Ok(Reach::Full);
        }
        if near == span {
            return Ok(Reach::End);
        }
        match self.filter.clone() {
            Some(filter) if self.query.key.is_none() && !self.query.keyless && filter.ids.len() <= MAX_SEEKS => {
                let rest = match self.query.direction {
                    Direction::Forward => Span { after: near.upto, ..span },
                    Direction::Backward => Span { upto: near.after, ..span },
                };
                self.seek(&filter, rest)
            }
            _ => Ok(Reach::Edge(near)),
        }
    }

    /// The part of a span that is looked at row by row.
    fn near_part(&self, span: Span) -> rusqlite::Result<Span> {
        let Some(filter) = &self.filter else { return Ok(span) };
        if self.query.key.is_some() {
            return self.near_part_of_key(span);
        }
        // The index has the events of one name in order, so every row it gives is taken.
        if filter.only_one().is_some() {
            return Ok(span);
        }
        let few_names = filter.ids.len() <= MAX_SEEKS;
        let look = if few_names { (self.limit * LOOK_FACTOR).clamp(MIN_LOOK, MAX_LOOK) } else { MAX_LOOK };
        let look = look as i64;
        Ok(match self.query.direction {
            Direction::Forward => Span { upto: span.upto.min(span.after.saturating_add(look)), ..span },
            Direction::Backward => Span { after: span.after.max(span.upto.saturating_sub(look)), ..span },
        })
    }

    /// The part of a span that has as many events of the key as one page looks at.
    fn near_part_of_key(&self, span: Span) -> rusqlite::Result<Span> {
        let order = self.order();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT sequence FROM events INDEXED BY events_key
             WHERE key = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence {order} LIMIT 1 OFFSET ?4"
        ))?;
        let key = self.query.key.as_ref().map(|key| key.as_str());
        let mut rows = statement.query((key, span.after, span.upto, MAX_LOOK as i64 - 1))?;
        let Some(row) = rows.next()? else { return Ok(span) };
        let edge: i64 = row.get(0)?;
        Ok(match self.query.direction {
            Direction::Forward => Span { upto: edge, ..span },
            Direction::Backward => Span { after: edge - 1, ..span },
        })
    }

    /// Takes the events of a span until the page is full; true when it is not.
    fn scan(&mut self, span: Span) -> rusqlite::Result<bool> {
        let key = self.query.key.as_ref().map(|key| key.as_str());
        let only_name = self.filter.as_ref().and_then(|filter| filter.only_one());
        let index = match (key, only_name) {
            (Some(_), _) => "INDEXED BY events_key",
            (None, Some(_)) => "INDEXED BY events_name",
            (None, None) => "NOT INDEXED",
        };
        let of_key = match key {
            Some(_) => "key = ?4 AND",
            None if self.query.keyless => "key IS NULL AND",
            None => "",
        };
        let of_names = match (&self.filter, only_name) {
            (None, _) => "",
            (Some(_), Some(_)) => "name = ?5 AND",
            (Some(_), None) => "name IN (SELECT value FROM json_each(?5)) AND",
        };
        let order = self.order();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events {index}
             WHERE {of_key} {of_names} sequence > ?1 AND sequence <= ?2 ORDER BY sequence {order} LIMIT ?3"
        ))?;
        statement.raw_bind_parameter(1, span.after)?;
        statement.raw_bind_parameter(2, span.upto)?;
        // One more than fits tells a full page from the end.
        statement.raw_bind_parameter(3, self.limit as i64 + 1)?;
        if key.is_some() {
            statement.raw_bind_parameter(4, key)?;
        }
        match (&self.filter, only_name) {
            (None, _) => {}
            (Some(_), Some(name)) => statement.raw_bind_parameter(5, name)?,
            (Some(filter), None) => statement.raw_bind_parameter(5, filter.json.as_str())?,
        }
        self.take_all(statement.raw_query())
    }

    /// Takes the events that the index of the names finds in a span.
    fn seek(&mut self, filter: &NameFilter, span: Span) -> rusqlite::Result<Reach> {
        let wanted = self.limit - self.events.len() + 1;
        let sequences = sequences_of(self.connection, &filter.ids, span, self.query.direction, wanted)?;
        let order = self.order();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events
             WHERE sequence IN (SELECT value FROM json_each(?1)) ORDER BY sequence {order}"
        ))?;
        let all_taken = self.take_all(statement.query([json_of(&sequences)])?)?;
        Ok(if all_taken { Reach::End } else { Reach::Full })
    }

    /// Takes rows until the page is full; true when it is not.
    fn take_all(&mut self, mut rows: Rows<'_>) -> rusqlite::Result<bool> {
        while let Some(row) = rows.next()? {
            if !self.take(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes one event, unless the page is full.
    fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<bool> {
        if self.events.len() >= self.limit || (self.bytes >= self.query.bytes && !self.events.is_empty()) {
            return Ok(false);
        }
        let event = self.decoder.event(row)?;
        self.bytes += event.size();
        self.events.push(Arc::new(event));
        Ok(true)
    }

    fn order(&self) -> &'static str {
        match self.query.direction {
            Direction::Forward => "ASC",
            Direction::Backward => "DESC",
        }
    }
}
