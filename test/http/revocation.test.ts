import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { assertProblem } from '../session/browser.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const ADMIN_TOKEN = 'operator-'.repeat(4);
const CALLS = ['/admin/users/ada/sessions', '/admin/users/ada/tokens', '/admin/tokens', '/admin/sessions'];

async function open(t: TestContext) {
  const store = createStoreProbe();
  const service = await createTestService(t, { store, env: { ADMIN_TOKEN } });
  const operate = (
    url: string,
    authorization = `Bearer ${ADMIN_TOKEN}`,
    method: 'DELETE' | 'GET' = 'DELETE',
  ) => service.adminApp.inject({ method, url, headers: { host: 'localhost', authorization } });
  return { ...service, store, operate };
}

test('a user’s sessions end, and the token is revoked at the tenant', async (t) => {
  const { fetch, login, operate, entries } = await open(t);
  const cookie = await login('ada');
  await fetch({ url: '/qlik-token', cookie });

  const answer = await operate('/admin/users/ada/sessions');

  assert.deepEqual([answer.statusCode, answer.json()], [200, { sessions: 1, tokens: 1 }]);
  assertProblem(await fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
  await until(() => entries('token.revoked').length === 1);
});

test('a user’s token ends, and the session goes on with another', async (t) => {
  const { fetch, login, operate, mints } = await open(t);
  const cookie = await login('ada');
  const first = (await fetch({ url: '/qlik-token', cookie })).json().access_token;

  assert.deepEqual((await operate('/admin/users/ada/tokens')).json(), { tokens: 1 });
  assert.deepEqual((await operate('/admin/users/ada/tokens')).json(), { tokens: 0 });

  assert.notEqual((await fetch({ url: '/qlik-token', cookie })).json().access_token, first);
  assert.equal(mints(), 2);
});

test('everybody’s sessions end, with their tokens; who signs in afterwards is signed in', async (t) => {
  const { fetch, login, operate, entries } = await open(t);
  const cookies = [await login('ada'), await login('ada'), await login('bruno')];
  const before = (await fetch({ url: '/qlik-token', cookie: cookies[0] })).json().access_token;

  const answer = await operate('/admin/sessions');

  assert.deepEqual([answer.statusCode, answer.json()], [200, { sessions: 'all', tokens: 'all' }]);
  for (const cookie of cookies)
    assertProblem(await fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
  assert.equal(entries('admin.all_sessions_ended').length, 1);
  const token = (await fetch({ url: '/qlik-token', cookie: await login('ada') })).json().access_token;
  assert.notEqual(token, before);
});

test('a user whom nobody knows has nothing to end', async (t) => {
  const { operate } = await open(t);
  const tricky = [
    'nobody',
    'a%2Fb',
    '%00',
    '%E2%82%AC',
    '..%2F..%2Fetc',
    '%22%7D',
    'x'.repeat(900),
    '__proto__',
  ];
  for (const id of tricky) {
    const answer = await operate(`/admin/users/${id}/sessions`);
    assert.deepEqual([answer.statusCode, answer.json()], [200, { sessions: 0, tokens: 0 }], id);
  }
});

test('a user of one tenant is not the user of that name of another, or of none', async (t) => {
  const { fetch, login, operate } = await open(t);
  const cookie = await login('ada');

  assert.deepEqual((await operate('/admin/users/ada/sessions?tenant=eu')).json(), { sessions: 0, tokens: 0 });
  assert.equal((await fetch({ url: '/session', cookie })).statusCode, 200);
});

test('what is not as documented is refused, and ends nothing', async (t) => {
  const { fetch, login, operate } = await open(t);
  const cookie = await login('ada');
  for (const url of [
    '/admin/users//sessions',
    '/admin/users/%zz/sessions',
    '/admin/users/%ff/sessions',
    '/admin/users/ada/sessions?tenant=',
    '/admin/users/ada/sessions?tenant=a&tenant=b',
    '/admin/users/ada/sessions?tennant=eu',
    '/admin/users/ada/tokens?all=true',
    '/admin/tokens?user=ada',
    '/admin/sessions?user=ada',
    `/admin/users/${'x'.repeat(1_001)}/tokens`,
  ])
    assertProblem(await operate(url), 400, 'bad_request');
  for (const url of ['/admin/users/ada', '/admin']) assertProblem(await operate(url), 404, 'not_found');
  for (const url of CALLS) assertProblem(await operate(url, undefined, 'GET'), 404, 'not_found');
  assert.equal((await fetch({ url: '/session', cookie })).statusCode, 200);
});

test('without the operators’ token nothing ends', async (t) => {
  for (const url of CALLS) {
    const { fetch, login, operate } = await open(t);
    const cookie = await login('ada');
    for (const authorization of ['', 'Bearer', `Bearer ${ADMIN_TOKEN}x`, `Basic ${ADMIN_TOKEN}`])
      assertProblem(await operate(url, authorization), 401, 'admin_token_required');
    assert.equal((await fetch({ url: '/session', cookie })).statusCode, 200);
  }
});

test('where no token is configured, these calls are not there', async (t) => {
  const service = await createTestService(t);
  for (const url of CALLS) {
    const answer = await service.adminApp.inject({ method: 'DELETE', url, headers: { host: 'localhost' } });
    assertProblem(answer, 404, 'not_found');
  }
  const answer = await service.fetch({ method: 'DELETE', url: CALLS[2] as string });
  assertProblem(answer, 404, 'not_found');
});

test('what an operator ended is in the log, without secrets', async (t) => {
  const { fetch, login, operate, entries, logged } = await open(t);
  const cookie = await login('ada');
  const token = (await fetch({ url: '/qlik-token', cookie })).json().access_token;
  for (const url of CALLS) await operate(url);

  const [sessions] = entries('admin.sessions_ended');
  assert.deepEqual([sessions?.user, sessions?.sessions, sessions?.tokens], [{ id: 'ada' }, 1, 1]);
  assert.equal(entries('admin.token_ended').length, 1);
  assert.equal(entries('admin.all_tokens_ended').length, 1);
  for (const secret of [token, ADMIN_TOKEN, cookie]) assert.ok(!logged.join('').includes(secret));
});

test('while the store is away the answer says so, and nothing is reported as ended', async (t) => {
  const { operate, store, entries } = await open(t);
  store.failWith(new StoreUnavailableError());
  for (const url of CALLS) {
    const answer = await operate(url);
    assertProblem(answer, 503, 'store_unavailable');
    assert.ok(answer.headers['retry-after']);
  }
  assert.equal(entries('admin.sessions_ended').length, 0);
});
