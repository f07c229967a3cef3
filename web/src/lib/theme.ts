export type Theme = 'light' | 'dark';

const KEPT = 'holdfast.theme';

export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'light' || kept === 'dark') {
    return kept;
  }
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function applyTheme(theme: Theme) {
  document.documentElement.classList.toggle('pf-v6-theme-dark', theme === 'dark');
}

export function keepTheme(theme: Theme) {
  localStorage.setItem(KEPT, theme);
  applyTheme(theme);
}
