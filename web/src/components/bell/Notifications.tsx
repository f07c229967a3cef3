import { Button, Label, Title } from '@patternfly/react-core';
import { TimesIcon } from '@patternfly/react-icons';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Need } from '../../api/types';
import { useNotices } from '../../lib/notices';
import { tell } from '../../pages/overview/needs';
import { Time } from '../Time';

function Item({
  label,
  fresh,
  title,
  why,
  children,
}: {
  label: ReactNode;
  fresh?: boolean;
  title: string;
  why: string;
  children: ReactNode;
}) {
  return (
    <li className={`hf-notice ${fresh ? 'hf-notice-new' : ''}`}>
      <div className="hf-inline">
        {label}
        <span className="hf-subtle">{children}</span>
      </div>
      {fresh ? <strong>{title}</strong> : <span>{title}</span>}
      {why ? <div className="hf-brief hf-subtle">{why}</div> : null}
    </li>
  );
}

function Needs({ needs, isNew, leave }: { needs: Need[]; isNew: (need: Need) => boolean; leave: () => void }) {
  const { t } = useTranslation();
  return needs.length === 0 ? (
    <p>{t('Nothing needs attention.')}</p>
  ) : (
    <ul className="hf-needs">
      {needs.map((need) => {
        const { title, why, to, link } = tell(need, t);
        const alert = need.severity === 'alert';
        return (
          <Item
            key={`${need.kind} ${need.node} ${need.plan} ${need.about} ${need.event}`}
            fresh={isNew(need)}
            title={title}
            why={why}
            label={
              <Label isCompact status={alert ? 'danger' : 'warning'}>
                {alert ? t('Alert') : t('Warning')}
              </Label>
            }
          >
            {need.since ? <Time at={need.since} /> : null}{' '}
            <Link to={to} onClick={leave}>
              {link}
            </Link>
          </Item>
        );
      })}
    </ul>
  );
}

function Notices() {
  const { t } = useTranslation();
  const notices = useNotices();
  return notices.length === 0 ? null : (
    <>
      <Title headingLevel="h3" size="md">
        {t('Messages of this session')}
      </Title>
      <ul className="hf-needs">
        {notices.map(({ id, at, variant, title, detail }) => (
          <Item
            key={id}
            title={title}
            why={detail}
            label={
              <Label isCompact variant="outline" status={variant}>
                {variant === 'danger' ? t('Failed') : t('Done')}
              </Label>
            }
          >
            <Time at={new Date(at).toISOString()} />
          </Item>
        ))}
      </ul>
    </>
  );
}

/** What needs attention, in the words and the order of the overview, and what messages said that are gone. */
export default function Notifications({
  needs,
  isNew,
  seeAll,
  close,
}: {
  needs: Need[];
  isNew: (need: Need) => boolean;
  seeAll: () => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), []);
  return (
    <aside
      ref={panel}
      className="hf-notices"
      role="dialog"
      aria-label={t('Notifications')}
      tabIndex={-1}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <div className="hf-head-row">
        <Title headingLevel="h2" size="lg">
          {t('Notifications')}
        </Title>
        <Button variant="plain" icon={<TimesIcon />} aria-label={t('Close')} onClick={close} />
      </div>
      <div>
        <Button
          variant="link"
          isInline
          isDisabled={!needs.some(isNew)}
          onClick={() => {
            seeAll();
            // The button is disabled then and loses the focus, with which the Escape key would not arrive here.
            panel.current?.focus();
          }}
        >
          {t('Mark all as seen')}
        </Button>
      </div>
      <Needs needs={needs} isNew={isNew} leave={close} />
      <Notices />
      <Link to="/events" onClick={close}>
        {t('All events')}
      </Link>
    </aside>
  );
}
