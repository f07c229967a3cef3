import { Button, Label } from '@patternfly/react-core';
import { CheckCircleIcon, ExclamationCircleIcon, ExclamationTriangleIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client, once } from '../../api/client';
import type { Need, Overview } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Panel } from '../../components/basics';
import { useMay } from '../../components/session';
import { Time } from '../../components/Time';
import { tell } from './needs';

/** What mends a need with one click, where something does. */
function Remedy({ need }: { need: Need }) {
  const { t } = useTranslation();
  const may = useMay();
  if (need.event > 0 && may('PROTECT')) {
    return (
      <ActionButton
        size="sm"
        variant="secondary"
        run={() => client.POST('/events/{id}/acknowledge', { params: { path: { id: String(need.event) } } })}
        success={t('The event was acknowledged')}
      >
        {t('Acknowledge')}
      </ActionButton>
    );
  }
  const runs = ['failing', 'overdue', 'never-backed-up', 'incomplete'].includes(need.kind);
  return need.plan && runs && may('OPERATE') ? (
    <ActionButton
      size="sm"
      variant="secondary"
      run={() =>
        client.POST('/plans/{name}/run', {
          params: { path: { name: need.plan } },
          body: { nodes: [need.node], fullRead: false },
          headers: once(),
        })
      }
      success={t('A backup was requested')}
    >
      {need.kind === 'failing' ? t('Retry') : t('Back up now')}
    </ActionButton>
  ) : null;
}

function Row({ need }: { need: Need }) {
  const { t } = useTranslation();
  const told = tell(need, t);
  const alert = need.severity === 'alert';
  return (
    <li className="hf-need">
      <Label isCompact status={alert ? 'danger' : 'warning'}>
        {alert ? t('Alert') : t('Warning')}
      </Label>
      <div className="hf-need-text">
        <strong>{told.title}</strong>
        {told.why ? <div className="hf-brief">{told.why}</div> : null}
      </div>
      <span className="hf-subtle">{need.since ? <Time at={need.since} /> : null}</span>
      <span className="hf-inline">
        <Remedy need={need} />
        <Link to={told.to}>{told.link}</Link>
      </span>
    </li>
  );
}

function useSentence({ machines, attention, appliance }: Overview['verdict']): string {
  const { t } = useTranslation();
  const said =
    machines === 0
      ? t('No machine is protected yet')
      : attention === 0
        ? t('All {{count}} machines are protected', { count: machines })
        : machines === 1
          ? t('The machine needs attention')
          : t('{{count}} of {{machines}} machines need attention', { count: attention, machines });
  return appliance > 0 ? t('{{first}}. {{second}}', { first: said, second: t('The appliance needs attention') }) : said;
}

const FEW = 8;

/** Whether everything is all right, in one sentence, and what is not. */
export function VerdictPanel({ data }: { data: Overview }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const { verdict, needs } = data;
  const sentence = useSentence(verdict);
  const bad = needs.some((each) => each.severity === 'alert');
  const good = needs.length === 0 && verdict.machines > 0;
  const look = bad ? 'danger' : good ? 'success' : 'warning';
  const Icon = bad ? ExclamationCircleIcon : good ? CheckCircleIcon : ExclamationTriangleIcon;
  return (
    <Panel
      className={`hf-wide hf-verdict hf-verdict-${look}`}
      title={
        <span className="hf-verdict-title">
          <Icon /> {sentence}
        </span>
      }
    >
      {verdict.machines === 0 ? <Link to="/add-machine">{t('Add a machine')}</Link> : null}
      {needs.length > 0 ? (
        <ul className="hf-needs">
          {needs.slice(0, all ? needs.length : FEW).map((each) => (
            <Row key={`${each.kind} ${each.node} ${each.plan} ${each.about} ${each.event}`} need={each} />
          ))}
        </ul>
      ) : null}
      {needs.length > FEW && !all ? (
        <Button variant="link" isInline onClick={() => setAll(true)}>
          {t('Show {{more}} more', { more: needs.length - FEW })}
        </Button>
      ) : null}
    </Panel>
  );
}
