import type { QueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy } from 'react';
import { reachable } from '../api/reachable';

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

const RELOADED = 'holdfast.reloaded';
const ONCE_MILLIS = 60_000;
const PAUSE_MILLIS = 500;
const loads: (() => Promise<unknown>)[] = [];

/** A file of the console that the appliance does not have, although it answers. */
export class FileMissing extends Error {}

/** Whether the page may be reloaded by itself: at most once a minute, so that a lasting fault does not repeat it. */
function mayReload(): boolean {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < ONCE_MILLIS) {
    return false;
  }
  sessionStorage.setItem(RELOADED, String(Date.now()));
  return true;
}

/**
 * Loads a part of the console. While the appliance cannot be reached, it waits. After an upgrade of the appliance, the
 * files have other names: a reload finds them.
 */
async function patiently<P>(load: Load<P>): ReturnType<Load<P>> {
  try {
    return await load();
  } catch {
    await reachable();
  }
  try {
    return await load();
  } catch (e) {
    if (!mayReload()) {
      throw new FileMissing(String(e));
    }
    window.location.reload();
    return new Promise(() => {});
  }
}

/** A component that is loaded when it is first shown, or by prefetch(). */
export function part<P>(load: Load<P>) {
  loads.push(load);
  return lazy(() => patiently(load));
}

const idle = () =>
  new Promise<void>((then) =>
    // Safari has no requestIdleCallback.
    setTimeout(() => (window.requestIdleCallback ? window.requestIdleCallback(() => then()) : then()), PAUSE_MILLIS),
  );

/** Loads all parts while nothing else is loaded, so that pages also open when the appliance has stopped. */
export async function prefetch(queries: QueryClient) {
  for (const load of loads) {
    do {
      await idle();
    } while (queries.isFetching() > 0);
    try {
      await load();
    } catch {
      // The page that needs it tries again, and tells.
      return;
    }
  }
}
