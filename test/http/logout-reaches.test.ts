import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { type Lies, startLyingProvider } from '../support/lying-provider.ts';
import { createRunningClock } from '../support/running-clock.ts';
import { createSlowStore } from '../support/slow-store.ts';
import { createTestService, type TestServiceOptions } from '../support/test-service.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

type Claims = Record<string, unknown>;

async function start(t: TestContext, options: TestServiceOptions = {}) {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, { ...options, env: { ...idp.env, ...options.env } });
  await service.listen();
  return {
    service,
    idp,
    /** Begins a sign-in in this browser; resolves to the URL with which the provider sends it back. */
    begin: async (visitor: Visitor) =>
      (await visitor.go(`${service.origin}/login`, `${service.origin}/login/callback`)).url,
    logOut: (token: string) =>
      service.app.inject({
        method: 'POST',
        url: '/logout/backchannel',
        headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'localhost' },
        payload: new URLSearchParams({ logout_token: token }).toString(),
      }),
    isSignedIn: async (visitor: Visitor) =>
      (await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode === 200,
  };
}

describe('a logout by back-channel that comes around a sign-in', () => {
  for (const [what, names] of [
    ['sub', { sid: undefined }],
    ['sid', { sub: undefined }],
    ['both', {}],
  ] as const) {
    test(`by ${what}, 0 to 20 ms after its way back began, ends it in 20 of 20`, async (t) => {
      const seed = 1 + Math.floor(Math.random() * 2_147_483_645);
      t.diagnostic(`seed ${seed}`);
      const { idp, begin, logOut, isSignedIn } = await start(t, { store: createSlowStore(seed, 4) });
      for (let round = 0; round < 20; round += 1) {
        const visitor = createVisitor();
        const url = await begin(visitor);
        const back = visitor.request(url);
        await delay(round);
        assert.equal((await logOut(idp.logoutToken(names))).statusCode, 200);
        await back;
        assert.equal(await isSignedIn(visitor), false, `round ${round}`);
      }
      const later = createVisitor();
      if (what !== 'sub') idp.lies = { claims: (truth) => ({ ...truth, sid: 'another session' }) };
      await later.request(await begin(later));
      assert.equal(await isSignedIn(later), true, 'who signs in afterwards is signed in');
    });
  }
});

test('a logout token whose work failed is accepted until it is done, and refused from then on', async (t) => {
  const store = createStoreProbe();
  const { idp, begin, logOut, isSignedIn } = await start(t, { store });
  const visitor = createVisitor();
  await visitor.request(await begin(visitor));
  const token = idp.logoutToken();
  for (const failing of ['create', 'peek', 'remove'] as const) {
    store.failWith(new StoreUnavailableError(), failing);
    assert.equal((await logOut(token)).statusCode, 400, failing);
  }
  store.failWith(undefined);
  assert.equal((await logOut(token)).statusCode, 200);
  assert.equal(await isSignedIn(visitor), false);
  assert.equal((await logOut(token)).statusCode, 400);
});

test('of 21 sign-ins of one session of the provider’s, a logout leaves none', async (t) => {
  const { idp, begin, logOut, isSignedIn } = await start(t);
  const visitors = Array.from({ length: 21 }, createVisitor);
  for (const visitor of visitors) await visitor.request(await begin(visitor));
  assert.equal((await logOut(idp.logoutToken({ sub: undefined }))).statusCode, 200);
  for (const [n, visitor] of visitors.entries()) assert.equal(await isSignedIn(visitor), false, String(n));
});

test('of 25 sign-ins of one user, the newest twenty are there', async (t) => {
  const { begin, isSignedIn, idp } = await start(t);
  const visitors = Array.from({ length: 25 }, createVisitor);
  for (const [n, visitor] of visitors.entries()) {
    idp.lies = { claims: (truth) => ({ ...truth, sid: `session ${n}` }) };
    await visitor.request(await begin(visitor));
  }
  const there = await Promise.all(visitors.map(isSignedIn));
  assert.deepEqual(there, [...Array(5).fill(false), ...Array(20).fill(true)]);
});

describe('a logout by sub reaches a session', () => {
  for (const [what, lies] of [
    [
      'of whose provider only the user info tells a sid',
      { userInfo: (truth: Claims) => ({ ...truth, sid: 'S-1-5-21' }) },
    ],
    ['whose sid is too long to be kept', { claims: (truth: Claims) => ({ ...truth, sid: 'x'.repeat(300) }) }],
    ['whose sid is a number', { claims: (truth: Claims) => ({ ...truth, sid: 7 }) }],
    ['whose sid is empty', { claims: (truth: Claims) => ({ ...truth, sid: '' }) }],
  ] as [string, Lies][]) {
    test(what, async (t) => {
      const { idp, begin, logOut, isSignedIn } = await start(t);
      idp.lies = {
        ...lies,
        ...(lies.userInfo && { claims: ({ name: _, sid: __, ...truth }: Claims) => truth }),
      };
      const visitor = createVisitor();
      await visitor.request(await begin(visitor));
      assert.equal(await isSignedIn(visitor), true);
      const { sid = 'real' } = lies.claims?.({}) ?? {};
      assert.equal((await logOut(idp.logoutToken({ sid }))).statusCode, 200);
      assert.equal(await isSignedIn(visitor), false);
    });
  }
});

// Guards against a machine whose calendar is set while somebody signs in.
test('a logout by sub reaches a sign-in under way though the calendar was set back meanwhile', async (t) => {
  const running = createRunningClock();
  let back = 0;
  const clock = { ...running, wall: () => running.wall() - back };
  const { idp, begin, logOut, isSignedIn } = await start(t, { clock });
  const visitor = createVisitor();
  const url = await begin(visitor);
  assert.equal((await logOut(idp.logoutToken({ sid: undefined }))).statusCode, 200);
  back = 20_000;
  await visitor.request(url);
  assert.equal(await isSignedIn(visitor), false);
});
