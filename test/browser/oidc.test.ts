import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type OidcPortal, startOidcPortal } from '../support/oidc-portal.ts';

const TOTALS = { ada: '1,570,000', bruno: '1,674,700' } as const;
type Person = keyof typeof TOTALS;

interface Bench {
  readonly portal: OidcPortal;
  readonly browser: Browser;
}

async function start(t: TestContext): Promise<Bench | undefined> {
  const executable = chromiumPath(t);
  if (!executable) return undefined;
  const portal = await startOidcPortal(t);
  return { portal, browser: await launchChromium(t, executable) };
}

const newContext = (browser: Browser) => browser.newContext({ locale: 'en-US' });
const shows = (page: Page, person: Person) => page.getByText(TOTALS[person], { exact: true }).waitFor();
const asks = (page: Page) => page.getByRole('button', { name: 'ada' }).waitFor();

/** Opens the portal in a new tab, and signs in at the provider, to which the helper leads. */
async function login({ portal }: Bench, context: BrowserContext, person: Person): Promise<Page> {
  const page = await context.newPage();
  await page.goto(portal.origin);
  await page.getByRole('button', { name: person }).click();
  await shows(page, person);
  return page;
}

test('a page leads to the provider and back, with the numbers of whoever signed in', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  for (const person of ['ada', 'bruno'] as const) {
    const context = await newContext(bench.browser);
    const page = await login(bench, context, person);
    assert.equal(page.url(), `${bench.portal.origin}/`);
    const names = (await context.cookies()).map(({ name }) => name);
    assert.ok(names.includes('qlik_token_broker'));
    assert.ok(!names.some((name) => name.includes('login')), names.join());
    await context.close();
  }
});

test('two tabs that are sent to the provider at the same moment both come back', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const pages = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all(pages.map((page) => page.goto(bench.portal.origin)));
  await Promise.all(pages.map(asks));
  for (const page of pages) {
    await page.getByRole('button', { name: 'ada' }).click();
    await shows(page, 'ada');
  }
});

test('three tabs that a browser restores, of somebody whom the provider still knows, all come back', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const { service, idp } = bench.portal;
  const context = await newContext(bench.browser);
  await (await login(bench, context, 'ada')).close();
  const kept = (await context.cookies()).filter(({ name }) => name === 'qlik_token_broker');
  const cookie = kept.map(({ name, value }) => `${name}=${value}`).join();
  await service.fetch({ method: 'POST', url: '/logout', cookie });

  // They come back one by one, while the first still waits for its token.
  const begun = idp.asked.get('/auth') ?? 0;
  idp.delayMs = (path) => (path === '/auth' ? 600 * ((idp.asked.get('/auth') ?? 0) - begun) : 0);
  const effect = { type: 'latency', delayMs: 2_000 } as const;
  service.sandbox.faults.add({ match: { path: '/oauth/token' }, times: 1, effect });
  const pages = await Promise.all([1, 2, 3].map(() => context.newPage()));
  await Promise.all(
    pages.map(async (page) => {
      await page.goto(bench.portal.origin);
      await shows(page, 'ada');
    }),
  );
});

test('a sign-out goes through the provider, which then asks who it is', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const page = await login(bench, await newContext(bench.browser), 'ada');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  // Back in the portal, whose helper leads to the provider.
  await asks(page);
  assert.ok(page.url().startsWith(bench.portal.idp.issuer), page.url());
});

test('a policy whose form-action lacks the provider stops the sign-out half-way', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  bench.portal.formAction = '';
  const page = await login(bench, await newContext(bench.browser), 'ada');
  const violation = page.waitForEvent('console', {
    predicate: (message) => message.text().includes('form-action'),
  });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await violation;
  assert.equal(page.url(), `${bench.portal.origin}/`);
});

test('a sign-out at the provider ends the session here: the page leads to the sign-in', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const context = await newContext(bench.browser);
  const page = await login(bench, context, 'ada');
  const other = await login(bench, await newContext(bench.browser), 'ada');

  const elsewhere = await context.newPage();
  await elsewhere.goto(`${bench.portal.idp.issuer}/session/end`);
  await elsewhere.getByRole('button', { name: 'Yes, sign me out' }).click();
  await page.reload();
  await asks(page);
  await other.reload();
  await shows(other, 'ada');
});

test('somebody who says no at the provider sees why, and a way on', async (t) => {
  const bench = await start(t);
  if (!bench) return;
  bench.portal.idp.signsIn = 'nobody';
  const page = await (await newContext(bench.browser)).newPage();
  await page.goto(`${bench.portal.origin}/login?returnTo=/`);
  await page.getByText('access_denied').waitFor();
  bench.portal.idp.signsIn = 'ada';
  await page.getByRole('link', { name: 'Sign in' }).click();
  await shows(page, 'ada');
});
