-- Control data: who may connect, what happened. Nothing here is needed to read snapshots.
CREATE TABLE node (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE,
    platform    TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,          -- SHA-256 of the only certificate accepted for this node
    enrolled_at INTEGER NOT NULL,
    seen_at     INTEGER,
    revoked_at  INTEGER
);

CREATE TABLE token (
    hash       TEXT    PRIMARY KEY,        -- SHA-256 of the secret, which is nowhere stored
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    node_id    INTEGER REFERENCES node(id),-- set where the token replaces this node's certificate
    used_at    INTEGER,
    used_by    INTEGER REFERENCES node(id)
);

CREATE TABLE task (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id     INTEGER NOT NULL REFERENCES node(id),
    kind        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    state       TEXT    NOT NULL,          -- running, done, broken
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    chunks      INTEGER NOT NULL DEFAULT 0,
    bytes       INTEGER NOT NULL DEFAULT 0,
    snapshot    TEXT
);
CREATE INDEX task_by_time ON task(started_at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    outcome TEXT    NOT NULL
);

CREATE TABLE status (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
