import createClient, { type Middleware } from 'openapi-fetch';
import createHooks from 'openapi-react-query';
import type { paths } from './schema';

/** What the appliance says when it refuses something: application/problem+json. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    detail: string,
  ) {
    super(detail);
  }
}

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

/** Sets what proves to the appliance that a call comes from this page, and what happens when a session has ended. */
export function beginSession(token: string, onSignedOut: () => void) {
  csrf = token;
  signedOut = onSignedOut;
}

async function problem(response: Response): Promise<Problem> {
  let told: { type?: string; detail?: string } = {};
  try {
    told = await response.json();
  } catch {
    // Not from the appliance itself.
  }
  const type = (told.type ?? 'urn:holdfast:http').replace('urn:holdfast:', '');
  return new Problem(response.status, type, told.detail ?? `${response.status} ${response.statusText}`);
}

const middleware: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang);
    if (request.method !== 'GET') {
      request.headers.set('X-CSRF-Token', csrf);
    }
    // A page that nobody looks at must not keep its session alive.
    if (Date.now() - lastInput > AWAY_MILLIS) {
      request.headers.set('X-Background', '1');
    }
    return request;
  },
  async onResponse({ response, request }) {
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

/** One wish, done once, however often it has to be sent. */
export function once(): Record<string, string> {
  return { 'Idempotency-Key': crypto.randomUUID() };
}
