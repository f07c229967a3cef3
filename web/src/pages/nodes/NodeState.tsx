import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import type { Node } from '../../api/types';

/** The state of a node: connection and problems. */
export function NodeState({ node }: { node: Node }) {
  const { t } = useTranslation();
  if (node.retiredAt !== null) {
    return <Label isCompact>{t('Retired')}</Label>;
  }
  if (!node.active) {
    return <Label isCompact>{t('Revoked')}</Label>;
  }
  const flags = [
    { shown: node.overduePlans.length > 0, status: 'danger', text: t('Overdue') },
    { shown: node.suspended !== '', status: 'danger', text: t('Suspended') },
    { shown: node.identityCopied !== '', status: 'danger', text: t('Duplicate identity') },
    { shown: node.frozen !== '', status: 'warning', text: t('Retention paused') },
  ] as const;
  return (
    <span className="hf-inline">
      <Label isCompact variant="outline" status={node.connected ? 'success' : undefined}>
        {node.connected ? t('Connected') : t('Offline')}
      </Label>
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
