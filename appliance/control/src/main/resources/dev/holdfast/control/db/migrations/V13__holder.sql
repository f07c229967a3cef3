-- Which machines used a node's identity; the one with the greatest id has it.
CREATE TABLE holder (
    id       INTEGER PRIMARY KEY,
    node_id  INTEGER NOT NULL REFERENCES node(id),
    instance TEXT    NOT NULL,             -- UUID of the state directory
    machine  TEXT    NOT NULL,             -- hash of machine and path, in hexadecimal digits
    boot     TEXT    NOT NULL,             -- hash of the system's start, in hexadecimal digits; all 0 where unknown
    counter  INTEGER NOT NULL,             -- the greatest that it told
    address  TEXT    NOT NULL,
    seen_at  INTEGER NOT NULL,             -- ms since 1970
    copy     INTEGER NOT NULL DEFAULT 0    -- 1: found to be a copy
);
CREATE INDEX holder_node ON holder(node_id, id);
