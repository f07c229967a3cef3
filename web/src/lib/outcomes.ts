import type { TaskDetail } from '../api/types';

/** What a restore did, as its client told. */
export type Outcome = { target: string; files: number; size: number; skipped: number; problems: number };

/** Reads the result of a restore; what it lacks is 0. */
export function outcome(result: string): Outcome {
  let told: Record<string, unknown> = {};
  try {
    told = JSON.parse(result || '{}') as Record<string, unknown>;
  } catch {
    // The client is of another release.
  }
  const number = (name: string) => (typeof told[name] === 'number' ? (told[name] as number) : 0);
  return {
    target: typeof told.target === 'string' ? told.target : '',
    files: number('files'),
    size: number('bytes'),
    skipped: number('skipped'),
    problems: number('problems'),
  };
}

const WARNING = 'warning: ';

/** The problems that a client wrote to the log of its task, with the names of files. */
export const warnings = (log: TaskDetail['log']) =>
  log.filter((line) => line.text.startsWith(WARNING)).map((line) => line.text.slice(WARNING.length));
