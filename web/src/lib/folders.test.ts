import { expect, test } from 'vitest';
import { including, isWithin, steps, withFolder } from './folders';

test('the way to a path begins below the root', () => {
  expect(steps('/srv/mail data/')).toEqual([
    { name: 'srv', path: '/srv' },
    { name: 'mail data', path: '/srv/mail data' },
  ]);
  expect(steps('/')).toEqual([]);
});

test('a name that only begins alike lies elsewhere', () => {
  expect(isWithin('/srv/mail', '/srv')).toBe(true);
  expect(isWithin('/srv', '/srv')).toBe(true);
  expect(isWithin('/srv2', '/srv')).toBe(false);
  expect(isWithin('/anything', '/')).toBe(true);
});

test('a folder replaces what lies below it', () => {
  expect(withFolder(['/srv/a', '/home', '/srv/b/c'], '/srv')).toEqual(['/home', '/srv']);
  expect(including(['/home', '/srv'], '/srv/b')).toBe('/srv');
  expect(including(['/home'], '/srv')).toBeUndefined();
});
