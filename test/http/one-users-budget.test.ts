import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { assertProblem } from '../session/browser.ts';
import { tempFile } from '../support/temp-file.ts';
import { createTestService } from '../support/test-service.ts';

// Guards against one user who signs in and out until the tenant's budget is used up.
test('a user in a loop of sign-in, token and sign-out costs six mints a minute, and others notice nothing', async (t) => {
  const service = await createTestService(t, { env: { TENANT_BUDGET: '20/min' } });
  const statuses: number[] = [];
  let limited: LightMyRequestResponse | undefined;
  for (let round = 0; round < 30; round += 1) {
    const cookie = await service.login('ada');
    const answer = await service.fetch({ url: '/qlik-token', cookie });
    statuses.push(answer.statusCode);
    if (answer.statusCode === 429) limited = answer;
    await service.fetch({ method: 'POST', url: '/logout', cookie });
  }
  assert.deepEqual(statuses, [...Array(6).fill(200), ...Array(24).fill(429)]);
  assert.ok(limited);
  assertProblem(limited, 429, 'rate_limited');
  assert.ok(Number(limited.headers['retry-after']) >= 1);

  const bruno = await service.login('bruno');
  assert.equal((await service.fetch({ url: '/qlik-token', cookie: bruno })).statusCode, 200);
});

test('a user who is not in the tenant costs no more either', async (t) => {
  const users = tempFile(t, 'users.json', '[{"id":"stranger"},{"id":"ada"}]');
  const service = await createTestService(t, { env: { DEMO_USERS: users } });
  await service.fetch({ url: '/qlik-token', cookie: await service.login('ada') });
  for (let round = 0; round < 30; round += 1) {
    const cookie = await service.login('stranger');
    await service.fetch({ url: '/qlik-token', cookie });
    await service.fetch({ method: 'POST', url: '/logout', cookie });
  }
  assert.ok(service.mints() <= 1 + 6, String(service.mints()));
});

test('trouble of the tenant’s is no mint', async (t) => {
  const service = await createTestService(t);
  const effect = { type: 'status', status: 429, headers: { 'retry-after': '60' } } as const;
  service.sandbox.faults.add({ match: { path: '/oauth/token' }, effect });
  const cookie = await service.login('ada');
  for (let round = 0; round < 20; round += 1)
    assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 503, 'tenant_throttled');
});
