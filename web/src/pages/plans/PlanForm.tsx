import { ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { type Editor, EditorForm } from '../../components/editor';
import { CheckField, LinesField, NumberField, SelectField, TextField } from '../../components/fields';
import { HoursField, NodesField, ScheduleField } from '../../components/planning';
import { type PlanDraft, withSchedule } from '../../lib/plans';
import { SNAPSHOT_MODES } from '../../lib/summaries';
import { ChooseFolders } from './ChooseFolders';
import { FrequentRuns } from './FrequentRuns';

type Part = { editor: Editor<PlanDraft> };

function StreamFields({ editor: { draft, set, field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <TextField
        {...field('streamScript')}
        label={t('Source script')}
        isRequired
        onChange={(streamScript) =>
          set({ streamScript, streamName: draft.streamName === draft.streamScript ? streamScript : draft.streamName })
        }
        help={t(
          'Name of a script in the directory “scripts” of the client’s state directory. If the script fails, no snapshot is created.',
        )}
      />
      <TextField {...field('streamName')} label={t('File name of the output')} isRequired />
    </>
  );
}

function DiskFields({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <LinesField
      {...field('disks')}
      label={t('Disks (one per line)')}
      isRequired
      help={t(
        'Absolute paths of block devices or disk images on the node, such as /dev/vda. A disk in use may be saved in a mixed state.',
      )}
    />
  );
}

function PathFields({ editor: { draft, field } }: Part) {
  const { t } = useTranslation();
  const paths = field('paths');
  return (
    <>
      <LinesField {...paths} label={t('Paths (one per line)')} isRequired />
      <ChooseFolders {...paths} bound={draft.nodes} />
      <LinesField {...field('excludes')} label={t('Exclude patterns (one per line)')} />
    </>
  );
}

function ScheduleSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <TextField {...field('zone')} label={t('Time zone')} />
      <HoursField {...field('hours')} label={t('Start only during (one window per line)')} />
      <NumberField
        {...field('jitterMinutes')}
        label={t('Spread start times over (minutes)')}
        help={t('Prevents all nodes from starting at the same time.')}
      />
      <NumberField {...field('overdueMinutes')} label={t('Alert when overdue by (minutes)')} help={t('0: never.')} />
      <CheckField {...field('makeUp')} label={t('Catch up on missed runs')} />
      <CheckField {...field('upgradeClients')} label={t('Upgrade the clients of the nodes')} />
    </>
  );
}

function PathSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <LinesField
        {...field('optionalPaths')}
        label={t('Paths that may be missing (one per line)')}
        help={t('Backed up if present. A missing path causes no warning.')}
      />
      <LinesField
        {...field('anyCaseExcludes')}
        label={t('Case-insensitive exclude patterns (one per line)')}
        help={t('*.tmp also excludes a.TMP.')}
      />
      <LinesField
        {...field('excludeIfPresent')}
        label={t('Exclude directories that contain one of these files (one per line)')}
        help={t('The file itself is backed up, so that backups of the restored directory exclude it again.')}
      />
      <CheckField
        {...field('excludeCaches')}
        label={t('Exclude the contents of directories that have a valid CACHEDIR.TAG')}
      />
      <NumberField
        {...field('excludeLargerThan')}
        fractions
        label={t('Exclude files larger than (MB)')}
        help={t('0: no limit.')}
      />
    </>
  );
}

function SnapshotSettings({ editor: { draft, field } }: Part) {
  const { t } = useTranslation();
  const disks = draft.source === 'disks';
  return (
    <SelectField
      {...field('snapshot')}
      label={t('Consistent snapshot')}
      options={[
        ['none', t('None')],
        ['auto', t('Automatic')],
        ...Object.entries(SNAPSHOT_MODES).filter(([mode]) => !disks || mode === 'lvm'),
      ]}
      help={
        disks
          ? t('The client reads snapshots of disks that LVM manages, so that each has the state of one moment.')
          : t(
              'The client reads snapshots of the file systems, so that all files have the state of one moment. Automatic: file systems without snapshots are read while they change.',
            )
      }
    />
  );
}

function RunSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <LinesField
        {...field('tags')}
        label={t('Snapshot tags (one per line)')}
        help={t('Commands select snapshots by tag: holdfast restore latest --tag TAG --target DIR')}
      />
      <CheckField {...field('oneFileSystem')} label={t('Do not cross file system boundaries')} />
      <CheckField {...field('idle')} label={t('Yield CPU and disk to other work on the node')} />
      <TextField
        {...field('before')}
        label={t('Script before the backup')}
        help={t('Name of a script on the node. If the script fails, the backup fails.')}
      />
      <TextField {...field('after')} label={t('Script after the backup')} />
      <NumberField {...field('scriptMinutes')} label={t('Script timeout (minutes)')} />
      <NumberField {...field('threads')} label={t('Threads')} help={t('0: one per processor core.')} />
      <NumberField {...field('readPerSecond')} fractions label={t('Read limit (MB/s)')} help={t('0: no limit.')} />
      <NumberField {...field('sendPerSecond')} fractions label={t('Send limit (MB/s)')} help={t('0: no limit.')} />
      <NumberField
        {...field('priority')}
        max={100}
        label={t('Priority (0 to 100)')}
        help={t('Backups with a higher priority start first when not all can run.')}
      />
    </>
  );
}

export function PlanForm({ editor, isNew }: Part & { isNew: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [expanded, setExpanded] = useState(false);
  const { draft, field } = editor;
  return (
    <EditorForm editor={editor} submit={t('Save plan')} cancel={() => void navigate('/plans')}>
      {isNew ? <TextField {...field('name')} label={t('Name')} isRequired /> : null}
      <SelectField
        {...field('source')}
        label={t('What is backed up')}
        options={[
          ['paths', t('Files and directories')],
          ['disks', t('Whole disks')],
          ['stream', t('Output of a script on the node')],
        ]}
      />
      {draft.source === 'stream' ? <StreamFields editor={editor} /> : null}
      {draft.source === 'disks' ? <DiskFields editor={editor} /> : null}
      {draft.source === 'paths' ? <PathFields editor={editor} /> : null}
      <ScheduleField
        {...field('schedule')}
        label={t('Schedule')}
        onChange={(schedule) => editor.set(withSchedule(draft, schedule))}
      />
      <FrequentRuns schedule={draft.schedule} />
      <NodesField {...field('nodes')} label={t('Nodes')} />
      <ExpandableSection
        toggleText={t('Advanced settings')}
        isExpanded={expanded}
        onToggle={(_, open) => setExpanded(open)}
      >
        <div className="hf-stack">
          <ScheduleSettings editor={editor} />
          {draft.source === 'paths' ? <PathSettings editor={editor} /> : null}
          {draft.source === 'stream' ? null : <SnapshotSettings editor={editor} />}
          <RunSettings editor={editor} />
        </div>
      </ExpandableSection>
    </EditorForm>
  );
}
