import { Modal, ModalBody, TextInput } from '@patternfly/react-core';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { recentOf, remember } from '../../lib/recent';
import { useSession } from '../session';
import { type Entry, fitting, grouped, taskNumber } from './entries';
import { type Opened, useEntries } from './useEntries';
import { useFiles } from './useFiles';

function useFound(typed: string, open: (what: Opened) => void): { found: Entry[]; searching: boolean } {
  const { t } = useTranslation();
  const { user } = useSession();
  const { entries, nodes } = useEntries(open);
  const { files, searching } = useFiles(typed, nodes);
  if (typed.trim() === '') {
    const recent = recentOf(user).map(({ text, to }) => ({ key: `recent ${to}`, group: t('Recent'), text, to }));
    const common = entries.filter((each) => each.group === t('Actions') || each.group === t('Pages'));
    return { found: [...recent, ...fitting(common, '')], searching };
  }
  const task = taskNumber(typed);
  const tasks = task
    ? [{ key: 'task', group: t('Tasks'), text: t('Task {{id}}', { id: task }), to: `/tasks/${task}` }]
    : [];
  return { found: [...tasks, ...fitting(entries, typed), ...files], searching };
}

/** The list of what was found; the input keeps the focus and tells which one is active. */
function List({
  id,
  found,
  active,
  choose,
}: {
  id: string;
  found: Entry[];
  active: number;
  choose: (entry: Entry) => void;
}) {
  const { t } = useTranslation();
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => {
    shown.current?.querySelector(`[id="${id}-${active}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [id, active]);
  return (
    <div ref={shown} id={id} role="listbox" aria-label={t('Results')} className="hf-found">
      {grouped(found).map(([group, entries]) => (
        <div key={group} role="group" aria-label={group}>
          <div className="hf-found-group" aria-hidden>
            {group}
          </div>
          {entries.map((entry) => {
            const index = found.indexOf(entry);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the focus, and its keys choose.
              <div
                key={entry.key}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                className={`hf-found-entry ${index === active ? 'hf-found-active' : ''}`}
                onClick={() => choose(entry)}
              >
                <span className="hf-found-text">{entry.text}</span>
                {entry.hint ? <span className="hf-subtle">{entry.hint}</span> : null}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** Where a key leads in a list of a length; undefined for other keys. */
function moved(key: string, active: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return (active + 1) % Math.max(1, length);
    case 'ArrowUp':
      return (active - 1 + length) % Math.max(1, length);
    case 'PageDown':
      return Math.max(0, Math.min(length - 1, active + 8));
    case 'PageUp':
      return Math.max(0, active - 8);
    default:
      return undefined;
  }
}

/** Search over everything, and commands, by the keyboard alone. */
export default function Palette({ close, open }: { close: () => void; open: (what: Opened) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { user } = useSession();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const { found: unordered, searching } = useFound(typed, open);
  // As they are shown: by group.
  const found = grouped(unordered).flatMap(([, entries]) => entries);
  const active = Math.min(at, Math.max(0, found.length - 1));
  const choose = (entry: Entry | undefined) => {
    if (!entry) {
      return;
    }
    close();
    if (entry.to === undefined) {
      void entry.run?.();
      return;
    }
    if (!entry.key.startsWith('file ')) {
      remember(user, { text: entry.text, to: entry.to });
    }
    void navigate(entry.to);
  };
  const pressed = (event: KeyboardEvent) => {
    const next = moved(event.key, active, found.length);
    if (next !== undefined) {
      event.preventDefault();
      setAt(next);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      choose(found[active]);
    }
  };
  return (
    <Modal
      isOpen
      variant="medium"
      position="top"
      aria-label={t('Search and commands')}
      onClose={close}
      onEscapePress={close}
    >
      <ModalBody className="hf-palette">
        <TextInput
          type="search"
          role="combobox"
          autoFocus
          autoComplete="off"
          aria-label={t('Search nodes, files, tasks and actions')}
          placeholder={t('Search nodes, files, tasks and actions')}
          aria-expanded={found.length > 0}
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
          value={typed}
          onKeyDown={pressed}
          onChange={(_, text) => {
            setTyped(text);
            setAt(0);
          }}
        />
        <List id={id} found={found} active={active} choose={choose} />
        <p className="hf-subtle" role="status">
          {searching ? t('Searching file names…') : found.length === 0 ? t('No results') : null}
        </p>
      </ModalBody>
    </Modal>
  );
}
