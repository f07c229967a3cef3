import { Breadcrumb, BreadcrumbItem, Button, Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../components/session';
import { bytes } from '../../lib/format';
import type { Choice } from '../../lib/selections';

/** The longest address that servers accept, in characters. */
const MOST_ADDRESS = 6000;

/** The parent folders of a path and the path itself. The appliance separates names by '/'. */
function steps(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: `/${names.slice(0, i + 1).join('/')}` }));
}

/** The path of the current folder as links. */
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
    return <span>{t('Too many items for one download. Select their folder instead.')}</span>;
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

/** The selection and the actions on it. */
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
        <span className="hf-subtle">{t('Select files or folders to restore.')}</span>
      ) : (
        <Label isCompact onClose={clear} closeBtnAriaLabel={t('Clear selection')}>
          {t('{{count}} selected', { count: chosen.size })}
          {files.length === chosen.size ? `, ${size}` : ''}
        </Label>
      )}
      {may('RESTORE') ? (
        <>
          <Button isDisabled={chosen.size === 0} onClick={restore}>
            {t('Restore to node')}
          </Button>
          <Downloads snapshot={snapshot} chosen={chosen} />
        </>
      ) : null}
    </div>
  );
}
