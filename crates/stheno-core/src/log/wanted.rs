//! What was asked for, until it is asked.

use std::sync::Arc;

use crate::{
    backend::Query,
    key::Key,
    log::{cursor::Cursor, error::LogError},
    pattern::{Pattern, PatternSet},
    said::Said,
    time::Timestamp,
};

/// What a question is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    patterns: Vec<Pattern>,
    /// The patterns of the type that is asked for.
    pub(super) own: &'static [&'static str],
    pub(super) key: Option<Key>,
    pub(super) source: Option<Arc<str>>,
    pub(super) correlation: Option<Arc<str>>,
    pub(super) after: Option<u64>,
    pub(super) upto: Option<u64>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) newest_first: bool,
    pub(super) limit: Option<usize>,
    pub(super) cursor: Option<Cursor>,
    pub(super) said: Said,
}

/// A question that can be meant.
#[derive(Debug)]
pub(super) struct Ask {
    /// What the backend looks for.
    pub(super) query: Query,
    /// What is looked for in what it finds.
    pub(super) source: Option<Arc<str>>,
    pub(super) correlation: Option<Arc<str>>,
}

impl Wanted {
    pub(super) fn name(&mut self, pattern: &str) {
        match Pattern::new(pattern) {
            Ok(pattern) => self.patterns.push(pattern),
            Err(error) => self.said.refuse(true, "on", &error.to_string()),
        }
    }

    pub(super) fn ask(&self) -> Result<Ask, LogError> {
        if let Some(mistake) = self.said.mistakes().next() {
            return Err(LogError::asked(mistake));
        }
        let names = match (&self.patterns[..], self.own) {
            ([], []) => PatternSet::all(),
            ([], own) => PatternSet::parse(own).map_err(|error| LogError::asked(error.to_string()))?,
            (patterns, _) => PatternSet::new(patterns.iter().cloned()),
        };
        let mut query = Query::new(names);
        query.key.clone_from(&self.key);
        (query.since, query.until) = (self.since, self.until);
        (query.after, query.upto) = (self.after.unwrap_or(0), self.upto);
        if self.newest_first {
            query = query.backward();
        }
        if let Some(cursor) = self.cursor {
            cursor.narrow(&mut query)?;
        }
        Ok(Ask { query, source: self.source.clone(), correlation: self.correlation.clone() })
    }
}
