-- Words by which people group nodes.
CREATE TABLE node_tag (
    node_id INTEGER NOT NULL REFERENCES node(id),
    tag     TEXT    NOT NULL,                 -- in lower case
    PRIMARY KEY (node_id, tag)
) WITHOUT ROWID;
-- Tags of the node that enrols by a token, a JSON array.
ALTER TABLE token ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- Lists of tasks by kind or state, the newest first.
CREATE INDEX task_list_kind ON task(kind, id);
CREATE INDEX task_list_state ON task(state, id);
