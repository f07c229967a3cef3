-- People and programs that work with the appliance by its API.
CREATE TABLE user (
    name         TEXT    PRIMARY KEY,
    password     TEXT    NOT NULL,            -- Argon2id, encoded with its parameters and salt
    role         TEXT    NOT NULL,
    nodes        TEXT    NOT NULL DEFAULT '', -- JSON list of nodes' names; empty for all
    totp         BLOB,                        -- the second factor's secret, sealed with the vault's control key; null for none
    totp_step    INTEGER NOT NULL DEFAULT 0,  -- the last time step whose code was used
    failures     INTEGER NOT NULL DEFAULT 0,  -- in a row
    locked_until INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    disabled     INTEGER NOT NULL DEFAULT 0
);

-- Signed in, by browser. Secrets are kept as hashes.
CREATE TABLE session (
    hash       TEXT    PRIMARY KEY,
    user       TEXT    NOT NULL REFERENCES user(name) ON DELETE CASCADE,
    csrf       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    proved_at  INTEGER NOT NULL               -- when password and second factor were given last
);

CREATE TABLE api_token (
    hash        TEXT    PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    user        TEXT    NOT NULL REFERENCES user(name) ON DELETE CASCADE,
    description TEXT    NOT NULL,
    permissions TEXT    NOT NULL,             -- comma-separated; never more than the user's role has
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
);

-- What creates is done once, however often it is asked for under one key.
CREATE TABLE idempotency (
    user   TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body   TEXT    NOT NULL,
    PRIMARY KEY (user, key)
);

-- Each entry's hash covers the one before: whoever alters or removes one must alter all that follow.
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
