import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { newSessionId } from '../../src/session/session-id.ts';
import { createSessions } from '../../src/session/sessions.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { createStoreProbe } from './store-probe.ts';

const ADVANCE = { dependent: 'token', forMs: 60_000 };

const lookalikes: PortalUser[] = [
  { id: 'ada' },
  { id: 'Ada' },
  { id: 'ada ' },
  { id: 'a:b', tenant: 't' },
  { id: 'b', tenant: 't:a' },
  { id: 'ada', tenant: 't' },
  { id: 'ada', tenant: 'null' },
  { id: '","ada', tenant: 't' },
  { id: '__proto__' },
  { id: 'é' },
  { id: 'e\u0301' },
];

test('given users who look alike, each has sessions of their own', async (t) => {
  const sessions = open(t);
  const ids = lookalikes.map(newSessionId);
  for (const [n, user] of lookalikes.entries()) await sessions.open(ids[n] as string, user);

  for (const [n, user] of lookalikes.entries()) {
    assert.equal((await sessions.closeAll(user, ADVANCE)).removed, 1, JSON.stringify(user));
    assert.equal(await sessions.peek(ids[n] as string), undefined);
  }
});

test('given a session, its name and partitions do not matter for whose it is', async (t) => {
  const sessions = open(t);
  const [one, two] = [newSessionId({ id: 'ada' }), newSessionId({ id: 'ada' })];
  await sessions.open(one, { id: 'ada', name: 'Ada', groups: ['EMEA'] });
  await sessions.open(two, { id: 'ada', name: 'Ada Lindqvist' });

  assert.deepEqual(await sessions.close(one), { left: 1 });
  assert.equal(await sessions.close(one), undefined);
  assert.deepEqual(await sessions.close(two), { left: 0 });
});

test('given an id that is taken, nothing is opened', async (t) => {
  const sessions = open(t);
  const id = newSessionId({ id: 'ada' });
  await sessions.open(id, { id: 'ada', name: 'Ada' });

  assert.equal(await sessions.open(id, { id: 'ada', name: 'Another' }), false);
  assert.equal((await sessions.peek(id))?.user.name, 'Ada');
  assert.equal((await sessions.closeAll({ id: 'ada' }, ADVANCE)).removed, 1);
});

test('given an id of another user, or one that was not made for a user, nothing is opened', async (t) => {
  const sessions = open(t);
  for (const id of [
    newSessionId({ id: 'bruno' }),
    newSessionId({ id: 'ada', tenant: 't' }),
    'A'.repeat(48),
    '',
  ]) {
    await assert.rejects(sessions.open(id, { id: 'ada' }), TypeError);
    assert.equal(await sessions.peek(id), undefined);
  }
});

test('given the keys of a store, nobody can tell a session’s id, and all of a user’s have a hash tag in common', async (t) => {
  const store = createStoreProbe();
  t.after(() => store.close());
  const sessions = createSessions({ store, limits: { idleMs: 60_000, lifetimeMs: 60_000 }, perUser: 20 });
  const id = newSessionId({ id: 'ada' });
  await sessions.open(id, { id: 'ada' });
  await sessions.open(newSessionId({ id: 'ada' }), { id: 'ada' });
  await sessions.trim({ id: 'ada' });

  const names = store.calls.map((call) => call.split(' ')[1] as string);
  assert.equal(names.length, 3);
  for (const name of names) {
    assert.match(name, /^\{[\w-]{16}\}:session(s|:[\w-]{43})$/);
    assert.equal(name.slice(0, 18), names[0]?.slice(0, 18));
    assert.ok(!name.includes(id.slice(16)) && !name.includes(id.slice(16, 28)));
  }
  assert.equal(new Set(names).size, 3);
});

function open(t: TestContext) {
  const store = createMemoryStore({ now: Date.now });
  t.after(() => store.close());
  return createSessions({ store, limits: { idleMs: 60_000, lifetimeMs: 60_000 }, perUser: 20 });
}
