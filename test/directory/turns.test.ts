import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { FaultEffect } from '../../src/sandbox/faults.ts';
import { createDirectoryService } from '../support/directory-service.ts';
import { until } from '../support/until.ts';

const FIND = 'POST /api/v1/users/actions/filter';
const MINT = 'POST /oauth/token mint';
const MINTS = { path: '/oauth/token', grantType: 'urn:qlik:oauth:user-impersonation' };
/** Not tried again at once. */
const UNAVAILABLE: FaultEffect = { type: 'status', status: 500, headers: { 'retry-after': '1' } };

test('mints of users who wait go before look-ups, through the one gate', async (t) => {
  const service = await createDirectoryService(t, {
    mapping: 'lookup',
    users: [{ id: 'ada' }, { id: 'bruno' }, { id: 'chiyo' }],
    env: { TENANT_CONCURRENCY: '1' },
  });
  const [ada, bruno, chiyo] = [
    await service.login('ada'),
    await service.login('bruno'),
    await service.login('chiyo'),
  ];
  // Known, but without a token.
  service.sandbox.faults.add({ match: MINTS, effect: UNAVAILABLE, times: 1 });
  await service.ask(ada);
  const before = service.asked().length;

  service.sandbox.faults.add({ match: { path: '/api/v1/*' }, effect: { type: 'latency', delayMs: 300 } });
  const first = service.ask(bruno);
  await until(() => service.asked().length > before);
  const second = service.ask(chiyo);
  await setTimeout(50);
  const third = service.ask(ada);
  await Promise.all([first, second, third]);

  const order = service.asked().slice(before);
  assert.deepEqual(order.slice(0, 2), [FIND, MINT]);
  assert.equal(order.filter((call) => call === FIND).length, 2);
});

test('creations leave a quarter of the budget to the mints', async (t) => {
  const ids = Array.from({ length: 8 }, (_, index) => `new-${index}`);
  const service = await createDirectoryService(t, {
    mapping: 'provision',
    users: [{ id: 'ada' }, ...ids.map((id) => ({ id }))],
    env: { TENANT_BUDGET: '8/min', TOKEN_DEADLINE: '1s' },
  });
  service.sandbox.faults.add({ match: MINTS, effect: UNAVAILABLE });
  await Promise.all(ids.map(service.first));
  const managed = service.asked().filter((call) => call === 'POST /api/v1/users' || call.endsWith('manage'));
  assert.ok(managed.length <= 6, `${managed.length} calls of tier 2`);
});
