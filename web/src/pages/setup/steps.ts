import { msg } from '../../i18n';

export type Point = 'administrator' | 'password' | 'recovery-key' | 'vault' | 'alerts' | 'plan' | 'node';

/** The steps of the wizard. The last one closes two points. */
export const STEPS: { id: string; title: string; points: Point[] }[] = [
  { id: 'administrator', title: msg('Administrator'), points: ['administrator'] },
  { id: 'password', title: msg('Password'), points: ['password'] },
  { id: 'recovery-key', title: msg('Recovery sheet'), points: ['recovery-key'] },
  { id: 'vault', title: msg('Vault'), points: ['vault'] },
  { id: 'alerts', title: msg('Alerts'), points: ['alerts'] },
  { id: 'machine', title: msg('First machine'), points: ['node', 'plan'] },
];

/** The step that closes a point. */
export const stepOf = (point: string): string =>
  STEPS.find((step) => step.points.some((each) => each === point))?.id ?? point;
