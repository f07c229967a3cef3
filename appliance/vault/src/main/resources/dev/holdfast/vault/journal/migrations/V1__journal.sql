-- What one appliance knows of one vault. Everything here can be learned again from the vault.

CREATE TABLE state (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Containers whose object is in the vault. published: the root that first listed it.
CREATE TABLE container (
  number       INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  epoch        INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  object_bytes INTEGER NOT NULL,
  sha256       TEXT NOT NULL,
  ordinal      INTEGER UNIQUE,
  published    INTEGER,
  read_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX container_unpublished ON container(number) WHERE published IS NULL;

-- Snapshots whose manifest is in the vault.
CREATE TABLE snapshot (
  id           TEXT PRIMARY KEY,
  node         INTEGER NOT NULL,
  committed    INTEGER NOT NULL,
  epoch        INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  object_bytes INTEGER NOT NULL,
  sha256       TEXT NOT NULL,
  published    INTEGER
) STRICT;

-- Uploads in parts that were begun.
CREATE TABLE upload (
  key    TEXT PRIMARY KEY,
  upload TEXT NOT NULL
) STRICT;

-- Objects that no root refers to any more, or yet; deleted once the root of that number is gone.
CREATE TABLE retired (
  key   TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

-- Snapshots that somebody forgot on purpose, until a root says so. What is merely missing here stays in the vault.
CREATE TABLE forgotten (
  id TEXT PRIMARY KEY
) STRICT;
