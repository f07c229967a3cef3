import { Breadcrumb, BreadcrumbItem, Button, Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../components/session';
import { bytes } from '../../lib/format';
import type { Choice } from './Files';

/** What servers take in an address. */
const MOST_ADDRESS = 6000;

/** A path and the names on the way to it, as the appliance writes them: '/' between names, never in them. */
function steps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: `/${names.slice(0, i + 1).join('/')}` }));
}

/** Where the folder lies that is shown. */
export function Trail({ node, path, go }: { node: string; path: string; go: (path: string) => void }) {
  const { t } = useTranslation();
  return (
    <Breadcrumb aria-label={t('Folder')}>
      {[{ name: node, path: '/' }, ...steps(path)].map((step) => (
        <BreadcrumbItem key={step.path}>
          <Button variant="link" isInline onClick={() => go(step.path)}>
            {step.name}
          </Button>
        </BreadcrumbItem>
      ))}
    </Breadcrumb>
  );
}

function Downloads({ snapshot, chosen }: { snapshot: string; chosen: Choice }) {
  const { t } = useTranslation();
  const address = (format: string) => {
    const query = new URLSearchParams({ format });
    for (const path of chosen.keys()) {
      query.append('path', path);
    }
    return `/api/v1/snapshots/${snapshot}/archive?${query}`;
  };
  if (chosen.size === 0) {
    return null;
  }
  if (address('zip').length > MOST_ADDRESS) {
    return <span>{t('Too many to download at once: choose their folder.')}</span>;
  }
  return (
    <>
      <a className="pf-v6-c-button pf-m-secondary" href={address('zip')} download>
        {t('Download zip')}
      </a>
      <a className="pf-v6-c-button pf-m-secondary" href={address('tar')} download>
        {t('Download tar')}
      </a>
    </>
  );
}

/** What is chosen, and what can be done with it. */
export function Selection({
  snapshot,
  chosen,
  clear,
  restore,
}: {
  snapshot: string;
  chosen: Choice;
  clear: () => void;
  restore: () => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const files = [...chosen.values()].filter((entry) => entry.kind !== 'directory');
  const size = bytes(files.reduce((sum, entry) => sum + entry.size, 0));
  return (
    <div className="hf-inline" role="status">
      {chosen.size === 0 ? (
        <span className="hf-subtle">{t('Tick what you want back.')}</span>
      ) : (
        <Label isCompact onClose={clear} closeBtnAriaLabel={t('Choose nothing')}>
          {t('{{count}} chosen', { count: chosen.size })}
          {files.length === chosen.size ? `, ${size}` : ''}
        </Label>
      )}
      {may('RESTORE') ? (
        <>
          <Button isDisabled={chosen.size === 0} onClick={restore}>
            {t('Restore to a node')}
          </Button>
          <Downloads snapshot={snapshot} chosen={chosen} />
        </>
      ) : null}
    </div>
  );
}
