import { expect, test } from 'vitest';
import { place, refusal } from './targets';

const ALLOWED = ['/restore', '/srv/back'];

test('a target lies in the directory that was selected, or the first', () => {
  expect(place({ below: '', target: '' }, ALLOWED)).toBe('/restore');
  expect(place({ below: '/srv/back', target: 'new/one' }, ALLOWED)).toBe('/srv/back/new/one');
  expect(place({ below: '/of/another/node', target: 'x' }, ALLOWED)).toBe('/restore/x');
  expect(place({ below: '', target: 'x' }, ['/'])).toBe('/x');
});

test('an absolute path is taken as it is', () => {
  expect(place({ below: '/restore', target: '/srv/back/x' }, ALLOWED)).toBe('/srv/back/x');
  expect(place({ below: '', target: '/anywhere' }, null)).toBe('/anywhere');
});

test('what the node does not allow is refused', () => {
  expect(refusal({ below: '', target: '' }, ALLOWED)).toBeNull();
  expect(refusal({ below: '', target: '/srv/back' }, ALLOWED)).toBeNull();
  expect(refusal({ below: '', target: '/restored' }, ALLOWED)).toBe('elsewhere');
  expect(refusal({ below: '', target: '../etc' }, ALLOWED)).toBe('dots');
  expect(refusal({ below: '', target: '/x' }, [])).toBe('elsewhere');
  expect(refusal({ below: '', target: '/anything' }, ['/'])).toBeNull();
});

test('a node that does not tell takes any absolute path', () => {
  for (const allowed of [null, undefined]) {
    expect(refusal({ below: '', target: '/anywhere' }, allowed)).toBeNull();
    expect(refusal({ below: '', target: 'anywhere' }, allowed)).toBe('relative');
  }
});
