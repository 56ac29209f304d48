import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createBackchannelLogout, providerLoggedOut } from '../../src/access/backchannel-logout.ts';
import { LOGIN_LIFETIME_MS } from '../../src/access/login-lifetime.ts';
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

  test('at the same moment works once', async (t) => {
    const { backchannelLogout, session } = open(t, { one: { sid: 'one' } });
    await session(user('ada', 'one'));
    const both = await Promise.allSettled([backchannelLogout('one'), backchannelLogout('one')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
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

  test('since the tokens could not be forgotten, is as good as new', async (t) => {
    const { backchannelLogout, session, tokens } = open(t, { token: { subject: 'sub-ada' } });
    await session(user('ada', 'one'));
    tokens.give({ id: 'ada' });
    tokens.failWith(away);
    await assert.rejects(backchannelLogout('token'), away);

    tokens.failWith(undefined);
    await backchannelLogout('token');
    assert.equal(tokens.has({ id: 'ada' }), false);
  });

  test('while the store stays away, is answered with what went wrong first', async (t) => {
    const { backchannelLogout, session, store } = open(t, { token: { sid: 'one' } });
    await session(user('ada', 'one'));
    failOnce(store, 'peek');
    store.failWith(new StoreUnavailableError(), 'remove');
    await assert.rejects(backchannelLogout('token'), (error) => error === away);
  });
});

describe('a login that is under way', () => {
  const mark = providerLoggedOut('one');

  test('finds the mark that its session was ended, for as long as it may take', async (t) => {
    const { backchannelLogout, replays, clock } = open(t, { token: { sid: 'one' } });
    await backchannelLogout('token');

    await clock.advance(LOGIN_LIFETIME_MS - 1);
    assert.equal(await replays.isClaimed(mark), true);
    assert.equal(await replays.isClaimed(providerLoggedOut('two')), false);
    await clock.advance(1);
    assert.equal(await replays.isClaimed(mark), false);
  });

  // Else one that is noted in between would be found by neither.
  test('is marked before the sessions are looked for', async (t) => {
    const { backchannelLogout, store } = open(t, { token: { sid: 'one' } });
    await backchannelLogout('token');

    const marked = store.calls.findLastIndex((call) => call.startsWith('create '));
    const looked = store.calls.findIndex((call) => call.includes(':provider-session'));
    assert.equal(store.count('create'), 2, 'the token, and the mark');
    assert.ok(marked < looked, store.calls.join(', '));
  });

  test('is not marked by a logout of all that a subject has', async (t) => {
    const { backchannelLogout, store } = open(t, { token: { subject: 'sub-ada' } });
    await backchannelLogout('token');
    assert.equal(store.count('create'), 1, 'the token alone is claimed');
  });
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
