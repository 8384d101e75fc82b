PRAGMA application_id = 0;
PRAGMA user_version = 0;

CREATE TABLE stheno_epoch (
    log        TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    PRIMARY KEY (log, subscriber)
) WITHOUT ROWID;

CREATE TABLE stheno_handled (
    log        TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    event      TEXT NOT NULL,
    run        INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (log, subscriber, event, run)
) WITHOUT ROWID;
