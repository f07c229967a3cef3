-- Where snapshots go off-site. Credentials are sealed with the vault's control key.
CREATE TABLE vault (
    name        TEXT    PRIMARY KEY,
    settings    TEXT    NOT NULL,          -- JSON: location and policy
    credentials BLOB,                      -- null for file: vaults and for the environment's own
    added_at    INTEGER NOT NULL,
    requested   INTEGER NOT NULL DEFAULT 0,-- when somebody asked for a run, ms; 0 for not at all
    evict       INTEGER NOT NULL DEFAULT 0 -- bytes that somebody wants freed on the volumes
);
