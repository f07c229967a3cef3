import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { client } from '../../api/client';
import type { Node } from '../../api/types';
import { ActButton } from '../../components/acts';
import { useMay } from '../../components/session';

type Hold = {
  variant: 'danger' | 'warning';
  title: string;
  why: string;
  act: 'resume' | 'release' | 'release-identity';
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
          <ActButton
            variant="link"
            isInline
            does={() => client.POST(`/nodes/{name}/${hold.act}`, { params: { path: { name } } })}
            done={hold.done}
          >
            {hold.label}
          </ActButton>
        ) : null
      }
    >
      {hold.why}
    </Alert>
  );
}

/** Why something of a node is on hold, and how that is ended. */
export function Holds({ node }: { node: Node }) {
  const { t } = useTranslation();
  const holds: Hold[] = [
    {
      variant: 'danger',
      title: t('No backups are taken from this node'),
      why: node.suspended,
      act: 'resume',
      label: t('The machine is sound: resume'),
      done: t('Backups are taken again'),
    },
    {
      variant: 'danger',
      title: t('Two machines use the identity of this node'),
      why: node.identityCopied,
      act: 'release-identity',
      label: t('The machine that must go is stopped: let the next one have it'),
      done: t('The next machine that connects has the identity'),
    },
    {
      variant: 'warning',
      title: t('Nothing of this node is forgotten until somebody looks'),
      why: node.frozen,
      act: 'release',
      label: t('All is well: let policies count again'),
      done: t('Policies count again'),
    },
  ];
  return holds.filter((hold) => hold.why).map((hold) => <Held key={hold.act} name={node.name} hold={hold} />);
}
