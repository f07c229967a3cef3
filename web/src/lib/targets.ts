import { isWithin } from './folders';

/** Where a restore goes: one of the directories that the node allows, and a path in it or an absolute path. */
export type Target = { below: string; target: string };

/** The directories below which a node restores; null if it does not tell, undefined while that is not known here. */
export type Allowed = string[] | null | undefined;

export type Refusal = 'relative' | 'dots' | 'elsewhere';

/** The absolute path of a target. */
export function place({ below, target }: Target, allowed: Allowed): string {
  const first = allowed?.[0];
  if (first === undefined || target.startsWith('/')) {
    return target;
  }
  const directory = allowed?.includes(below) ? below : first;
  return target === '' ? directory : `${directory.replace(/\/$/, '')}/${target}`;
}

/** Why the appliance would refuse a target; null if it would not. */
export function refusal(target: Target, allowed: Allowed): Refusal | null {
  const path = place(target, allowed);
  if (!path.startsWith('/')) {
    return 'relative';
  }
  if (path.split('/').some((name) => name === '.' || name === '..')) {
    return 'dots';
  }
  return allowed && !allowed.some((each) => isWithin(path, each)) ? 'elsewhere' : null;
}
