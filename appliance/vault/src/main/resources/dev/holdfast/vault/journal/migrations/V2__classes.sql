-- How a container's object is kept, since when, and whether it may be kept colder: metadata may not.
ALTER TABLE container ADD COLUMN class TEXT NOT NULL DEFAULT 'Standard';
ALTER TABLE container ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE container ADD COLUMN data INTEGER NOT NULL DEFAULT 0;
CREATE INDEX container_by_class ON container(class, stored_at);
