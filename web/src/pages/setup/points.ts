import { api } from '../../api/client';
import { useMay, useSession } from '../../components/session';
import { msg } from '../../i18n';
import type { Point } from './steps';

type Text = { title: string; why: string };

/** The points of the setup, in the order of the wizard. */
export const POINTS: Record<Point, Text> = {
  administrator: {
    title: msg('Administrator'),
    why: msg('No administrator can sign in with a password.'),
  },
  password: {
    title: msg('Password'),
    why: msg('The password of the administrator was made up by the setup and lies in a file.'),
  },
  'recovery-key': {
    title: msg('Recovery sheet'),
    why: msg('Nobody has confirmed to have the recovery sheet. Without it, a lost appliance means lost backups.'),
  },
  vault: { title: msg('Vault'), why: msg('There is no vault: backups are lost with this appliance.') },
  alerts: { title: msg('Alerts'), why: msg('Nobody is told of problems.') },
  plan: { title: msg('First plan'), why: msg('No plan says what machines back up, and when.') },
  node: { title: msg('First node'), why: msg('No machine is enrolled.') },
};

/** The state of the setup; asked only for users who may see it. */
export function useSetup() {
  const may = useMay();
  const { allNodes } = useSession();
  return api.useQuery('get', '/setup', {}, { enabled: allNodes && may('SETTINGS') });
}

/** The text of a point as the appliance names it; its own words where this console does not know it. */
export function textOf({ point, why }: { point: string; why: string }): Text {
  return point in POINTS ? POINTS[point as Point] : { title: point, why };
}
