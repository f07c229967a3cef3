-- Since when a node has no access and is kept for its snapshots, ms since 1970; null for one that is not retired.
ALTER TABLE node ADD COLUMN retired_at INTEGER;
-- Since when a node's snapshots are forgotten and its name is free again, ms since 1970. The row stays for what refers to it.
ALTER TABLE node ADD COLUMN removed_at INTEGER;
-- What the client called itself when it connected last, such as holdfast/0.1.0; empty where it did not since this version.
ALTER TABLE node ADD COLUMN software TEXT NOT NULL DEFAULT '';
-- The newest version of the protocol that this client speaks; 0 where it is not known.
ALTER TABLE node ADD COLUMN protocol INTEGER NOT NULL DEFAULT 0;
