-- What the newest look at the store found damaged and could not heal. Each look replaces it.
CREATE TABLE damage (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL,          -- index, container, chunk, manifest, missing_chunk, page
    file     TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    found_at INTEGER NOT NULL,          -- ms since 1970; looks that find it again keep it
    task_id  INTEGER NOT NULL           -- that found it first
);
-- What cannot be restored whole because of it, each path of a snapshot once.
CREATE TABLE damage_hurt (
    snapshot  TEXT    NOT NULL,
    path      TEXT    NOT NULL,
    node_id   INTEGER NOT NULL,
    more      INTEGER NOT NULL,         -- 1 where what follows the path is hurt too, and the names are lost
    since     INTEGER NOT NULL,         -- ms since 1970; looks that find it again keep it
    damage_id INTEGER NOT NULL REFERENCES damage(id),
    PRIMARY KEY (snapshot, path)
);
CREATE INDEX damage_hurt_node ON damage_hurt(node_id);
-- What was damaged and is whole again.
CREATE TABLE damage_healed (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,           -- ms since 1970
    what    TEXT    NOT NULL,
    how     TEXT    NOT NULL,
    task_id INTEGER NOT NULL
);
