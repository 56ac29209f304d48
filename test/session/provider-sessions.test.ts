import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createProviderSessions } from '../../src/session/provider-sessions.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';

const LIFETIME_MS = 1_000;
const ada = { id: 'ada', providerSession: { subject: 'sub-ada', sid: 'one' } };

function bench(t: TestContext) {
  const state = { time: 1_000_000 };
  const store = createMemoryStore({ now: () => state.time });
  t.after(() => store.close());
  return {
    state,
    store,
    provider: createProviderSessions({ store, lifetimeMs: LIFETIME_MS, maxRemembered: 20 }),
  };
}

const NONE = { sessions: [], users: [] };
const ids = (count: number) => Array.from({ length: count }, (_, n) => `id-${n}`);

test('of one session of the provider’s, the newest twenty of ours are remembered, each once', async (t) => {
  const { provider } = bench(t);
  for (const id of ids(20)) assert.deepEqual(await provider.note(id, ada), NONE);
  assert.deepEqual(await provider.note('id-20', ada), { sessions: ['id-0'], users: [] });
  assert.deepEqual(await provider.note('id-5', ada), NONE);
  const { sessions } = await provider.find({ sid: 'one' });
  assert.deepEqual([...sessions].sort(), ids(21).slice(1).sort());
});

test('of one subject, the newest twenty users are remembered; who makes room is told', async (t) => {
  const { provider } = bench(t);
  const users = ids(21).map((id) => ({ ...ada, id }));
  for (const user of users.slice(0, 20)) await provider.note(`session of ${user.id}`, user);
  const { users: gone } = await provider.note('another session', users[20] as typeof ada);
  assert.deepEqual(gone, [{ id: 'id-0' }]);
});

test('sessions that are noted at one moment are all remembered', async (t) => {
  const { provider } = bench(t);
  await Promise.all(ids(5).map((id) => provider.note(id, ada)));
  assert.deepEqual([...(await provider.find({ sid: 'one' })).sessions].sort(), ids(5));
});

test('a session is remembered for as long as it may last, however old the first one is', async (t) => {
  const { state, provider } = bench(t);
  for (const id of ids(3)) {
    await provider.note(id, ada);
    state.time += LIFETIME_MS - 1;
    assert.ok((await provider.find({ sid: 'one' })).sessions.includes(id), id);
  }
  assert.deepEqual((await provider.find({ subject: 'sub-ada' })).users, [{ id: 'ada' }]);
  state.time += 1;
  assert.deepEqual(await provider.find({ sid: 'one' }), { sessions: [], users: [] });
});

test('of a user whom no provider signed in, nothing is remembered', async (t) => {
  const { provider } = bench(t);
  await provider.note('id', { id: 'ada' });
  assert.deepEqual(await provider.find({ subject: 'ada' }), { sessions: [], users: [] });
  assert.deepEqual(await provider.find({}), { sessions: [], users: [] });
});

for (const garbage of ['', 'garbage', 'null', '{}', '[1]', '[["id-0"]]', '{"0":"id-0"}']) {
  test(`a record that cannot be understood is as good as none, and is written anew: ${garbage}`, async (t) => {
    const { provider, store } = bench(t);
    await provider.note('id-0', ada);
    const key = `{${hash('sha256', 'one', 'base64url')}}:provider-session`;
    const { revision } = (await store.peek(key)) ?? assert.fail();
    assert.equal(await store.replace(key, garbage, revision), true);
    assert.deepEqual(await provider.find({ sid: 'one' }), { sessions: [], users: [] });
    await provider.note('id-1', ada);
    assert.deepEqual((await provider.find({ sid: 'one' })).sessions, ['id-1']);
  });
}

test('a user who cannot be understood is nobody, and the others are signed out', async (t) => {
  const { provider, store } = bench(t);
  await provider.note('id-0', ada);
  const key = `{${hash('sha256', 'sub-ada', 'base64url')}}:provider-subject`;
  const { revision } = (await store.peek(key)) ?? assert.fail();
  const entries = ['garbage', '{"id":""}', '{"id":1}', '{"id":"ada"}', '{"id":"bruno","tenant":"eu"}'];
  await store.replace(key, JSON.stringify(entries), revision);
  const { users } = await provider.find({ subject: 'sub-ada' });
  assert.deepEqual(users, [{ id: 'ada' }, { id: 'bruno', tenant: 'eu' }]);
});
