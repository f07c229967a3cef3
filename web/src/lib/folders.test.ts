import { expect, test } from 'vitest';
import { including, isWithin, names, parent, withFolder } from './folders';

test('parents end at the root', () => {
  expect(names('/srv/mail data/')).toEqual(['srv', 'mail data']);
  expect(parent('/srv/mail')).toBe('/srv');
  expect(parent('/srv')).toBe('/');
  expect(parent('/')).toBe('/');
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
