-- Which nodes a user sees is said, not meant by an empty list: 1 for all, 0 for those in 'nodes'.
ALTER TABLE user ADD COLUMN all_nodes INTEGER NOT NULL DEFAULT 0;
UPDATE user SET all_nodes = 1 WHERE nodes = '';
