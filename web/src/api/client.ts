import createClient, { type Middleware } from 'openapi-fetch';
import createHooks from 'openapi-react-query';
import i18n, { words } from '../i18n';
import type { Phrase } from '../i18n/phrases';
import { answered, isAnswer, unanswered } from './reachable';
import type { paths } from './schema';

/** An error response of the appliance (application/problem+json). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** The status of a request that got no answer from the appliance. */
const NONE = 0;
const AWAY_MILLIS = 5 * 60_000;
let csrf = '';
let signedOut: () => void = () => {};
let lastInput = Date.now();

for (const event of ['pointerdown', 'keydown', 'wheel', 'focus']) {
  window.addEventListener(
    event,
    () => {
      lastInput = Date.now();
    },
    { passive: true },
  );
}

function noAnswer(): Problem {
  void unanswered();
  return new Problem(NONE, 'unreachable', i18n.t('The appliance cannot be reached.'));
}

/** Whether a failed request says nothing about what it asked for, so that what was loaded before may still be shown. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === NONE || error.status === 429 || error.status >= 500;
}

/** Sets the CSRF token of the session and the function to call when the session has ended. */
export function beginSession(token: string, onSignedOut: () => void) {
  csrf = token;
  signedOut = onSignedOut;
}

async function problem(response: Response): Promise<Problem> {
  let told: { type?: string; detail?: string; phrase?: Phrase } = {};
  try {
    told = await response.json();
  } catch {
    // The body is not JSON, for example an error page of a proxy.
  }
  const type = (told.type ?? 'urn:holdfast:http').replace('urn:holdfast:', '');
  return new Problem(
    response.status,
    type,
    words(told.detail ?? `${response.status} ${response.statusText}`, told.phrase),
  );
}

const middleware: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang);
    if (request.method !== 'GET') {
      request.headers.set('X-CSRF-Token', csrf);
    }
    // Background requests of an idle page must not keep the session alive.
    if (Date.now() - lastInput > AWAY_MILLIS) {
      request.headers.set('X-Background', '1');
    }
    return request;
  },
  onError({ error }) {
    // The browser's own text says nothing to the user, and in no language of the console.
    return error instanceof DOMException && error.name === 'AbortError' ? error : noAnswer();
  },
  async onResponse({ response, request }) {
    if (!isAnswer(response)) {
      throw noAnswer();
    }
    answered();
    if (!response.ok && response.status !== 304) {
      if (response.status === 401 && !new URL(request.url).pathname.startsWith('/api/v1/session')) {
        signedOut();
      }
      throw await problem(response);
    }
  },
};

export const client = createClient<paths>({ baseUrl: '/api/v1' });
client.use(middleware);

export const api = createHooks(client);

/** A header that makes a request idempotent, so that a repeated request has no further effect. */
export function once(): Record<string, string> {
  return { 'Idempotency-Key': crypto.randomUUID() };
}
