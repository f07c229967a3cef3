import { Alert, Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, client } from '../../api/client';
import type { Certificate as Shown } from '../../api/types';
import { AskingButton } from '../../components/actions';
import { Loaded, Panel } from '../../components/basics';
import { FormDialog } from '../../components/dialogs';
import { useEditor } from '../../components/editor';
import { PemField } from '../../components/pem';
import { useMay, useSession } from '../../components/session';
import { Terms } from '../../components/Terms';
import { Time } from '../../components/Time';
import { msg } from '../../i18n';

const SOURCES: Record<string, string> = {
  authority: msg('Own certificate authority of the appliance. Renewed automatically.'),
  uploaded: msg('Uploaded in the console'),
  files: msg('Files of the option --api-certificate'),
};

function UploadDialog({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const pem = t('This is not PEM text.');
  const editor = useEditor({
    initial: { chain: '', key: '' },
    validate: ({ chain, key }) => ({
      chain: chain.includes('-----BEGIN CERTIFICATE-----') ? undefined : pem,
      key: /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key) ? undefined : pem,
    }),
    save: (body) => client.PUT('/certificate', { body }),
    saved: t('The certificate is used from the next connection on'),
    onSaved: close,
  });
  return (
    <FormDialog
      variant="medium"
      title={t('Upload a certificate')}
      help="machines"
      editor={editor}
      submit={t('Check and use')}
      close={close}
    >
      <PemField
        {...editor.field('chain')}
        label={t('Certificate, then those of its issuers (PEM)')}
        help={t('The first is the certificate of this appliance. A missing issuer makes browsers refuse it.')}
      />
      <PemField
        {...editor.field('key')}
        label={t('Private key (PEM, without a password)')}
        help={t('The secret is stored encrypted with the keys of the appliance and never shown again.')}
      />
      <Alert
        isInline
        variant="info"
        component="p"
        title={t(
          'Certificate and key are checked before they are used. If browsers still refuse the certificate, run on the appliance: holdfast-appliance certificate reset',
        )}
      />
    </FormDialog>
  );
}

function CertificateTerms({ it }: { it: Shown }) {
  const { t } = useTranslation();
  return (
    <Terms
      of={[
        [
          t('Origin'),
          it.file ? `${t(SOURCES[it.source] ?? it.source)}: ${it.file}` : t(SOURCES[it.source] ?? it.source),
        ],
        [t('Subject'), it.subject],
        [t('Names'), it.names.join(', ')],
        [t('Issuer'), it.issuer],
        [t('Valid until'), <Time key="u" exact at={it.validUntil} />],
        [
          t('Fingerprint (SHA-256)'),
          <code key="f" className="hf-command">
            {it.fingerprint}
          </code>,
        ],
      ]}
    />
  );
}

/** The certificate that browsers see. */
export function Certificate() {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const certificate = api.useQuery('get', '/certificate');
  const [uploading, setUploading] = useState(false);
  return (
    <Panel className="hf-two" title={t('Certificate of the console')}>
      <Loaded query={certificate}>
        {(it) => (
          <>
            <CertificateTerms it={it} />
            {may('SETTINGS') && session.allNodes && it.source !== 'files' ? (
              <div className="hf-inline">
                <Button variant="secondary" onClick={() => setUploading(true)}>
                  {t('Upload a certificate')}
                </Button>
                {it.source === 'uploaded' ? (
                  <AskingButton
                    variant="link"
                    question={{
                      title: t('Delete the uploaded certificate?'),
                      text: (
                        <p>
                          {t(
                            'The certificate and its key are deleted, and the appliance uses its own certificate again. Browsers that do not trust its certificate authority show a warning.',
                          )}
                        </p>
                      ),
                      word: '',
                      button: t('Delete'),
                    }}
                    run={() => client.DELETE('/certificate')}
                    success={t('The certificate is used from the next connection on')}
                  >
                    {t('Delete uploaded certificate')}
                  </AskingButton>
                ) : null}
              </div>
            ) : null}
          </>
        )}
      </Loaded>
      {uploading ? <UploadDialog close={() => setUploading(false)} /> : null}
    </Panel>
  );
}
