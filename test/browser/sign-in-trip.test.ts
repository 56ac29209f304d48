import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, launchChromium, launchWithPreferences } from '../support/chromium.ts';
import { type HelperPage, openHelperPage, problem } from '../support/helper-page.ts';

const signedOut = () => problem(401, 'session_required');

test('a page in a frame', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);

  const openFrame = async (t: TestContext, options: string) => {
    const helper = await openHelperPage(t, browser, {
      options,
      html: '<iframe src="/framed"></iframe>',
      policy: "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'",
    });
    helper.answer(signedOut);
    const frame = helper.page.frames()[1];
    assert.ok(frame);
    return { helper, frame };
  };

  await t.test('says that the sign-in needs another window, once, and stays', async (t) => {
    const { helper, frame } = await openFrame(t, '{ onSignInRequired: undefined }');
    for (let n = 0; n < 2; n += 1) assert.equal(await frame.evaluate('getAccessToken()'), '');
    assert.deepEqual(await frame.evaluate('told.problems'), [
      { title: 'The sign-in cannot be shown in a frame.', code: 'sign_in_needs_top' },
    ]);
    assert.equal(frame.url(), `${helper.origin}/framed`);
    assert.deepEqual(
      helper.all.filter(({ path }) => path.startsWith('/login')),
      [],
    );
  });

  await t.test('signs in as it says itself, when it does', async (t) => {
    const { helper, frame } = await openFrame(t, '{}');
    assert.equal(await frame.evaluate('getAccessToken()'), '');
    const signIn = `${helper.origin}/login?returnTo=${encodeURIComponent(`${helper.origin}/framed`)}`;
    assert.deepEqual(await frame.evaluate('told.signIns'), [signIn]);
    assert.deepEqual(await frame.evaluate('told.problems'), []);
  });
});

const WORKER_OF_ITS_OWN = `
  oninstall = (event) => event.waitUntil(caches.open('shell').then((cache) => cache.add('/')).then(() => skipWaiting()));
  onactivate = (event) => event.waitUntil(clients.claim());`;
const WORKERS = {
  'the page itself': `${WORKER_OF_ITS_OWN}
    onfetch = (event) => {
      if (new URL(event.request.url).pathname === '/login') event.respondWith(caches.match('/'));
    };`,
  'a way back': `${WORKER_OF_ITS_OWN}
    onfetch = (event) => {
      const { pathname, searchParams } = new URL(event.request.url);
      if (pathname === '/login') event.respondWith(Response.redirect(searchParams.get('returnTo')));
    };`,
};

/** Registers the worker; resolves when the page is in its hands, or it was refused. */
const REGISTER = `new Promise((resolve) => {
  navigator.serviceWorker.addEventListener('controllerchange', () => resolve('controlled'));
  navigator.serviceWorker.register('/worker.js').catch(() => resolve('refused'));
})`;

async function openWithWorker(
  t: TestContext,
  browser: Pick<Browser, 'newContext'>,
  worker: string,
  options = '{ onSignInRequired: undefined }',
): Promise<HelperPage> {
  const helper = await openHelperPage(t, browser, {
    options,
    policy: "default-src 'none'; script-src 'self'; connect-src *",
    scripts: { '/worker.js': worker },
  });
  helper.answer(signedOut);
  return helper;
}

test('a page whose service worker answers the sign-in with', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);

  for (const [what, worker] of Object.entries(WORKERS)) {
    await t.test(`${what}, from its cache, is told to look there, after one trip`, async (t) => {
      const helper = await openWithWorker(t, browser, worker);
      assert.equal(await helper.page.evaluate(REGISTER), 'controlled');
      const trips: string[] = [];
      helper.page.on('framenavigated', (frame) => trips.push(frame.url()));
      const isBack = helper.page.waitForEvent('load');
      helper.token().catch(() => {}); // the page is left while it waits
      await isBack;
      assert.equal(await helper.token(), '');
      assert.deepEqual((await helper.told()).problems, [
        {
          title: 'The sign-in left no session: does a service worker answer it, or are cookies blocked?',
          code: 'sign_in_intercepted',
        },
      ]);
      assert.equal(trips.length, 1);
      assert.ok(!helper.all.some(({ path }) => path.startsWith('/login')), 'the service never saw it');
    });
  }

  await t.test('a sign-in of the page’s own that left no session is told to look there, too', async (t) => {
    const helper = await openWithWorker(
      t,
      browser,
      WORKERS['a way back'],
      '{ onSignInRequired: async () => {} }',
    );
    assert.equal(await helper.page.evaluate(REGISTER), 'controlled');
    assert.equal(await helper.token(), '');
    assert.equal((await helper.told()).problems[0]?.code, 'sign_in_intercepted');
  });

  await t.test('nothing, since the service is on another origin, looks for cookies', async (t) => {
    const url = 'http://127.0.0.1:9/';
    const options = `{ url: '${url}', onSignInRequired: async () => {} }`;
    const helper = await openWithWorker(t, browser, WORKERS['a way back'], options);
    assert.equal(await helper.page.evaluate(REGISTER), 'controlled');
    await helper.page.route(`${url}**`, (route) =>
      route.fulfill({
        status: 401,
        headers: {
          'access-control-allow-origin': helper.origin,
          'access-control-allow-credentials': 'true',
        },
        json: { title: 'Nobody is signed in.', status: 401, code: 'session_required' },
      }),
    );
    assert.equal(await helper.token(), '');
    assert.equal((await helper.told()).problems[0]?.code, 'sign_in_failed');
  });
});

test('in a browser that blocks all cookies no service worker runs, and none is blamed', async (t) => {
  const executable = chromiumPath(t, 'chromium');
  if (!executable) return;
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  const context = await launchWithPreferences(t, executable, preferences);
  const helper = await openWithWorker(t, { newContext: async () => context }, WORKERS['a way back']);
  assert.equal(await helper.page.evaluate(REGISTER), 'refused');
  assert.equal(await helper.token(), '');
  assert.equal((await helper.told()).problems[0]?.code, 'sign_in_failed');
});
