import { useTranslation } from 'react-i18next';
import { api } from '../../api/client';
import type { Node } from '../../api/types';
import { LANGUAGES, type Language } from '../../i18n';
import { backUpNow } from '../../pages/nodes/bulk';
import { useActions } from '../actions';
import { useSpeak } from '../preferences';
import { GROUPS, NEEDED } from '../Shell';
import { useMay, useSession } from '../session';
import { changeTheme } from '../theme';
import type { Entry } from './entries';

/** A dialog that the search opens. */
export type Opened = 'sheet';

function useNodeEntries(nodes: Node[]): Entry[] {
  const { t } = useTranslation();
  const may = useMay();
  const session = useSession();
  const { act } = useActions();
  return nodes.flatMap((node) => {
    const { name, tags, active, plans } = node;
    const words = tags.join(' ');
    const of = (group: string, text: string) => ({ key: `${group} ${name}`, group, text, words });
    return [
      { ...of(t('Nodes'), name), to: `/nodes/${encodeURIComponent(name)}` },
      ...(may('OPERATE') && active && plans.length > 0 && !session.readOnly
        ? [
            {
              ...of(t('Backup'), t('Back up {{node}} now', { node: name })),
              run: () => act(() => backUpNow(node), t('A backup was requested')),
            },
          ]
        : []),
      ...(may('BROWSE')
        ? [
            {
              ...of(t('Restore'), t('Restore from {{node}}', { node: name })),
              to: `/restore?node=${encodeURIComponent(name)}`,
            },
          ]
        : []),
    ];
  });
}

function useActionEntries(open: (what: Opened) => void): Entry[] {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const session = useSession();
  const speak = useSpeak();
  const group = t('Actions');
  const entries: (Entry | false)[] = [
    may('ENROL') && !session.readOnly && { key: 'enrol', group, text: t('Add a machine'), to: '/add-machine' },
    may('PLAN') && session.allNodes && { key: 'plan', group, text: t('Create plan'), to: '/plans/new' },
    may('DESTROY') && { key: 'policy', group, text: t('Create policy'), to: '/policies/new' },
    may('SETTINGS') && { key: 'sheet', group, text: t('Print the recovery sheet'), run: () => open('sheet') },
    {
      key: 'theme',
      group,
      text: t('Switch between light and dark theme'),
      run: changeTheme,
    },
    ...Object.entries(LANGUAGES)
      .filter(([code]) => code !== i18n.language)
      .map(([code, name]) => ({
        key: code,
        group,
        text: `${t('Language')}: ${name}`,
        run: () => speak(code as Language),
      })),
  ];
  return entries.filter((each) => each !== false);
}

/** Everything that the search knows without asking for what is typed: only what the user may see and do. */
export function useEntries(open: (what: Opened) => void): { entries: Entry[]; nodes: string[] } {
  const { t } = useTranslation();
  const may = useMay();
  const nodes = api.useQuery('get', '/nodes').data?.nodes ?? [];
  const plans = api.useQuery('get', '/plans').data?.plans ?? [];
  const vaults = api.useQuery('get', '/vaults').data?.vaults ?? [];
  const ofNodes = useNodeEntries(nodes);
  const actions = useActionEntries(open);
  const pages: Entry[] = [
    ...GROUPS.flatMap(({ pages }) => [...pages]).filter(([path]) => !NEEDED[path] || may(NEEDED[path])),
    ['/account', t('My account')] as const,
    ['/guide', t('Help')] as const,
  ].map(([to, title]) => ({ key: to, group: t('Pages'), text: t(title), to }));
  return {
    nodes: nodes.map((each) => each.name),
    entries: [
      ...ofNodes,
      ...plans.map(({ name, nodes: bound }) => ({
        key: `plan ${name}`,
        group: t('Plans'),
        text: name,
        hint: t('{{count}} nodes', { count: bound.length }),
        to: `/plans/${encodeURIComponent(name)}`,
      })),
      ...vaults.map(({ state }) => ({
        key: `vault ${state.name}`,
        group: t('Vaults'),
        text: state.name,
        to: '/vaults',
      })),
      ...pages,
      ...actions,
    ],
  };
}
