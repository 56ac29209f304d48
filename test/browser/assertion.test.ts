import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { type AssertionPortal, startAssertionPortal } from '../support/assertion-portal.ts';
import { chromiumPath, launchChromium, launchWithPreferences } from '../support/chromium.ts';
import { serveCdn } from '../support/portal.ts';
import { until } from '../support/until.ts';

const TOTALS = { ada: '1,570,000', bruno: '1,674,700' } as const;

const shows = (page: Page, user: keyof typeof TOTALS) =>
  page.getByText(TOTALS[user], { exact: true }).waitFor();

interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that nobody caught, and what the console complains about. */
  readonly faults: string[];
}

async function open(context: BrowserContext, url: string): Promise<Visit> {
  await serveCdn(context);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(url);
  return { page, context, faults };
}

test('a page on another origin that posts its portal’s assertions, in Chromium:', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const visit = async (t: TestContext, portal: AssertionPortal) => {
    const browser = await launchChromium(t, executable);
    return open(await browser.newContext({ locale: 'en-US' }), portal.origin);
  };

  await t.test('each user sees their numbers, with one assertion however often they come', async (t) => {
    const portal = await startAssertionPortal(t);
    for (const user of ['ada', 'bruno'] as const) {
      portal.user = user;
      portal.signed = 0;
      const { page } = await visit(t, portal);
      await shows(page, user);
      await page.reload();
      await shows(page, user);
      assert.equal(portal.signed, 1);
      assert.equal(page.url(), `${portal.origin}/`);
    }
  });

  await t.test('when the session is gone it signs in again, and goes on as it is', async (t) => {
    const portal = await startAssertionPortal(t);
    const { page, context } = await visit(t, portal);
    await shows(page, 'ada');
    await page.evaluate('globalThis.same = true');
    const mints = portal.service.mints();
    // In another tab; with the last session the token is revoked, so that the chart needs another.
    const other = await context.newPage();
    await other.goto(`${portal.origin}/signed-out`);
    portal.user = 'ada';
    await other.evaluate(`fetch('${portal.broker}/logout', { method: 'POST', credentials: 'include' })`);
    await until(() => portal.service.mints() === mints + 1);
    await shows(page, 'ada');
    assert.equal(await page.evaluate('same'), true);
    assert.equal(portal.signed, 2);
  });

  await t.test('a sign-out by fetch ends the session, in both places', async (t) => {
    const portal = await startAssertionPortal(t);
    const { page } = await visit(t, portal);
    await shows(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
    const asked = `fetch('${portal.broker}/session', { credentials: 'include' }).then(({ status }) => status)`;
    assert.equal(await page.evaluate(asked), 401);
    await until(() => portal.service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  await t.test('somebody else at the portal never gets the session that was left behind', async (t) => {
    const portal = await startAssertionPortal(t);
    const { page } = await visit(t, portal);
    await shows(page, 'ada');
    portal.user = 'bruno';
    await page.goto(portal.origin);
    await shows(page, 'bruno');
    portal.user = undefined;
    const { page: nobody, faults } = await open(page.context(), portal.origin);
    assert.equal(await nobody.evaluate('getAccessToken()'), '');
    assert.ok(faults.some((fault) => fault.includes('No assertion (401)')));
  });

  await t.test('a page that leaves the sign-in to the helper is loaded anew, and signs in', async (t) => {
    const portal = await startAssertionPortal(t);
    const script = portal.files['/session.js'] as string;
    portal.files['/session.js'] = script.replace('{ onSignInRequired: signIn }', '');
    assert.notEqual(portal.files['/session.js'], script);
    const { page } = await visit(t, portal);
    await shows(page, 'ada');
    await page.evaluate('globalThis.same = true');
    await page.evaluate(`fetch('${portal.broker}/logout', { method: 'POST', credentials: 'include' })`);
    await until(async () => (await page.evaluate('typeof same').catch(() => '')) === 'undefined');
    await shows(page, 'ada');
    assert.equal(page.url(), `${portal.origin}/`);
  });

  await t.test('one that is not listed opens no session, and its assertion stays unused', async (t) => {
    const portal = await startAssertionPortal(t, { env: { ALLOWED_ORIGINS: 'http://localhost:1' } });
    const { page, context } = await visit(t, portal);
    assert.equal(await page.evaluate('getAccessToken()'), '');
    assert.deepEqual(await context.cookies(portal.broker), []);
    assert.equal(portal.service.entries('login.refused').length, 0);
  });
});

const SITES = ['portal.test', 'broker.test'] as const;

/** A browser that blocks third-party cookies, as its user can tell it to. */
function launchStrict(t: TestContext, executablePath: string): Promise<BrowserContext> {
  const preferences = { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } };
  return launchWithPreferences(t, executablePath, preferences, SITES);
}

test('a page of another site, in a Chromium that blocks third-party cookies:', async (t) => {
  // The headless shell has no such preferences.
  const executable = chromiumPath(t, 'chromium');
  if (!executable) return;
  const start = async (t: TestContext, sameSite: string) => {
    const env = { SESSION_SAME_SITE: sameSite };
    const portal = await startAssertionPortal(t, { sites: SITES, env });
    return { portal, ...(await open(await launchStrict(t, executable), portal.origin)) };
  };

  await t.test('with SESSION_SAME_SITE=none it has its session, and signs out', async (t) => {
    const { portal, page, context } = await start(t, 'none');
    await shows(page, 'ada');
    await page.reload();
    await shows(page, 'ada');
    assert.equal(portal.signed, 1);
    const [cookie, ...others] = await context.cookies(portal.broker);
    assert.deepEqual([cookie?.name, others], ['__Host-qlik_token_broker', []]);
    assert.deepEqual([cookie?.sameSite, cookie?.secure, cookie?.httpOnly], ['None', true, true]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
    assert.deepEqual(await context.cookies(portal.broker), []);
    await until(() => portal.service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  await t.test('its session is kept apart from that of the service’s own pages', async (t) => {
    const { portal, page, context } = await start(t, 'none');
    await shows(page, 'ada');
    const own = await context.newPage();
    await own.goto(`${portal.broker}/session`);
    const sent = portal.cookies.filter(([path]) => path === '/session').map(([, cookie]) => cookie);
    assert.deepEqual(sent.at(-1), undefined);
    await page.evaluate(`fetch('${portal.broker}/session', { credentials: 'include' })`);
    assert.match(String(portal.cookies.at(-1)), /^\/session,__Host-/);
  });

  await t.test('any other cookie of the service is not sent: the browser does block them', async (t) => {
    const { portal, page, context } = await start(t, 'none');
    await shows(page, 'ada');
    const { hostname: domain } = new URL(portal.broker);
    const plain = { name: 'plain', value: '1', domain, path: '/', secure: true, sameSite: 'None' } as const;
    await context.addCookies([plain]);
    const own = await context.newPage();
    await own.goto(`${portal.broker}/livez`);
    assert.deepEqual(
      portal.cookies.find(([path]) => path === '/livez'),
      ['/livez', 'plain=1'],
    );
    await page.evaluate(`fetch('${portal.broker}/session', { credentials: 'include' })`);
    const [path, sent] = portal.cookies.at(-1) ?? [];
    assert.equal(path, '/session');
    assert.match(String(sent), /^__Host-qlik_token_broker=[^;]+$/);
  });

  await t.test('with the default it has none: it signs in once, and says why not', async (t) => {
    const { portal, page, faults } = await start(t, 'lax');
    await until(() => faults.some((fault) => fault.includes('(sign_in_failed)')));
    assert.equal(portal.signed, 2);
    assert.equal(await page.evaluate('getAccessToken()'), '');
    assert.equal(portal.signed, 2);
    assert.equal(portal.service.mints(), 0);
  });
});
