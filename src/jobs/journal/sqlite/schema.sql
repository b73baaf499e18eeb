-- A job. The plans are apart from where people stand, so that a step forward never rewrites a plan.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- standing: 0 open, 1 ended, 2 left out.
CREATE TABLE people (
    seq      INTEGER PRIMARY KEY,
    user     TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    standing INTEGER NOT NULL,
    sends    INTEGER NOT NULL,
    mints    INTEGER NOT NULL
) STRICT;
CREATE INDEX people_open ON people (seq) WHERE standing = 0;

CREATE TABLE plans (
    seq  INTEGER PRIMARY KEY,
    plan TEXT NOT NULL
) STRICT;

-- standing: planned, started, ended. Where detail is null it is the plan's own. run: in which run it was last marked,
-- from 0; of somebody who was opened again, what did not end well in an earlier run is to be done again, where it is
-- sent at all.
CREATE TABLE steps (
    seq        INTEGER NOT NULL,
    place      INTEGER NOT NULL,
    step       TEXT NOT NULL,
    target     TEXT NOT NULL,
    standing   TEXT NOT NULL,
    status     TEXT NOT NULL,
    detail     TEXT,
    error      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    request_id TEXT,
    at         TEXT,
    created    TEXT,
    reissued   INTEGER NOT NULL DEFAULT 0,
    run        INTEGER NOT NULL DEFAULT 0,
    sent       INTEGER NOT NULL,
    PRIMARY KEY (seq, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_not_well ON steps (seq) WHERE status IN ('failed', 'unknown', 'skipped');
