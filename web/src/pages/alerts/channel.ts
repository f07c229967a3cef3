import type { AlertChannel, NewAlertChannel } from '../../api/types';

/** What a form knows of an alert channel. */
export type Draft = {
  name: string;
  kind: 'mail' | 'webhook' | 'dingtalk';
  url: string;
  host: string;
  port: number;
  security: 'starttls' | 'tls' | 'none';
  user: string;
  secret: string;
  from: string;
  to: string[];
  least: 'info' | 'warning' | 'alert';
  language: 'en' | 'zh';
  allowPlain: boolean;
  untested: boolean;
};

export const EMPTY: Draft = {
  name: '',
  kind: 'mail',
  url: '',
  host: '',
  port: 587,
  security: 'starttls',
  user: '',
  secret: '',
  from: '',
  to: [],
  least: 'warning',
  language: 'en',
  allowPlain: false,
  untested: false,
};

/** A channel as it is stored. Its secret and the token in its URL are never told. */
export function draftOf({ name, least, language, inTheClear, webhook, mail }: AlertChannel): Draft {
  return {
    ...EMPTY,
    name,
    least: least as Draft['least'],
    language: language as Draft['language'],
    allowPlain: inTheClear,
    ...(mail
      ? {
          kind: 'mail',
          host: mail.host,
          port: mail.port ?? EMPTY.port,
          security: (mail.security ?? EMPTY.security) as Draft['security'],
          user: mail.user ?? '',
          from: mail.from,
          to: mail.to,
        }
      : { kind: webhook?.form === 'dingtalk' ? 'dingtalk' : 'webhook' }),
  };
}

/** What the appliance is asked to try, or to store. */
export function bodyOf(draft: Draft, keep: boolean): NewAlertChannel {
  const { kind, url, host, port, security, user, from, to } = draft;
  return {
    ...(kind === 'mail'
      ? { mail: { host, port, security, user: user || null, from, to } }
      : { webhook: { url: url || null, form: kind === 'dingtalk' ? 'dingtalk' : 'json' } }),
    least: draft.least,
    language: draft.language,
    secret: draft.secret || null,
    allowPlain: draft.allowPlain,
    keep,
  };
}

const HOST = /^[\p{L}\p{N}:][\p{L}\p{N}._:%-]*$/u;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

export const isHost = (text: string) => HOST.test(text);

/** An address, alone or after a name: Backup <backup@example.com>. */
export const isAddress = (text: string) => ADDRESS.test(/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text.trim());

export const isUrl = (text: string, plain: boolean) => (plain ? /^https?:\/\/\S+$/ : /^https:\/\/\S+$/).test(text);
