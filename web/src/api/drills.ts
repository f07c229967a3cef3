/** Where the browser finds the screen of the machine that a restore test booted. */
export const screenshotAddress = (task: number): string => `/api/v1/drills/${task}/screenshot`;
