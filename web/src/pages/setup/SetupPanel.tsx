import { Label, List, ListItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, Navigate } from 'react-router';
import { Panel } from '../../components/basics';
import { textOf, useSetup } from './points';
import { stepOf } from './steps';

/** On the overview: what of the setup is open. After a setup, the first visit leads to the wizard. */
export function SetupPanel() {
  const { t } = useTranslation();
  const setup = useSetup();
  const open = setup.data?.open.filter((each) => !each.dismissed) ?? [];
  if (setup.data?.introduce) {
    return <Navigate to="/setup" replace />;
  }
  if (open.length === 0) {
    return null;
  }
  return (
    <Panel className="hf-wide" title={t('Setup: open items')}>
      <List isPlain isBordered>
        {open.map((each) => (
          <ListItem key={each.point}>
            <Label isCompact status="warning">
              {t(textOf(each).title)}
            </Label>{' '}
            <Link to={`/setup?step=${stepOf(each.point)}`}>{t(textOf(each).why)}</Link>
          </ListItem>
        ))}
      </List>
    </Panel>
  );
}
