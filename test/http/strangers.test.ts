import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import { createDirectoryService } from '../support/directory-service.ts';
import { tempFile } from '../support/temp-file.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const strangers = Array.from({ length: 120 }, (_, n) => `stranger-${n}`);
const TOKEN = { path: '/oauth/token' };

async function withStrangers(t: Parameters<typeof createTestService>[0], env: Record<string, string> = {}) {
  const people = ['ada', 'bruno', ...strangers].map((id) => ({ id }));
  const users = tempFile(t, 'users.json', JSON.stringify(people));
  const service = await createTestService(t, {
    env: { DEMO_USERS: users, ...env },
    sandbox: { tierTwoPerMinute: 1_000 },
  });
  const ask = async (user: string) =>
    service.fetch({ url: '/qlik-token', cookie: await service.login(user) });
  return { ...service, ask };
}

// How Qlik says that it has no such user is undocumented.
describe('given a tenant that says of a stranger', () => {
  for (const status of [400, 401, 404, 409, 410, 422]) {
    test(`${status}, strangers are in nobody’s way, and cost no more than their own mints`, async (t) => {
      const { ask, sandbox, mints } = await withStrangers(t);
      const body = {
        errors: [{ code: 'USERS-7', title: 'Not found', status: String(status) }],
        traceId: 'x',
      };
      const effect = { type: 'status', status, body } as const;
      const fault = sandbox.faults.add({ match: TOKEN, times: 8, effect });
      for (const stranger of strangers.slice(0, 8)) {
        const { statusCode } = await ask(stranger);
        assert.ok([403, 502].includes(statusCode), String(statusCode));
      }
      sandbox.faults.clear(fault.id);
      assert.equal((await ask('ada')).statusCode, 200);

      sandbox.faults.add({ match: TOKEN, effect });
      const before = mints();
      for (let n = 0; n < 20; n += 1) assert.ok((await ask('stranger-9')).statusCode >= 400);
      assert.ok(mints() - before <= 6, String(mints() - before));
    });
  }

  test('404 with a page of something in between, it is no answer of Qlik’s', async (t) => {
    const { ask, sandbox } = await withStrangers(t);
    const effect = { type: 'status', status: 404, body: '<html>', contentType: 'text/html' } as const;
    sandbox.faults.add({ match: TOKEN, effect });
    assertProblem(await ask('ada'), 502, 'tenant_bad_response');
  });
});

test('strangers in any number leave a part of the budget to those for whom something was minted', async (t) => {
  const { ask, fetch, login } = await withStrangers(t, { TENANT_BUDGET: '40/min' });
  assert.equal((await ask('bruno')).statusCode, 200);
  await Promise.all(strangers.map(ask));
  const cookie = await login('bruno');
  await fetch({ method: 'POST', url: '/logout', cookie, payload: { everywhere: true } });
  assert.equal((await ask('bruno')).statusCode, 200);
});

test('a user in a loop of sign-in, token and sign-out costs six look-ups a minute', async (t) => {
  const service = await createDirectoryService(t, {
    mapping: 'lookup',
    users: [{ id: 'ada' }, { id: 'nobody' }],
  });
  for (const user of ['ada', 'nobody']) {
    const looks = () => service.asked().filter((call) => call.includes('/users/actions/filter')).length;
    const before = looks();
    for (let n = 0; n < 20; n += 1) {
      const cookie = await service.login(user);
      await service.ask(cookie);
      await service.fetch({ method: 'POST', url: '/logout', cookie });
    }
    assert.ok(looks() - before <= 6, `${user}: ${looks() - before}`);
  }
});

// Guards against sign-outs that hold every place while the tenant does not answer them.
test('given revocations that hang, new users get tokens', async (t) => {
  const { ask, login, fetch, sandbox } = await withStrangers(t, {
    USER_MAPPING: 'table',
    USER_TABLE: table(t),
  });
  const cookies = await Promise.all(strangers.slice(0, 12).map(login));
  for (const cookie of cookies) assert.equal((await fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  sandbox.faults.add({ match: { path: '/oauth/revoke' }, effect: { type: 'hang' } });
  for (const cookie of cookies) await fetch({ method: 'POST', url: '/logout', cookie });
  await until(() => sandbox.calls.count({ path: '/oauth/revoke' }) === 2);
  assert.equal((await ask('bruno')).statusCode, 200);
  assert.equal(sandbox.calls.count({ path: '/oauth/revoke' }), 2, 'a quarter of the eight places');
});

function table(t: Parameters<typeof tempFile>[0]): string {
  const rows = ['bruno', ...strangers].map((id) => `${id},ada\n`).join('');
  return tempFile(t, 'users.csv', `portal_user,qlik_subject\n${rows}`);
}
