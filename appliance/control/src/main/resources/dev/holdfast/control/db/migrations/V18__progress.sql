-- How fast the present step of a task goes on, by its last reports, a second; negative where it is not known.
ALTER TABLE task ADD COLUMN rate REAL NOT NULL DEFAULT -1;
-- When the task last told how far it is, ms since 1970; 0 for never.
ALTER TABLE task ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
-- What a node did for a task so far, as it tells: files, bytes of their content, bytes that went over the network, and the file
-- that it looked at last while it runs. Null where it does not tell.
ALTER TABLE task ADD COLUMN files INTEGER;
ALTER TABLE task ADD COLUMN scanned INTEGER;
ALTER TABLE task ADD COLUMN transferred INTEGER;
ALTER TABLE task ADD COLUMN path TEXT;
-- The directories below which a node's client restores by order, a JSON array of absolute paths; null where it does not tell.
ALTER TABLE node ADD COLUMN restore_below TEXT;
