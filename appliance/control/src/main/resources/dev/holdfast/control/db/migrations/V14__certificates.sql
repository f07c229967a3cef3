-- When the certificate in use ends, ms since 1970. Those issued before this version are valid for five years of 365 days.
ALTER TABLE node ADD COLUMN certificate_ends_at INTEGER NOT NULL DEFAULT 0;
UPDATE node SET certificate_ends_at = enrolled_at + 157680000000;

-- Certificates of nodes beside the one in use: issued and not used yet, or replaced by a newer one.
CREATE TABLE node_certificate (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id     INTEGER NOT NULL REFERENCES node(id),
    fingerprint TEXT    NOT NULL UNIQUE,   -- SHA-256, in hexadecimal digits
    ends_at     INTEGER NOT NULL           -- ms since 1970
);
CREATE INDEX node_certificate_node ON node_certificate(node_id, id);

-- Who made a token for enrolment, as the audit log names actors; empty for those made before this version.
ALTER TABLE token ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN revoked_at INTEGER;
