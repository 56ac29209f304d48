import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { call, startSandbox, tokenOf } from '../sandbox/tenant-client.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type EmbedPortal, startEmbedPortal } from '../support/embed-portal.ts';

const APP = '3d2c9e74-8f5d-4aa1-9c43-2e7f90bd5c63';
const TOTAL = { ada: '1,570,000', bruno: '1,674,700' };

function chart(objectId: string, ui = 'analytics/chart'): string {
  return `<qlik-embed ui="${ui}" app-id="${APP}" object-id="${objectId}"></qlik-embed>`;
}

interface Bench {
  sandbox: Sandbox;
  portal: EmbedPortal;
  browser: Browser;
}

async function start(t: TestContext, html: string): Promise<Bench | undefined> {
  const executable = chromiumPath(t);
  if (executable === undefined) return undefined;
  const portal = await startEmbedPortal(t);
  const sandbox = await startSandbox(t, { allowedOrigins: [portal.url] });
  portal.content = { html, host: sandbox.url, clientId: sandbox.impersonationClient.clientId };
  return { sandbox, portal, browser: await launchChromium(t, executable) };
}

/** Opens the page in a browser of its own, with whatever went wrong in it. */
async function open({ browser, portal }: Bench): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 720, height: 900 } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // The two style elements that the unmodified library itself adds.
    if (text.includes('Content Security Policy') && !message.location().url.endsWith('/qlik-embed.js'))
      faults.push(text);
  });
  await page.goto(portal.url);
  return { page, faults };
}

function revoke({ sandbox }: Bench, token: string) {
  return call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token } });
}

test('two users see their own numbers in the same charts', async (t) => {
  const bench = await start(
    t,
    ['total-sales', 'sales-by-region', 'sales-by-month'].map((id) => chart(id)).join(''),
  );
  if (!bench) return;
  const pictures = mkdtempSync(join(tmpdir(), 'embed-'));
  for (const subject of ['ada', 'bruno'] as const) {
    bench.portal.token = await tokenOf(bench.sandbox, subject);
    bench.portal.asked = 0;
    const { page, faults } = await open(bench);
    await page.getByText(TOTAL[subject], { exact: true }).waitFor();
    const regions = page.getByRole('img', { name: 'Sales by region' });
    await regions.waitFor();
    await page.getByRole('img', { name: 'Sales by month' }).waitFor();
    assert.equal(await regions.getByText('Nordics', { exact: true }).count(), subject === 'ada' ? 1 : 0);
    assert.equal(bench.portal.asked, 1, 'the charts share one token');
    assert.deepEqual(faults, []);
    await page.screenshot({ path: join(pictures, `${subject}.png`) });
  }
  t.diagnostic(`screenshots in ${pictures}`);
});

test("another user's token in the page shows that user's numbers", async (t) => {
  const bench = await start(t, chart('total-sales'));
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'ada');
  const { page } = await open(bench);
  await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  bench.portal.token = await tokenOf(bench.sandbox, 'bruno');
  await page.reload();
  await page.getByText(TOTAL.bruno, { exact: true }).waitFor();
  assert.equal(await page.getByText(TOTAL.ada).count(), 0);
});

test('without a valid token there is no chart, until there is one, without a reload', async (t) => {
  const bench = await start(t, chart('total-sales'));
  if (!bench) return;
  for (const token of ['', 'x.y.z']) {
    bench.portal.token = token;
    const { page } = await open(bench);
    await page.getByText('This chart cannot be shown. Qlik did not accept the sign-in.').waitFor();
    assert.equal(await page.getByRole('img').count(), 0);
    bench.portal.token = await tokenOf(bench.sandbox, 'ada');
    await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  }
});

test('a revoked token takes the picture away, and a fresh one of another user brings theirs', async (t) => {
  const bench = await start(t, chart('total-sales') + chart('sales-by-month'));
  if (!bench) return;
  const token = await tokenOf(bench.sandbox, 'ada');
  bench.portal.token = token;
  const { page } = await open(bench);
  await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  await page.getByRole('img', { name: 'Sales by month' }).waitFor();

  bench.portal.token = '';
  await revoke(bench, token);
  await page.getByText('Qlik did not accept the sign-in.').nth(1).waitFor();
  assert.equal(await page.getByRole('img').count(), 0);
  await page
    .locator('body')
    .evaluate((body, html) => body.insertAdjacentHTML('beforeend', html), chart('sales-by-region'));
  await page.getByText('Qlik did not accept the sign-in.').nth(2).waitFor();

  bench.portal.token = await tokenOf(bench.sandbox, 'bruno');
  await page.getByText(TOTAL.bruno, { exact: true }).waitFor();
  await page.getByRole('img', { name: 'Sales by month' }).waitFor();
  await page.getByRole('img', { name: 'Sales by region' }).waitFor();
  assert.equal(await page.getByText(TOTAL.ada).count(), 0);
});

test('when the engine ends, the charts come back by themselves, with the token that the page has', async (t) => {
  const bench = await start(t, chart('total-sales'));
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'ada');
  const { page } = await open(bench);
  await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  bench.sandbox.closeWebSockets(4003);
  await page.getByText('Loading the chart…').waitFor();
  await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  assert.equal(bench.portal.asked, 1);
  assert.equal(bench.sandbox.calls.count({ path: '/app/*', status: 101 }), 2);
});

test('attributes that change show another chart, and what the sandbox lacks says so', async (t) => {
  const bench = await start(t, chart('total-sales') + chart('', 'classic/app'));
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'ada');
  const { page, faults } = await open(bench);
  await page.getByText('The sandbox shows ui="analytics/chart" only, not "classic/app".').waitFor();
  await page.getByText(TOTAL.ada, { exact: true }).waitFor();
  const first = page.locator('qlik-embed').first();
  await first.evaluate((element) => element.setAttribute('object-id', 'sales-by-region'));
  await page.getByRole('img', { name: 'Sales by region' }).waitFor();
  assert.equal(await page.getByText(TOTAL.ada, { exact: true }).count(), 0);
  await first.evaluate((element) => element.setAttribute('object-id', 'no-such-chart'));
  await page.getByText('The app has no such chart.').waitFor();
  await first.evaluate((element) => element.remove());
  assert.equal(await page.getByText('The app has no such chart.').count(), 0);
  assert.deepEqual(faults, []);
});

test('the unmodified @qlik/api in the page reads items, opens the app and evaluates an expression', async (t) => {
  const bench = await start(t, '');
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'bruno');
  const { page, faults } = await open(bench);
  const { host, clientId } = bench.portal.content;
  const seen = await page.evaluate(
    async ({ host, clientId, appId }) => {
      const library = '/qlik-api/index.js';
      const { createQlikApi, qix } = await import(library);
      const hostConfig = { host, clientId, authType: 'oauth2', getAccessToken: 'getAccessToken' };
      const { data } = await createQlikApi({ hostConfig }).items.getItems({ resourceType: 'app' });
      const session = qix.openAppSession({ appId, hostConfig });
      const doc = await session.getDoc();
      const total = await doc.evaluate('Sum(Sales)');
      await session.close({ websocketCloseDelay: 0 });
      return { apps: data.data.map((item: { name: string }) => item.name).sort(), total };
    },
    { host, clientId, appId: APP },
  );
  assert.deepEqual(seen, { apps: ['Americas forecast', 'Sales by region'], total: '1674700' });
  assert.equal(bench.portal.asked, 1);
  assert.deepEqual(faults, []);
});

test('each number of a chart is told to the mouse, to the keyboard and to a finger, and stands in a table', async (t) => {
  const bench = await start(t, chart('sales-by-month') + chart('sales-by-region'));
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'ada');
  const { page } = await open(bench);
  const tip = page.getByRole('tooltip');
  await page.getByRole('img', { name: 'DACH: €951,000' }).hover();
  assert.equal(await tip.textContent(), 'DACH€951,000');
  await page.mouse.move(0, 0);
  await tip.waitFor({ state: 'hidden' });

  await page.getByRole('img', { name: 'January 2025: €96,300' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await tip.textContent(), 'February 2025€109,900');
  await page.keyboard.press('End');
  assert.equal(await tip.textContent(), 'December 2025€171,400');
  await page.keyboard.press('Escape');
  await tip.waitFor({ state: 'hidden' });

  await page.getByText('As a table').first().click();
  await page.getByRole('row', { name: 'January 2025 €96,300' }).waitFor();

  const touch = await bench.browser.newContext({ locale: 'en-US', hasTouch: true });
  const phone = await touch.newPage();
  await phone.goto(bench.portal.url);
  await phone.getByRole('img', { name: 'Nordics: €619,000' }).tap();
  assert.equal(await phone.getByRole('tooltip').textContent(), 'Nordics€619,000');
});

test('months, axes and money are written as people write them', async (t) => {
  const bench = await start(t, chart('sales-by-month') + chart('total-sales'));
  if (!bench) return;
  bench.portal.token = await tokenOf(bench.sandbox, 'ada');
  const { page } = await open(bench);
  const picture = page.getByRole('img', { name: 'Sales by month', exact: true });
  await picture.waitFor();
  const labels = await picture.locator('text').allTextContents();
  assert.deepEqual(labels.slice(0, 7), ['€0', '€50K', '€100K', '€150K', '€200K', 'Jan', '2025']);
  assert.equal(labels.at(-1), 'Dec');
  const total = page.getByRole('img', { name: 'Total sales' }).locator('text');
  assert.equal(await total.textContent(), '€1,570,000');
  assert.equal(await page.getByText('2025-01').count(), 0);
});
