-- Nodes from which no backups are taken until an administrator has looked.
CREATE TABLE suspension (
    node_id INTEGER PRIMARY KEY REFERENCES node(id),
    since   INTEGER NOT NULL,              -- ms since 1970
    reason  TEXT    NOT NULL
);
