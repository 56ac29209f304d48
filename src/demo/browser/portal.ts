/** The demo portal's script: shows who Qlik takes the page's user for, and lets the user try what happens to tokens. */

interface TokenAnswer {
  access_token: string;
  expires_in: number;
}

interface QlikConfig {
  host: string;
}

interface QlikUser {
  id: string;
  name: string;
  subject: string;
  email?: string;
}

interface Listed<T> {
  data: T[];
}

interface PortalSession {
  user: { id: string; name?: string };
}

/** Qlik did not answer with what was asked for. */
class QlikError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the tenant answered ${status}`);
    this.status = status;
  }
}

const FAILURE_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

const { base = '', app = '' } = document.querySelector('main')?.dataset ?? {};
let token = '';
let host = '';
let expiresAt = 0;
let lifetime = 1;

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function note(text: string): void {
  const entry = document.createElement('li');
  entry.textContent = text;
  element('log').append(entry);
}

function list(id: string, texts: string[]): void {
  element(id).replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
}

function details(id: string, facts: Record<string, string | undefined>): void {
  element(id).replaceChildren(
    ...Object.entries(facts)
      .filter((fact): fact is [string, string] => fact[1] !== undefined)
      .flatMap(([name, value]) => {
        const term = document.createElement('dt');
        const description = document.createElement('dd');
        term.textContent = name;
        description.textContent = value;
        return [term, description];
      }),
  );
}

/** Asks the service. When nobody is signed in, the helper leads to the sign-in; this stays pending. */
async function askService<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(base + path, {
    headers: { 'x-csrf': '1', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (response.status === 401) return new Promise(() => {});
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.title} (${answer.code})`);
  return answer as T;
}

async function fetchToken(rejected: boolean): Promise<void> {
  const before = token;
  const answer = rejected
    ? await askService<TokenAnswer>('/qlik-token', { rejected: true })
    : await askService<TokenAnswer>('/qlik-token');
  token = answer.access_token;
  expiresAt = Date.now() + answer.expires_in * 1_000;
  lifetime = Math.max(lifetime, answer.expires_in);
  if (before !== '' && token !== before) note('The service handed out a fresh token.');
}

/** Asks the tenant, with the token; once more with a fresh one when the tenant refuses it. */
async function askQlik<T>(path: string): Promise<T> {
  for (const lastTry of [false, true]) {
    const response = await fetch(`${host}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (response.ok) return (await response.json()) as T;
    if (response.status !== 401 || lastTry) throw new QlikError(response.status);
    note('The tenant refused the token (401). The page tells the service so.');
    await fetchToken(true);
  }
  throw new Error('unreachable');
}

async function showQlik(): Promise<void> {
  const me = await askQlik<QlikUser>('/users/me');
  element('qlik-user').textContent = me.name;
  details('qlik-details', { subject: me.subject, id: me.id, email: me.email });
  const spaces = await askQlik<Listed<{ name: string }>>('/spaces');
  list(
    'spaces',
    spaces.data.map(({ name }) => name),
  );
  note(`Qlik answered: ${me.name}, ${spaces.data.length} spaces.`);
}

/** Shows the charts when the user's tenant has their app. */
async function showCharts(): Promise<void> {
  const { data } = await askQlik<Listed<{ name: string; resourceId: string }>>('/items?resourceType=app');
  const isThere = data.some(({ resourceId }) => resourceId === app);
  element('charts').hidden = !isThere;
  element('no-charts').hidden = isThere;
  element('apps').textContent = data.map(({ name }) => name).join(', ') || 'none';
  if (!isThere) return;
  for (const template of element('charts').querySelectorAll('template'))
    template.replaceWith(template.content);
}

function showLife(): void {
  const seconds = Math.max(0, Math.round((expiresAt - Date.now()) / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  element('token-life').textContent = `${hours} h ${minutes} min ${seconds % 60} s`;
  element<HTMLMeterElement>('token-meter').value = seconds / lifetime;
}

async function start(): Promise<void> {
  const { user } = await askService<PortalSession>('/session');
  element('portal-user').textContent = user.name ?? user.id;
  ({ host } = await askService<QlikConfig>('/qlik-config'));
  await fetchToken(false);
  setInterval(showLife, 1_000);
  showLife();
  await persistently(async () => {
    await showCharts();
    await showQlik();
  });
  element('fail').hidden = !(await isSandbox());
}

/**
 * Does it, and again after a growing while as long as the tenant is in trouble, or refuses the token: the service asks
 * the tenant about a user's token only now and then.
 */
async function persistently(action: () => Promise<void>): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await action();
      if (pause > FIRST_PAUSE_MS) note('Qlik is back.');
      return;
    } catch (error) {
      if (!(error instanceof QlikError) || (error.status < 500 && error.status !== 401)) throw error;
      if (pause === FIRST_PAUSE_MS)
        note(`Qlik answered ${error.status}. The page keeps what it has and asks again after a while.`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Only the sandbox can be made to fail, and it runs on the same machine. */
async function isSandbox(): Promise<boolean> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(host).hostname)) return false;
  return fetch(`${host}/sandbox/faults`, { headers: { 'x-sandbox': '1' } }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function revoke(): Promise<void> {
  await fetch(`${host}/oauth/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  note('The token is revoked at the tenant. The page does not know and goes on with it.');
  await persistently(showQlik);
}

async function fail(): Promise<void> {
  await fetch(`${host}/sandbox/faults`, {
    method: 'POST',
    headers: { 'x-sandbox': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ match: {}, forMs: FAILURE_MS, effect: { type: 'status', status: 503 } }),
  });
  note('For ten seconds the tenant answers 503 to everything.');
  await persistently(showQlik);
}

function onClick(id: string, action: () => Promise<void>): void {
  const button = element<HTMLButtonElement>(id);
  button.addEventListener('click', () => {
    button.disabled = true;
    attempt(action).finally(() => {
      button.disabled = false;
    });
  });
}

async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    note(`It did not work: ${(error as Error).message}.`);
    if (element('qlik-user').textContent === '…') element('qlik-user').textContent = 'nobody yet';
  }
}

addEventListener('qlik-token-error', (event) => {
  const { title, code } = (event as CustomEvent<{ title: string; code: string }>).detail;
  note(`No token: ${title} (${code})`);
});
onClick('ask', () => persistently(showQlik));
onClick('revoke', revoke);
onClick('fail', fail);
void attempt(start);

export {};
