import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test, vi } from 'vitest';

const LETTER = '../appliance/control/src/main/java/dev/holdfast/control/report/ReportLetter.java';

let steps: string[];

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en' });
  vi.stubGlobal('document', { documentElement: {} });
  steps = (await import('./setup/steps')).STEPS.map((step) => step.id);
});

/** The paths that the console has pages for; a segment that is a name is `:`. */
function routes(): string[] {
  const text = readFileSync('src/App.tsx', 'utf8');
  return [...text.matchAll(/<Route path="(\/[^"]*)"/g)].map((each) => (each[1] ?? '').replaceAll(/:\w+/g, ':'));
}

function sources(): string[] {
  return readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && /\.tsx?$/.test(each.name) && !/\.test\.ts$|\.d\.ts$/.test(each.name))
    .map((each) => readFileSync(`${each.parentPath}/${each.name}`, 'utf8'));
}

/** Links of the console to its own pages. What is filled in is `:`. */
function links(): string[] {
  const places = /\b(?:to|navigate|path|href)(?:=\{?|: |\(|\b)\s*(["'`])(\/(?!api\/)[^"'`]*)\1/g;
  return sources().flatMap((text) =>
    [...text.matchAll(places)].map((each) => (each[2] ?? '').replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, ':')),
  );
}

/** Links of the report: literal paths, some of them followed by a name. */
function lettersLinks(): string[] {
  const text = readFileSync(LETTER, 'utf8');
  return [...text.matchAll(/"(\/[a-z][^"]*|\/)"( \+)?/g)].map((each) => `${each[1]}${each[2] ? ':' : ''}`);
}

function missing(all: string[]): string[] {
  const known = routes();
  return all.filter((link) => {
    const path = link.replace(/[?#].*$/, '');
    return !known.some((route) =>
      route.endsWith('/*')
        ? path === route.slice(0, -2) || path.startsWith(route.slice(0, -1))
        : route === path || (route.includes('/:') && matches(route, path)),
    );
  });
}

const matches = (route: string, path: string) => new RegExp(`^${route.replaceAll('/:', '/[^/]+')}$`).test(path);

test('every link of the console leads to one of its pages', () => {
  const all = links();
  expect(all.length).toBeGreaterThan(40);
  expect(missing(all)).toEqual([]);
  expect(missing(['/nodes/:/nothing', '/setups'])).toEqual(['/nodes/:/nothing', '/setups']);
});

test('every link of the report by mail leads to a page', () => {
  const all = lettersLinks();
  expect(all).toContain('/tasks/:');
  expect(all.length).toBeGreaterThan(6);
  expect(missing(all)).toEqual([]);
});

test('every link to a step of the setup names one', () => {
  const all = [...sources(), readFileSync(LETTER, 'utf8')].flatMap((text) =>
    [...text.matchAll(/\/setup\?step=([\w-]+)/g)].map((each) => each[1]),
  );
  expect(all).toContain('vault');
  expect(all.filter((step) => !steps.includes(step ?? ''))).toEqual([]);
});
