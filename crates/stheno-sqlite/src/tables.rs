//! The tables of a log.
//!
//! Names are interned: `names` gives each event name a small number, so that rows and the index stay small and a pattern is
//! matched once per name and not once per event. Time has no index: storing times rise with the sequence except where
//! the clock was set back, and those places are kept in `clock_steps`, so that a time is found by halving (see `span`).

pub(crate) const TABLES: &str = "
-- One row: what this log is. `revision` is the last one given to a record.
CREATE TABLE meta (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    log_id   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- The log. AUTOINCREMENT: a sequence never repeats, also when rows are deleted. Times are microseconds since 1970 in UTC;
-- `time` is NULL where it is the storing time. `headers` is NULL where there is none. The body comes last, so that
-- looking at the other columns never reads its pages.
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    name     INTEGER NOT NULL,
    stored   INTEGER NOT NULL,
    time     INTEGER,
    id       TEXT NOT NULL,
    key      TEXT,
    source   TEXT,
    headers  TEXT,
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX events_id ON events (id);
CREATE INDEX events_name ON events (name);
CREATE INDEX events_key ON events (key) WHERE key IS NOT NULL;

-- Events whose `stored` is earlier than that of the event before them: the clock was set back.
CREATE TABLE clock_steps (
    sequence INTEGER PRIMARY KEY
) STRICT;

-- Events that are not in the log before `due`.
CREATE TABLE scheduled (
    position INTEGER PRIMARY KEY,
    due      INTEGER NOT NULL,
    name     INTEGER NOT NULL,
    time     INTEGER,
    id       TEXT NOT NULL UNIQUE,
    key      TEXT,
    source   TEXT,
    headers  TEXT,
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX scheduled_due ON scheduled (due);

CREATE TABLE records (
    name     TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    expires  INTEGER,
    value    BLOB NOT NULL
) STRICT;
CREATE INDEX records_expires ON records (expires) WHERE expires IS NOT NULL;
";
