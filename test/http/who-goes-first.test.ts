import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import { tempFile } from '../support/temp-file.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const ME = { path: '/api/v1/users/me' };

// Guards against pages that say "rejected", and hold every place while the tenant does not answer them.
test('given thirty pages that say that their token was rejected, and a tenant that leaves that open, new users get tokens', async (t) => {
  const people = Array.from({ length: 31 }, (_, n) => `person-${n}`);
  const users = tempFile(t, 'users.json', JSON.stringify(people.map((id) => ({ id }))));
  const rows = people.map((id) => `${id},ada\n`).join('');
  const table = tempFile(t, 'users.csv', `portal_user,qlik_subject\n${rows}`);
  const service = await createTestService(t, {
    env: { DEMO_USERS: users, USER_MAPPING: 'table', USER_TABLE: table },
    sandbox: { tierTwoPerMinute: 1_000 },
  });
  const cookies = await Promise.all(people.map((id) => service.login(id)));
  const last = cookies.pop();
  for (const cookie of cookies)
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  service.sandbox.faults.add({ match: ME, effect: { type: 'hang' } });

  const pages = cookies.map((cookie) =>
    service.fetch({ method: 'POST', url: '/qlik-token', cookie, payload: { rejected: true } }),
  );
  await until(() => service.sandbox.calls.count(ME) === 2); // a quarter of the eight places
  assert.equal((await service.fetch({ url: '/qlik-token', cookie: last })).statusCode, 200);
  assert.equal(service.sandbox.calls.count(ME), 2);
  for (const page of pages) assert.equal((await page).statusCode, 200, 'the token that it has');
});

// Guards against a token that nobody has, and that lives for six hours.
test('a token that the tenant issues after the call was given up is revoked', async (t) => {
  const service = await createTestService(t, { env: { TOKEN_DEADLINE: '400ms' } });
  const effect = { type: 'latency', delayMs: 700 } as const;
  service.sandbox.faults.add({ match: { path: '/oauth/token' }, effect });
  const cookie = await service.login('ada');
  assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 503, 'tenant_unavailable');
  await until(() => service.sandbox.calls.count({ path: '/oauth/revoke', status: 200 }) >= 1);
  // Told once its answer is read.
  await until(() => service.entries('token.revoked').length >= 1);
});
