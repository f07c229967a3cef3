-- From this version on, the settings of a plan may have "upgradeClients". Earlier releases cannot read such a plan, and refuse
-- this database.
-- By the version that is wanted, what became of upgrades: looked for every few seconds.
CREATE INDEX task_upgrade ON task(argument, id) WHERE kind = 'upgrade';
