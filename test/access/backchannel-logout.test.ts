import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createBackchannelLogout } from '../../src/access/backchannel-logout.ts';
import type { ProviderLogout } from '../../src/portal/logout-token.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import type { StoreProbe } from '../session/store-probe.ts';
import { createAccessBench } from './access-bench.ts';

const ACCEPTED_FOR_MS = 120_000;
const away = new StoreUnavailableError();
const user = (id: string, sid?: string, subject = `sub-${id}`): PortalUser => ({
  id,
  providerSession: { subject, ...(sid !== undefined && { sid }) },
});

/** A provider whose logout tokens say what the test wants; others are not to be believed. */
function open(t: TestContext, says: Record<string, Partial<ProviderLogout>>) {
  const bench = createAccessBench(t);
  const backchannelLogout = createBackchannelLogout({
    ...bench,
    tokens: {
      async read(token) {
        const known = says[token];
        if (!known) throw new LoginRefusedError('bad_request', 'not to be believed');
        return { id: token, sid: undefined, subject: undefined, acceptedForMs: ACCEPTED_FOR_MS, ...known };
      },
    },
  });
  return { ...bench, backchannelLogout };
}

describe('a logout token', () => {
  test('with a sid ends the open sessions that began with it, and counts them', async (t) => {
    const { backchannelLogout, session, sessions, areOpen, ended } = open(t, { one: { sid: 'one' } });
    const [desk, closed] = [await session(user('ada', 'one')), await session(user('ada', 'one'))];
    const [other, bruno] = [await session(user('ada', 'two')), await session(user('bruno', 'three'))];
    await sessions.close(closed.id);

    assert.deepEqual(await backchannelLogout('one'), { sessions: 1, users: 0 });

    assert.deepEqual(await areOpen(desk, other, bruno), [false, true, true]);
    assert.deepEqual(ended(), [
      { type: 'session.ended', user: { id: 'ada' }, reason: 'backchannel_logout', sessions: 1, tokens: 0 },
    ]);
  });

  test('with a sid counts each session once, though the first that ends takes the others along', async (t) => {
    const { backchannelLogout, session, areOpen, ended } = open(t, { one: { sid: 'one' } });
    const both = [await session(user('ada', 'one')), await session(user('ada', 'one'))];

    assert.deepEqual(await backchannelLogout('one'), { sessions: 2, users: 0 });

    assert.deepEqual(await areOpen(...both), [false, false]);
    assert.equal(ended().length, 2);
  });

  test('with a subject alone ends all that its users have, sessions and tokens', async (t) => {
    const { backchannelLogout, session, areOpen, tokens, ended } = open(t, { all: { subject: 'sub' } });
    const ada = [await session(user('ada', 'one', 'sub')), await session(user('ada', undefined, 'sub'))];
    const alias = await session(user('a.lindqvist', 'two', 'sub'));
    const bruno = await session(user('bruno', 'three'));
    tokens.give({ id: 'ada' });

    assert.deepEqual(await backchannelLogout('all'), { sessions: 0, users: 2 });

    assert.deepEqual(await areOpen(...ada, alias, bruno), [false, false, false, true]);
    const facts = { type: 'session.ended', reason: 'backchannel_logout' };
    assert.deepEqual(ended(), [
      { ...facts, user: { id: 'ada' }, sessions: 2, tokens: 1 },
      { ...facts, user: { id: 'a.lindqvist' }, sessions: 1, tokens: 0 },
    ]);
  });

  test('of somebody who is not signed in ends nothing, which is no error', async (t) => {
    const { backchannelLogout, events } = open(t, { sid: { sid: 'x' }, sub: { subject: 'x' } });
    assert.deepEqual(await backchannelLogout('sid'), { sessions: 0, users: 0 });
    assert.deepEqual(await backchannelLogout('sub'), { sessions: 0, users: 0 });
    assert.deepEqual(events, []);
  });

  test('that is not to be believed ends nothing, and leaves nothing in the store', async (t) => {
    const { backchannelLogout, store } = open(t, {});
    await assert.rejects(backchannelLogout('forged'), LoginRefusedError);
    assert.deepEqual(store.calls, []);
  });
});

describe('a logout token that comes again', () => {
  test('is refused for as long as it would be accepted, and ends nothing', async (t) => {
    const { backchannelLogout, session, areOpen, clock } = open(t, { one: { subject: 'sub-ada' } });
    await backchannelLogout('one');
    const again = await session(user('ada', 'one'));

    for (const waitMs of [0, ACCEPTED_FOR_MS - 1]) {
      await clock.advance(waitMs);
      await assert.rejects(
        backchannelLogout('one'),
        (error) => error instanceof LoginRefusedError && error.code === 'bad_request',
      );
    }
    assert.deepEqual(await areOpen(again), [true]);
    await clock.advance(1);
    assert.deepEqual(await backchannelLogout('one'), { sessions: 0, users: 1 });
  });

  // Else a provider that was not answered in time would be told that all is well while it is not.
  test('while its work is not done, does the work too', async (t) => {
    const { backchannelLogout, session, store, areOpen } = open(t, { one: { sid: 'one' } });
    const desk = await session(user('ada', 'one'));
    const held = store.hold('remove');
    const both = [backchannelLogout('one'), backchannelLogout('one')];
    held.release();
    await Promise.all(both);
    assert.deepEqual(await areOpen(desk), [false]);
  });

  test('since the store failed when the work was done, is accepted again', async (t) => {
    const { backchannelLogout, session, store, areOpen } = open(t, { one: { sid: 'one' } });
    const desk = await session(user('ada', 'one'));
    store.failWith(away, 'create');
    await assert.rejects(backchannelLogout('one'), away);
    store.failWith(undefined);
    await backchannelLogout('one');
    assert.deepEqual(await areOpen(desk), [false]);
  });

  // A provider tries again when it was answered an error.
  for (const [failing, says] of [
    ['peek', { sid: 'one' }],
    ['remove', { sid: 'one' }],
    ['removePartition', { subject: 'sub-ada' }],
  ] as const) {
    test(`since the store could not ${failing}, is as good as new`, async (t) => {
      const { backchannelLogout, session, areOpen, store } = open(t, { token: says });
      const desk = await session(user('ada', 'one'));
      failOnce(store, failing);

      await assert.rejects(backchannelLogout('token'), away);
      assert.deepEqual(await areOpen(desk), [true]);

      await backchannelLogout('token');
      assert.deepEqual(await areOpen(desk), [false]);
    });
  }
});

// Else one that is noted in between would be found by neither.
test('a login under way is told before the sessions are looked for', async (t) => {
  const { backchannelLogout, store } = open(t, { token: { sid: 'one' } });
  await backchannelLogout('token');

  const marked = store.calls.findIndex((call) => /^create .*:logged-out-session/.test(call));
  const looked = store.calls.findIndex((call) => call.includes(':provider-session'));
  const used = store.calls.findIndex((call) => /^create .*:once/.test(call));
  assert.ok(marked !== -1 && marked < looked && looked < used, store.calls.join(', '));
});

/** The next call of this method rejects. */
function failOnce(store: StoreProbe, method: 'peek' | 'remove' | 'removePartition'): void {
  const working = store[method];
  Object.assign(store, {
    async [method]() {
      Object.assign(store, { [method]: working });
      throw away;
    },
  });
}
