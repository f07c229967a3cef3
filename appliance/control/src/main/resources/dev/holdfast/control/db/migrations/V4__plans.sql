-- What is backed up when and how. A plan may be bound to many nodes, a node to many plans.
CREATE TABLE plan (
    name     TEXT    PRIMARY KEY,
    settings TEXT    NOT NULL,                -- JSON
    paused   INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE plan_node (
    plan     TEXT    NOT NULL REFERENCES plan(name),
    node_id  INTEGER NOT NULL REFERENCES node(id),
    bound_at INTEGER NOT NULL,
    dealt    INTEGER NOT NULL,                -- due moments up to this one are dealt with, ms
    overdue  INTEGER NOT NULL DEFAULT 0,      -- the due moment that somebody was told is overdue, ms
    PRIMARY KEY (plan, node_id)
);

ALTER TABLE task ADD COLUMN plan TEXT;
ALTER TABLE task ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
CREATE INDEX task_by_plan ON task(plan, node_id, id) WHERE plan IS NOT NULL;
CREATE INDEX task_by_node ON task(node_id, id);

-- Restores that were rehearsed: what was found, signed by the appliance's authority.
CREATE TABLE drill (
    task_id   INTEGER PRIMARY KEY,
    node_id   INTEGER NOT NULL REFERENCES node(id),
    at        INTEGER NOT NULL,
    report    TEXT    NOT NULL,               -- JSON, the bytes that are signed
    signature BLOB    NOT NULL
);
CREATE INDEX drill_by_node ON drill(node_id, at);

-- Whose the used room is, as it was reckoned last. Bytes as stored.
CREATE TABLE usage_node (
    node_id   INTEGER PRIMARY KEY,
    snapshots INTEGER NOT NULL,
    stored    INTEGER NOT NULL,               -- of chunks that it refers to
    own       INTEGER NOT NULL                -- of chunks that no other node refers to
);
CREATE TABLE usage_snapshot (
    id        TEXT    PRIMARY KEY,
    node_id   INTEGER NOT NULL,
    stored    INTEGER NOT NULL,
    own       INTEGER NOT NULL                -- of chunks that no other snapshot refers to
);
