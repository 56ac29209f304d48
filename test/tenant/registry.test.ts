import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTenantRegistry, type RegistryChange } from '../../src/tenant/registry.ts';
import { settle } from '../support/manual-clock.ts';

interface FakeTenant {
  readonly name: string;
  readonly closings: number;
  close(): Promise<void>;
  /** Lets a `close` resolve that waits. */
  release(): void;
}

function tenant(name: string, { slow = false } = {}): FakeTenant {
  let closings = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    name,
    get closings() {
      return closings;
    },
    async close() {
      closings += 1;
      if (slow) await released;
    },
    release,
  };
}

describe('a registry of tenants', () => {
  test('given none, has none', () => {
    const registry = createTenantRegistry<FakeTenant>();
    assert.equal(registry.get('acme'), undefined);
    assert.deepEqual(registry.all(), []);
  });

  test('serves each under its name, exactly', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [acme, proto] = [tenant('acme'), tenant('__proto__')];
    await registry.put(acme);
    await registry.put(proto);

    assert.equal(registry.get('acme'), acme);
    assert.equal(registry.get('__proto__'), proto);
    for (const name of ['Acme', 'acme ', '', 'constructor']) assert.equal(registry.get(name), undefined);
    assert.deepEqual(registry.all(), [acme, proto]);
    assert.deepEqual([acme.closings, proto.closings], [0, 0]);
  });

  test('serves one in place of the one that had the name, which is closed', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [before, other, now] = [tenant('acme'), tenant('other'), tenant('acme')];
    await registry.put(before);
    await registry.put(other);

    await registry.put(now);

    assert.equal(registry.get('acme'), now);
    assert.deepEqual(registry.all(), [now, other]);
    assert.deepEqual([before.closings, other.closings, now.closings], [1, 0, 0]);
  });

  test('serves one no more that was removed, and closes it', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [acme, other] = [tenant('acme'), tenant('other')];
    await registry.put(acme);
    await registry.put(other);

    await registry.remove('acme');
    await registry.remove('acme');
    await registry.remove('unknown');

    assert.equal(registry.get('acme'), undefined);
    assert.deepEqual(registry.all(), [other]);
    assert.deepEqual([acme.closings, other.closings], [1, 0]);
  });

  test('that is closed has closed each tenant that it serves, and waited for all', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [acme, slow, removed] = [tenant('acme'), tenant('slow', { slow: true }), tenant('removed')];
    for (const each of [acme, slow, removed]) await registry.put(each);
    await registry.remove('removed');

    let closed = false;
    const closing = registry.close().then(() => {
      closed = true;
    });
    await settle();
    assert.deepEqual([acme.closings, slow.closings, removed.closings], [1, 1, 1]);
    assert.equal(closed, false);
    slow.release();
    await closing;
  });
});

// Readers hold what they looked at across waits.
describe('what a reader has of a registry', () => {
  test('does not change, whatever is put or removed since', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [acme, other] = [tenant('acme'), tenant('other')];
    await registry.put(acme);
    await registry.put(other);
    const seen = registry.all();

    await registry.put(tenant('acme'));
    await registry.put(tenant('third'));
    await registry.remove('other');

    assert.deepEqual(seen, [acme, other]);
    assert.deepEqual(
      registry.all().map(({ name }) => name),
      ['acme', 'third'],
    );
  });

  test('is the same array while nothing changes, and another after each change', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const arrays = [registry.all()];
    const look = () => arrays.push(registry.all());
    await registry.put(tenant('acme'));
    look();
    await registry.put(tenant('acme'));
    look();
    await registry.remove('acme');
    look();

    assert.equal(new Set(arrays).size, 4);
    await registry.remove('acme');
    assert.equal(registry.all(), registry.all());
    assert.equal(registry.all(), arrays.at(-1), 'nothing was removed');
  });

  test('is the new one before the old one is closed', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [before, now] = [tenant('acme', { slow: true }), tenant('acme')];
    await registry.put(before);

    const putting = registry.put(now);

    assert.equal(registry.get('acme'), now);
    assert.deepEqual(registry.all(), [now]);
    let put = false;
    void putting.then(() => {
      put = true;
    });
    await settle();
    assert.equal(put, false, 'it resolves when the old one is closed');
    before.release();
    await putting;
  });

  test('lacks what is removed before that is closed', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const acme = tenant('acme', { slow: true });
    await registry.put(acme);

    const removing = registry.remove('acme');

    assert.equal(registry.get('acme'), undefined);
    assert.deepEqual(registry.all(), []);
    let removed = false;
    void removing.then(() => {
      removed = true;
    });
    await settle();
    assert.equal(removed, false, 'it resolves when that is closed');
    acme.release();
    await removing;
  });
});

describe('who listens to a registry', () => {
  test('is told at once of each tenant that is added, changed or removed, and of nothing else', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const changes: RegistryChange<FakeTenant>[] = [];
    const [before, now, other] = [tenant('acme'), tenant('acme'), tenant('other')];
    await registry.put(other);
    registry.subscribe((change) => changes.push(change));

    void registry.put(before);
    void registry.put(now);
    void registry.remove('acme');
    void registry.remove('acme');

    assert.deepEqual(
      changes.map(({ type }) => type),
      ['added', 'changed', 'removed'],
    );
    assert.equal(changes[0]?.tenant, before);
    assert.equal(changes[1]?.tenant, now);
    assert.equal(changes[1]?.type === 'changed' && changes[1].before, before);
    assert.equal(changes[2]?.tenant, now);
  });

  test('sees the registry as it is by then, and an old tenant that is not closed yet', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const [before, now] = [tenant('acme'), tenant('acme')];
    const seen: unknown[] = [];
    await registry.put(before);
    registry.subscribe(({ type }) =>
      seen.push([type, registry.all().slice(), before.closings, now.closings]),
    );

    await registry.put(now);
    await registry.remove('acme');

    assert.deepEqual(seen, [
      ['changed', [now], 0, 0],
      ['removed', [], 1, 0],
    ]);
  });

  test('is told nothing any more after having left; others are', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const heard: string[] = [];
    const leave = registry.subscribe(({ tenant: { name } }) => heard.push(`leaver ${name}`));
    registry.subscribe(({ tenant: { name } }) => heard.push(`stayer ${name}`));
    await registry.put(tenant('one'));
    leave();
    leave();
    await registry.put(tenant('two'));
    assert.deepEqual(heard, ['leaver one', 'stayer one', 'stayer two']);
  });

  test('may leave while being told, and all others are told all the same', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const heard: string[] = [];
    const leave = registry.subscribe(() => {
      heard.push('leaver');
      leave();
    });
    registry.subscribe(() => heard.push('stayer'));
    await registry.put(tenant('one'));
    await registry.put(tenant('two'));
    assert.deepEqual(heard, ['leaver', 'stayer', 'stayer']);
  });

  test('who comes while others are told is told of the next change', async () => {
    const registry = createTenantRegistry<FakeTenant>();
    const heard: string[] = [];
    const leave = registry.subscribe(() => {
      registry.subscribe(({ tenant: { name } }) => heard.push(name));
    });
    await registry.put(tenant('one'));
    leave();
    await registry.put(tenant('two'));
    assert.deepEqual(heard, ['two']);
  });
});
