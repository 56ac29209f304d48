import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { missing } from '../docker/tools.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const skip = missing({ programs: ['nginx'] });
const TOTALS = { ada: '1,570,000', bruno: '1,674,700' } as const;
type Person = keyof typeof TOTALS;

async function start(t: TestContext): Promise<{ gateway: Gateway; browser: Browser } | undefined> {
  const executable = chromiumPath(t);
  if (!executable) return undefined;
  return { gateway: await startGateway(t), browser: await launchChromium(t, executable) };
}

const newPage = async (browser: Browser) => (await browser.newContext({ locale: 'en-US' })).newPage();
const shows = (page: Page, person: Person) => page.getByText(TOTALS[person], { exact: true }).waitFor();
const choose = (page: Page, person: Person) => page.getByRole('link', { name: person }).click();

test('a page behind nginx leads to the portal’s sign-in and back, with the numbers of whoever signed in', {
  skip,
}, async (t) => {
  const bench = await start(t);
  if (!bench) return;
  for (const person of ['ada', 'bruno'] as const) {
    const page = await newPage(bench.browser);
    await page.goto(`${bench.gateway.origin}/sales?a=1&b=2`);
    await choose(page, person);
    await shows(page, person);
    assert.equal(page.url(), `${bench.gateway.origin}/sales?a=1&b=2`);
    await page.context().close();
  }
});

test('a sign-out goes on to the portal’s, and the page leads to its sign-in', { skip }, async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const page = await newPage(bench.browser);
  await page.goto(bench.gateway.origin);
  await choose(page, 'ada');
  await shows(page, 'ada');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Portal sign-in' }).waitFor();
});

test('another user at the portal, in another tab: the page comes back with the other’s numbers', {
  skip,
}, async (t) => {
  const bench = await start(t);
  if (!bench) return;
  const page = await newPage(bench.browser);
  await page.goto(bench.gateway.origin);
  await choose(page, 'ada');
  await shows(page, 'ada');
  const tab = await page.context().newPage();
  await tab.goto(`${bench.gateway.origin}/sign-in?user=bruno&rd=/`);
  await shows(tab, 'bruno');
  await page.reload();
  await shows(page, 'bruno');
  assert.equal(await page.getByText(TOTALS.ada, { exact: true }).count(), 0);
});
