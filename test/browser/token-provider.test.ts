import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { good, type HelperPage, jwtFor, openHelperPage, problem } from '../support/helper-page.ts';
import { until } from '../support/until.ts';

const HTML = { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' };
const FIVE_MINUTES = 5 * 60_000;

test('the browser helper', async (t) => {
  const executable = chromiumPath(t);
  if (!executable) return;
  const browser = await launchChromium(t, executable);
  const open = (t: TestContext, options = '{}') => openHelperPage(t, browser, { options });

  await t.test('is smaller than 2 kB gzipped', () => {
    const script = readFileSync(new URL('../../dist/browser/qlik-token.js', import.meta.url));
    const size = gzipSync(script, { level: 9 }).length;
    t.diagnostic(`${size} bytes`);
    assert.ok(size < 2_000, `${size} bytes`);
  });

  await t.test(
    'brings the token of whoever is signed in, with the header that marks its own origin',
    async (t) => {
      const helper = await open(t);
      assert.equal(await helper.token(), jwtFor('ada'));
      assert.equal(helper.asked.length, 1);
      assert.equal(helper.asked[0]?.method, 'GET');
      assert.equal(helper.asked[0]?.headers['x-csrf'], '1');
    },
  );

  await t.test('asks once for calls that are made at once', async (t) => {
    const helper = await open(t);
    const five = 'Promise.all([1, 2, 3, 4, 5].map(() => getAccessToken()))';
    assert.deepEqual(await helper.page.evaluate(five), Array(5).fill(jwtFor('ada')));
    assert.deepEqual(await helper.page.evaluate(five), Array(5).fill(jwtFor('ada')));
    assert.deepEqual(
      helper.asked.map(({ method, body }) => [method, body]),
      [
        ['GET', ''],
        ['POST', '{"rejected":true}'],
      ],
    );
  });

  await t.test('asked again for a token that has less than a minute left, it is not rejected', async (t) => {
    const helper = await open(t);
    helper.answer(() => good(jwtFor('ada'), 59));
    await helper.token();
    await helper.token();
    assert.deepEqual(
      helper.asked.map(({ method }) => method),
      ['GET', 'GET'],
    );
  });

  await t.test('asked again and again it hands out the tenant’s latest, and never stops', async (t) => {
    const helper = await open(t);
    helper.answer((_, n) => good(jwtFor('ada', n)));
    for (let n = 0; n < 20; n += 1) assert.equal(await helper.token(), jwtFor('ada', n));
    assert.equal(helper.asked.length, 20);
  });

  for (const [what, trouble] of [
    ['a 503 with Retry-After', problem(503, 'tenant_unavailable', 1)],
    ['a 503 without', problem(503, 'store_unavailable')],
    ['a 429', problem(429, 'rate_limited', 1)],
    ['a proxy’s page with status 502', HTML],
    ['a proxy’s page with status 200', { ...HTML, status: 200 }],
    ['a proxy’s 401', { ...HTML, status: 401 }],
    ['an empty object', { body: {} }],
    ['null', { body: 'null' }],
  ] as const) {
    await t.test(`goes on after ${what}, and tells nobody`, async (t) => {
      const helper = await open(t);
      helper.answer((_, n) => (n === 0 ? trouble : good()));
      assert.equal(await helper.token(), jwtFor('ada'));
      assert.equal(helper.asked.length, 2);
      const [first, second] = helper.asked;
      const waited = (second?.at ?? 0) - (first?.at ?? 0);
      const asked = Number((trouble as { headers?: Record<string, string> }).headers?.['retry-after'] ?? 0.2);
      assert.ok(waited >= asked * 1_000 - 20, `${waited} ms`);
      assert.deepEqual((await helper.told()).problems, []);
    });
  }

  await t.test(
    'gives up at its timeout with an empty string, says why, and recovers at the next call',
    async (t) => {
      const helper = await open(t, '{ timeout: 1500 }');
      helper.answer(() => problem(503, 'tenant_unavailable'));
      assert.equal(await helper.token(), '');
      assert.ok(helper.asked.length <= 4, `${helper.asked.length} requests`);
      helper.answer(() => good());
      assert.equal(await helper.token(), jwtFor('ada'));
      assert.deepEqual(
        (await helper.told()).problems.map(({ code }) => code),
        ['tenant_unavailable'],
      );
    },
  );

  await t.test('waits no longer than its timeout for a service that says nothing', async (t) => {
    const helper = await open(t, '{ timeout: 1000 }');
    helper.answer(() => ({ fault: 'hang' }));
    assert.equal(await helper.token(), '');
    assert.equal((await helper.told()).problems[0]?.code, 'unreachable');
  });

  await t.test('falls back to its last token while that is valid', async (t) => {
    const helper = await open(t, '{ timeout: 1000 }');
    await helper.token();
    await helper.page.context().setOffline(true);
    assert.equal(await helper.token(), jwtFor('ada'));
    assert.equal((await helper.told()).problems[0]?.code, 'unreachable');
    await helper.page.context().setOffline(false);
    helper.answer(() => good(jwtFor('ada', 2)));
    assert.equal(await helper.token(), jwtFor('ada', 2));
  });

  await t.test(
    'does not ask before the time that the service asked for, even when asked itself',
    async (t) => {
      const helper = await open(t, '{ timeout: 2000 }');
      helper.answer(() => problem(429, 'rate_limited', 60));
      assert.equal(await helper.token(), '');
      assert.equal(await helper.token(), '');
      assert.equal(helper.asked.length, 1);
      assert.deepEqual(
        (await helper.told()).problems.map(({ code }) => code),
        ['rate_limited', 'rate_limited'],
      );
    },
  );

  await t.test('tells a page without callbacks by an event, and the console', async (t) => {
    const helper = await open(t, '{ onError: undefined }');
    helper.answer(() => problem(403, 'user_denied'));
    const heard = helper.page.evaluate(
      "new Promise((resolve) => addEventListener('qlik-token-error', ({ detail }) => resolve(detail.code)))",
    );
    const line = helper.page.waitForEvent('console', (message) => message.text().startsWith('No token'));
    await helper.token();
    assert.equal(await heard, 'user_denied');
    assert.equal((await line).text(), 'No token for Qlik: user_denied (user_denied)');
  });

  for (const [status, code] of [
    [403, 'user_not_mapped'],
    [500, 'internal_error'],
    [502, 'tenant_refused_client'],
  ] as const) {
    await t.test(`tells the page of a ${status} at once, and does not try again by itself`, async (t) => {
      const helper = await open(t);
      helper.answer(() => problem(status, code));
      assert.equal(await helper.token(), '');
      assert.equal(helper.asked.length, 1);
      const { problems, signIns } = await helper.told();
      assert.deepEqual([problems[0]?.status, problems[0]?.code], [status, code]);
      assert.deepEqual(signIns, []);
    });
  }

  await t.test(
    'asks for the sign-in once, forgets its token, and asks again after the next session',
    async (t) => {
      const helper = await open(t);
      await helper.token();
      helper.answer(() => problem(401, 'session_expired'));
      assert.deepEqual([await helper.token(), await helper.token()], ['', '']);
      const login = `${helper.origin}/login?returnTo=${encodeURIComponent(`${helper.origin}/`)}`;
      assert.deepEqual((await helper.told()).signIns, [login]);
      helper.answer((_, n) => (n === 0 ? good() : problem(401, 'session_required')));
      assert.equal(await helper.token(), jwtFor('ada'));
      assert.equal(await helper.token(), '');
      assert.equal((await helper.told()).signIns.length, 2);
      assert.deepEqual((await helper.told()).problems, []);
    },
  );

  await t.test('goes to the sign-in by itself, and not in circles when that leaves no session', async (t) => {
    const helper = await open(t, '{ onSignInRequired: undefined }');
    helper.answer(() => problem(401, 'session_required'));
    helper.token().catch(() => {}); // the page is left while it waits
    await helper.page.waitForURL('**/login?returnTo=**');
    await helper.page.goto(helper.origin);
    assert.equal(await helper.token(), '');
    assert.equal((await helper.told()).problems[0]?.code, 'sign_in_failed');
    assert.equal(helper.page.url(), `${helper.origin}/`);
    assert.equal(helper.all.filter(({ path }) => path.startsWith('/login')).length, 1);
  });

  await t.test('after a sign-in that worked it goes to the next one at any time', async (t) => {
    const helper = await open(t, '{ onSignInRequired: undefined }');
    await helper.page.evaluate("sessionStorage.setItem('qlik-token:sign-in', String(Date.now()))");
    await helper.token();
    helper.answer(() => problem(401, 'session_required'));
    helper.token().catch(() => {});
    await helper.page.waitForURL('**/login?returnTo=**');
  });

  await t.test(
    'a sign-in also worked when only what the page is set up with was asked for since',
    async (t) => {
      const helper = await open(t, '{ onSignInRequired: undefined }');
      helper.answer(({ path }) =>
        path === '/qlik-config'
          ? { body: { host: helper.origin, clientId: 'client' } }
          : problem(401, 'session_required'),
      );
      await helper.page.evaluate("sessionStorage.setItem('qlik-token:sign-in', String(Date.now()))");
      await helper.page.evaluate(`{
        const tag = document.createElement('script');
        tag.src = '/qlik-token.js';
        Object.assign(tag.dataset, { global: 'other', embed: '/none.js' });
        QlikToken.obey(tag);
      }`);
      const lastSignIn = "sessionStorage.getItem('qlik-token:sign-in')";
      await until(async () => (await helper.page.evaluate(lastSignIn)) === null);
      helper.token().catch(() => {});
      await helper.page.waitForURL('**/login?returnTo=**');
    },
  );

  await t.test('a minute later it goes to the sign-in again', async (t) => {
    const helper = await open(t, '{ onSignInRequired: undefined }');
    await helper.page.evaluate("sessionStorage.setItem('qlik-token:sign-in', String(Date.now() - 60_001))");
    helper.answer(() => problem(401, 'session_required'));
    helper.token().catch(() => {});
    await helper.page.waitForURL('**/login?returnTo=**');
  });

  await t.test('in a browser that keeps nothing it stays, and says what it needs', async (t) => {
    const helper = await open(t, '{ onSignInRequired: undefined }');
    await helper.page.evaluate(
      "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError') } })",
    );
    helper.answer(() => problem(401, 'session_required'));
    assert.equal(await helper.token(), '');
    assert.equal((await helper.told()).problems[0]?.code, 'sign_in_failed');
  });

  const SIGNS_IN = `{ async onSignInRequired(url) { told.signIns.push(url); await fetch('/sign-in', { method: 'POST' }); } }`;

  await t.test('waits for a page that signs in by itself, once for all who ask, and goes on', async (t) => {
    const helper = await open(t, SIGNS_IN);
    for (const user of ['ada', 'ada']) {
      let isSignedIn = false;
      helper.answer(({ path }) => {
        if (path === '/sign-in') isSignedIn = true;
        return isSignedIn ? good(jwtFor(user)) : problem(401, 'session_expired');
      });
      const many = 'Promise.all([getAccessToken(), getAccessToken(), getAccessToken()])';
      assert.deepEqual(await helper.page.evaluate(many), Array(3).fill(jwtFor(user)));
    }
    const { signIns, problems } = await helper.told();
    assert.deepEqual([signIns.length, problems], [2, []]);
    assert.match(signIns[0] ?? '', /\/login\?returnTo=http/);
  });

  await t.test('a sign-in of the page’s that leaves no session is told, and not tried again', async (t) => {
    const helper = await open(t, SIGNS_IN);
    helper.answer(({ path }) => (path === '/sign-in' ? {} : problem(401, 'session_required')));
    assert.equal(await helper.token(), '');
    assert.equal(await helper.token(), '');
    const { signIns, problems } = await helper.told();
    assert.deepEqual(
      [signIns.length, problems.map(({ code }) => code)],
      [1, ['sign_in_failed', 'sign_in_failed']],
    );
  });

  await t.test('a sign-in of the page’s that fails may work with the next call', async (t) => {
    const helper = await open(
      t,
      `{ async onSignInRequired() { const { ok } = await fetch('/sign-in'); if (!ok) throw new Error('away'); } }`,
    );
    let tries = 0;
    helper.answer(({ path }) => {
      if (path === '/sign-in') tries += 1;
      return tries > 1 ? good() : problem(path === '/sign-in' ? 503 : 401, 'session_required');
    });
    assert.equal(await helper.token(), '');
    assert.equal(await helper.token(), jwtFor('ada'));
    assert.equal(tries, 2);
  });

  await t.test(
    'given another user than before, the page hears it and that call brings no token',
    async (t) => {
      const helper = await open(t);
      await helper.token();
      helper.answer(() => good(jwtFor('bruno')));
      assert.equal(await helper.token(), '');
      assert.equal((await helper.told()).changes, 1);
      assert.equal(await helper.token(), jwtFor('bruno'));
      assert.equal((await helper.told()).changes, 1);
    },
  );

  await t.test(
    'given another user than before, a page that does not care is loaded anew, without a token',
    async (t) => {
      const helper = await open(t, '{ onUserChanged: undefined }');
      await helper.token();
      helper.answer(() => good(jwtFor('bruno')));
      const loaded = helper.page.waitForEvent('load');
      const answered = helper.token().then(
        (token) => token,
        () => 'the page went away',
      );
      await loaded;
      assert.equal(await answered, 'the page went away');
      assert.equal(await helper.token(), jwtFor('bruno'));
    },
  );

  for (const callback of ['onError', 'onSignInRequired', 'onUserChanged'] as const) {
    await t.test(`resolves even when the page’s ${callback} throws`, async (t) => {
      const helper = await open(t, `{ ${callback}: () => { throw new Error('of the page') } }`);
      await helper.token();
      const replies = {
        onError: problem(500, 'internal_error'),
        onSignInRequired: problem(401, 'session_required'),
        onUserChanged: good(jwtFor('bruno')),
      };
      helper.answer(() => replies[callback]);
      assert.equal(await helper.token(), callback === 'onError' ? jwtFor('ada') : '');
      helper.answer(() => good(jwtFor('bruno')));
      assert.equal(typeof (await helper.token()), 'string');
    });
  }

  await t.test('while the page is used it looks in every five minutes', async (t) => {
    const helper = await openWithClock(t, open);
    for (let n = 1; n <= 3; n += 1) {
      await helper.page.keyboard.press('a');
      await helper.page.clock.fastForward(FIVE_MINUTES);
      await until(() => helper.asked.length === n + 1);
    }
    assert.ok(helper.asked.every(({ method }) => method === 'GET'));
  });

  await t.test('while the page is not used it lets the session end', async (t) => {
    const helper = await openWithClock(t, open);
    await helper.page.clock.fastForward(FIVE_MINUTES);
    await helper.page.clock.fastForward(FIVE_MINUTES);
    await helper.page.clock.resume();
    assert.equal(helper.asked.length, 1);
  });

  await t.test('notices a sign-out elsewhere while the page is used', async (t) => {
    const helper = await openWithClock(t, open);
    helper.answer(() => problem(401, 'session_required'));
    await helper.page.mouse.move(10, 10);
    await helper.page.clock.fastForward(FIVE_MINUTES);
    await until(async () => (await helper.told()).signIns.length === 1);
  });

  await t.test(
    'trouble while it looks in is nobody’s, and its new token is taken for no rejected one',
    async (t) => {
      const helper = await openWithClock(t, open);
      helper.answer(() => problem(500, 'internal_error'));
      await helper.page.keyboard.press('a');
      await helper.page.clock.fastForward(FIVE_MINUTES);
      await until(() => helper.asked.length === 2);
      helper.answer(() => good(jwtFor('ada', 2)));
      await helper.page.keyboard.press('a');
      const answered = helper.page.waitForResponse((response) => response.ok());
      await helper.page.clock.fastForward(FIVE_MINUTES);
      await (await answered).finished();
      await helper.page.evaluate("fetch('/page.js').then((later) => later.text())");
      assert.equal(await helper.token(), jwtFor('ada', 2));
      assert.equal(helper.asked.at(-1)?.method, 'GET');
      assert.deepEqual((await helper.told()).problems, []);
    },
  );

  await t.test('after the laptop slept longer than the token lives, it asks for a new one', async (t) => {
    const helper = await openWithClock(t, open);
    await helper.page.clock.fastForward(2 * 3_600_000);
    helper.answer(() => good(jwtFor('ada', 2)));
    assert.equal(await helper.token(), jwtFor('ada', 2));
    assert.equal(helper.asked.at(-1)?.method, 'GET');
  });
});

/** A page whose clock the test moves, with a token for an hour. */
async function openWithClock(
  t: TestContext,
  open: (t: TestContext) => Promise<HelperPage>,
): Promise<HelperPage> {
  const helper = await open(t);
  await helper.page.clock.install();
  await helper.page.reload();
  await helper.token();
  return helper;
}
