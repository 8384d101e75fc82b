-- A log as the first version wrote it: two events of an order (one with everything an event can have), one without a key, one
-- that is scheduled, and records. Never change it; a test opens it.
PRAGMA application_id = 1398032462;
PRAGMA user_version = 1;
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

CREATE TABLE clock_steps (
    sequence INTEGER PRIMARY KEY
) STRICT;

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

INSERT INTO meta VALUES (1, '019f0000-0000-7000-8000-000000000001', 1700000000000000, 5);
INSERT INTO names VALUES (1, 'order.placed'), (2, 'order.canceled'), (3, 'product.updated');
INSERT INTO events VALUES
    (1, 1, 1700000000000001, NULL, 'order_1/placed', 'order:order_1', NULL, NULL, x'7b226964223a226f726465725f31227d'),
    (2, 2, 1700000000000003, 1699999999000000, 'order_1/canceled', 'order:order_1', 'shop', 'ce-correlationid:visit-1' || char(10) || 'x-shop:1', x'7b226964223a226f726465725f31227d'),
    (3, 3, 1700000000000002, NULL, 'product_1/updated', NULL, NULL, NULL, x'7b7d');
INSERT INTO clock_steps VALUES (3);
INSERT INTO scheduled VALUES
    (1, 1700000000000009, 1, NULL, 'later', 'order:order_3', NULL, NULL, x'7b226964223a226f726465725f33227d');
INSERT INTO records VALUES
    ('sub/receipts.send/gone', 5, 1700000000000004, x'7b7d'),
    ('sub/receipts.send/state', 4, NULL, x'7b22666f726d6174223a317d');
