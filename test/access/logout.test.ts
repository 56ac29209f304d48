import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { sessionKey } from '../../src/session/session-id.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createAccessBench } from './access-bench.ts';

const ada: PortalUser = { id: 'ada' };
/** In the provider's session of this name. */
const adaIn = (sid: string | undefined): PortalUser => ({
  id: 'ada',
  providerSession: { subject: 'sub-ada', ...(sid !== undefined && { sid }) },
});
const ended = (reason: string, sessions: number, tokens: number, user = ada) => ({
  type: 'session.ended',
  user: { id: user.id },
  reason,
  sessions,
  tokens,
});
const away = new StoreUnavailableError();
const TRY_AGAIN_MS = 2_000;

describe('a logout here', () => {
  test('ends that session alone; the token ends with the last one', async (t) => {
    const { logout, session, areOpen, tokens, events } = createAccessBench(t);
    const [desk, phone] = [await session(ada), await session(ada)];
    tokens.give(ada);

    await logout.here(desk, 'logout');
    assert.deepEqual(await areOpen(desk, phone), [false, true]);
    assert.deepEqual(tokens.forgotten, []);

    await logout.here(phone, 'logout');
    assert.deepEqual(tokens.forgotten, [ada]);
    assert.deepEqual(events, [ended('logout', 1, 0), ended('logout', 1, 1)]);
  });

  test('of a user without a token says that none ended', async (t) => {
    const { logout, session, events } = createAccessBench(t);
    await logout.here(await session(ada), 'logout');
    assert.deepEqual(events, [ended('logout', 1, 0)]);
  });

  test('of a session that has ended does nothing, and says nothing', async (t) => {
    const { logout, session, sessions, tokens, events } = createAccessBench(t);
    const desk = await session(ada);
    await session(ada);
    tokens.give(ada);
    await sessions.close(desk.id);

    await logout.here(desk, 'logout');

    assert.deepEqual([events, tokens.forgotten], [[], []]);
  });

  test('names the user by id and tenant, and tells nothing else', async (t) => {
    const { logout, session, events } = createAccessBench(t);
    const user = { id: 'ada', tenant: 'eu', email: 'ada@example.com', groups: ['Sales'], name: 'Ada' };
    await logout.here(await session(user), 'backchannel_logout');
    assert.deepEqual(events, [
      {
        type: 'session.ended',
        user: { id: 'ada', tenant: 'eu' },
        reason: 'backchannel_logout',
        sessions: 1,
        tokens: 0,
      },
    ]);
  });

  test('ends those that began with the same session of the provider’s, its own last, and no others', async (t) => {
    const { logout, session, areOpen, store, tokens, events } = createAccessBench(t);
    const [tab, twin] = [await session(adaIn('one')), await session(adaIn('one'))];
    const [elsewhere, unnamed] = [await session(adaIn('two')), await session(adaIn(undefined))];
    tokens.give(ada);
    store.clear();

    await logout.here(tab, 'logout');

    assert.deepEqual(await areOpen(tab, twin, elsewhere, unnamed), [false, false, true, true]);
    assert.deepEqual(events, [ended('logout', 1, 0), ended('logout', 1, 0)]);
    const removed = store.calls.filter((call) => call.startsWith('remove '));
    assert.equal(removed.length, 2);
    assert.equal(removed[1], `remove ${sessionKey(tab.id)}`);
  });

  test('of one without a name at the provider ends that one alone', async (t) => {
    const { logout, session, areOpen } = createAccessBench(t);
    const [desk, phone] = [await session(adaIn(undefined)), await session(adaIn(undefined))];
    await logout.here(desk, 'logout');
    assert.deepEqual(await areOpen(desk, phone), [false, true]);
  });

  test('does not count those that have ended among the provider’s', async (t) => {
    const { logout, session, sessions, events } = createAccessBench(t);
    const [tab, twin] = [await session(adaIn('one')), await session(adaIn('one'))];
    await sessions.close(twin.id);
    await logout.here(tab, 'logout');
    assert.deepEqual(events, [ended('logout', 1, 0)]);
  });
});

describe('a logout everywhere', () => {
  test('ends each session of the user and the token, and says how many those were', async (t) => {
    const { logout, session, areOpen, tokens, events } = createAccessBench(t);
    const own = [await session(ada), await session(adaIn('one')), await session(ada)];
    const other = await session({ id: 'ada', tenant: 'eu' });
    tokens.give(ada);

    assert.deepEqual(await logout.everywhere(ada, 'admin'), { sessions: 3, tokens: 1 });

    assert.deepEqual(await areOpen(...own, other), [false, false, false, true]);
    assert.deepEqual(events, [ended('admin', 3, 1)]);
  });

  test('of a user without sessions ends the token that may be left, and says so', async (t) => {
    const { logout, tokens, events } = createAccessBench(t);
    tokens.give(ada);
    assert.deepEqual(await logout.everywhere(ada, 'logout_everywhere'), { sessions: 0, tokens: 1 });
    assert.deepEqual(events, [ended('logout_everywhere', 0, 1)]);
  });
});

describe('what a late token leaves behind', () => {
  test('ends when the user has no session', async (t) => {
    const { logout, tokens, events } = createAccessBench(t);
    tokens.give(ada);
    await logout.afterwards(ada);
    assert.deepEqual([tokens.has(ada), events], [false, []]);
  });

  test('stays for another session of the user’s', async (t) => {
    const { logout, session, tokens } = createAccessBench(t);
    await session(ada);
    tokens.give(ada);
    await logout.afterwards(ada);
    assert.deepEqual(tokens.forgotten, []);
  });
});

describe('given a store that fails during a logout', () => {
  const ways: [
    string,
    'remove' | 'removePartition' | 'advanceEmpty',
    'here' | 'everywhere' | 'afterwards',
  ][] = [
    ['here', 'remove', 'here'],
    ['everywhere', 'removePartition', 'everywhere'],
    ['afterwards', 'advanceEmpty', 'afterwards'],
  ];
  for (const [what, failing, how] of ways) {
    test(`${what}, the call says so and nothing is told; the token ends when the store is back`, async (t) => {
      const { logout, session, sessions, store, clock, tokens, events } = createAccessBench(t);
      const desk = await session(ada);
      tokens.give(ada);
      store.failWith(away, failing, 'advanceEmpty');

      const call =
        how === 'here'
          ? logout.here(desk, 'logout')
          : how === 'everywhere'
            ? logout.everywhere(ada, 'logout_everywhere')
            : logout.afterwards(ada);
      await assert.rejects(call, away);
      assert.deepEqual(events, []);

      store.failWith(undefined);
      await sessions.close(desk.id);
      await clock.advance(TRY_AGAIN_MS - 1);
      assert.equal(tokens.has(ada), true);
      await clock.advance(1);
      assert.equal(tokens.has(ada), false);
      assert.equal(clock.pending, 0);
    });
  }

  test('it is tried every two seconds, whatever fails, and no more when it has worked', async (t) => {
    const { logout, session, sessions, store, clock, tokens } = createAccessBench(t);
    const desk = await session(ada);
    tokens.give(ada);
    store.failWith(away, 'remove', 'advanceEmpty');
    await assert.rejects(logout.here(desk, 'logout'), away);
    const tries = async () => {
      store.clear();
      await clock.advance(5 * TRY_AGAIN_MS);
      return store.count('advanceEmpty');
    };

    assert.equal(await tries(), 5);
    store.failWith(away);
    assert.equal(await tries(), 5);
    store.failWith(undefined);
    await sessions.close(desk.id);
    assert.equal(await tries(), 1);
    assert.equal(tokens.has(ada), false);
    assert.equal(await tries(), 0);
  });

  test('many calls for one user are seen to together, those of others for themselves', async (t) => {
    const { logout, session, store, clock, tokens } = createAccessBench(t);
    const users = [ada, ada, ada, { id: 'bruno' }, { id: 'ada', tenant: 'eu' }];
    const opened = await Promise.all(users.map((user) => session(user)));
    store.failWith(away);
    for (const each of opened) await assert.rejects(logout.here(each, 'logout'), away);

    assert.equal(clock.pending, 3);
    store.failWith(undefined);
    for (const each of opened) await logout.here(each, 'logout');
    for (const user of users) tokens.give(user);
    await clock.advance(TRY_AGAIN_MS);
    assert.deepEqual(
      users.map((user) => tokens.has(user)),
      [false, false, false, false, false],
    );
  });

  test('a user who has logged in again meanwhile keeps the token', async (t) => {
    const { logout, session, store, clock, tokens } = createAccessBench(t);
    const desk = await session(ada);
    store.failWith(away, 'remove');
    await assert.rejects(logout.here(desk, 'logout'), away);
    store.failWith(undefined);
    await session(ada);
    tokens.give(ada);

    await clock.advance(10 * TRY_AGAIN_MS);
    assert.equal(tokens.has(ada), true);
    assert.equal(clock.pending, 0);
  });

  test('those of another session of the provider’s that were not reached are reached by a second call', async (t) => {
    const { logout, session, areOpen, store, clock } = createAccessBench(t);
    const [tab, twin] = [await session(adaIn('one')), await session(adaIn('one'))];
    store.failWith(away, 'remove');
    await assert.rejects(logout.here(tab, 'logout'), away);
    store.failWith(undefined);
    assert.deepEqual(await areOpen(tab, twin), [true, true]);
    assert.equal(clock.pending, 1, 'the token would be seen to if it had ended nevertheless');

    await logout.here(tab, 'logout');
    assert.deepEqual(await areOpen(tab, twin), [false, false]);
  });
});

test('given trouble that is not the store’s, it is told, and nothing is tried again', async (t) => {
  const { logout, session, clock, store, events } = createAccessBench(t);
  const desk = await session(ada);
  const bug = new TypeError('bug');
  store.failWith(bug, 'remove');

  await assert.rejects(logout.here(desk, 'logout'), bug);

  assert.equal(clock.pending, 0);
  assert.deepEqual(events, []);
});
