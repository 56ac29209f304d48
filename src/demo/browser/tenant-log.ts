import type { Call } from './calls.ts';
import { pageData } from './page-data.ts';
import { rename, tell } from './story.ts';

/** What the sandbox notes of a call that it got. */
interface LoggedCall {
  number: number;
  method: string;
  path: string;
  grantType?: string;
  userLookup?: { value: string };
  subject?: string;
  origin?: string;
  status: number;
  at: number;
  answeredAt?: number;
}

const IMPERSONATION = 'urn:qlik:oauth:user-impersonation';
const WHILE_ASKED_MS = 400;
/** Clocks that differ by less are one machine's. */
const SAME_CLOCK_MS = 1_000;
/** What ended so shortly before may have been for this call. */
const MARGIN_MS = 100;

/** How the tenant may name who is signed in. */
const names = new Set([pageData.user]);
/** What the service asked for this user, by number in the log. */
const seen = new Map<number, Call>();
const mints: Call[] = [];

let isOpen = false;
let last = 0;
let waiting = 0;
let timer: ReturnType<typeof setInterval> | undefined;
let reading: Promise<unknown> = Promise.resolve();

/** Further names of the user, which the tenant told. */
export function alsoKnownAs(...more: string[]): void {
  for (const name of more) names.add(name);
}

/** Resolves to whether the tenant is a sandbox, which keeps such a log; it is read from here on. */
export async function openTenantLog(): Promise<boolean> {
  const log = await read().catch(() => undefined);
  last = log?.calls.at(-1)?.number ?? 0;
  isOpen = log !== undefined;
  return isOpen;
}

/** Draws what the service asks of the tenant while this page waits for its answer, and says when that was nothing. */
export function followService(call: Call): void {
  if (!isOpen || call.to !== 'service') return;
  waiting += call.answer === undefined ? 1 : -1;
  timer ??= setInterval(catchUp, WHILE_ASKED_MS);
  if (waiting === 0) {
    clearInterval(timer);
    timer = undefined;
  }
  if (call.answer !== undefined) void catchUp().then(() => judge(call));
}

/** One mint may serve several who ask at once: the answer was at hand when there was none about that time. */
function judge(call: Call): void {
  if (call.answer !== 200 || call.request !== 'GET /qlik-token') return;
  const from = call.startedAt - MARGIN_MS;
  const isFresh = mints.some(({ startedAt, tookMs }) => tookMs === undefined || startedAt + tookMs > from);
  if (!isFresh) rename(call, 'gets the cached token');
}

async function read(): Promise<{ now: number; calls: LoggedCall[] }> {
  const unfinished = [...seen].find(([, { answer }]) => answer === undefined)?.[0];
  const after = Math.min(last, (unfinished ?? Number.POSITIVE_INFINITY) - 1);
  const response = await fetch(`${pageData.tenant}/sandbox/calls?after=${after}`, {
    headers: { 'x-sandbox': '1' },
  });
  if (!response.ok) throw new Error(`no log: ${response.status}`);
  return response.json();
}

function catchUp(): Promise<unknown> {
  reading = reading
    .then(read)
    .then(({ now, calls }) => {
      const ahead = now - Date.now();
      for (const logged of calls) draw(logged, Math.abs(ahead) < SAME_CLOCK_MS ? 0 : ahead);
      last = Math.max(last, calls.at(-1)?.number ?? 0);
    })
    .catch(() => {}); // the next time
  return reading;
}

function draw(logged: LoggedCall, aheadMs: number): void {
  const { number, status, at, answeredAt } = logged;
  if (!isOfUser(logged)) return;
  const call: Call = seen.get(number) ?? {
    from: 'service',
    to: 'tenant',
    what: meaningOf(logged),
    request: `${logged.method} ${logged.path}`,
    startedAt: at - aheadMs,
  };
  if (call.answer !== undefined) return;
  if (!seen.has(number) && logged.grantType === IMPERSONATION) mints.push(call);
  if (answeredAt !== undefined) {
    call.answer = status;
    call.tookMs = answeredAt - at;
  } else if (seen.has(number)) return;
  seen.set(number, call);
  tell(call);
}

/** A page's calls have an origin, and this page draws its own by itself. */
function isOfUser({ origin, path, userLookup, subject }: LoggedCall): boolean {
  const user = userLookup?.value ?? subject;
  return origin === undefined && /^\/(?:api|oauth)\//.test(path) && user !== undefined && names.has(user);
}

function meaningOf({ grantType, path, method }: LoggedCall): string {
  if (grantType === IMPERSONATION) return 'mints a token';
  if (path === '/api/v1/users/me') return 'asks whether it is good';
  return method === 'POST' && path === '/oauth/revoke' ? 'revokes the token' : 'asks';
}
