-- Work of all kinds: what nodes do, and what the appliance does by itself or when asked.
CREATE TABLE work (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id      INTEGER REFERENCES node(id), -- null for the appliance's own
    kind         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    argument     TEXT    NOT NULL DEFAULT '{}',
    priority     INTEGER NOT NULL DEFAULT 0,  -- the higher the sooner
    state        TEXT    NOT NULL,            -- queued, running, done, failed, cancelled, broken
    requested_by TEXT    NOT NULL DEFAULT '',
    queued_at    INTEGER NOT NULL DEFAULT 0,
    started_at   INTEGER,
    finished_at  INTEGER,
    cancel       INTEGER NOT NULL DEFAULT 0,  -- 1 once somebody wants it to end
    step         TEXT    NOT NULL DEFAULT '',
    done         INTEGER NOT NULL DEFAULT 0,
    total        INTEGER NOT NULL DEFAULT 0,
    step_at      INTEGER NOT NULL DEFAULT 0,  -- when the step began
    result       TEXT    NOT NULL DEFAULT '{}',
    reason       TEXT    NOT NULL DEFAULT '', -- why it failed or ended early
    chunks       INTEGER NOT NULL DEFAULT 0,
    bytes        INTEGER NOT NULL DEFAULT 0,
    snapshot     TEXT
);
INSERT INTO work(id, node_id, kind, description, state, queued_at, started_at, finished_at, chunks, bytes, snapshot)
    SELECT id, node_id, kind, description, state, started_at, started_at, finished_at, chunks, bytes, snapshot FROM task;
DROP TABLE task;
ALTER TABLE work RENAME TO task;
CREATE INDEX task_by_state ON task(state, priority, id);
CREATE INDEX task_by_finish ON task(finished_at);

CREATE TABLE task_log (
    task_id INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    line    TEXT    NOT NULL
);
CREATE INDEX task_log_by_task ON task_log(task_id);

-- What is done for nodes. One policy may count for many; a node has one at most.
CREATE TABLE policy (
    name     TEXT PRIMARY KEY,
    settings TEXT NOT NULL                    -- JSON
);
CREATE TABLE policy_node (
    node_id INTEGER PRIMARY KEY REFERENCES node(id),
    policy  TEXT    NOT NULL REFERENCES policy(name)
);

-- What keeps single snapshots from being forgotten.
CREATE TABLE snapshot_mark (
    id           TEXT    PRIMARY KEY,
    node_id      INTEGER NOT NULL,
    hold         TEXT,                        -- why somebody holds it, null where nobody does
    locked_until INTEGER NOT NULL DEFAULT 0,  -- by the clock of locks, ms
    compliance   INTEGER NOT NULL DEFAULT 0   -- 1 where nobody may shorten the lock
);

-- Settings of the appliance, and what it must remember.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What somebody should know of.
CREATE TABLE event (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    severity     TEXT    NOT NULL,            -- info, warning, alert
    kind         TEXT    NOT NULL,
    node_id      INTEGER REFERENCES node(id),
    message      TEXT    NOT NULL,
    acknowledged INTEGER                      -- when somebody said that he knows
);
CREATE INDEX event_open ON event(id) WHERE acknowledged IS NULL;

-- Nodes of which nothing is forgotten until somebody has looked.
CREATE TABLE brake (
    node_id INTEGER PRIMARY KEY REFERENCES node(id),
    since   INTEGER NOT NULL,
    reason  TEXT    NOT NULL
);

-- Who is told of events, and up to which he was. The secret is sealed with the vault's control key.
CREATE TABLE alert_channel (
    name      TEXT PRIMARY KEY,
    settings  TEXT    NOT NULL,               -- JSON
    secret    BLOB,
    delivered INTEGER NOT NULL,
    error     TEXT    NOT NULL DEFAULT ''
);
