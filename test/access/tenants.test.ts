import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createServedTenant,
  createTenants,
  findTenants,
  type ServedTenant,
} from '../../src/access/tenants.ts';
import type { TenantConfig } from '../../src/config/tenant-config.ts';
import { createMemoryCallLimits } from '../../src/store/memory/call-limits.ts';
import { createTenantRegistry } from '../../src/tenant/registry.ts';
import { TokenError } from '../../src/tenant/token-error.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { DIRECTLY } from '../support/outbound.ts';
import { DEADLINES, tenantConfig } from '../tenant/tenant-config.ts';

const ada = { id: 'ada' };
const unserved = (error: unknown) => error instanceof TokenError && error.code === 'tenant_unavailable';

function served(changes: Partial<TenantConfig> = {}): ServedTenant {
  const clock = createManualClock();
  return createServedTenant(tenantConfig(changes), {
    outbound: DIRECTLY,
    deadlines: DEADLINES,
    emit() {},
    clock,
    random: () => 0.5,
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
    askRate: { limit: 1_000, windowMs: 60_000 },
    maxRemembered: 10,
    deadlineMs: DEADLINES.answerMs,
    loseToken() {},
  });
}

test('given one tenant, it is everybody’s, and its directory says whose token is asked for there', async () => {
  const registry = createTenantRegistry<ServedTenant>();
  const acme = served();
  await registry.put(acme);
  const tenants = createTenants(registry);

  assert.equal(tenants.of(ada), acme);
  const { url } = acme.tenant;
  const { host } = new URL(url);
  for (const tenant of [url, `${url}/`, host, host.toUpperCase()])
    assert.equal(tenants.of({ id: 'bruno', tenant }), acme);
  assert.deepEqual(tenants.all(), [acme]);
  const key = acme.directory.known(ada);
  assert.ok(key);
  assert.deepEqual(key.tenant, {
    name: 'acme',
    url: 'https://acme.eu.qlikcloud.com',
    clientId: 'client-1',
    scope: 'user_default',
  });
  assert.equal(findTenants(registry)(key.tenant), acme.tenant);
});

test('given one tenant, nobody belongs to it for whom the portal names another one', async () => {
  const registry = createTenantRegistry<ServedTenant>();
  await registry.put(served());
  const tenants = createTenants(registry);
  const others = [
    ...[
      'another',
      '',
      ' ',
      'acme',
      'eu.qlikcloud.com',
      'acme.eu.qlikcloud.com.',
      'acme.eu.qlikcloud.com:443',
    ],
    ...['http://acme.eu.qlikcloud.com', 'https://acme.eu.qlikcloud.com//', 'https://acme.eu.qlikcloud.com/x'],
    // The Kelvin sign is a k for many who compare without case.
    ...['acme.eu.qli\u212acloud.com', ' acme.eu.qlikcloud.com', 'acme.eu.qlikcloud.com\u00a0'],
  ];
  for (const tenant of others) {
    assert.throws(
      () => tenants.of({ id: 'ada', tenant }),
      (error) => error instanceof TokenError && error.code === 'tenant_unknown',
      tenant,
    );
    assert.equal(tenants.find({ id: 'ada', tenant }), undefined);
  }
});

test('given no tenant, nobody is served', () => {
  const registry = createTenantRegistry<ServedTenant>();
  assert.throws(() => createTenants(registry).of(ada), unserved);
});

for (const [what, changes] of [
  ['url', { url: 'https://other.eu.qlikcloud.com' }],
  ['client', { client: { ...tenantConfig().client, id: 'client-2' } }],
  ['scope', { scope: 'admin_classic' }],
] as [string, Partial<TenantConfig>][]) {
  // Guards against a token of the old tenant that is judged, or replaced, by the new one.
  test(`given a tenant that has another ${what} by now, a key from before finds none`, async () => {
    const registry = createTenantRegistry<ServedTenant>();
    const before = served();
    await registry.put(before);
    const tenantOf = findTenants(registry);
    const key = before.directory.known(ada);
    const now = served(changes);
    await registry.put(now);

    assert.ok(key);
    assert.throws(() => tenantOf(key.tenant), unserved);
    const fresh = now.directory.known(ada);
    assert.ok(fresh);
    assert.equal(tenantOf(fresh.tenant), now.tenant);
  });
}

test('given a tenant that is no longer served, a key from before finds none', async () => {
  const registry = createTenantRegistry<ServedTenant>();
  const acme = served();
  await registry.put(acme);
  await registry.remove('acme');

  const key = acme.directory.known(ada);
  assert.ok(key);
  assert.throws(() => findTenants(registry)(key.tenant), unserved);
});

test('given a configuration that says the same again, a key from before finds the new one', async () => {
  const registry = createTenantRegistry<ServedTenant>();
  const before = served();
  await registry.put(before);
  const now = served({ deny: ['bruno'] });
  await registry.put(now);

  const key = before.directory.known(ada);
  assert.ok(key);
  assert.equal(findTenants(registry)(key.tenant), now.tenant);
  assert.throws(() => now.directory.known({ id: 'bruno' }), { code: 'user_denied' });
});
