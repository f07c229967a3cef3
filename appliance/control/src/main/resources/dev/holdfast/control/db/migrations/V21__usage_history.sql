-- Whose the used room was: what the last calculation of a day (UTC) found.
CREATE TABLE usage_history (
    node_id INTEGER NOT NULL,
    day     INTEGER NOT NULL,                 -- days since 1970
    at      INTEGER NOT NULL,                 -- ms since 1970
    stored  INTEGER NOT NULL,                 -- bytes of chunks that the node refers to
    own     INTEGER NOT NULL,                 -- bytes of chunks that no other node refers to
    PRIMARY KEY (node_id, day)
) WITHOUT ROWID;
CREATE INDEX usage_history_day ON usage_history(day);
