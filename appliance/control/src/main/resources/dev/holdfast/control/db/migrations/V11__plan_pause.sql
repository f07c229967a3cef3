-- Up to when a plan's pause excuses that it makes no snapshots, ms since 1970; 0 for not at all. It resumes by itself then.
ALTER TABLE plan ADD COLUMN paused_until INTEGER NOT NULL DEFAULT 0;
