import '@patternfly/react-styles/css/components/Content/content.css';
import { useQuery } from '@tanstack/react-query';
import { type MouseEvent, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate, useParams } from 'react-router';
import { Loaded, Nothing, Page, Panel } from '../../components/basics';
import { load } from './pages';

export default function Guide() {
  const { t, i18n } = useTranslation();
  const { '*': given } = useParams();
  const address = given || (i18n.language.startsWith('zh') ? 'zh/README' : 'README');
  const { hash } = useLocation();
  const navigate = useNavigate();
  const page = useQuery({
    queryKey: ['guide', address],
    queryFn: () => load(address),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    if (page.data && hash) {
      document.getElementById(decodeURIComponent(hash.slice(1)))?.scrollIntoView();
    }
  }, [page.data, hash]);
  const follow = (event: MouseEvent<HTMLElement>) => {
    const to = (event.target as Element).closest('a')?.getAttribute('href');
    if (to && !/^https?:/.test(to) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void navigate(to);
    }
  };
  return (
    <Page title={page.data?.title ?? t('Help')}>
      <Panel>
        <Loaded query={page}>
          {(found) =>
            found === null ? (
              <Nothing title={t('Page not found')} />
            ) : (
              // biome-ignore lint/a11y: the links in it are operated by keys as links are.
              <div
                className="pf-v6-c-content hf-guide"
                onClick={follow}
                // biome-ignore lint/security/noDangerouslySetInnerHtml: the repository's own documents, made at build time.
                dangerouslySetInnerHTML={{ __html: found.html }}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
