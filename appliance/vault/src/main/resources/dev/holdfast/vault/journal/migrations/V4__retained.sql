-- Objects that nobody can delete until a moment, the store itself included: those of locked snapshots.
CREATE TABLE retained (
    key   TEXT    PRIMARY KEY,
    until INTEGER NOT NULL                   -- ms since 1970, by the store's clock
);
