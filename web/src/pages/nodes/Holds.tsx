import { Alert } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { client } from '../../api/client';
import type { Node } from '../../api/types';
import { AskingButton } from '../../components/actions';
import { useMay } from '../../components/session';
import { useWords } from '../../i18n';

type Hold = {
  variant: 'danger' | 'warning';
  title: string;
  why: string;
  act: 'resume' | 'release-identity';
  label: string;
  /** What follows, for the question before it. */
  means: string;
  done: string;
};

function Held({ name, hold }: { name: string; hold: Hold }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <Alert
      isInline
      variant={hold.variant}
      title={hold.title}
      actionLinks={
        may('DESTROY') ? (
          <AskingButton
            variant="link"
            isInline
            question={{ title: `${hold.label}?`, text: <p>{hold.means}</p>, word: name, button: t('Continue') }}
            run={() => client.POST(`/nodes/{name}/${hold.act}`, { params: { path: { name } } })}
            success={hold.done}
          >
            {hold.label}
          </AskingButton>
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
  const words = useWords();
  const holds: Hold[] = [
    {
      variant: 'danger',
      title: t('Backups from this node are suspended'),
      why: words(node.suspended, node.suspendedPhrase),
      act: 'resume',
      label: t('Resume backups (the machine has been checked)'),
      means: t('Anyone who controls the machine can store backups again and, if restores are allowed, read them.'),
      done: t('Backups were resumed'),
    },
    {
      variant: 'danger',
      title: t('Two machines use the identity of this node'),
      why: words(node.identityCopied, node.identityCopiedPhrase),
      act: 'release-identity',
      label: t('Give the identity to the next machine that connects (stop the other machine first)'),
      means: t('The other machine is refused from then on. If it is the right one, it is no longer backed up.'),
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
          title={t('A backup looks like an attack: no snapshots of this node are deleted until you decide')}
          actionLinks={<Link to={`/attack?node=${encodeURIComponent(node.name)}`}>{t('Keep or release')}</Link>}
        >
          {words(node.frozen, node.frozenPhrase)}
        </Alert>
      ) : null}
    </>
  );
}
