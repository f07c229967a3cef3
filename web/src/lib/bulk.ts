/** What came of an operation on one thing. */
export type Outcome = { name: string; error: string };

/** So many things are changed in one go at most; the appliance takes 1,200 calls of a user in a minute. */
export const MOST_AT_ONCE = 500;

/** Runs an operation on one thing after the other. Returns those that failed, with the reason. */
export async function inTurn<T>(
  rows: T[],
  nameOf: (row: T) => string,
  run: (row: T) => Promise<unknown>,
  progress: (done: number) => void = () => {},
): Promise<Outcome[]> {
  const failed: Outcome[] = [];
  for (const [index, row] of rows.entries()) {
    try {
      await run(row);
    } catch (e) {
      failed.push({ name: nameOf(row), error: e instanceof Error ? e.message : String(e) });
    }
    progress(index + 1);
  }
  return failed;
}
