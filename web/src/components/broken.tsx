import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core';
import { ExclamationCircleIcon } from '@patternfly/react-icons';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { FileMissing } from '../lib/chunks';

/** Shown instead of a page that cannot be rendered. */
function BrokenPage({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation();
  const missing = error instanceof FileMissing;
  return (
    <EmptyState
      titleText={missing ? t('This page could not be loaded') : t('An error in the console stopped this page')}
      icon={ExclamationCircleIcon}
      headingLevel="h1"
      status="danger"
      variant="sm"
    >
      <EmptyStateBody>
        <p>
          {missing
            ? t(
                'The appliance responds but does not deliver the page. If reloading does not help, restart the appliance.',
              )
            : t('The appliance and its backups are not affected. If it happens again, report it with this text:')}
        </p>
        <p>
          <code>{error instanceof Error ? error.message : String(error)}</code>
        </p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          {again && !missing ? (
            <Button variant="link" onClick={again}>
              {t('Try again')}
            </Button>
          ) : null}
          <Button variant="link" onClick={() => window.location.reload()}>
            {t('Reload the console')}
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** The last resort, for errors outside of the page frame. */
export function Broken() {
  return <BrokenPage error={useRouteError()} />;
}

/** Keeps an error of a page within the page, so that the menu stays. A key resets it. */
export class Boundary extends Component<{ children: ReactNode }, { failed?: { error: unknown } }> {
  override state: { failed?: { error: unknown } } = {};

  static getDerivedStateFromError(error: unknown) {
    return { failed: { error } };
  }

  override render() {
    const { failed } = this.state;
    return failed ? (
      <BrokenPage error={failed.error} again={() => this.setState({ failed: undefined })} />
    ) : (
      this.props.children
    );
  }
}
