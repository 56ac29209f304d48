import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { LOGIN_LIFETIME_MS } from '../../src/access/login-lifetime.ts';
import { createProviderLogin } from '../../src/access/provider-login.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { sessionKey, sessionsOf } from '../../src/session/session-id.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createAccessBench, LIFETIME_MS, MAX_SESSIONS } from './access-bench.ts';

const ada: PortalUser = {
  id: 'ada',
  name: 'Ada',
  groups: ['Sales'],
  providerSession: { subject: 'sub-ada', sid: 'one', idToken: 'id-token-1' },
};
const withProvider = (changes: object): PortalUser => ({
  ...ada,
  providerSession: { subject: 'sub-ada', sid: 'one', ...changes },
});
const refused = (error: unknown) => error instanceof LoginRefusedError && error.code === 'bad_request';

function open(t: TestContext) {
  const bench = createAccessBench(t);
  const providerLogin = createProviderLogin({ ...bench, lifetimeMs: LIFETIME_MS, now: bench.clock.now });
  /** A session that was opened so long after the login began, as it is read some minutes later. */
  async function openedAfter(ms: number, user = ada) {
    const begunAt = bench.clock.now();
    await bench.clock.advance(ms);
    const { id } = await bench.session(user);
    await bench.clock.advance(5 * 60_000);
    return { begunAt, present: await bench.sessions.peek(id) };
  }
  return { ...bench, providerLogin, openedAfter };
}

describe('the state of a login', () => {
  function completing(t: TestContext) {
    const bench = open(t);
    const complete = (state: string) =>
      bench.providerLogin.complete({ user: ada, state, begunAt: bench.clock.now(), present: undefined });
    return { ...bench, complete };
  }

  test('is good for one completion', async (t) => {
    const { complete, clock } = completing(t);
    await complete('state-1');
    await assert.rejects(complete('state-1'), refused);
    await complete('state-2');

    await clock.advance(LOGIN_LIFETIME_MS - 1);
    await assert.rejects(complete('state-1'), refused);
  });

  test('that comes twice at once is good for one of both', async (t) => {
    const { complete } = completing(t);
    const both = await Promise.allSettled([complete('state'), complete('state')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  test('of which the store does not know whether it was used is not refused', async (t) => {
    const { complete, store } = completing(t);
    const away = new StoreUnavailableError();
    store.failWith(away);
    await assert.rejects(complete('state'), away);
  });
});

describe('a login that is completed', () => {
  test('in a browser without a session opens one', async (t) => {
    const { providerLogin, sessions, events, clock } = open(t);

    const id = await providerLogin.complete({
      user: ada,
      state: 'state',
      begunAt: clock.now(),
      present: undefined,
    });

    assert.ok(id);
    assert.deepEqual((await sessions.peek(id))?.user, ada);
    assert.deepEqual(events, [{ type: 'session.opened', user: { id: 'ada' }, tenant: 'acme' }]);
  });

  // Else a logout in between would miss it.
  test('is noted under the provider’s names before its session is there', async (t) => {
    const { providerLogin, providerSessions, store, clock } = open(t);

    const id = await providerLogin.complete({
      user: ada,
      state: 'state',
      begunAt: clock.now(),
      present: undefined,
    });

    assert.deepEqual((await providerSessions.find({ sid: 'one' })).sessions, [id]);
    const created = store.calls.filter((call) => call.startsWith('create '));
    assert.equal(created.length, 4, 'the state, the names of session and subject, and the session');
    assert.equal(created[3], `create ${sessionKey(id as string)}`);
  });

  test('when it cannot be noted, opens none', async (t) => {
    const { providerLogin, store, clock, events } = open(t);
    const away = new StoreUnavailableError();
    store.failWith(away, 'create');
    await assert.rejects(
      providerLogin.complete({ user: ada, state: 'state', begunAt: clock.now(), present: undefined }),
      away,
    );
    assert.deepEqual([events, store.count('create')], [[], 1]);
  });
});

describe('the session that the browser has', () => {
  test('stays when another tab opened it since the login began, for the same user', async (t) => {
    const { providerLogin, openedAfter, areOpen, events, store, loggedIn } = open(t);
    const { begunAt, present } = await openedAfter(1);
    store.clear();

    const again = withProvider({ idToken: 'id-token-2' });
    assert.equal(await providerLogin.complete({ user: again, state: 'state', begunAt, present }), undefined);

    assert.ok(present);
    assert.deepEqual(await areOpen(present), [true]);
    assert.deepEqual([events, loggedIn, store.count('create')], [[], [], 1], 'the state alone is claimed');
  });

  // Guards against a session that was planted before the login.
  test('ends when it was there as the login began', async (t) => {
    const { providerLogin, openedAfter, areOpen, ended } = open(t);
    const { begunAt, present } = await openedAfter(0);

    const id = await providerLogin.complete({ user: ada, state: 'state', begunAt, present });

    assert.ok(id && present);
    assert.notEqual(id, present.id);
    assert.deepEqual(await areOpen(present, { id }), [false, true]);
    assert.equal(ended().length, 1);
  });

  const others: [string, PortalUser][] = [
    ['somebody else', { ...ada, id: 'bruno' }],
    ['a user of that id at another tenant', { ...ada, tenant: 'eu' }],
    ['the same user with another name', { ...ada, name: 'Ada L.' }],
    ['the same user with an e-mail', { ...ada, email: 'ada@example.com' }],
    ['the same user with other groups', { ...ada, groups: ['Finance'] }],
    ['the same user with other claims', { ...ada, claims: { qlik: 'u-1' } }],
    ['the same user in another session of the provider’s', withProvider({ sid: 'two' })],
    ['the same user in a session of the provider’s without a name', withProvider({ sid: undefined })],
    ['the same user by another subject', withProvider({ subject: 'sub-2' })],
  ];
  for (const [what, other] of others) {
    test(`ends when another tab opened it since, but for ${what}`, async (t) => {
      const { providerLogin, openedAfter, areOpen } = open(t);
      const { begunAt, present } = await openedAfter(1_000, other);

      const id = await providerLogin.complete({ user: ada, state: 'state', begunAt, present });

      assert.ok(id && present);
      assert.deepEqual(await areOpen(present, { id }), [false, true]);
    });
  }

  test('ends when it comes from no provider', async (t) => {
    const { providerLogin, openedAfter, areOpen } = open(t);
    const { providerSession: _, ...unprovided } = ada;
    const { begunAt, present } = await openedAfter(1_000, unprovided);
    assert.ok(await providerLogin.complete({ user: ada, state: 'state', begunAt, present }));
    assert.ok(present);
    assert.deepEqual(await areOpen(present), [false]);
  });
});

describe('a provider that has logged the user out meanwhile', () => {
  test('ends the one that was just opened, and the login is refused', async (t) => {
    const { providerLogin, providerLogouts, store, ended, clock } = open(t);
    await providerLogouts.note({ sid: 'one' });

    await assert.rejects(
      providerLogin.complete({ user: ada, state: 'state', begunAt: clock.now(), present: undefined }),
      refused,
    );

    assert.equal((await store.trimPartition(sessionsOf(ada), 100)).left, 0);
    assert.deepEqual(ended(), [
      {
        type: 'session.ended',
        user: { id: 'ada' },
        reason: 'provider_session_ended',
        sessions: 1,
        tokens: 0,
      },
    ]);
  });

  test('ends the one that another tab opened', async (t) => {
    const { providerLogin, openedAfter, providerLogouts, areOpen } = open(t);
    const { begunAt, present } = await openedAfter(1);
    await providerLogouts.note({ sid: 'one' });

    await assert.rejects(providerLogin.complete({ user: ada, state: 'state', begunAt, present }), refused);

    assert.ok(present);
    assert.deepEqual(await areOpen(present), [false]);
  });

  test('is looked for when the session is there: a logout that comes later finds it itself', async (t) => {
    const { providerLogin, store, clock } = open(t);
    await providerLogin.complete({ user: ada, state: 'state', begunAt: clock.now(), present: undefined });
    const opened = store.calls.findLastIndex((call) => /^create .*:session:/.test(call));
    const looked = store.calls.findIndex((call) => /^peek .*:logged-out-/.test(call));
    assert.ok(opened !== -1 && opened < looked, store.calls.join(', '));
  });

  /** What the logout token names, what the ID token does, and whether the sign-in was begun before that. */
  const cases: [logout: object, session: object, begunBefore: boolean, ended: boolean][] = [
    [{ sid: 'one' }, { sid: 'one' }, true, true],
    [{ sid: 'one' }, { sid: 'one' }, false, true],
    [{ sid: 'two' }, { sid: 'one' }, true, false],
    [{ sid: 'one' }, { sid: undefined }, true, false],
    [{ subject: 'sub-ada' }, { sid: 'one' }, true, true],
    [{ subject: 'sub-ada' }, { sid: 'one' }, false, false],
    [{ subject: 'sub-ada' }, { sid: undefined }, true, true],
    [{ subject: 'sub-ada' }, { sid: undefined }, false, false],
    [{ subject: 'sub-bruno' }, { sid: 'one' }, true, false],
    [{ subject: 'sub-ada', sid: 'one' }, { sid: undefined }, true, true],
    [{ subject: 'sub-ada', sid: 'one' }, { sid: undefined }, false, false],
    [{ subject: 'sub-ada', sid: 'one' }, { sid: 'two' }, true, false],
  ];
  for (const [logout, session, begunBefore, isEnded] of cases) {
    const what = `${JSON.stringify(logout)}, of a sign-in as ${JSON.stringify(session)} begun ${begunBefore ? 'before' : 'after'}`;
    test(`by ${what}: ${isEnded ? 'refused' : 'goes on'}`, async (t) => {
      const { providerLogin, providerLogouts, clock } = open(t);
      const before = clock.now();
      await clock.advance(60_000);
      await providerLogouts.note(logout);
      await clock.advance(1_000);
      const begunAt = begunBefore ? before : clock.now();

      const completed = providerLogin.complete({
        ...{ user: withProvider(session), state: 'state', begunAt, present: undefined },
      });

      if (isEnded) await assert.rejects(completed, refused);
      else assert.ok(await completed);
    });
  }

  test('twice, is the newer of both', async (t) => {
    const { providerLogin, providerLogouts, clock } = open(t);
    await providerLogouts.note({ subject: 'sub-ada' });
    await clock.advance(60_000);
    const begunAt = clock.now();
    await clock.advance(1_000);
    await providerLogouts.note({ subject: 'sub-ada' });
    await assert.rejects(
      providerLogin.complete({ user: ada, state: 'state', begunAt, present: undefined }),
      refused,
    );
  });
});

// Guards against the first of many sign-ins in one session of the provider's, which no logout found.
test('a sign-in too many of one session of the provider’s ends the first, which a logout would not find', async (t) => {
  const { session, providerLogin, areOpen, clock } = open(t);
  const sessions = [];
  for (let n = 0; n < MAX_SESSIONS; n += 1) sessions.push(await session({ ...ada, id: `user-${n}` }));

  await providerLogin.complete({ user: ada, state: 'state', begunAt: clock.now(), present: undefined });

  assert.deepEqual(await areOpen(...sessions), [false, ...Array(MAX_SESSIONS - 1).fill(true)]);
});
