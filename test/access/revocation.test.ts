import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRevocation } from '../../src/access/revocation.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createAccessBench } from './access-bench.ts';

const ada: PortalUser = { id: 'ada', tenant: 'eu' };
const bruno: PortalUser = { id: 'bruno' };

async function open(t: TestContext) {
  const bench = createAccessBench(t);
  const sessions = [await bench.session(ada), await bench.session(ada), await bench.session(bruno)] as const;
  for (const user of [ada, bruno]) bench.tokens.give(user);
  return { ...bench, revocation: createRevocation(bench), sessions };
}

test('ending a user’s sessions ends the token, too, and nobody else’s; to repeat it does no harm', async (t) => {
  const { revocation, sessions, areOpen, tokens, events } = await open(t);

  assert.deepEqual(await revocation.sessionsOf(ada, 'request-1'), { sessions: 2, tokens: 1 });
  assert.deepEqual(await revocation.sessionsOf(ada, 'request-2'), { sessions: 0, tokens: 0 });

  assert.deepEqual(await areOpen(...sessions), [false, false, true]);
  assert.equal(tokens.has(bruno), true);
  const ended = { type: 'session.ended', user: ada, reason: 'admin' };
  const told = { type: 'admin.sessions_ended', user: ada };
  assert.deepEqual(events, [
    { ...ended, sessions: 2, tokens: 1 },
    { ...told, requestId: 'request-1', sessions: 2, tokens: 1 },
    { ...told, requestId: 'request-2', sessions: 0, tokens: 0 },
  ]);
});

test('ending a user’s token leaves the sessions; to repeat it does no harm', async (t) => {
  const { revocation, sessions, areOpen, tokens, events } = await open(t);

  assert.deepEqual(await revocation.tokenOf(ada, 'request-1'), { tokens: 1 });
  assert.deepEqual(await revocation.tokenOf(ada, 'request-2'), { tokens: 0 });

  assert.deepEqual(await areOpen(...sessions), [true, true, true]);
  assert.deepEqual([tokens.has(ada), tokens.has(bruno)], [false, true]);
  assert.deepEqual(events, [
    { type: 'admin.token_ended', requestId: 'request-1', user: ada, tokens: 1 },
    { type: 'admin.token_ended', requestId: 'request-2', user: ada, tokens: 0 },
  ]);
});

test('ending everybody’s tokens leaves the sessions', async (t) => {
  const { revocation, sessions, areOpen, tokens, events } = await open(t);

  await revocation.allTokens('request-1');

  assert.deepEqual(await areOpen(...sessions), [true, true, true]);
  assert.deepEqual([tokens.has(ada), tokens.has(bruno)], [false, false]);
  assert.deepEqual(events, [{ type: 'admin.all_tokens_ended', requestId: 'request-1' }]);
});

test('what is told names the user by id and tenant, and nothing else', async (t) => {
  const { revocation, events } = await open(t);
  const named = { ...ada, name: 'Ada', email: 'ada@example.com', groups: ['Sales'] };
  await revocation.sessionsOf(named, 'request-1');
  await revocation.tokenOf(named, 'request-2');
  for (const event of events) assert.deepEqual('user' in event && event.user, ada, event.type);
});

test('while the store is away each call says so, and nothing is told as ended', async (t) => {
  const { revocation, store, tokens, events } = await open(t);
  const away = new StoreUnavailableError();
  store.failWith(away);
  tokens.failWith(away);

  await assert.rejects(revocation.sessionsOf(ada, 'request'), away);
  await assert.rejects(revocation.tokenOf(ada, 'request'), away);
  await assert.rejects(revocation.allTokens('request'), away);

  assert.deepEqual(events, []);
});
