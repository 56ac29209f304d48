import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import type { MappingConfig } from '../../src/config/tenant-config.ts';
import { createManualClock, type ManualClock, settle } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import { answerWith, openTenant, startTenantServer, type TenantServer } from './tenant-bench.ts';

const limits = (concurrency: number, budget = { limit: 90, windowMs: 60_000 }) => ({ concurrency, budget });
const lookup: MappingConfig = {
  by: 'lookup',
  managementClient: { id: 'client-2', secret: new Secret('secret-of-client-2') },
  rememberMs: 60_000,
};
const MINUTE = 60_000;

/** That nothing is left of a tenant that was closed, and nothing comes of it later on. */
async function assertNothingLeft(clock: ManualClock, server: TenantServer): Promise<void> {
  assert.equal(clock.pending, 0, 'a timer is left');
  await until(async () => (await server.connections()) === 0);
  const calls = server.calls.length;
  await clock.advance(10 * MINUTE);
  assert.equal(server.calls.length, calls, 'it was called nevertheless');
  assert.equal(await server.connections(), 0);
}

describe('a tenant that is closed', () => {
  test('before it was called has never connected', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t);
    const { tenant } = openTenant(t, clock, { url: server.url });
    await tenant.close();
    await assertNothingLeft(clock, server);
  });

  test('after calls that were answered leaves no connection', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(200));
    const { tenant } = openTenant(t, clock, { url: server.url });
    assert.equal(await tenant.tokenClient.judge('token'), 'accepted');
    assert.equal(await server.connections(), 1, 'it is kept for the next call');

    await tenant.close();
    await assertNothingLeft(clock, server);
  });

  test('ends calls under way, in the queue and between two tries, and leaves nothing', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, (call) => {
      if (call.user === 'bruno') answerWith(503)(call);
    });
    const { tenant, mint } = openTenant(t, clock, { url: server.url, limits: limits(2) });
    const between = mint('bruno');
    await until(() => server.calls.length === 1 && tenant.state.running === 0);
    const underWay = [mint('ada'), mint('chiyo')];
    await until(() => server.calls.length === 3);
    const queued = [mint('dario'), mint('eva', 'renewal')];
    const revocation = tenant.tokenClient.revoke('token');
    await settle();
    assert.deepEqual([tenant.state.running, tenant.state.waiting], [2, 3]);
    assert.ok(clock.pending >= 6, 'each call has a limit, and one waits for its next try');

    await tenant.close();

    assert.deepEqual(
      await Promise.all([between, ...underWay, ...queued]),
      Array.from({ length: 5 }, () => 'tenant_unavailable'),
    );
    assert.equal(await revocation, false);
    assert.deepEqual([tenant.state.running, tenant.state.waiting], [0, 0]);
    await assertNothingLeft(clock, server);
  });

  test('makes no call any more', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(200));
    const { tenant, mint } = openTenant(t, clock, { url: server.url, mapping: lookup });
    await tenant.close();

    assert.equal(await mint('ada'), 'tenant_unavailable');
    assert.equal(await tenant.tokenClient.judge('token'), 'unknown');
    assert.equal(await tenant.tokenClient.revoke('token'), false);
    const pace = { priority: 'directory', deadline: clock.now() + 8_000 } as const;
    await assert.rejects(async () => tenant.administration?.find({ subject: 'ada' }, pace), {
      code: 'unavailable',
    });
    assert.equal(server.calls.length, 0);
    await assertNothingLeft(clock, server);
  });

  for (const [what, answer] of [
    ['under way', () => {}],
    ['between two tries', answerWith(503)],
  ] as const) {
    test(`ends calls of its management client that are ${what}, too`, async (t) => {
      const clock = createManualClock();
      const server = await startTenantServer(t, answer);
      const { tenant } = openTenant(t, clock, { url: server.url, mapping: lookup });
      const pace = { priority: 'directory', deadline: clock.now() + 8_000 } as const;
      const finding = assert.rejects(async () => tenant.administration?.find({ subject: 'ada' }, pace), {
        code: 'unavailable',
      });
      const running = what === 'under way' ? 1 : 0;
      await until(() => server.calls.length === 1 && tenant.state.running === running);
      await settle();
      assert.ok(clock.pending >= 1);

      await tenant.close();

      await finding;
      await assertNothingLeft(clock, server);
    });
  }

  test('refuses those who wait for the end of a pause', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(429, { 'retry-after': '30' }));
    const { tenant, mint } = openTenant(t, clock, { url: server.url });
    assert.equal(await mint('ada'), 'tenant_throttled');
    const revocation = tenant.tokenClient.revoke('token');
    await settle();
    assert.equal(tenant.state.waiting, 1);
    assert.ok(clock.pending >= 1);

    await tenant.close();

    assert.equal(await revocation, false);
    await assertNothingLeft(clock, server);
  });

  test('refuses those who wait for room in the budget', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(200));
    const { tenant } = openTenant(t, clock, {
      url: server.url,
      limits: limits(8, { limit: 1, windowMs: 10_000 }),
    });
    assert.equal(await tenant.tokenClient.revoke('token-1'), true);
    const revocation = tenant.tokenClient.revoke('token-2');
    await clock.advance(1_000);
    assert.equal(tenant.state.waiting, 1);

    await tenant.close();

    assert.equal(await revocation, false);
    await assertNothingLeft(clock, server);
  });

  // Guards against a connection that is made when nobody is left to end it.
  test('while a call is being prepared does not send it', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t);
    const { tenant, mint } = openTenant(t, clock, { url: server.url, client: keyClient() });
    const minting = mint('ada');
    while (tenant.state.running === 0) await Promise.resolve();

    await tenant.close();

    assert.equal(await minting, 'tenant_unavailable');
    await assertNothingLeft(clock, server);
    assert.equal(server.calls.length, 0);
  });

  test('twice is closed once', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(200));
    const { tenant } = openTenant(t, clock, { url: server.url });
    await tenant.tokenClient.judge('token');
    await Promise.all([tenant.close(), tenant.close()]);
    await tenant.close();
    await assertNothingLeft(clock, server);
  });

  test('leaves another tenant alone', async (t) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(200));
    const [one, other] = [
      openTenant(t, clock, { name: 'one', url: server.url }),
      openTenant(t, clock, { name: 'other', url: server.url }),
    ];
    await one.tenant.close();
    assert.equal(await other.tenant.tokenClient.judge('token'), 'accepted');
  });
});

describe('the state of a tenant', () => {
  const open = async (t: TestContext, answer: Parameters<typeof startTenantServer>[1]) => {
    const clock = createManualClock();
    const server = await startTenantServer(t, answer);
    return { clock, ...openTenant(t, clock, { url: server.url, mapping: lookup }) };
  };
  const pace = (clock: ManualClock) => ({ priority: 'directory', deadline: clock.now() + 8_000 }) as const;

  test('is good before the first call', async (t) => {
    const { tenant } = await open(t, () => {});
    assert.equal(tenant.healthy, true);
    assert.deepEqual(tenant.state, {
      running: 0,
      waiting: 0,
      throttled: false,
      circuitOpen: false,
      clientRefused: false,
    });
  });

  test('is bad when the tenant refuses the management client', async (t) => {
    const { clock, tenant, events } = await open(t, answerWith(401));
    await assert.rejects(async () => tenant.administration?.find({ subject: 'ada' }, pace(clock)), {
      code: 'refused',
    });
    assert.deepEqual([tenant.healthy, tenant.state.clientRefused], [false, true]);
    assert.deepEqual(events, [
      {
        type: 'tenant.client_refused',
        tenant: 'acme',
        client: 'management',
        clientId: 'client-2',
        pauseMs: 30_000,
      },
    ]);
  });

  test('is bad when the tenant refuses the client that impersonates', async (t) => {
    const { tenant, mint, events } = await open(t, answerWith(401));
    for (const user of ['ada', 'bruno', 'chiyo']) assert.equal(await mint(user), 'tenant_refused_client');
    assert.deepEqual([tenant.healthy, tenant.state.clientRefused], [false, true]);
    assert.deepEqual(
      events.map((event) => ('clientId' in event ? [event.type, event.clientId] : event.type)),
      [['tenant.client_refused', 'client-1']],
    );
  });

  test('names in its events which tenant is throttled', async (t) => {
    const { tenant, mint, events } = await open(t, answerWith(429, { 'retry-after': '30' }));
    await mint('ada');
    assert.deepEqual([tenant.healthy, tenant.state.throttled], [false, true]);
    assert.deepEqual(events, [{ type: 'tenant.throttled', tenant: 'acme', pauseMs: 30_000 }]);
  });
});

test('given a mapping that asks nobody, a tenant has no way to its users', async (t) => {
  const { tenant } = openTenant(t, createManualClock(), { mapping: { by: 'subject' } });
  assert.equal(tenant.administration, undefined);
});

test('whom the configuration denies, and Qlik’s bots, are denied', async (t) => {
  const { tenant } = openTenant(t, createManualClock(), { deny: ['root'] });
  assert.deepEqual(
    ['root', 'ROOT', 'qlikbot\\1', 'ada'].map((user) => tenant.isDenied(user)),
    [true, true, true, false],
  );
});

/** A client that signs what it sends. */
function keyClient() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return { id: 'client-1', privateKey, keyId: 'k1' };
}
