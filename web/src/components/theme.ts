import { useSyncExternalStore } from 'react';
import { keepTheme, keptTheme, type Theme } from '../lib/theme';

const listeners = new Set<() => void>();

/** The theme, wherever it is changed. */
export function useTheme(): Theme {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, keptTheme);
}

/** Changes between the light and the dark theme. */
export function changeTheme() {
  keepTheme(keptTheme() === 'dark' ? 'light' : 'dark');
  for (const each of listeners) {
    each();
  }
}
