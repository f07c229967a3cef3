-- As version 20: code and parameters beside the English text, JSON. Null for texts from before this version, and for those that
-- have no code, such as lines that clients wrote.
ALTER TABLE task_log ADD COLUMN phrase TEXT;
ALTER TABLE alert_channel ADD COLUMN error_phrase TEXT;

-- Since when no plan is bound to a node, ms since 1970; null where it is not known, without meaning while one is. Nodes that had
-- a plan before this version have the time at which the audit log says that it was unbound, if it still says so.
ALTER TABLE node ADD COLUMN unplanned_at INTEGER;
UPDATE node SET unplanned_at = (
    SELECT max(at) FROM audit
    WHERE action = 'plan unbind' AND outcome = 'allowed' AND substr(object, -length(node.name) - 1) = ' ' || node.name
) WHERE id NOT IN (SELECT node_id FROM plan_node);
UPDATE node SET unplanned_at = enrolled_at
WHERE unplanned_at IS NULL
  AND id NOT IN (SELECT node_id FROM plan_node)
  AND NOT EXISTS (SELECT 1 FROM task WHERE task.node_id = node.id AND task.plan IS NOT NULL)
  AND NOT EXISTS (
    SELECT 1 FROM audit WHERE action = 'plan bind' AND substr(object, -length(node.name) - 1) = ' ' || node.name
  );

-- Since when there is no vault, ms since 1970, where there was one. Otherwise it is since the appliance was set up.
INSERT INTO setting(name, value)
SELECT 'vaults.none-since', max(at) FROM audit WHERE action = 'vault unset' AND outcome = 'allowed' HAVING count(*) > 0;
