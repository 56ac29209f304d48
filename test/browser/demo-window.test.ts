import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { portalPage } from '../../src/demo/pages/portal-page.ts';
import { IMPERSONATION } from '../sandbox/tenant-client.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { brokenWords, jumpsOf, paleTexts, watchJumps } from '../support/looks.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

interface Bench {
  readonly service: TestService;
  readonly browser: Browser;
}

const LONGEST = 'Anneliese Margarethe von Hohenstein-Wittgenbach zu Oberfeld';
const AWAY = { match: {}, effect: { type: 'status', status: 503 } } as const;
const SIZES = { 320: 700, 768: 1024, 1280: 800, 1920: 1080 } as const;

async function start(t: TestContext, env: Record<string, string> = {}): Promise<Bench | undefined> {
  const executable = chromiumPath(t);
  if (!executable) return undefined;
  const service = await createTestService(t, { env });
  await service.listen();
  return { service, browser: await launchChromium(t, executable) };
}

interface Look {
  readonly width?: keyof typeof SIZES;
  readonly colorScheme?: 'light' | 'dark';
}

/** A visitor with a window of this size, and what the browser wrote on the console meanwhile. */
async function visit(
  { browser, service }: Bench,
  { width = 1280, colorScheme = 'light' }: Look = {},
): Promise<{ context: BrowserContext; page: Page; console: string[] }> {
  const viewport = { width, height: SIZES[width] };
  const context = await browser.newContext({ locale: 'en-US', viewport, colorScheme });
  await watchJumps(context);
  const page = await context.newPage();
  const console: string[] = [];
  context.on('weberror', (error) => console.push(error.error().message));
  context.on('console', (message) => console.push(`${message.type()}: ${message.text()}`));
  await page.goto(service.origin);
  return { context, page, console };
}

async function showsCharts(page: Page): Promise<void> {
  await page.getByText('1,570,000', { exact: true }).waitFor();
  for (const name of ['Sales by month', 'Sales by region']) {
    await page.getByRole('img', { name, exact: true }).waitFor();
  }
}

async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.locator('#log').waitFor();
  await page.evaluate('globalThis.sameDocument = true');
}

const stateOf = (page: Page) => page.locator('.state').textContent().then(String);
const sameDocument = (page: Page) => page.evaluate('globalThis.sameDocument === true');
const rowsOf = (page: Page, from: string, to: string) =>
  page.locator(`#story .from-${from}.to-${to}`).allInnerTexts();

for (const width of [320, 1280] as const) {
  test(`nothing jumps in the page’s whole life, ${width} wide: charts, a revoked token, an outage, its end`, async (t) => {
    const bench = await start(t);
    if (!bench) return;
    const { page } = await visit(bench, { width });
    await signIn(page);
    await showsCharts(page);
    await page.getByText(/^Qlik answered: Ada/).waitFor();
    await page.getByRole('button', { name: 'Revoke my token' }).click();
    await page.getByText('The service handed out a fresh token.').waitFor();
    await page
      .getByText(/^Qlik answered: Ada/)
      .nth(1)
      .waitFor();
    await showsCharts(page);
    bench.service.sandbox.faults.add(AWAY);
    bench.service.sandbox.closeWebSockets(4003);
    await page.getByText('This chart cannot be shown.').nth(2).waitFor();
    await page.getByRole('button', { name: 'Ask Qlik again' }).click();
    await page.getByText(/^Qlik answered 503/).waitFor();
    bench.service.sandbox.faults.clear();
    await page.getByText('Qlik is back.').waitFor();
    await showsCharts(page);
    const { sum, of } = await jumpsOf(page);
    t.diagnostic(`cumulative layout shift ${sum.toFixed(4)}`);
    assert.ok(sum < 0.02, of);
    assert.ok(await sameDocument(page));
  });
}

test('signing in, looking, asking and signing out leave nothing on the console', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { page, console } = await visit(bench);
  const lost: string[] = [];
  page.on('response', (response) => response.status() >= 400 && lost.push(response.url()));
  await page.getByText('Americas Sales').first().waitFor();
  await signIn(page);
  await showsCharts(page);
  await page.getByRole('button', { name: 'Ask Qlik again' }).click();
  await page
    .getByText(/^Qlik answered: Ada/)
    .nth(1)
    .waitFor();
  const icon = await page.request.get(`${bench.service.origin}/demo-icon.svg`);
  assert.match(icon.headers()['content-type'] ?? '', /^image\/svg/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to the demo portal' }).waitFor();
  assert.deepEqual([...console, ...lost], []);
});

test('a first sign-in during an outage says so in a whole page, and everything comes when the tenant is back', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { page, console } = await visit(bench);
  bench.service.sandbox.faults.add(AWAY);
  await signIn(page);
  await page.getByText('so there is no token for you yet.').waitFor();
  await until(async () => /The page asks again in \d+ s\.$/.test(await stateOf(page)));
  assert.equal(await page.locator('.placeholder:visible').count(), 3);
  assert.equal(await page.locator('.bones:visible').count(), 3);
  bench.service.sandbox.faults.clear();
  await showsCharts(page);
  await page.getByText('Qlik is back.').waitFor();
  assert.equal(await page.locator('.placeholder:visible, .bones:visible').count(), 0);
  assert.match(await stateOf(page), /^Qlik answers/);
  assert.ok((await jumpsOf(page)).sum < 0.05);
  assert.ok(await sameDocument(page));
  // The browser itself tells of the answers that the outage was made of, and nobody of anything else.
  assert.deepEqual(
    console.filter((line) => !/^error: Failed to load resource: .* 503 /.test(line)),
    [],
  );
});

test('a reload during an outage says that the token is safe, and counts down to the next time', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { page } = await visit(bench);
  await signIn(page);
  await showsCharts(page);
  bench.service.sandbox.faults.add(AWAY);
  await page.reload();
  await until(async () =>
    /^Qlik does not answer at the moment\. Your token is safe; the page asks again in \d+ s\.$/.test(
      await stateOf(page),
    ),
  );
  assert.equal(await page.locator('.placeholder:visible').count(), 3);
  bench.service.sandbox.faults.clear();
  await showsCharts(page);
  assert.equal(bench.service.mints(), 1);
});

for (const [how, breakIt, said] of [
  [
    'breaks its connections',
    (_page: Page, { sandbox }: TestService) =>
      sandbox.faults.add({ match: { method: 'GET', path: '/api/*' }, effect: { type: 'reset' } }),
    /^Qlik cannot be reached from this page/,
  ],
  [
    'sends half of an answer',
    (page: Page) =>
      page.route('**/api/v1/users/me', async (route) =>
        route.fulfill({ response: await route.fetch(), body: '{"id":' }),
      ),
    /^Qlik’s answer was cut off/,
  ],
] as const) {
  test(`when the tenant ${how}, the page asks again, as in any outage`, async (t) => {
    const bench = await start(t);
    if (!bench) return;
    const { page } = await visit(bench);
    await breakIt(page, bench.service);
    await signIn(page);
    await page.getByText(said).waitFor();
    bench.service.sandbox.faults.clear();
    await page.unrouteAll();
    await showsCharts(page);
    await page.getByText('Qlik is back.').waitFor();
  });
}

for (const [whose, path, text] of [
  ['the tenant’s', '/qlik-embed/main.js', 'The charts’ script does not load; the page tries again.'],
  ['Qlik’s own', '/demo-embed.js', 'Qlik’s script does not load; the page tries again.'],
] as const) {
  test(`when ${whose} script cannot be loaded, the charts’ places say so, until it can`, async (t) => {
    const bench = await start(t);
    if (!bench) return;
    const { page } = await visit(bench);
    await page.route(`**${path}`, (route) => route.abort());
    await signIn(page);
    await page.getByText(text).nth(2).waitFor();
    assert.equal(await page.locator('#qlik-user').textContent(), 'Ada Lindqvist');
    await page.unroute(`**${path}`);
    await showsCharts(page);
    assert.ok(await sameDocument(page));
  });
}

test('the story shows what happened, no more and no less, while it happens', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { service } = bench;
  // Slow enough to be seen under way.
  service.sandbox.faults.add({
    match: { path: '/oauth/token', grantType: IMPERSONATION },
    times: 1,
    effect: { type: 'latency', delayMs: 1_500 },
  });
  const { page } = await visit(bench);
  await signIn(page);
  const asks = page.locator('#story .from-page.to-service', { hasText: 'GET /qlik-token' }).first();
  const mint = page.locator('#story .from-service.to-tenant', { hasText: 'mints a token' });
  await asks.and(page.locator('.pending')).waitFor();
  await mint.and(page.locator('.pending')).waitFor();
  await mint.and(page.locator('.good')).waitFor();
  await showsCharts(page);
  await page.getByText('gets the cached token').first().waitFor();
  assert.match(String(await mint.textContent()), /^\d\d:\d\d:\d\d200 · \d{4,} ms/);
  await page.getByRole('button', { name: 'Revoke my token' }).click();
  await showsCharts(page);
  await page.locator('#story .from-service', { hasText: 'asks whether it is good' }).first().waitFor();
  await page.locator('#story', { hasText: 'close code 4006' }).waitFor();
  await until(async () => (await rowsOf(page, 'service', 'tenant')).length === serviceCalls(service).length);
  const drawn = await rowsOf(page, 'service', 'tenant');
  assert.deepEqual(
    drawn.map((text) => /(\d{3}) · .*((?:GET|POST) \S+)/s.exec(text)?.slice(1).join(' ')),
    serviceCalls(service),
  );
  assert.equal(drawn.filter((text) => text.includes('mints')).length, service.mints());
  const fromPage = await rowsOf(page, 'page', 'tenant');
  const refused = service.sandbox.calls
    .list({ path: '/api/v1/users/me', status: 401 })
    .filter(({ origin }) => origin);
  assert.equal(fromPage.filter((text) => /401 .*\/users\/me/s.test(text)).length, refused.length);
});

/** What the tenant got from the service for this user. */
function serviceCalls({ sandbox }: TestService): string[] {
  const of = sandbox.calls
    .list()
    .filter(
      ({ origin, path, subject, userLookup }) =>
        !origin && (subject ?? userLookup?.value) === 'ada' && path !== '/sandbox',
    );
  return of.map(({ status, method, path }) => `${status} ${method} ${path}`);
}

test('the log has the time of each entry, keeps the latest fifty and shows the newest', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { page } = await visit(bench);
  await signIn(page);
  await showsCharts(page);
  for (let time = 0; time < 60; time += 1) {
    await page.evaluate('asked = document.querySelector("#log").lastElementChild');
    await page.locator('#ask').click();
    await until(() => page.evaluate('document.querySelector("#log").lastElementChild !== asked'));
  }
  const entries = page.locator('#log li');
  assert.equal(await entries.count(), 50);
  for (const text of await entries.locator('time').allInnerTexts()) assert.match(text, /^\d\d:\d\d:\d\d$/);
  const [box, last] = [await page.locator('#log').boundingBox(), await entries.last().boundingBox()];
  assert.ok(box && last && last.y + last.height <= box.y + box.height + 1);
});

for (const width of [320, 768, 1280, 1920] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${width} wide and ${colorScheme}, words are whole, texts are legible and cards of a row are alike`, async (t) => {
      const bench = await start(t);
      if (!bench) return;
      const { page } = await visit(bench, { width, colorScheme });
      assert.deepEqual(await brokenWords(page), []);
      assert.deepEqual(await paleTexts(page), []);
      await page.route('**/api/v1/users/me', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), name: LONGEST } });
      });
      await page.route('**/api/v1/spaces', async (route) => {
        const response = await route.fetch();
        const { data } = await response.json();
        await route.fulfill({
          response,
          json: { data: [...data, { name: LONGEST }, { name: LONGEST.replaceAll(' ', '') }] },
        });
      });
      await signIn(page);
      await showsCharts(page);
      await page.getByText(/^Qlik answered: Anneliese/).waitFor();
      assert.deepEqual(await brokenWords(page), []);
      assert.deepEqual(await paleTexts(page), []);
      const cards = await page
        .locator('.seen > .card:visible')
        .evaluateAll((all) =>
          all.map((card) =>
            (({ top, height }) => [Math.round(top), Math.round(height)] as const)(
              card.getBoundingClientRect(),
            ),
          ),
        );
      for (const [top, height] of cards)
        for (const [other, otherHeight] of cards)
          if (top === other) assert.equal(height, otherHeight, JSON.stringify(cards));
      if (width >= 1280) assert.deepEqual(await outOfSight(page), []);
    });
  }
}

/** Which of the charts and buttons one would have to scroll to. */
async function outOfSight(page: Page): Promise<string[]> {
  const height = page.viewportSize()?.height ?? 0;
  const parts = [
    page.getByRole('img', { name: 'Sales by month', exact: true }),
    page.getByRole('img', { name: 'Sales by region', exact: true }),
    ...(await page.locator('.actions button').all()),
  ];
  const boxes = await Promise.all(
    parts.map(async (part) => ({ part: String(part), box: await part.boundingBox() })),
  );
  return boxes.filter(({ box }) => !box || box.y + box.height > height).map(({ part }) => part);
}

test('a tenant without the demo’s app is a page of its own, with what the user can see', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { page, console } = await visit(bench);
  await page.route('**/api/v1/items?**', (route) =>
    route.fulfill({
      json: { data: [{ name: 'Quarterly review', resourceId: 'x' }] },
      headers: {
        'access-control-allow-origin': bench.service.origin,
        'access-control-allow-credentials': 'true',
      },
    }),
  );
  await signIn(page);
  await page.getByRole('heading', { name: 'This tenant does not have the demo’s app' }).waitFor();
  await page.getByText('Quarterly review').waitFor();
  await page.getByText(/^Qlik answered: Ada/).waitFor();
  assert.equal(await page.locator('.placeholder:visible, .bones:visible, qlik-embed').count(), 0);
  assert.deepEqual(console, []);
});

test('who has no user in Qlik is told why there is no token, and nothing looks as if it were loading', async (t) => {
  const users = join(mkdtempSync(join(tmpdir(), 'users-')), 'users.json');
  writeFileSync(users, JSON.stringify([{ id: 'zoe', name: 'Zoe' }]));
  const bench = await start(t, { DEMO_USERS: users });
  if (!bench) return;
  const { page } = await visit(bench);
  assert.equal(await page.getByText('In no group').count(), 0);
  await page.getByRole('button', { name: 'Zoe' }).click();
  await page.locator('main[data-state="stopped"]').waitFor();
  assert.match(await stateOf(page), /No token for you: .*“zoe”.*subject/);
  assert.equal(await page.locator('.bones .bone:visible').count(), 0);
  assert.ok(await page.locator('#revoke').isDisabled());
  assert.ok(await page.locator('#fail').isDisabled());
});

test('only with a tenant on the same machine there is a button that makes it fail', () => {
  const page = (tenantUrl: string) => portalPage({ base: '', tenantUrl, user: { id: 'ada' } }).body;
  assert.match(page('http://127.0.0.1:9090'), /id="fail"/);
  assert.doesNotMatch(page('https://acme.eu.qlikcloud.com'), /id="fail"/);
});
