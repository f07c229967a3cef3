import '@patternfly/react-styles/css/components/Content/content.css';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { HELP, section, type Topic } from '../lib/help';
import { load } from '../pages/guide/pages';
import { Loaded } from './basics';
import { Dialog } from './dialogs';

/** A section of the guide over the page, so that what was typed there stays. */
export default function HelpPanel({ topic, close }: { topic: Topic; close: () => void }) {
  const { t, i18n } = useTranslation();
  const address = HELP[topic][i18n.language.startsWith('zh') ? 1 : 0];
  const [page = '', anchor = ''] = address.split('#');
  const query = useQuery({
    queryKey: ['guide', page],
    queryFn: () => load(page),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog title={t('Help')} variant="medium" close={close} closeLabel={t('Close')}>
      <Loaded query={query}>
        {(found) => (
          <div
            className="pf-v6-c-content hf-guide hf-help"
            // biome-ignore lint/security/noDangerouslySetInnerHtml: the repository's own documents, made at build time.
            dangerouslySetInnerHTML={{ __html: section(found?.html ?? '', anchor) }}
          />
        )}
      </Loaded>
      <p>
        <a href={`/guide/${address}`} target="_blank" rel="noreferrer">
          {t('Open the guide in a new tab')}
        </a>
      </p>
    </Dialog>
  );
}
