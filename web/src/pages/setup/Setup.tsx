import { Label, useWizardContext, Wizard, WizardStep } from '@patternfly/react-core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { client } from '../../api/client';
import type { OpenPoint, SetupState } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Loaded, Page } from '../../components/basics';
import { EditorForm, isDirty, useEditor } from '../../components/editor';
import { PasswordField } from '../../components/fields';
import { type Drafts, DraftsContext, useUnsaved } from '../../components/leaving';
import { AlertStep } from './AlertStep';
import { MachineStep } from './MachineStep';
import { POINTS, useSetup } from './points';
import { type Point, STEPS } from './steps';
import { VaultStep } from './VaultStep';

function Addresses({ setup }: { setup: SetupState }) {
  const { t } = useTranslation();
  return (
    <div className="hf-stack">
      <p>
        {t('Clients connect to:')} <code>{setup.clients}</code>
      </p>
      <p>
        {t('The certificate names:')} <code>{setup.certificate.join(', ')}</code>
      </p>
      <p className="hf-subtle">
        {t('For further names, add the option “name” to /etc/holdfast/appliance.toml and restart the appliance.')}
      </p>
    </div>
  );
}

function RecoveryStep() {
  const { t } = useTranslation();
  const editor = useEditor({
    initial: { key: '' },
    keep: 'recovery-key',
    validate: ({ key }) => ({ key: key ? undefined : t('This field is required.') }),
    save: ({ key }) => client.POST('/setup/recovery-key', { body: { key } }),
    saved: t('The recovery key is correct'),
  });
  return (
    <>
      <EditorForm help="sheet" editor={editor} submit={t('Confirm')}>
        <PasswordField
          {...editor.field('key')}
          label={t('Recovery key from your sheet')}
          help={t('The key is only compared, not stored. Case, spaces and dashes are ignored.')}
          autoComplete="off"
        />
      </EditorForm>
      <p>
        {t('Recovery sheet not available? A new recovery key replaces the current one:')}{' '}
        <Link to="/vaults">{t('Recovery sheet')}</Link>
      </p>
    </>
  );
}

function Work({ point }: { point: Point }) {
  const { t } = useTranslation();
  switch (point) {
    case 'administrator':
      return <Link to="/users">{t('Users')}</Link>;
    case 'password':
      return <Link to="/account">{t('Change your password')}</Link>;
    case 'recovery-key':
      return <RecoveryStep />;
    case 'vault':
      return <VaultStep />;
    case 'alerts':
      return <AlertStep />;
    default:
      return <MachineStep />;
  }
}

/** A step: done, or what is to be done. When that is done while it is shown, the next one follows. */
function Step({ points, open }: { points: Point[]; open: OpenPoint[] }) {
  const { t } = useTranslation();
  const { goToNextStep } = useWizardContext();
  const left = points.filter((point) => open.some((each) => each.point === point));
  const [first] = left;
  const work = useRef(first);
  const done = first === undefined;
  // The last step shows the first backup, and is not left.
  const followed = !points.includes('node');
  useEffect(() => {
    if (done && followed && work.current) {
      work.current = undefined;
      void goToNextStep();
    }
  }, [done, followed, goToNextStep]);
  const point = first ?? (followed ? undefined : work.current);
  if (!point) {
    return <Label status="success">{t('Done')}</Label>;
  }
  const dismissed = left.length > 0 && left.every((each) => open.some((one) => one.point === each && one.dismissed));
  return (
    <div className="hf-stack">
      {first ? <p>{t(POINTS[first].why)}</p> : null}
      <Work point={point} />
      {first ? <LeftOpen points={left} dismissed={dismissed} /> : null}
    </div>
  );
}

function LeftOpen({ points, dismissed }: { points: Point[]; dismissed: boolean }) {
  const { t } = useTranslation();
  const dismiss = async () => {
    for (const point of points) {
      await client.POST('/setup/{point}/dismiss', { params: { path: { point } } });
    }
  };
  return (
    <div>
      {dismissed ? (
        <Label>{t('Skipped')}</Label>
      ) : (
        <ActionButton variant="link" isInline run={dismiss} success={t('The step was skipped')}>
          {t('Skip this step')}
        </ActionButton>
      )}
    </div>
  );
}

/** Keeps what was typed in a step while another one is shown, and asks before the wizard is left with it. */
function Kept({ children }: { children: ReactNode }) {
  const [drafts] = useState<Drafts>(() => new Map());
  useUnsaved(() => [...drafts.values()].some(isDirty));
  return <DraftsContext value={drafts}>{children}</DraftsContext>;
}

/** The step to begin with: the wanted one, else the first that is open. The first step of the wizard only tells. */
function startOf(wanted: string | null, open: OpenPoint[]): number {
  const step = STEPS.findIndex(({ id, points }) =>
    wanted ? id === wanted : points.some((point) => open.some((each) => each.point === point && !each.dismissed)),
  );
  return step + 2;
}

/** The wizard of the first sign-in: what makes the appliance complete, point by point. */
export default function Setup() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const setup = useSetup();
  const introduce = setup.data?.introduce ?? false;
  useEffect(() => {
    if (introduce) {
      void client.POST('/setup/{point}/dismiss', { params: { path: { point: 'introduction' } } });
    }
  }, [introduce]);
  const leave = () => void navigate('/');
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // PatternFly names the button by an English text of its own. Its content, the current step, is a better name.
    frame.current?.querySelector('.pf-v6-c-wizard__toggle')?.removeAttribute('aria-label');
  });
  return (
    <Page title={t('Setup')} intro={t('Complete these steps before you rely on the appliance.')}>
      <Loaded query={setup}>
        {(data) => (
          <Kept>
            <div ref={frame}>
              <Wizard
                className="hf-setup"
                onClose={leave}
                onSave={leave}
                startIndex={startOf(search.get('step'), data.open)}
                navAriaLabel={t('Steps of the setup')}
              >
                <WizardStep
                  id="addresses"
                  name={t('Addresses')}
                  footer={{ nextButtonText: t('Next'), backButtonText: t('Back'), cancelButtonText: t('Close') }}
                >
                  <Addresses setup={data} />
                </WizardStep>
                {STEPS.map(({ id, title, points }, at) => (
                  <WizardStep
                    key={id}
                    id={id}
                    name={t(title)}
                    footer={{
                      nextButtonText: at === STEPS.length - 1 ? t('Finish') : t('Next'),
                      backButtonText: t('Back'),
                      cancelButtonText: t('Close'),
                    }}
                  >
                    <Step points={points} open={data.open} />
                  </WizardStep>
                ))}
              </Wizard>
            </div>
          </Kept>
        )}
      </Loaded>
    </Page>
  );
}
