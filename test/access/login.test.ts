import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogin } from '../../src/access/login.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { isSessionIdOf, sessionsOf } from '../../src/session/session-id.ts';
import { WriteConflictError } from '../../src/session/sessions.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createAccessBench, MAX_SESSIONS } from './access-bench.ts';

const ada: PortalUser = { id: 'ada', name: 'Ada', tenant: 'eu' };
const OPENED = { type: 'session.opened', user: { id: 'ada', tenant: 'eu' }, tenant: 'acme' };

describe('a login', () => {
  test('given nobody before, opens a session of the user’s, tells the directory, and says so', async (t) => {
    const { login, sessions, events, loggedIn, tokens } = createAccessBench(t);

    const id = await login.open(ada, { previous: undefined });

    assert.ok(isSessionIdOf(id, ada));
    assert.deepEqual((await sessions.peek(id))?.user, ada);
    assert.deepEqual(events, [OPENED]);
    assert.deepEqual(loggedIn, [ada]);
    assert.deepEqual(tokens.forgotten, []);
  });

  test('given the user’s own session, ends it, and the token stays', async (t) => {
    const { login, session, areOpen, sessions, events, tokens } = createAccessBench(t);
    const previous = await session(ada);
    tokens.give(ada);

    const id = await login.open({ ...ada, name: 'Ada L.' }, { previous });

    assert.notEqual(id, previous.id);
    assert.deepEqual(await areOpen(previous, { id }), [false, true]);
    assert.equal((await sessions.peek(id))?.user.name, 'Ada L.');
    assert.deepEqual(events, [
      { type: 'session.ended', user: OPENED.user, reason: 'replaced', sessions: 1, tokens: 0 },
      OPENED,
    ]);
    assert.deepEqual([tokens.has(ada), tokens.forgotten], [true, []]);
  });

  test('given the user’s own session that has ended already, says nothing of it', async (t) => {
    const { login, session, sessions, events } = createAccessBench(t);
    const previous = await session(ada);
    await sessions.close(previous.id);

    await login.open(ada, { previous });

    assert.deepEqual(events, [OPENED]);
  });

  for (const [what, other] of [
    ['another user', { id: 'bruno', tenant: 'eu' }],
    ['a user of that id at another tenant', { id: 'ada', tenant: 'us' }],
    ['a user of that id at no tenant', { id: 'ada' }],
  ] as [string, PortalUser][]) {
    test(`given a session of ${what}, logs that one out here, with the token`, async (t) => {
      const { login, session, areOpen, events, tokens } = createAccessBench(t);
      const previous = await session(other);
      tokens.give(other);
      tokens.give(ada);

      const id = await login.open(ada, { previous });

      assert.deepEqual(await areOpen(previous, { id }), [false, true]);
      assert.deepEqual(events, [
        { type: 'session.ended', user: other, reason: 'other_user_at_login', sessions: 1, tokens: 1 },
        OPENED,
      ]);
      assert.deepEqual([tokens.has(other), tokens.has(ada)], [false, true]);
    });
  }

  test('given another user who has a session elsewhere, that one’s token stays', async (t) => {
    const { login, session, areOpen, tokens } = createAccessBench(t);
    const bruno = { id: 'bruno' };
    const [previous, elsewhere] = [await session(bruno), await session(bruno)];
    tokens.give(bruno);

    await login.open(ada, { previous });

    assert.deepEqual(await areOpen(previous, elsewhere), [false, true]);
    assert.equal(tokens.has(bruno), true);
  });

  test('tells the directory before the session can be used: no token is of what was known before', async (t) => {
    const { login, store, loggedIn } = createAccessBench(t);
    const held = store.hold('create');
    const opened = login.open(ada, { previous: undefined });
    while (held.waiting === 0) await new Promise(setImmediate);

    assert.deepEqual(loggedIn, [ada]);
    held.release();
    await opened;
  });
});

describe('given more sessions than a user may have', () => {
  test('the oldest end, and no token with them', async (t) => {
    const { login, areOpen, tokens, events } = createAccessBench(t);
    tokens.give(ada);
    const ids = [];
    for (let n = 0; n < MAX_SESSIONS + 2; n += 1)
      ids.push({ id: await login.open(ada, { previous: undefined }) });

    assert.deepEqual(await areOpen(...ids), [false, false, ...Array(MAX_SESSIONS).fill(true)]);
    assert.deepEqual(
      events.filter(({ type }) => type === 'session.ended'),
      Array(2).fill({
        type: 'session.ended',
        user: { id: 'ada', tenant: 'eu' },
        reason: 'too_many',
        sessions: 1,
        tokens: 0,
      }),
    );
    assert.equal(tokens.has(ada), true);
  });

  test('nobody else’s end', async (t) => {
    const { login, session, areOpen } = createAccessBench(t);
    const bruno = await session({ id: 'bruno' });
    for (let n = 0; n < MAX_SESSIONS + 2; n += 1) await login.open(ada, { previous: undefined });
    assert.deepEqual(await areOpen(bruno), [true]);
  });
});

// Else the pages of both sessions would revoke each other's tokens in turn.
test('given a user who is another Qlik user now, all sessions of before end', async (t) => {
  const { login, session, areOpen, tokens, events } = createAccessBench(t);
  const before = [await session(ada), await session(ada)];
  tokens.give(ada);
  tokens.becomeAnothers(ada);
  const id = await login.open(ada, { previous: undefined });
  assert.deepEqual(await areOpen(...before, { id }), [false, false, true]);
  assert.equal(tokens.has(ada), false);
  assert.equal(events[0]?.type === 'session.ended' && events[0].reason, 'other_qlik_user');
});

describe('what is to be done beforehand', () => {
  test('is done when the id is known and nothing is stored yet', async (t) => {
    const { login, store, events, loggedIn } = createAccessBench(t);
    let told: string | undefined;

    const id = await login.open(ada, {
      previous: undefined,
      async beforehand(sessionId) {
        told = sessionId;
        await new Promise(setImmediate);
        assert.deepEqual([store.calls, events, loggedIn], [[], [], []]);
      },
    });

    assert.equal(told, id);
    assert.equal(store.count('create'), 1);
  });

  test('when it fails, leaves no session behind', async (t) => {
    const { login, store, events } = createAccessBench(t);
    const away = new StoreUnavailableError();

    await assert.rejects(
      login.open(ada, { previous: undefined, beforehand: () => Promise.reject(away) }),
      away,
    );

    assert.equal(store.count('create'), 0);
    assert.deepEqual(events, []);
  });
});

describe('a login that fails', () => {
  for (const method of ['remove', 'create'] as const) {
    test(`since the store cannot ${method}, says so, and that nobody logged in`, async (t) => {
      const { login, store, session, events } = createAccessBench(t);
      const previous = await session(ada);
      const away = new StoreUnavailableError();
      store.failWith(away, method);

      await assert.rejects(login.open(ada, { previous }), away);

      assert.ok(events.every(({ type }) => type !== 'session.opened'));
    });
  }

  test('since another user cannot be logged out, leaves no session behind', async (t) => {
    const { sessions, logout, tenants, tokens, emit, session, store } = createAccessBench(t);
    const away = new StoreUnavailableError();
    const here = () => Promise.reject(away);
    const login = createLogin({ sessions, logout: { ...logout, here }, tenants, tokens, emit });
    const previous = await session({ id: 'bruno' });

    await assert.rejects(login.open(ada, { previous }), away);

    assert.equal((await store.trimPartition(sessionsOf(ada), 100)).left, 0);
  });

  // Else a store whose memory is full signs out whoever signs in again.
  test('since the store cannot create, leaves the session that the browser has', async (t) => {
    const { login, store, session, areOpen } = createAccessBench(t);
    const previous = await session(ada);
    store.failWith(new StoreUnavailableError(), 'create');
    await assert.rejects(login.open(ada, { previous }), StoreUnavailableError);
    store.failWith(undefined);
    assert.deepEqual(await areOpen(previous), [true]);
  });

  test('since its id is taken, is a conflict, and no event', async (t) => {
    const { sessions, logout, tenants, tokens, emit, events } = createAccessBench(t);
    const login = createLogin({
      sessions: { ...sessions, open: async () => false },
      logout,
      tenants,
      tokens,
      emit,
    });

    await assert.rejects(login.open(ada, { previous: undefined }), WriteConflictError);
    assert.deepEqual(events, []);
  });
});
