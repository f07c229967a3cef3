import { ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { type Editor, EditorForm } from '../../components/editor';
import { CheckField, LinesField, NumberField, SelectField, TextField } from '../../components/fields';
import { HoursField, NodesField, ScheduleField } from '../../components/planning';
import type { PlanDraft } from '../../lib/planDraft';

type Part = { editor: Editor<PlanDraft> };

function StreamFields({ editor: { draft, set, field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <TextField
        {...field('streamScript')}
        label={t('Script whose output is backed up')}
        isRequired
        onChange={(streamScript) =>
          set({ streamScript, streamName: draft.streamName === draft.streamScript ? streamScript : draft.streamName })
        }
        help={t(
          'The name of a script in the directory ‘scripts’ of the node’s state. If it fails, no snapshot is made.',
        )}
      />
      <TextField {...field('streamName')} label={t('Name of the file that the output becomes')} isRequired />
    </>
  );
}

function PathFields({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <LinesField {...field('paths')} label={t('Paths, one a line')} isRequired />
      <LinesField {...field('excludes')} label={t('Leave out, one pattern a line')} />
    </>
  );
}

function ScheduleSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <TextField {...field('zone')} label={t('Time zone')} />
      <HoursField {...field('hours')} label={t('Begin only during, one a line')} />
      <NumberField
        {...field('jitterMinutes')}
        label={t('Spread nodes over, in minutes')}
        help={t('So that not all begin at once.')}
      />
      <NumberField {...field('overdueMinutes')} label={t('Tell somebody after, in minutes')} help={t('0 for never.')} />
      <CheckField {...field('makeUp')} label={t('Make up a run that was missed')} />
    </>
  );
}

function PathSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <LinesField
        {...field('optionalPaths')}
        label={t('Paths that may be missing, one a line')}
        help={t('Backed up like the others, without a warning where they are not there.')}
      />
      <LinesField
        {...field('anyCaseExcludes')}
        label={t('Leave out in upper or lower case, one pattern a line')}
        help={t('*.tmp leaves out a.TMP, too.')}
      />
      <LinesField
        {...field('excludeIfPresent')}
        label={t('Leave out directories that hold one of these files, one a line')}
        help={t('The file itself is backed up, so that a restore leaves the directory out again.')}
      />
      <CheckField {...field('excludeCaches')} label={t('Leave out what directories with a signed CACHEDIR.TAG hold')} />
      <NumberField
        {...field('excludeLargerThan')}
        fractions
        label={t('Leave out files larger than, in MB')}
        help={t('0 for no limit.')}
      />
    </>
  );
}

function RunSettings({ editor: { field } }: Part) {
  const { t } = useTranslation();
  return (
    <>
      <LinesField
        {...field('tags')}
        label={t('Tags of its snapshots, one a line')}
        help={t('Commands choose snapshots by them: holdfast restore latest --tag TAG.')}
      />
      <CheckField {...field('oneFileSystem')} label={t('Stay on the file systems of the paths')} />
      <CheckField {...field('idle')} label={t('Give way to whatever else the machine does')} />
      <TextField
        {...field('before')}
        label={t('Script before')}
        help={t('The name of a script that lies on the node; its failure fails the backup.')}
      />
      <TextField {...field('after')} label={t('Script after')} />
      <NumberField {...field('scriptMinutes')} label={t('Scripts may take, in minutes')} />
      <NumberField {...field('threads')} label={t('Threads')} help={t('0 for as many as there are cores.')} />
      <NumberField
        {...field('readPerSecond')}
        fractions
        label={t('Read at most, in MB/s')}
        help={t('0 for no limit.')}
      />
      <NumberField
        {...field('sendPerSecond')}
        fractions
        label={t('Send at most, in MB/s')}
        help={t('0 for no limit.')}
      />
      <NumberField
        {...field('priority')}
        max={100}
        label={t('Priority, 0 to 100')}
        help={t('What is higher goes first where not all can run.')}
      />
    </>
  );
}

export function PlanForm({ editor, isNew }: Part & { isNew: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [expanded, setExpanded] = useState(false);
  const { draft, field } = editor;
  const stream = draft.source === 'stream';
  return (
    <EditorForm editor={editor} submit={t('Save the plan')} cancel={() => void navigate('/plans')}>
      {isNew ? <TextField {...field('name')} label={t('Name')} isRequired /> : null}
      <SelectField
        {...field('source')}
        label={t('What is backed up')}
        options={[
          ['paths', t('Files and directories')],
          ['stream', t('What a script on the node prints')],
        ]}
      />
      {stream ? <StreamFields editor={editor} /> : <PathFields editor={editor} />}
      <ScheduleField {...field('schedule')} label={t('When')} />
      <NodesField {...field('nodes')} label={t('Nodes')} />
      <ExpandableSection
        toggleText={t('More settings')}
        isExpanded={expanded}
        onToggle={(_, open) => setExpanded(open)}
      >
        <div className="hf-stack">
          <ScheduleSettings editor={editor} />
          {stream ? null : <PathSettings editor={editor} />}
          <RunSettings editor={editor} />
        </div>
      </ExpandableSection>
    </EditorForm>
  );
}
