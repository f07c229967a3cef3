import {
  Alert,
  ClipboardCopyButton,
  CodeBlock,
  CodeBlockAction,
  CodeBlockCode,
  Tab,
  Tabs,
  TabTitleText,
} from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Enrolment } from '../../api/types';
import { Time } from '../../components/Time';
import { msg } from '../../i18n';

type Install = Enrolment['install'][number];

const SYSTEMS: Record<Install['system'], string> = {
  DEBIAN: msg('Debian, Ubuntu'),
  LINUX: msg('Other Linux'),
  INSTALLED: msg('Client already installed'),
};

function Block({ id, text }: { id: string; text: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <CodeBlock
      actions={
        <CodeBlockAction>
          <ClipboardCopyButton
            id={`copy-${id}`}
            textId={id}
            aria-label={t('Copy')}
            variant="plain"
            onClick={() => void copy()}
            onTooltipHidden={() => setCopied(false)}
          >
            {copied ? t('Copied') : t('Copy')}
          </ClipboardCopyButton>
        </CodeBlockAction>
      }
    >
      <CodeBlockCode id={id}>{text}</CodeBlockCode>
    </CodeBlock>
  );
}

function Missing() {
  const { t } = useTranslation();
  return (
    <Alert isInline isPlain variant="info" component="p" title={t('Copy the client’s package to the machine first.')}>
      {t('Run the commands in the directory of the package. If the appliance offers the package, they download it:')}{' '}
      <code>holdfast-appliance client-package add FILE</code>
    </Alert>
  );
}

/** What to run on a new machine, by its operating system. */
export function Commands({ enrolment }: { enrolment: Enrolment }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Install['system']>('DEBIAN');
  return (
    <>
      <p>{t('Run this as root on the machine:')}</p>
      <Tabs
        activeKey={shown}
        onSelect={(_, key) => setShown(key as Install['system'])}
        aria-label={t('Operating system')}
      >
        {enrolment.install.map(({ system, text, downloads }) => (
          <Tab key={system} eventKey={system} title={<TabTitleText>{t(SYSTEMS[system])}</TabTitleText>}>
            <div className="hf-stack hf-tab">
              <Block id={`commands-${system.toLowerCase()}`} text={text} />
              {downloads || system === 'INSTALLED' ? null : <Missing />}
            </div>
          </Tab>
        ))}
      </Tabs>
      <p className="hf-subtle">
        {t('The token in the command can be used once, for a new machine, and expires at')}{' '}
        <Time at={enrolment.expiresAt} />. {t('Windows and macOS are not supported yet.')}
      </p>
    </>
  );
}
