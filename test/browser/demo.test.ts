import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { runBuilt } from '../support/child.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/test-service.ts';

interface Demo {
  readonly url: string;
  readonly browser: Browser;
  readonly pictures: string;
}

async function startDemo(t: TestContext): Promise<Demo | undefined> {
  const executable = chromiumPath(t);
  if (executable === undefined) return undefined;
  const demo = runBuilt(t, 'dist/cli/main.js', ['demo', '--port', String(await freePort())]);
  const [, url = ''] = await demo.printed(/Demo portal\s+(\S+)/);
  return {
    url,
    browser: await launchChromium(t, executable),
    pictures: mkdtempSync(join(tmpdir(), 'portal-')),
  };
}

/** A browser of its own: other cookies, and whatever went wrong in it. */
async function visitor({ browser, url }: Demo): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

async function login(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.locator('#qlik-user').filter({ hasNotText: '…' }).waitFor();
}

test('two users in two browsers each see who Qlik takes them for, and their own spaces', async (t) => {
  const demo = await startDemo(t);
  if (!demo) return;
  const [ada, bruno] = [await visitor(demo), await visitor(demo)];

  await login(ada.page, 'Ada Lindqvist');
  await login(bruno.page, 'Bruno');

  assert.equal(await ada.page.locator('#qlik-user').textContent(), 'Ada Lindqvist');
  assert.match((await bruno.page.locator('#qlik-user').textContent()) ?? '', /^Bruno/);
  await ada.page.locator('#spaces li').first().waitFor();
  await bruno.page.locator('#spaces li').first().waitFor();
  assert.match((await ada.page.locator('#token-life').textContent()) ?? '', /^5 h 59 min|^6 h 0 min/);
  assert.deepEqual([...ada.faults, ...bruno.faults], []);

  await ada.page.screenshot({ path: join(demo.pictures, 'ada.png'), fullPage: true });
  await bruno.page.emulateMedia({ colorScheme: 'dark' });
  await bruno.page.setViewportSize({ width: 390, height: 844 });
  await bruno.page.screenshot({ path: join(demo.pictures, 'bruno.png'), fullPage: true });
  t.diagnostic(`screenshots in ${demo.pictures}`);
});

test('when the tenant has revoked the token, the page gets another without being reloaded', async (t) => {
  const demo = await startDemo(t);
  if (!demo) return;
  const { page, faults } = await visitor(demo);
  await login(page, 'Ada Lindqvist');

  await page.getByRole('button', { name: 'Revoke my token' }).click();

  await page.getByText('The service handed out a fresh token.').waitFor();
  await page
    .getByText(/^Qlik answered: Ada/)
    .nth(1)
    .waitFor();
  assert.deepEqual(faults, []);
});

test('a token that is revoked a second time right after the first is replaced as quickly', async (t) => {
  const demo = await startDemo(t);
  if (!demo) return;
  const { page } = await visitor(demo);
  await login(page, 'Ada Lindqvist');
  for (let time = 1; time <= 2; time += 1) {
    await page
      .getByText(/^Qlik answered: Ada/)
      .nth(time - 1)
      .waitFor();
    await page.waitForTimeout(1_500);
    await page.getByRole('button', { name: 'Revoke my token' }).click();
    await page
      .getByText('The service handed out a fresh token.')
      .nth(time - 1)
      .waitFor();
  }
  await page
    .getByText(/^Qlik answered: Ada/)
    .nth(2)
    .waitFor();
  assert.equal(await page.getByText('Qlik is back.').count(), 0);
  assert.equal(await page.getByText('The service handed out the same token').count(), 0);
});

test('who goes back after signing out is at the sign-in, and nobody blames cookies', async (t) => {
  const demo = await startDemo(t);
  if (!demo) return;
  const { page } = await visitor(demo);
  await login(page, 'Ada Lindqvist');
  const signIn = page.getByRole('heading', { name: 'Sign in to the demo portal' });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn.waitFor();
  await page.goBack();
  await signIn.waitFor();
  assert.equal(await page.getByText('cookies').count(), 0);
});

test('after signing out the page asks who one is, and another user sees their own name', async (t) => {
  const demo = await startDemo(t);
  if (!demo) return;
  const { page, faults } = await visitor(demo);
  await login(page, 'Ada Lindqvist');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to the demo portal' }).waitFor();
  await page.screenshot({ path: join(demo.pictures, 'sign-in.png') });
  t.diagnostic(`screenshots in ${demo.pictures}`);
  await login(page, 'Bruno');

  assert.match((await page.locator('#qlik-user').textContent()) ?? '', /^Bruno/);
  assert.deepEqual(faults, []);
});
