-- 1 for containers that the appliance has no more: nothing here refers to them, only snapshots in the vault may.
ALTER TABLE container ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
CREATE INDEX container_dropped ON container(number) WHERE dropped = 1;
