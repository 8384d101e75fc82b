PRAGMA application_id = 1398032462;
PRAGMA user_version = 1;

CREATE TABLE clock_steps (
    sequence INTEGER PRIMARY KEY
) STRICT;

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

CREATE INDEX events_key ON events (key) WHERE key IS NOT NULL;

CREATE INDEX events_name ON events (name);

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

CREATE TABLE records (
    name     TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    expires  INTEGER,
    value    BLOB NOT NULL
) STRICT;

CREATE INDEX records_expires ON records (expires) WHERE expires IS NOT NULL;

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
