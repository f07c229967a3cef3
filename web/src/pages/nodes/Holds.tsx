import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../../api/client';
import type { Node } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { useMay } from '../../components/session';

type Hold = {
  variant: 'danger' | 'warning';
  title: string;
  why: string;
  act: 'resume' | 'release-identity';
  label: string;
  done: string;
};

function Held({ name, hold }: { name: string; hold: Hold }) {
  const may = useMay();
  return (
    <Alert
      isInline
      variant={hold.variant}
      title={hold.title}
      actionLinks={
        may('DESTROY') ? (
          <ActionButton
            variant="link"
            isInline
            run={() => client.POST(`/nodes/{name}/${hold.act}`, { params: { path: { name } } })}
            success={hold.done}
          >
            {hold.label}
          </ActionButton>
        ) : null
      }
    >
      {hold.why}
    </Alert>
  );
}

/** Alerts for a node whose backups, identity or retention are suspended, each with the action that resumes it. */
export function Holds({ node }: { node: Node }) {
  const { t } = useTranslation();
  const holds: Hold[] = [
    {
      variant: 'danger',
      title: t('Backups from this node are suspended'),
      why: node.suspended,
      act: 'resume',
      label: t('Resume backups (the machine has been checked)'),
      done: t('Backups were resumed'),
    },
    {
      variant: 'danger',
      title: t('Two machines use the identity of this node'),
      why: node.identityCopied,
      act: 'release-identity',
      label: t('Give the identity to the next machine that connects (stop the other machine first)'),
      done: t('The next machine that connects receives the identity'),
    },
  ];
  return (
    <>
      {holds
        .filter((hold) => hold.why)
        .map((hold) => (
          <Held key={hold.act} name={node.name} hold={hold} />
        ))}
      {node.frozen ? (
        <Alert
          isInline
          variant="warning"
          title={t('A backup looks like an attack: no snapshots of this node are deleted until you answer')}
          actionLinks={<Link to={`/attack?node=${encodeURIComponent(node.name)}`}>{t('Keep or release')}</Link>}
        >
          {node.frozen}
        </Alert>
      ) : null}
    </>
  );
}
