//! Whether the tables are as Stheno made them: every table and index of the log, and nothing added to them.

use std::{collections::HashMap, sync::OnceLock};

use rusqlite::Connection;

use crate::tables::TABLES;

/// What a schema has: each object by its name.
type Form = HashMap<String, Object>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    /// `table`, `index`, `trigger`, `view`.
    kind: String,
    /// The table it belongs to.
    of: String,
    /// What made it, without spaces and quotes: renaming a table and back adds quotes.
    made_by: String,
}

/// What is not as it was made, if anything is. Other tables in the file are left alone.
pub(crate) fn what_is_different(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let (expected, found) = (expected()?, read(connection)?);
    let mut names: Vec<&String> = expected.keys().collect();
    // Tables before the indexes on them.
    names.sort_by_key(|name| (expected[*name].kind != "table", *name));
    for name in names {
        let object = &expected[name];
        match found.get(name) {
            None => return Ok(Some(format!("the {} `{name}` is missing", object.kind))),
            Some(found) if found != object => return Ok(Some(format!("the {} `{name}` was changed", object.kind))),
            Some(_) => {}
        }
    }
    let is_table_of_ours = |name: &String| expected.get(name).is_some_and(|object| object.kind == "table");
    let added = found.iter().find(|(name, object)| !expected.contains_key(*name) && is_table_of_ours(&object.of));
    Ok(added.map(|(name, object)| format!("the {} `{name}` was added to the table `{}`", object.kind, object.of)))
}

/// The form in which this version makes a log.
fn expected() -> rusqlite::Result<&'static Form> {
    static FORM: OnceLock<Form> = OnceLock::new();
    if let Some(form) = FORM.get() {
        return Ok(form);
    }
    let made = Connection::open_in_memory()?;
    made.execute_batch(TABLES)?;
    let form = read(&made)?;
    Ok(FORM.get_or_init(|| form))
}

fn read(connection: &Connection) -> rusqlite::Result<Form> {
    // What SQLite makes by itself has no text.
    let mut statement = connection
        .prepare_cached("SELECT name, type, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")?;
    let objects = statement.query_map([], |row| {
        let made_by: String = row.get(3)?;
        let made_by = made_by.chars().filter(|char| !char.is_whitespace() && *char != '"').collect();
        Ok((row.get(0)?, Object { kind: row.get(1)?, of: row.get(2)?, made_by }))
    })?;
    objects.collect()
}
