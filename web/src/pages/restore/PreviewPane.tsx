import { Alert } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, Problem } from '../../api/client';
import { pictureAddress } from '../../api/restore';
import type { FilePreview } from '../../api/types';
import { Loaded, Nothing } from '../../components/basics';
import { Pick } from '../../components/fields';
import { msg } from '../../i18n';
import { bytes } from '../../lib/format';

/** As the appliance knows them. */
const ENCODINGS = ['UTF-8', 'GB18030', 'UTF-16LE', 'UTF-16BE', 'ISO-8859-1'];

const REASONS: Record<string, string> = {
  binary: msg('This type of file has no preview. Download the file to view it.'),
  'too-large': msg('This picture is too large for a preview. Download it to view it.'),
  link: msg('This is another name of a file (hard link). Open the file under its first name, or download it.'),
};

/** A picture, which the browser loads by itself: it never runs what is in it. */
function Picture({ snapshot, path }: { snapshot: string; path: string }) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  return broken ? (
    <Nothing title={t('The picture cannot be shown')}>
      {t('The file is damaged or not a picture. Download it.')}
    </Nothing>
  ) : (
    <img
      className="hf-picture"
      src={pictureAddress(snapshot, path)}
      alt={path.slice(path.lastIndexOf('/') + 1)}
      onError={() => setBroken(true)}
    />
  );
}

function Text({ preview, read }: { preview: FilePreview; read: (encoding: string) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="hf-inline">
        <Pick
          label={t('Encoding')}
          value={preview.encoding}
          onChange={read}
          options={ENCODINGS.map((each) => [each, each] as const)}
        />
        {preview.shown < preview.size ? (
          <span className="hf-subtle">
            {t('The first {{shown}} of {{size}}', { shown: bytes(preview.shown), size: bytes(preview.size) })}
          </span>
        ) : null}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre className="hf-preview" dir="auto" tabIndex={0} role="region" aria-label={t('Content')}>
        {preview.text}
      </pre>
    </>
  );
}

/** Shows the beginning of a text, or a picture. */
export function PreviewPane({ snapshot, path }: { snapshot: string; path: string }) {
  const { t } = useTranslation();
  const [encoding, setEncoding] = useState('');
  const query = api.useQuery(
    'get',
    '/snapshots/{id}/preview',
    { params: { path: { id: snapshot }, query: { path, ...(encoding ? { encoding } : {}) } } },
    { staleTime: Number.POSITIVE_INFINITY, retry: false },
  );
  if (query.error instanceof Problem && query.error.status === 409) {
    return <Alert isInline variant="danger" component="h3" title={query.error.message} />;
  }
  return (
    <Loaded query={query}>
      {(preview) =>
        preview.kind === 'PICTURE' ? (
          <Picture key={snapshot} snapshot={snapshot} path={path} />
        ) : preview.kind === 'TEXT' ? (
          <Text preview={preview} read={setEncoding} />
        ) : (
          <Nothing title={t('No preview')}>{t(REASONS[preview.why] ?? preview.why)}</Nothing>
        )
      }
    </Loaded>
  );
}
