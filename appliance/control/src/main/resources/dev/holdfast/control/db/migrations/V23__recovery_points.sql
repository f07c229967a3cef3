-- What would have been lost between two backups of a plan at a node, or of those that were started on the node (plan ''): how many
-- backups ended so many seconds after what the last one before them is as of. By day of the end, days since 1970 UTC. Only of
-- backups from before the setting 'recovery.folded' (ms since 1970): later ones are in the table of tasks.
CREATE TABLE recovery_interval (
    node_id INTEGER NOT NULL REFERENCES node(id),
    plan    TEXT    NOT NULL,
    day     INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    runs    INTEGER NOT NULL,
    PRIMARY KEY (node_id, plan, day, seconds)
) WITHOUT ROWID;

-- Of many backups by a plan within an hour the newest stays, and stands for so many further ones: what those moved together, and how
-- long they took.
ALTER TABLE task ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN folded_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN folded_scanned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN folded_transferred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN folded_millis INTEGER NOT NULL DEFAULT 0;
