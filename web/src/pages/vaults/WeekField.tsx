import { ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Editor } from '../../components/editor';
import { LinesField } from '../../components/fields';
import { HoursField } from '../../components/planning';
import { fromWeek, isOpen, LIMIT, toWeek } from '../../lib/week';
import { WeekGrid } from './WeekGrid';

export type Hours = { windows: string[]; limits: string[] };

/** The errors of bandwidth limits. */
export function useHoursErrors() {
  const { t } = useTranslation();
  return ({ limits }: Hours): { limits?: string } => {
    const wrong = limits.find((line) => !LIMIT.test(line));
    return {
      limits: wrong ? t('Invalid limit “{{line}}”; expected HOURS = NUMBER MB/s', { line: wrong }) : undefined,
    };
  };
}

/** Upload hours and bandwidth limits: painted on a week, or written as text. Both show the same. */
export function WeekField<D extends Hours>({ editor }: { editor: Editor<D> }) {
  const { t } = useTranslation();
  const { windows, limits } = editor.draft;
  const week = toWeek(windows, limits);
  const [asText, setAsText] = useState(false);
  const field = editor.field as unknown as Editor<Hours>['field'];
  const set = editor.set as unknown as Editor<Hours>['set'];
  return (
    <>
      {week ? (
        <WeekGrid
          week={week}
          onChange={(painted) => {
            if (isOpen(painted)) {
              set(fromWeek(painted));
            }
          }}
        />
      ) : (
        <p>{t('These windows do not start and end on the hour. They are shown as text only.')}</p>
      )}
      <ExpandableSection
        toggleText={t('Upload hours and bandwidth as text')}
        isExpanded={asText || !week}
        onToggle={(_, open) => setAsText(open)}
      >
        <div className="hf-stack">
          <HoursField {...field('windows')} label={t('Upload only during (one window per line)')} />
          <LinesField
            {...field('limits')}
            label={t('Bandwidth limits (one per line; the first match applies)')}
            placeholder="mon-fri 08:00-18:00 = 5 MB/s"
          />
        </div>
      </ExpandableSection>
    </>
  );
}
