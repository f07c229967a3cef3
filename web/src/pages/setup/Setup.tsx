import { Button, Label, Wizard, WizardStep } from '@patternfly/react-core';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { client } from '../../api/client';
import type { OpenPoint, SetupState } from '../../api/types';
import { ActionButton } from '../../components/actions';
import { Loaded, Page } from '../../components/basics';
import { EditorForm, isDirty, useEditor } from '../../components/editor';
import { PasswordField } from '../../components/fields';
import { type Drafts, DraftsContext, useUnsaved } from '../../components/leaving';
import { EnrolDialog } from '../nodes/EnrolDialog';
import { AlertStep } from './AlertStep';
import { POINTS, type Point, useSetup } from './points';
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
    saved: t('The recovery key is the right one'),
  });
  return (
    <>
      <EditorForm editor={editor} submit={t('Confirm')}>
        <PasswordField
          {...editor.field('key')}
          label={t('Recovery key, from your sheet')}
          help={t('The key is compared and not kept. Upper and lower case, spaces and dashes do not matter.')}
          autoComplete="off"
        />
      </EditorForm>
      <p>
        {t('No sheet at hand? A new recovery key replaces the current one:')}{' '}
        <Link to="/vaults">{t('Recovery sheet')}</Link>
      </p>
    </>
  );
}

function NodeStep() {
  const { t } = useTranslation();
  const [enrolling, setEnrolling] = useState(false);
  return (
    <>
      <div>
        <Button onClick={() => setEnrolling(true)}>{t('Enrol a node')}</Button>
      </div>
      {enrolling ? <EnrolDialog node="" close={() => setEnrolling(false)} /> : null}
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
    case 'plan':
      return <Link to="/plans/new">{t('New plan')}</Link>;
    default:
      return <NodeStep />;
  }
}

/** One point: done, or what is to be done about it. */
function Step({ point, open }: { point: Point; open?: OpenPoint }) {
  const { t } = useTranslation();
  if (!open) {
    return <Label status="success">{t('Done')}</Label>;
  }
  return (
    <div className="hf-stack">
      <p>{t(POINTS[point].why)}</p>
      <Work point={point} />
      <div>
        {open.dismissed ? (
          <Label>{t('Left open on purpose')}</Label>
        ) : (
          <ActionButton
            variant="link"
            isInline
            run={() => client.POST('/setup/{point}/dismiss', { params: { path: { point } } })}
            success={t('The point is left open')}
          >
            {t('Leave this open')}
          </ActionButton>
        )}
      </div>
    </div>
  );
}

/** Keeps what was typed in a step while another one is shown, and asks before the wizard is left with it. */
function Kept({ children }: { children: ReactNode }) {
  const [drafts] = useState<Drafts>(() => new Map());
  useUnsaved(() => [...drafts.values()].some(isDirty));
  return <DraftsContext value={drafts}>{children}</DraftsContext>;
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
  const points = Object.keys(POINTS) as Point[];
  const leave = () => void navigate('/');
  return (
    <Page title={t('Setup')} intro={t('What this appliance needs before you rely on it.')}>
      <Loaded query={setup}>
        {(data) => (
          <Kept>
            <Wizard
              className="hf-setup"
              onClose={leave}
              onSave={leave}
              startIndex={Math.max(1, points.indexOf(search.get('step') as Point) + 2)}
              navAriaLabel={t('Steps of the setup')}
            >
              <WizardStep
                id="addresses"
                name={t('Addresses')}
                footer={{ nextButtonText: t('Next'), backButtonText: t('Back'), cancelButtonText: t('Close') }}
              >
                <Addresses setup={data} />
              </WizardStep>
              {points.map((point, at) => (
                <WizardStep
                  key={point}
                  id={point}
                  name={t(POINTS[point].title)}
                  footer={{
                    nextButtonText: at === points.length - 1 ? t('Finish') : t('Next'),
                    backButtonText: t('Back'),
                    cancelButtonText: t('Close'),
                  }}
                >
                  <Step point={point} open={data.open.find((each) => each.point === point)} />
                </WizardStep>
              ))}
            </Wizard>
          </Kept>
        )}
      </Loaded>
    </Page>
  );
}
