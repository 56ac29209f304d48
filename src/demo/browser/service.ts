import { note } from './log.ts';
import { pageData } from './page-data.ts';
import { retryAfterMs, Trouble } from './trouble.ts';

interface TokenAnswer {
  access_token: string;
  expires_in: number;
}

/** Where the charts are, as `GET /qlik-config` answers it. */
export interface QlikConfig {
  host: string;
  clientId: string;
  authType: string;
}

/** What is to be done when nobody is signed in any more: the browser helper's function leads to the sign-in. */
declare const getAccessToken: () => Promise<string>;

/** The page's own token, and how long it lives; times in milliseconds since the epoch. */
export const token = { value: '', expiresAt: 0, lifetimeMs: 1 };

/** Asks the service. Throws a `Trouble`; while the sign-in takes over the page, this stays pending. */
export async function askService<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(pageData.base + path, {
    headers: { 'x-csrf': '1', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Trouble('The service cannot be reached', 'The service cannot be reached at the moment.', {
      passed: 'The service is back.',
    });
  });
  if (response.status === 401) {
    await getAccessToken();
    return new Promise(() => {});
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer as T;
  const { title = 'The service is in trouble', code = String(response.status), detail } = answer;
  const mayPass = response.status === 429 || response.status >= 500;
  throw new Trouble(
    `The service answered ${response.status}: ${title} (${code})`,
    headlineOf(code, title, detail),
    {
      mayPass: mayPass && !String(code).startsWith('tenant_refused'),
      afterMs: retryAfterMs(response),
      ...(!isAboutTenant(code) && { passed: 'The service is back.' }),
    },
  );
}

const SAME_TOKEN =
  'The service handed out the same token: it asks Qlik about a user’s token only now and then (TOKEN_REPLACE_COOLDOWN).';
let isSameTold = false;

/** Has the service hand out a token, or another one than the tenant refused. */
export async function fetchToken(rejected = false): Promise<void> {
  const before = token.value;
  const answer = await askService<TokenAnswer>('/qlik-token', rejected ? { rejected: true } : undefined);
  token.value = answer.access_token;
  token.expiresAt = Date.now() + answer.expires_in * 1_000;
  token.lifetimeMs = Math.max(token.lifetimeMs, answer.expires_in * 1_000);
  if (before === '') note(`The service handed out a token for ${inHours(answer.expires_in)}.`);
  else if (token.value !== before) note('The service handed out a fresh token.');
  else if (rejected && !isSameTold) note(SAME_TOKEN);
  isSameTold = rejected && token.value === before;
}

/** `code`, `title` and `detail` are the problem's (RFC 9457). */
function headlineOf(code: string, title: string, detail = ''): string {
  if (!isAboutTenant(code))
    return `No token for you: ${title.replace(/\.$/, '')}. ${detail}${code === 'user_not_mapped' ? notMapped() : ''}`;
  return token.value === ''
    ? 'Qlik does not answer at the moment, so there is no token for you yet.'
    : 'Qlik does not answer at the moment.';
}

function isAboutTenant(code: string): boolean {
  return code === 'tenant_unavailable' || code === 'tenant_throttled';
}

function notMapped(): string {
  return ` By default the portal’s id of a user, here “${pageData.user}”, has to be the subject of a user in the tenant.`;
}

function inHours(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
