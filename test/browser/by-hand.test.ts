import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missing } from '../docker/tools.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { createGatewayService, PROXY_SECRET } from '../support/gateway-service.ts';
import { aroundHttp, nginxFolder, runNginx } from '../support/nginx.ts';
import { startRealProvider } from '../support/oidc-provider.ts';
import { createTestService, freePort } from '../support/test-service.ts';

const skip = missing({ programs: ['nginx'] });

/** A tab of a new browser, and what its pages were not allowed to do. */
async function newTab(t: TestContext): Promise<{ page: Page; faults: string[] } | undefined> {
  const executable = chromiumPath(t);
  if (!executable) return undefined;
  const browser = await launchChromium(t, executable);
  const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  return { page, faults };
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

test('with OpenID Connect, /login opened by hand ends at a page that says who is signed in and has a token', async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const { page, faults } = tab;
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const idp = await startRealProvider(t, { serviceOrigin: origin, host: '127.0.0.1' });
  const service = await createTestService(t, { port, env: idp.env });
  await service.listen();

  await page.goto(`${origin}/login`);
  await page.getByRole('button', { name: 'ada' }).click();
  await heading(page, 'Signed in as Ada');
  assert.equal(page.url(), `${origin}/`);
  await page.getByText('All is well').waitFor();
  await page.getByText('ada (subject)').waitFor();
  assert.equal(service.mints(), 1);

  // The provider still knows who it is.
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await heading(page, 'Signed in as Ada');
  assert.equal(service.mints(), 1);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await heading(page, 'You are not signed in');
  assert.equal(page.url(), `${origin}/`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'bruno' }).click();
  await heading(page, 'Signed in as Bruno');
  assert.deepEqual(faults, []);
});

test('with OpenID Connect, the page says why somebody gets no token', async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const { page } = tab;
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const idp = await startRealProvider(t, { serviceOrigin: origin, host: '127.0.0.1' });
  idp.signsIn = 'nobody-in-qlik';
  const service = await createTestService(t, { port, env: idp.env });
  await service.listen();

  await page.goto(`${origin}/login`);
  await heading(page, 'Signed in as Nobody-in-qlik');
  await page.getByText('There is no token for Qlik Cloud.').waitFor();
  await page.getByText('user_not_mapped', { exact: true }).waitFor();
});

test('behind nginx, /login opened by hand ends at the portal where / is the portal’s', {
  skip,
}, async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const { page } = tab;
  const gateway = await startGateway(t);
  await page.goto(`${gateway.origin}/login`);
  await page.getByRole('link', { name: 'ada' }).click();
  await heading(page, 'Portal');
  assert.equal(page.url(), `${gateway.origin}/`);
});

test('behind nginx, the page says whom the gateway names where / is the service’s', { skip }, async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const { page, faults } = tab;
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const service = await createGatewayService(t, { env: { PUBLIC_URL: origin } });
  const upstream = await service.listen();
  const folder = nginxFolder();
  const server = `server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass ${upstream};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-User ada;
    proxy_set_header X-Forwarded-Name "Ada of the portal";
    proxy_set_header X-Proxy-Secret ${PROXY_SECRET};
  }
}`;
  await runNginx(t, folder, aroundHttp(folder, server), port);

  await page.goto(origin);
  await page.getByText('The gateway names ada, who has no session here yet.').waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await heading(page, 'Signed in as Ada of the portal');
  await page.getByText('All is well').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await heading(page, 'You are not signed in');

  // The same by the address that people try.
  await page.goto(`${origin}/login`);
  await heading(page, 'Signed in as Ada of the portal');
  assert.deepEqual(faults, []);
});

test('in the demo, it ends at the demo portal', async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const service = await createTestService(t);
  await service.listen();
  await tab.page.goto(`${service.origin}/login`);
  await tab.page.getByRole('button', { name: 'Ada' }).click();
  await tab.page.locator('#qlik-user').filter({ hasText: 'Ada Lindqvist' }).waitFor();
  assert.equal(tab.page.url(), `${service.origin}/`);
});

test('an address where nothing is, and one for scripts, say so in a tab, mint nothing and lead on', async (t) => {
  const tab = await newTab(t);
  if (!tab) return;
  const { page, faults } = tab;
  const service = await createTestService(t);
  await service.listen();
  const [name = '', value = ''] = (await service.login('ada')).split('=');
  await page.context().addCookies([{ name, value, url: service.origin }]);

  for (const [path, status, words] of [
    ['/nothing', 404, 'There is nothing here'],
    ['/logout', 405, 'This address is not for people'],
    ['/qlik-token', 403, 'This address is not for people'],
    ['/session', 403, 'This address is not for people'],
  ] as const) {
    const response = await page.goto(service.origin + path);
    assert.equal(response?.status(), status, path);
    await heading(page, words);
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.equal(overflow, 0, `${path} at ${width}`);
    }
  }
  assert.equal(service.mints(), 0);
  await page.getByRole('link', { name: 'Go to the start page' }).click();
  await page.locator('#qlik-user').filter({ hasText: 'Ada Lindqvist' }).waitFor();
  assert.deepEqual(faults, []);
});
