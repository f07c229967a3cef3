import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { Node } from '../../api/types';
import { Connection, HealthLabel } from '../../components/health';

/** The state of a node: its connection, its health in one word, and what only an administrator can end. */
export function NodeState({ node }: { node: Node }) {
  const { t } = useTranslation();
  if (node.retiredAt !== null) {
    return <Label isCompact>{t('Retired')}</Label>;
  }
  if (!node.active) {
    return <Label isCompact>{t('Revoked')}</Label>;
  }
  const flags = [
    { shown: node.suspended !== '', status: 'danger', text: t('Suspended') },
    { shown: node.identityCopied !== '', status: 'danger', text: t('Duplicate identity') },
    { shown: node.frozen !== '', status: 'warning', text: t('Retention paused') },
  ] as const;
  return (
    <span className="hf-inline">
      <Connection node={node} />
      {node.health ? <HealthLabel health={node.health} /> : null}
      {flags
        .filter((flag) => flag.shown)
        .map((flag) => (
          <Label key={flag.text} isCompact status={flag.status}>
            {flag.text}
          </Label>
        ))}
    </span>
  );
}
