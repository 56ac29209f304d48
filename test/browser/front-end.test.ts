import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { call } from '../sandbox/tenant-client.ts';
import { bundleSnippets } from '../support/bundle-snippets.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type Portal, serveCdn, startPortal } from '../support/portal.ts';
import { snippetsOf } from '../support/snippets.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const APP_ELEMENT = '<div id="root"></div><script type="module" src="/main.js"></script>';
const USERS = [
  { name: 'Ada Lindqvist', total: '1,570,000' },
  { name: 'Bruno', total: '1,674,700' },
] as const;
const [ADA, BRUNO] = USERS;

/** What is at work for one case: a portal, the service, a tenant behind it, and a browser. */
interface Bench {
  readonly browser: Browser;
  readonly portal: Portal;
  readonly service: TestService;
  /** A snippet's text, with the addresses of this bench in the place of those in the docs. */
  text(name: string): string;
}

/** A way to use some snippets of a page of the docs. */
interface Case {
  readonly name: string;
  readonly page: string;
  readonly snippets: readonly string[];
  /** Where the portal is, as a browser calls it; default `localhost`. */
  readonly host?: string;
  readonly env?: () => Record<string, string>;
  run(bench: Bench): Promise<void>;
}

const cases: Case[] = [
  {
    name: 'one tag shows each user their chart, and signs them out',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp'],
    async run(bench) {
      bench.portal.files = { '/': bench.text('one-tag') };
      for (const { name, total } of USERS) {
        const { page, faults } = await visit(bench);
        await login(page, name);
        await page.getByText(total, { exact: true }).waitFor();
        assert.deepEqual(faults, []);
      }
      const { page } = await visit(bench);
      for (const { name, total } of USERS) {
        await login(page, name);
        await page.getByText(total, { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
      }
    },
  },
  {
    name: 'Qlik’s own tag beside the helper’s',
    page: 'front-end.md',
    snippets: ['own-tag', 'csp'],
    async run(bench) {
      bench.portal.files = { '/': bench.text('own-tag') };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'Qlik’s own tag deferred, beside the helper’s as a module',
    page: 'front-end.md',
    snippets: ['own-tag', 'csp'],
    async run(bench) {
      const html = replaced(bench.text('own-tag'), [
        ['<script src="/qlik-token.js"', '<script type="module" src="/qlik-token.js"'],
        ['<script src="https', '<script defer src="https'],
      ]);
      bench.portal.files = { '/': html };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'Qlik’s own tag with data-access-token-storage shows the user before: never use it',
    page: 'front-end.md',
    snippets: ['own-tag', 'csp'],
    async run(bench) {
      bench.portal.files = {
        '/': replaced(bench.text('own-tag'), [
          ['data-host', 'data-access-token-storage="session" data-host'],
        ]),
        '/other': '<form method="post" action="/logout"><button>Sign out</button></form>',
      };
      const elsewhere = await visit(bench);
      await login(elsewhere.page, ADA.name);
      const { page } = await visit(bench);
      await login(page, ADA.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      await page.goto(`${bench.portal.origin}/other`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(`${bench.portal.origin}/login`);
      await login(page, BRUNO.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
    },
  },
  {
    name: 'when the tenant revokes the token, the chart comes back with a fresh one, in the same page',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp'],
    async run(bench) {
      const { portal, service } = bench;
      portal.files = { '/': bench.text('one-tag') };
      const { page } = await visit(bench);
      await login(page, ADA.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      await page.evaluate('globalThis.same = true');
      const token = await page.evaluate("fetch('/qlik-token').then((answer) => answer.json())");
      await call(`${service.sandbox.url}/oauth/revoke`, {
        method: 'POST',
        body: { token: (token as { access_token: string }).access_token },
      });
      await until(() => service.mints() === 2);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      assert.equal(await page.evaluate('same'), true);
    },
  },
  {
    name: 'when the user signs out in another tab, the chart goes, and the page asks who one is',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp'],
    async run(bench) {
      const { portal } = bench;
      portal.files = { '/': bench.text('one-tag') };
      const { page, context } = await visit(bench);
      await login(page, ADA.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      const other = await context.newPage();
      await other.goto(portal.origin);
      await other.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${portal.origin}/login?**`);
      await login(page, BRUNO.name);
      await page.getByText(BRUNO.total, { exact: true }).waitFor();
    },
  },
  {
    name: 'when the tenant is down at first, the chart comes once it is back, in the same page',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp'],
    async run(bench) {
      const { portal, service } = bench;
      portal.files = { '/': bench.text('one-tag') };
      const { page } = await visit(bench);
      service.sandbox.faults.add({
        match: { path: '/oauth/token' },
        effect: { type: 'status', status: 503 },
      });
      const refused = page.waitForResponse(
        (answer) => answer.url().endsWith('/qlik-token') && answer.status() === 503,
      );
      await login(page, ADA.name);
      await refused;
      service.sandbox.faults.clear();
      await page.getByText(ADA.total, { exact: true }).waitFor();
    },
  },
  {
    name: '@qlik/api evaluates an expression',
    page: 'front-end.md',
    snippets: ['api-page', 'sales.js', 'qlik-host.js', 'csp'],
    async run(bench) {
      bench.portal.files = {
        '/': bench.text('api-page'),
        '/sales.js': bench.text('sales.js'),
        '/qlik-host.js': bench.text('qlik-host.js'),
      };
      await seesOwnTotal(bench, (total) => total.replaceAll(',', ''));
    },
  },
  {
    name: '@qlik/api in a page that signs in by itself: it goes on where it was, with one token',
    page: 'front-end.md',
    snippets: ['api-page', 'sales.js', 'qlik-host.js', 'csp'],
    async run(bench) {
      const { portal, service } = bench;
      portal.files = {
        '/': bench.text('api-page'),
        '/sales.js': bench.text('sales.js'),
        '/qlik-host.js': replaced(bench.text('qlik-host.js'), [
          ['createTokenProvider()', `createTokenProvider({ onSignInRequired: ${SIGN_IN_BY_FETCH} })`],
        ]),
      };
      const context = await bench.browser.newContext();
      await serveCdn(context);
      const page = await context.newPage();
      const asked: string[] = [];
      page.on('request', (request) => {
        const { pathname } = new URL(request.url());
        if (pathname === '/qlik-token') asked.push(request.method());
        if (request.isNavigationRequest()) asked.push(pathname);
      });
      await page.goto(portal.origin);
      await page.getByText(ADA.total.replaceAll(',', ''), { exact: true }).waitFor();
      // First nobody is signed in. Once somebody is, no token is said to be refused.
      assert.deepEqual(asked, ['/', 'GET', 'GET']);
      assert.equal(service.mints(), 1);
    },
  },
  {
    name: 'Qlik’s libraries in one page share one token; more calls ask the tenant once, and change nothing',
    page: 'front-end.md',
    snippets: ['one-tag', 'api-page', 'sales.js', 'qlik-host.js', 'csp'],
    async run(bench) {
      const { portal, service } = bench;
      portal.files = {
        '/': replaced(bench.text('api-page'), [['</html>', bench.text('one-tag')]]),
        '/sales.js': bench.text('sales.js'),
        '/qlik-host.js': bench.text('qlik-host.js'),
      };
      const { page } = await visit(bench);
      await login(page, ADA.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      await page.getByText('1570000', { exact: true }).waitFor();
      const asked: string[] = [];
      page.on('request', (request) => {
        if (request.url() === `${portal.origin}/qlik-token`) asked.push(request.method());
      });
      await page.reload();
      await page.getByText(ADA.total, { exact: true }).waitFor();
      await page.getByText('1570000', { exact: true }).waitFor();
      assert.deepEqual(asked, ['GET']);

      const judged = () => service.sandbox.calls.count({ path: '/api/v1/users/me', method: 'GET' });
      const before = judged();
      const tokens = new Set<string>();
      for (let n = 0; n < 3; n += 1) tokens.add(await page.evaluate('getAccessToken()'));
      assert.deepEqual(asked, ['GET', 'POST', 'POST', 'POST']);
      assert.equal(tokens.size, 1);
      assert.equal(judged() - before, 1);
      assert.equal(service.mints(), 1);
    },
  },
  {
    name: '@qlik/embed-react, bundled with the helper from this package',
    page: 'front-end.md',
    snippets: ['from-the-package', 'qlik-host.js', 'main.jsx', 'csp'],
    async run(bench) {
      const host = replaced(bench.text('qlik-host.js'), [
        ["import { createTokenProvider } from '/qlik-token.js';\n", bench.text('from-the-package')],
      ]);
      const files = { 'main.jsx': bench.text('main.jsx'), 'qlik-host.js': host };
      bench.portal.files = { '/': APP_ELEMENT, '/main.js': await bundleSnippets('main.jsx', files) };
      await seesOwnTotal(bench);
    },
  },
  {
    name: '@qlik/embed-react, bundled without the package, with the global function',
    page: 'front-end.md',
    snippets: ['qlik-host.js', 'main.jsx', 'csp'],
    async run(bench) {
      const host = replaced(bench.text('qlik-host.js'), [
        ["import { createTokenProvider } from '/qlik-token.js';\n\n", ''],
        ['const getAccessToken = createTokenProvider();\n', ''],
        ['getAccessToken: takeToken', "getAccessToken: 'getAccessToken'"],
      ]);
      const files = { 'main.jsx': bench.text('main.jsx'), 'qlik-host.js': host };
      bench.portal.files = {
        '/': `<script src="/qlik-token.js" data-global="getAccessToken"></script>${APP_ELEMENT}`,
        '/main.js': await bundleSnippets('main.jsx', files),
      };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'Vue, compiled with the options of its configuration',
    page: 'front-end.md',
    snippets: ['one-tag', 'vite.config.js', 'App.vue', 'csp'],
    async run(bench) {
      const config = await bundleSnippets('vite.config.js', {
        'vite.config.js': bench.text('vite.config.js'),
        vite: 'export const defineConfig = (config) => config;',
        '@vitejs/plugin-vue': 'export default (options) => options;',
      });
      const { default: given } = await import(`data:text/javascript,${encodeURIComponent(config)}`);
      const { compilerOptions } = given.plugins[0].template;
      assert.ok(compilerOptions.isCustomElement('qlik-embed'));
      assert.ok(!compilerOptions.isCustomElement('sales-page'));
      const main =
        "import { createApp } from 'vue'; import App from './App.vue'; createApp(App).mount('#root');";
      const files = { 'main.js': main, 'App.vue': bench.text('App.vue') };
      const script = await bundleSnippets('main.js', files, compilerOptions);
      assert.ok(!/resolveComponent\w*\("qlik-embed"/.test(script), 'it is no component to be resolved');
      await showsTheNextChart(bench, script);
    },
  },
  {
    name: 'Angular’s component, rendered by a stand-in',
    page: 'front-end.md',
    snippets: ['one-tag', 'sales.component.ts', 'csp'],
    async run(bench) {
      const main = `import { render } from '@angular/core'; import { SalesComponent } from './sales.component.ts';
        render(SalesComponent, document.querySelector('#root'));`;
      const files = {
        'main.ts': main,
        'sales.component.ts': bench.text('sales.component.ts'),
        '@angular/core': ANGULAR,
      };
      await showsTheNextChart(bench, await bundleSnippets('main.ts', files));
    },
  },
  {
    name: 'a page with its own messages and its own way to the sign-in',
    page: 'front-end.md',
    snippets: ['portal.html', 'portal.js', 'csp'],
    env: () => {
      const file = join(mkdtempSync(join(tmpdir(), 'users-')), 'users.json');
      const users = ['ada', 'bruno', 'stranger'].map((id) => ({ id, name: id }));
      writeFileSync(file, JSON.stringify(users));
      return { DEMO_USERS: file };
    },
    async run(bench) {
      const { portal } = bench;
      portal.files = { '/': bench.text('portal.html'), '/portal.js': bench.text('portal.js') };
      const { page, context, faults } = await visit(bench);
      await page.getByRole('link', { name: 'Sign in to see your charts' }).click();
      await login(page, 'ada');
      await page.getByText(ADA.total, { exact: true }).waitFor();
      assert.equal(page.url(), `${portal.origin}/`);
      assert.equal(await page.getByRole('link').count(), 0);

      const other = await context.newPage();
      await other.goto(`${portal.origin}/login`);
      await login(other, 'bruno');
      page.evaluate('getAccessToken()').catch(() => {}); // which goes away with its page
      await page.getByText(BRUNO.total, { exact: true }).waitFor();
      assert.deepEqual(faults, []);

      const stranger = await visit(bench);
      await stranger.page.getByRole('link').click();
      await login(stranger.page, 'stranger');
      const message = stranger.page
        .getByRole('alert')
        .filter({ hasText: 'You have no account in Qlik yet.' });
      await message.waitFor();
      assert.match((await message.getAttribute('title')) ?? '', /^Request \S+/);
    },
  },
  {
    name: 'under a policy with nonces, the one tag with its nonce',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp-nonce'],
    async run(bench) {
      const html = replaced(bench.text('one-tag'), [['<script', '<script nonce="q83JxT0mVb5c"']]);
      bench.portal.files = { '/': html };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'with Trusted Types, too, with a policy for Qlik’s own script',
    page: 'front-end.md',
    snippets: ['one-tag', 'csp-nonce', 'trusted-types.js'],
    async run(bench) {
      const html = replaced(bench.text('one-tag'), [
        [
          '<script',
          '<script nonce="q83JxT0mVb5c" src="/trusted-types.js"></script><script nonce="q83JxT0mVb5c"',
        ],
      ]);
      bench.portal.policy += "; require-trusted-types-for 'script'; trusted-types qlik-token-broker default";
      bench.portal.files = { '/': html, '/trusted-types.js': bench.text('trusted-types.js') };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'in a frame, a page that signs in in a window of its own',
    page: 'front-end.md',
    snippets: ['portal.html', 'framed.js', 'signed-in.html', 'signed-in.js', 'csp'],
    async run(bench) {
      const { portal } = bench;
      portal.files = {
        '/': '<iframe src="/framed" width="800" height="600"></iframe>',
        '/framed': replaced(bench.text('portal.html'), [['/portal.js', '/framed.js']]),
        '/framed.js': bench.text('framed.js'),
        '/signed-in.html': bench.text('signed-in.html'),
        '/signed-in.js': bench.text('signed-in.js'),
      };
      portal.policy += "; frame-src 'self'";
      const { page, context } = await visit(bench);
      const framed = page.frameLocator('iframe');
      const opened = context.waitForEvent('page');
      await framed.getByRole('link', { name: 'Sign in to see your charts' }).click();
      const popup = await opened;
      await login(popup, ADA.name);
      await framed.getByText(ADA.total, { exact: true }).waitFor();
      await until(() => popup.isClosed());
      assert.equal(await framed.getByRole('link').count(), 0);
    },
  },
  {
    name: 'a service worker that leaves the sign-in to the network, and one that does not',
    page: 'front-end.md',
    snippets: ['one-tag', 'service-worker.js', 'csp'],
    async run(bench) {
      const { portal } = bench;
      const worker = bench.text('service-worker.js');
      const takesAll = replaced(worker, [[' || OF_THE_SERVICE.test(pathname)', '']]);
      portal.files = { '/': bench.text('one-tag'), '/empty': '', '/takes-all.js': takesAll };
      portal.files['/service-worker.js'] = worker;
      const open = async (script: string) => {
        const { page, said } = await visit(bench, '/empty');
        await page.evaluate(`caches.open('app').then((cache) => cache.add('/'))`);
        await page.evaluate(`navigator.serviceWorker.register('${script}')`);
        await page.evaluate('navigator.serviceWorker.ready.then(() => {})');
        await page.goto(portal.origin);
        return { page, said };
      };
      const { page } = await open('/service-worker.js');
      await login(page, ADA.name);
      await page.getByText(ADA.total, { exact: true }).waitFor();
      assert.equal(await page.evaluate('navigator.serviceWorker.controller !== null'), true);

      const { said } = await open('/takes-all.js');
      await until(() => said.some((line) => line.includes('(sign_in_intercepted)')));
    },
  },
  {
    name: 'a page of another origin of the same site',
    page: 'other-origin.md',
    snippets: ['settings', 'one-tag', 'session.js', 'csp'],
    async run(bench) {
      const { portal, service } = bench;
      portal.files = { '/': bench.text('one-tag'), '/session.js': bench.text('session.js') };
      assert.notEqual(portal.origin, service.origin);
      for (const { name, total } of USERS) {
        const { page, faults } = await visit(bench);
        await login(page, name);
        await page.getByText(total, { exact: true }).waitFor();
        await page.locator('#user').filter({ hasText: name }).waitFor();
        assert.equal(page.url(), `${portal.origin}/`);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(`${service.origin}/login?**`);
        assert.deepEqual(faults, []);
      }
    },
  },
  {
    name: 'with SESSION_SAME_SITE=strict, too',
    page: 'other-origin.md',
    snippets: ['settings', 'one-tag', 'session.js', 'csp'],
    env: () => ({ SESSION_SAME_SITE: 'strict' }),
    async run(bench) {
      bench.portal.files = { '/': bench.text('one-tag'), '/session.js': bench.text('session.js') };
      await seesOwnTotal(bench);
    },
  },
  {
    name: 'a listed page of another site: one trip to the sign-in, then it says why not',
    page: 'other-origin.md',
    snippets: ['settings', 'one-tag', 'csp'],
    host: '127.0.0.1',
    async run(bench) {
      const { portal, service } = bench;
      portal.files = { '/': bench.text('one-tag'), '/session.js': '' };
      const { page, said } = await visit(bench);
      await login(page, ADA.name);
      await until(() => said.some((line) => line.includes('(sign_in_failed)')));
      assert.equal(page.url(), `${portal.origin}/`);
      assert.equal(service.mints(), 0);
    },
  },
  {
    name: 'a page of an origin that is not listed gets nothing',
    page: 'other-origin.md',
    snippets: ['settings', 'one-tag', 'csp'],
    env: () => ({ ALLOWED_ORIGINS: 'http://localhost:1' }),
    async run(bench) {
      const { portal, service } = bench;
      portal.files = { '/': bench.text('one-tag'), '/session.js': '', '/empty': '' };
      const { page, context } = await visit(bench, '/empty');
      const own = await context.newPage();
      await own.goto(`${service.origin}/login?returnTo=/session`);
      await login(own, ADA.name);
      await own.waitForURL(`${service.origin}/session`);

      for (const path of ['/qlik-token', '/qlik-config', '/session']) {
        const asked = `fetch('${service.origin}${path}', { credentials: 'include' }).then(() => 'read', () => 'nothing')`;
        assert.equal(await page.evaluate(asked), 'nothing', path);
      }
      const told = `import('${service.origin}/qlik-token.js').then(({ createTokenProvider }) => new Promise((resolve) =>
        createTokenProvider({ timeout: 1000, onError: ({ code }) => resolve(code) })()))`;
      assert.equal(await page.evaluate(told), 'unreachable');
      assert.equal(service.mints(), 0);
      assert.ok(service.logged.some((line) => line.includes('cross_site_refused')));
    },
  },
];

/** By `browser-package.test.ts`, with npm and Vite. */
const RUN_ELSEWHERE = ['install-the-package', 'vite.config.proxy.js', 'vite-with-the-sandbox'];

test('each snippet of the pages for front-end developers has a test', () => {
  for (const page of ['front-end.md', 'other-origin.md']) {
    const used = cases.filter((it) => it.page === page).flatMap(({ snippets }) => snippets);
    if (page === 'front-end.md') used.push(...RUN_ELSEWHERE);
    const written = snippetsOf(page).map(({ id }) => id);
    assert.deepEqual([...new Set(used.map((name) => `${page} ${name}`))].sort(), written.sort());
  }
});

test('the snippets of the pages for front-end developers, in Chromium:', async (t) => {
  const executable = chromiumPath(t);
  if (executable === undefined) return;
  for (const it of cases)
    await t.test(it.name, async (t) => it.run(await start(t, await launchChromium(t, executable), it)));
});

async function start(t: TestContext, browser: Browser, { page, snippets, host, env }: Case): Promise<Bench> {
  const portal = await startPortal(t, host);
  const written = new Map(snippetsOf(page).map(({ id, text }) => [id, text]));
  let service: TestService | undefined;
  const text = (name: string) => {
    assert.ok(snippets.includes(name), name);
    return (written.get(`${page} ${name}`) ?? '')
      .replaceAll('https://portal.example.com', portal.origin)
      .replaceAll('https://broker.example.com', service?.origin ?? portal.origin)
      .replaceAll(/(http|ws)s:\/\/acme\.eu\.qlikcloud\.com/g, (_, scheme) =>
        (service?.sandbox.url ?? '').replace(/^http/, scheme),
      );
  };
  const isElsewhere = snippets.includes('settings');
  const settings = isElsewhere ? settingsOf(text('settings')) : { PUBLIC_URL: portal.origin };
  // The service's own origin is what PUBLIC_URL is when nobody says otherwise.
  if (isElsewhere) delete settings.PUBLIC_URL;
  service = await createTestService(t, {
    env: { ...settings, ...env?.() },
    sandbox: { allowedOrigins: [portal.origin] },
  });
  await service.listen();
  if (!isElsewhere) portal.service = service.origin;
  portal.policy = text(snippets.find((name) => name.startsWith('csp')) ?? 'csp')
    .replace(/^Content-Security-Policy: /, '')
    .replaceAll('\n', '');
  return { browser, portal, service, text };
}

/** The variables of an env file. */
function settingsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('=', 2)),
  );
}

/** As a portal does that signs its users in by itself. */
const SIGN_IN_BY_FETCH = `() => fetch('/login', {
  method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf': '1' }, body: '{"user":"ada"}' })`;

interface Visit {
  page: Page;
  context: BrowserContext;
  /** What the console says. */
  said: string[];
  /** Errors that nobody caught, and breaches of the page's policy. */
  faults: string[];
}

/** Opens the portal in a browser of its own. */
async function visit({ browser, portal }: Bench, path = '/'): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-US' });
  await serveCdn(context);
  const page = await context.newPage();
  const said: string[] = [];
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    said.push(message.text());
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  await page.goto(portal.origin + path);
  return { page, context, said, faults };
}

async function login(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).click();
}

/** Each user, in a browser of their own, is led to the sign-in, and back, and sees what is theirs; later at once. */
async function seesOwnTotal(bench: Bench, written = (total: string) => total): Promise<void> {
  const visits = USERS.map(async ({ name, total }) => {
    const { page, faults } = await visit(bench);
    await login(page, name);
    await page.getByText(written(total), { exact: true }).waitFor();
    faults.length = 0; // of the page that was left for the sign-in
    await page.reload();
    await page.getByText(written(total), { exact: true }).waitFor();
    assert.deepEqual(faults, []);
  });
  await Promise.all(visits);
}

/** A page of a framework, with the helper's one tag in its head. */
async function showsTheNextChart(bench: Bench, script: string): Promise<void> {
  const [tag = ''] = /<script.*<\/script>/.exec(bench.text('one-tag')) ?? [];
  bench.portal.files = { '/': tag + APP_ELEMENT, '/main.js': script };
  await seesOwnTotal(bench);
  const { page } = await visit(bench);
  await login(page, ADA.name);
  await page.getByText(ADA.total, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'By region' }).click();
  await page.getByRole('img', { name: 'Sales by region' }).waitFor();
}

/** With what the docs say to change; each must be there. */
function replaced(text: string, changes: [string, string][]): string {
  return changes.reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `nowhere: ${from}`);
    return changed.replace(from, () => to);
  }, text);
}

/** As much of Angular as one component needs: bindings of attributes and properties, and assignments on a click. */
const ANGULAR = `
  export const CUSTOM_ELEMENTS_SCHEMA = Symbol();
  const components = new Map();
  export const Component = (description) => (type) => { components.set(type, description); };
  export function render(type, host) {
    const { template, schemas = [], selector } = components.get(type);
    const self = new type();
    const holder = document.createElement('template');
    holder.innerHTML = template;
    const updates = [];
    for (const element of holder.content.querySelectorAll('*')) {
      if (element.localName.includes('-') && !schemas.includes(CUSTOM_ELEMENTS_SCHEMA)) throw new Error(element.localName);
      for (const { name, value } of [...element.attributes]) {
        const [, attribute] = /^\\[attr\\.(.+)\\]$/.exec(name) ?? [];
        const [, property] = /^\\[([^.]+)\\]$/.exec(name) ?? [];
        const [, event] = /^\\((.+)\\)$/.exec(name) ?? [];
        if (attribute) updates.push(() => element.setAttribute(attribute, self[value]));
        else if (property) updates.push(() => { element[property] = self[value]; });
        else if (event) element.addEventListener(event, () => {
          const [, field, text] = /^(\\w+) = '(.*)'$/.exec(value);
          self[field] = text;
          for (const update of updates) update();
        });
        else continue;
        element.removeAttribute(name);
      }
    }
    for (const update of updates) update();
    host.append(document.createElement(selector));
    host.lastChild.append(holder.content);
  }`;
