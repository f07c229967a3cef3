import {
  Button,
  Card,
  CardBody,
  CardTitle,
  ClipboardCopy,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Skeleton,
  Title,
} from '@patternfly/react-core';
import { ExclamationCircleIcon, SearchIcon } from '@patternfly/react-icons';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ComponentType, type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { isPassing, Problem } from '../api/client';
import { clock } from '../lib/format';
import type { Topic } from '../lib/help';
import { HelpButton } from './help';

export function Page({
  title,
  actions,
  intro,
  help,
  children,
}: {
  title: string;
  actions?: ReactNode;
  intro?: ReactNode;
  /** What the guide tells about a form that the page is. */
  help?: Topic;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  return (
    <>
      <PageSection className="hf-head">
        <div className="hf-head-row">
          <div className="hf-titled">
            <Title headingLevel="h1" size="2xl">
              {title}
            </Title>
            {help ? <HelpButton topic={help} /> : null}
          </div>
          {actions ? <div className="hf-actions">{actions}</div> : null}
        </div>
        {intro ? <p className="hf-intro">{intro}</p> : null}
      </PageSection>
      <PageSection isFilled className="hf-body">
        {children}
      </PageSection>
    </>
  );
}

/** A section of a page, with a heading. */
export function Panel({
  title,
  className,
  help,
  children,
}: {
  title?: ReactNode;
  /** What the guide tells about the form in it. */
  help?: Topic;
  /** The width: hf-two for two columns, hf-wide for all. */
  className?: string;
  children: ReactNode;
}) {
  return (
    <Card className={className}>
      {help ? (
        <div className="hf-titled">
          <CardTitle component="h2">{title}</CardTitle>
          <HelpButton topic={help} />
        </div>
      ) : title ? (
        <CardTitle component="h2">{title}</CardTitle>
      ) : null}
      <CardBody className="hf-stack">{children}</CardBody>
    </Card>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const forbidden = error instanceof Problem && error.status === 403;
  return (
    <EmptyState
      titleText={forbidden ? t('Your role does not allow you to view this') : t('Loading failed')}
      icon={ExclamationCircleIcon}
      headingLevel="h2"
      status={forbidden ? 'info' : 'danger'}
      variant="sm"
    >
      <EmptyStateBody>{error instanceof Error ? error.message : String(error)}</EmptyStateBody>
      {retry && !forbidden ? (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={retry}>
              {t('Try again')}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      ) : null}
    </EmptyState>
  );
}

export function Waiting({ lines = 4 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('Loading')} className="hf-waiting">
      {Array.from({ length: lines }, (_, line) => line).map((line) => (
        <Skeleton key={line} width={`${90 - line * 12}%`} />
      ))}
    </div>
  );
}

type Query = { isError: boolean; error: unknown; dataUpdatedAt: number };

/** Says of which time the data is, if it could not be loaded again. */
export function Stale({ query }: { query: Query }) {
  const { t } = useTranslation();
  return query.isError ? (
    <p className="hf-stale" role="status">
      {t('Data as of {{time}}. The last refresh failed.', { time: clock(query.dataUpdatedAt) })}
    </p>
  ) : null;
}

/** Whether the data of a query is to be shown: also after a failure that says nothing about it. */
export const isShown = (query: Query & { data: unknown }) =>
  query.data !== undefined && (!query.isError || isPassing(query.error));

/** Renders the data of a query, or its loading or error state. */
export function Loaded<T>({
  query,
  children,
}: {
  query: UseQueryResult<T, unknown>;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined && isShown(query)) {
    return (
      <>
        <Stale query={query} />
        {children(query.data)}
      </>
    );
  }
  return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Waiting />;
}

export function Nothing({
  title,
  children,
  icon = SearchIcon,
  action,
}: {
  title: string;
  children?: ReactNode;
  icon?: ComponentType;
  action?: ReactNode;
}) {
  return (
    <EmptyState titleText={title} icon={icon} headingLevel="h2" variant="xs">
      {children ? <EmptyStateBody>{children}</EmptyStateBody> : null}
      {action ? (
        <EmptyStateFooter>
          <EmptyStateActions>{action}</EmptyStateActions>
        </EmptyStateFooter>
      ) : null}
    </EmptyState>
  );
}

export function Copyable({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <ClipboardCopy
      isReadOnly
      isCode
      hoverTip={t('Copy')}
      clickTip={t('Copied')}
      textAriaLabel={label}
      toggleAriaLabel={label}
    >
      {text}
    </ClipboardCopy>
  );
}

/** A key figure with its label and an optional detail. */
export function Figure({ label, value, children }: { label: string; value: ReactNode; children?: ReactNode }) {
  return (
    <div className="hf-figure">
      <div className="hf-figure-label">{label}</div>
      <div className="hf-figure-value">{value}</div>
      {children ? <div className="hf-figure-more">{children}</div> : null}
    </div>
  );
}
