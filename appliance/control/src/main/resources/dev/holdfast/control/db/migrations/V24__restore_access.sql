-- Nodes (ids, a JSON array) whose snapshots a machine may restore that enrols by the token; [] where it enrols as a node.
ALTER TABLE token ADD COLUMN restores TEXT NOT NULL DEFAULT '[]';

-- Certificates that let a machine read the snapshots of nodes in order to restore them, and nothing else.
CREATE TABLE restore_access (
    fingerprint TEXT    NOT NULL,             -- of the certificate, SHA-256 in hexadecimal digits
    node_id     INTEGER NOT NULL REFERENCES node(id),
    token       TEXT    NOT NULL REFERENCES token(hash),
    created_at  INTEGER NOT NULL,             -- ms since 1970
    ends_at     INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, node_id)
) WITHOUT ROWID;
