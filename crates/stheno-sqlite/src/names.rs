//! Event names and their numbers, as one connection knows them.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, types::Type};
use stheno_core::{EventName, NameError, PatternSet};

use crate::column;

/// Pattern sets whose numbers are remembered; a process rarely has more subscribers than this.
const REMEMBERED: usize = 64;

/// Names and numbers both ways. A name never loses its number, so what is known stays true.
#[derive(Default)]
pub(crate) struct Names {
    by_id: HashMap<i64, Arc<str>>,
    by_name: HashMap<Arc<str>, i64>,
    /// What is wrong with those that are no event names.
    wrong: HashMap<i64, NameError>,
    /// All names with numbers up to this one are known.
    known: i64,
    matched: Vec<Matched>,
}

/// The numbers of the names that a pattern set matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameFilter {
    pub(crate) ids: Vec<i64>,
    /// The same as [`json_of`] writes it.
    pub(crate) json: String,
}

impl NameFilter {
    fn new(ids: Vec<i64>) -> Self {
        let json = json_of(&ids);
        Self { ids, json }
    }

    /// The number, if there is exactly one.
    pub(crate) fn only_one(&self) -> Option<i64> {
        match self.ids[..] {
            [id] => Some(id),
            _ => None,
        }
    }
}

/// Numbers as SQLite's `json_each` takes them: one parameter for any number of numbers.
pub(crate) fn json_of(numbers: &[i64]) -> String {
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}

struct Matched {
    patterns: PatternSet,
    /// Names up to this number have been looked at.
    known: i64,
    filter: Arc<NameFilter>,
}

impl Names {
    /// Reads the names that were added since the last time. Inside the transaction that then reads rows, so that every
    /// row's name is known.
    pub(crate) fn refresh(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("SELECT id, name FROM names WHERE id > ?1 ORDER BY id")?;
        let mut rows = statement.query([self.known])?;
        while let Some(row) = rows.next()? {
            self.add(row.get(0)?, row.get::<_, String>(1)?.into());
        }
        Ok(())
    }

    /// The number of a name, which is added when it is new. Inside a transaction that writes.
    pub(crate) fn intern(&mut self, connection: &Connection, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.by_name.get(name) {
            return Ok(*id);
        }
        self.refresh(connection)?;
        if let Some(id) = self.by_name.get(name) {
            return Ok(*id);
        }
        let mut insert = connection.prepare_cached("INSERT INTO names (name) VALUES (?1)")?;
        let id = insert.insert([name])?;
        self.add(id, name.into());
        Ok(id)
    }

    /// The name of a number. An error if it is none that Stheno writes: delivery would record it, and refuse the record.
    pub(crate) fn name(&self, id: i64) -> rusqlite::Result<Arc<str>> {
        if let Some(wrong) = self.wrong.get(&id) {
            return column::checked(1, format_args!("name number {id}"), Err(wrong));
        }
        self.by_id.get(&id).cloned().ok_or_else(|| {
            let missing = format!("an event has the name number {id}, which does not exist");
            rusqlite::Error::FromSqlConversionFailure(1, Type::Integer, missing.into())
        })
    }

    /// The numbers of all known names that match.
    pub(crate) fn matching(&mut self, patterns: &PatternSet) -> Arc<NameFilter> {
        let index = self.matched.iter().position(|matched| matched.patterns == *patterns);
        let before = index.map(|index| self.matched.remove(index));
        let filter = match &before {
            Some(matched) if matched.known == self.known => Arc::clone(&matched.filter),
            Some(matched) => Arc::new(self.extended(patterns, matched.known, matched.filter.ids.clone())),
            None => Arc::new(self.extended(patterns, 0, Vec::new())),
        };
        if self.matched.len() == REMEMBERED {
            // The one asked for longest ago.
            self.matched.remove(0);
        }
        self.matched.push(Matched { patterns: patterns.clone(), known: self.known, filter: Arc::clone(&filter) });
        filter
    }

    /// Adds the matching ones of the names that came after the number `looked_at`.
    fn extended(&self, patterns: &PatternSet, looked_at: i64, mut ids: Vec<i64>) -> NameFilter {
        // A stored name that is no name was not written by us, and nobody can ask for it.
        let matches = |name: &str| EventName::new(name).is_ok_and(|name| patterns.matches(&name));
        let unseen = self.by_id.iter().filter(|(id, _)| **id > looked_at);
        ids.extend(unseen.filter(|(_, name)| matches(name)).map(|(id, _)| *id));
        ids.sort_unstable();
        NameFilter::new(ids)
    }

    /// Forgets everything: names that were added in a transaction that was rolled back do not exist.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn add(&mut self, id: i64, name: Arc<str>) {
        if let Err(error) = EventName::new(&name) {
            self.wrong.insert(id, error);
        }
        self.by_id.insert(id, Arc::clone(&name));
        self.by_name.insert(name, id);
        self.known = self.known.max(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str]) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)").unwrap();
        for name in names {
            connection.execute("INSERT INTO names (name) VALUES (?1)", [name]).unwrap();
        }
        connection
    }

    fn matching(names: &mut Names, pattern: &str) -> Vec<i64> {
        names.matching(&PatternSet::parse([pattern]).unwrap()).ids.clone()
    }

    #[test]
    fn patterns_match_names_that_were_added_later_too() {
        let connection = table(&["order.placed", "cart.updated"]);
        let mut names = Names::default();
        names.refresh(&connection).unwrap();
        assert_eq!(matching(&mut names, "order.*"), [1]);
        connection.execute("INSERT INTO names (name) VALUES ('order.canceled')", []).unwrap();
        assert_eq!(matching(&mut names, "order.*"), [1]);
        names.refresh(&connection).unwrap();
        assert_eq!(matching(&mut names, "order.*"), [1, 3]);
        assert_eq!(matching(&mut names, "swap.>"), [0_i64; 0]);
    }

    #[test]
    fn more_pattern_sets_than_are_remembered_still_match() {
        let connection = table(&["order.placed", "cart.updated"]);
        let mut names = Names::default();
        names.refresh(&connection).unwrap();
        for round in 0..3 {
            for index in 0..100 {
                assert_eq!(matching(&mut names, &format!("n{index}.>")), [0_i64; 0], "round {round}");
            }
            assert_eq!(matching(&mut names, "cart.updated"), [2]);
            assert!(names.matched.len() <= REMEMBERED);
        }
    }

    #[test]
    fn a_name_gets_one_number_whoever_added_it() {
        let connection = table(&["order.placed"]);
        let mut names = Names::default();
        assert_eq!(names.intern(&connection, "order.placed").unwrap(), 1);
        let added = names.intern(&connection, "cart.updated").unwrap();
        assert_eq!(names.intern(&connection, "cart.updated").unwrap(), added);
        assert_eq!(&*names.name(added).unwrap(), "cart.updated");
        assert!(names.name(99).is_err());
    }
}
