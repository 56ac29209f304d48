import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { createSessions } from '../../src/session/sessions.ts';
import { createMemoryStore } from '../../src/store/memory.ts';

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
  for (const [n, user] of lookalikes.entries()) await sessions.open(`id ${n}`, user);

  for (const [n, user] of lookalikes.entries()) {
    assert.equal(await sessions.count(user), 1, JSON.stringify(user));
    assert.equal(await sessions.closeAll(user), 1);
    assert.equal(await sessions.peek(`id ${n}`), undefined);
  }
});

test('given a session, its name and groups do not matter for whose it is', async (t) => {
  const sessions = open(t);
  await sessions.open('one', { id: 'ada', name: 'Ada', groups: ['EMEA'] });
  await sessions.open('two', { id: 'ada', name: 'Ada Lindqvist' });

  assert.equal(await sessions.count({ id: 'ada' }), 2);
  assert.equal(await sessions.close('one'), 1);
  assert.equal(await sessions.close('one'), undefined);
  assert.equal(await sessions.close('two'), 0);
});

test('given an id that is taken, nothing is opened', async (t) => {
  const sessions = open(t);
  await sessions.open('one', { id: 'ada' });

  assert.equal(await sessions.open('one', { id: 'bruno' }), false);
  assert.equal((await sessions.peek('one'))?.user.id, 'ada');
  assert.equal(await sessions.count({ id: 'bruno' }), 0);
});

function open(t: TestContext) {
  const store = createMemoryStore({ now: Date.now });
  t.after(() => store.close());
  return createSessions({ store, limits: { idleMs: 60_000, lifetimeMs: 60_000 } });
}
