import { expect, test } from 'vitest';
import { bodyOf, draftOf, EMPTY, isAddress, isHost, isUrl } from './channel';

test('hosts, addresses and URLs that cannot be meant are told at once', () => {
  expect(['smtp.example.com', '192.0.2.1', '2001:db8::1'].map(isHost)).toEqual([true, true, true]);
  expect(['a b', '', '-x'].map(isHost)).toEqual([false, false, false]);
  expect(['a@b.example', 'Backup <a@b.example>'].map(isAddress)).toEqual([true, true]);
  expect(['no at', '@', 'a@b c'].map(isAddress)).toEqual([false, false, false]);
  expect([isUrl('http://x/', false), isUrl('http://x/', true), isUrl('https://x y', true)]).toEqual([
    false,
    true,
    false,
  ]);
});

test('a channel that is edited keeps what is never told', () => {
  const stored = {
    name: 'ops',
    target: 'https://x?… (dingtalk)',
    least: 'alert',
    language: 'zh',
    inTheClear: false,
    delivered: 0,
    error: '',
    errorPhrase: null,
    hasSecret: true,
    webhook: { url: 'https://x?…', form: 'dingtalk' },
    mail: null,
  };
  const draft = draftOf(stored);
  expect(draft).toEqual({ ...EMPTY, name: 'ops', kind: 'dingtalk', least: 'alert', language: 'zh' });
  expect(bodyOf(draft, true)).toEqual({
    webhook: { url: null, form: 'dingtalk' },
    least: 'alert',
    language: 'zh',
    secret: null,
    allowPlain: false,
    keep: true,
  });
});
