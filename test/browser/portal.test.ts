import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { tokenOf } from '../sandbox/tenant-client.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { createRunningClock } from '../support/running-clock.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const PEOPLE = {
  Ada: { id: 'ada', total: '1,570,000', region: 'Nordics' },
  Bruno: { id: 'bruno', total: '1,674,700', region: 'South America' },
} as const;
type Person = keyof typeof PEOPLE;

interface Bench {
  readonly service: TestService;
  readonly browser: Browser;
}

/** The demo portal with the unmodified `<qlik-embed>`, our helper, the service and the sandbox tenant. */
async function start(t: TestContext, clock: Clock = systemClock): Promise<Bench | undefined> {
  const executable = chromiumPath(t);
  if (!executable) return undefined;
  const service = await createTestService(t, { clock });
  await service.listen();
  return { service, browser: await launchChromium(t, executable) };
}

function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ locale: 'en-US' });
}

/** Signs in in a new tab; resolves when the charts are there. */
async function open({ service }: Bench, context: BrowserContext, person: Person): Promise<Page> {
  const page = await context.newPage();
  await page.goto(service.origin);
  await page.getByRole('button', { name: person }).click();
  await showsChartsOf(page, person);
  // Gone after a reload.
  await page.evaluate('globalThis.sameDocument = true');
  return page;
}

async function showsChartsOf(page: Page, person: Person): Promise<void> {
  const { total, region } = PEOPLE[person];
  await page.getByText(total, { exact: true }).waitFor();
  const regions = page.getByRole('img', { name: 'Sales by region' });
  await regions.getByText(region, { exact: true }).waitFor();
  await page.getByRole('img', { name: 'Sales by month' }).waitFor();
}

const isSameDocument = (page: Page) => page.evaluate('globalThis.sameDocument === true');
const other = (person: Person): Person => (person === 'Ada' ? 'Bruno' : 'Ada');
const countOf = (page: Page, text: string) => page.getByText(text, { exact: true }).count();
/** How often the service asked the tenant whether it takes a token. */
const judgements = ({ entries }: TestService) => entries('token.judged').length;

test('two users see the same charts with their own numbers, and the page meets its own policy', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const pictures = mkdtempSync(join(tmpdir(), 'portal-'));
  for (const person of ['Ada', 'Bruno'] as const) {
    const context = await newContext(bench.browser);
    const faults: string[] = [];
    context.on('weberror', (error) => faults.push(error.error().message));
    context.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    const page = await open(bench, context, person);
    assert.equal(await countOf(page, PEOPLE[other(person)].total), 0);
    assert.deepEqual(faults, []);
    await page.screenshot({ path: join(pictures, `${person}.png`), fullPage: true });
  }
  assert.equal(bench.service.mints(), 2);
  t.diagnostic(`screenshots in ${pictures}`);
});

test('another user’s token in the page shows that user’s numbers, and an invalid one none', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await open(bench, context, 'Ada');
  let placed = await tokenOf(bench.service.sandbox, 'bruno');
  await page.route('**/qlik-token', (route) =>
    route.fulfill({ json: { access_token: placed, token_type: 'Bearer', expires_in: 3_600 } }),
  );
  await page.reload();
  await showsChartsOf(page, 'Bruno');
  assert.equal(await countOf(page, PEOPLE.Ada.total), 0);

  placed = 'x.y.z';
  await page.reload();
  await page.getByText(/^Qlik answered 401/).waitFor();
  assert.equal(await page.getByRole('img').count(), 0);
});

test('a token that the tenant revokes, once and again, is replaced without a reload', async (t) => {
  const clock = createRunningClock();
  const bench = await start(t, clock);
  if (!bench) return;
  const page = await open(bench, await newContext(bench.browser), 'Ada');
  for (let time = 1; time <= 2; time += 1) {
    bench.service.sandbox.calls.clear();
    // Both of the page's readers report the same token: it is judged once within the cool-down, however slow they are.
    clock.skip(30_000);
    await page.getByRole('button', { name: 'Revoke my token' }).click();
    await page
      .getByText('The service handed out a fresh token.')
      .nth(time - 1)
      .waitFor();
    await showsChartsOf(page, 'Ada');
    assert.equal(bench.service.mints(), 1);
    assert.equal(judgements(bench.service), time);
  }
  assert.ok(await isSameDocument(page));
});

test('a token revoked again within the cool-down is said to be asked about later, and Qlik was never away', async (t) => {
  const clock = createRunningClock();
  const bench = await start(t, clock);
  if (!bench) return;
  const page = await open(bench, await newContext(bench.browser), 'Ada');
  await page.getByRole('button', { name: 'Revoke my token' }).click();
  await page.getByText('The service handed out a fresh token.').waitFor();
  await showsChartsOf(page, 'Ada');
  await page.getByRole('button', { name: 'Revoke my token' }).click();
  await page.getByText('The service handed out the same token: it asks Qlik about').waitFor();
  await page.getByText('Qlik does not take your token at the moment;').waitFor();
  clock.skip(30_000);
  await page.getByText('Qlik takes the token again.').waitFor();
  await showsChartsOf(page, 'Ada');
  assert.equal(await page.getByText('Qlik is back.').count(), 0);
});

test('while the tenant is away the page keeps its charts, and a page loaded meanwhile gets them afterwards', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await open(bench, context, 'Ada');
  await page.getByRole('button', { name: 'Make the tenant fail' }).click();
  await page.getByText(/^Qlik answered 503/).waitFor();
  await showsChartsOf(page, 'Ada');

  const late = await context.newPage();
  await late.goto(bench.service.origin);
  await late.getByText(/^Qlik answered 503/).waitFor();
  await late.evaluate('globalThis.sameDocument = true');
  await page.getByText('Qlik is back.').waitFor();
  await showsChartsOf(late, 'Ada');
  assert.ok((await isSameDocument(page)) && (await isSameDocument(late)));
  assert.equal(bench.service.mints(), 1);
});

for (const [what, status, code] of [
  ['is stopping for a redeploy', 503, 'shutting_down'],
  ['has too many requests', 429, 'rate_limited'],
] as const) {
  test(`given a service that ${what}, the charts come when it answers again`, async (t) => {
    const bench = await start(t);
    if (!bench) return;
    const page = await open(bench, await newContext(bench.browser), 'Ada');
    let refused = 0;
    await page.route('**/qlik-config', async (route) => {
      refused += 1;
      if (refused > 2) return route.fallback();
      await route.fulfill({
        status,
        headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
        body: JSON.stringify({ title: code, status, code }),
      });
    });
    // The page's own script does not try again; the helper, which brings the charts' script, does.
    await page.reload();
    await until(() => page.evaluate("customElements.get('qlik-embed') !== undefined"));
    assert.ok(refused > 2);
  });
}

test('after a sign-out in another tab the page asks who one is, and shows nothing any more', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await open(bench, context, 'Ada');
  const second = await context.newPage();
  await second.goto(bench.service.origin);
  await showsChartsOf(second, 'Ada');
  await second.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to the demo portal' }).waitFor();
  assert.equal(await countOf(page, PEOPLE.Ada.total), 0);
});

test('when somebody else has signed in in another tab, the page becomes theirs and never a mixture', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await open(bench, context, 'Ada');
  // What the sign-out in the other tab brings to this one is held back until Bruno is there.
  let isBruno: () => void = () => {};
  const bruno = new Promise<void>((resolve) => {
    isBruno = resolve;
  });
  await page.route('**/qlik-token', async (route) => {
    await bruno;
    await route.fallback();
  });
  const mixtures: string[] = [];
  const watch = setInterval(async () => {
    const text = await page.evaluate('document.body.innerText').catch(() => '');
    if (String(text).includes('Ada') && String(text).includes(PEOPLE.Bruno.total))
      mixtures.push(String(text));
  }, 20);
  t.after(() => clearInterval(watch));

  const second = await context.newPage();
  await second.goto(bench.service.origin);
  await second.getByRole('button', { name: 'Sign out' }).click();
  await second.getByRole('button', { name: 'Bruno' }).click();
  await showsChartsOf(second, 'Bruno');
  isBruno();

  await page.getByRole('heading', { name: 'as Bruno' }).waitFor();
  await showsChartsOf(page, 'Bruno');
  assert.equal(await countOf(page, PEOPLE.Ada.total), 0);
  assert.deepEqual(mixtures, []);
});

test('in a browser that keeps no cookies, the page says so and goes to the sign-in once', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await context.newPage();
  let signIns = 0;
  page.on('framenavigated', (frame) => {
    if (frame.url().includes('/login')) signIns += 1;
  });
  // What the browser would do to the cookie, done to the answer.
  await context.route('**/login', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    await context.clearCookies();
    await route.fulfill({ status: 303, headers: { location: '/' } });
  });
  await page.goto(bench.service.origin);
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByText('No token: The sign-in left no session').waitFor();
  await until(() => signIns >= 1);
  assert.equal(signIns, 1);
  assert.equal(await page.getByRole('img').count(), 0);
});

test('charts ask the service once for all of them, and a page that is only looked at asks no more', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const asked: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/qlik-token') asked.push(request.method());
  });
  const page = await open(bench, context, 'Ada');
  await page.waitForTimeout(2_000);
  t.diagnostic(`asked: ${asked.join(' ')}`);
  // Before the sign-in one, which is refused, and the helper's; after it the page's own and the helper's.
  assert.ok(asked.length <= 4, asked.join(' '));
  assert.ok(!asked.includes('POST'), asked.join(' '));
});
