-- The entry with which the chain of hashes begins: entries of releases before the chain have none.
INSERT INTO setting(name, value)
    SELECT 'audit.start', coalesce((SELECT min(id) FROM audit WHERE hash <> ''), (SELECT max(id) + 1 FROM audit), 1);

-- Entries that were moved into files, each range in one file of DATA/audit.
CREATE TABLE audit_segment (
    first    INTEGER PRIMARY KEY,
    last     INTEGER NOT NULL,
    previous TEXT    NOT NULL,                -- hash of the entry before the first
    hash     TEXT    NOT NULL                 -- hash of the last entry
);
CREATE INDEX audit_by_time ON audit(at);

-- Events of a kind that repeats are counted instead of stored.
ALTER TABLE event ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN repeated_at INTEGER;  -- when it repeated last

-- Events of one kind and node that a channel is told of together.
CREATE TABLE alert_group (
    channel  TEXT    NOT NULL REFERENCES alert_channel(name) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    node     TEXT    NOT NULL,                -- empty for the appliance itself
    severity TEXT    NOT NULL,
    first    INTEGER NOT NULL,                -- the event that was told by itself
    told     INTEGER NOT NULL,                -- how many of the group the channel knows of
    until    INTEGER NOT NULL,                -- when a summary is due, ms since 1970
    PRIMARY KEY (channel, kind, node, severity)
);
