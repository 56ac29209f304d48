import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMemoryStore } from '../../../src/store/memory/records.ts';
import { describeRecordStore } from '../../contract/record-store-contract.ts';
import { heapUsed } from '../../support/heap-used.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const SWEEP_MS = 60_000;

describeRecordStore('memory', async () => {
  const clock = createManualClock();
  const store = createMemoryStore({ now: clock.now });
  return { store, advance: clock.advance, close: store.close };
});

function open(t: TestContext) {
  const clock = createManualClock();
  const store = createMemoryStore({ now: clock.now });
  t.after(() => store.close());
  return { clock, store };
}

test('given an idle limit, a record is there in its last millisecond and gone after it', async (t) => {
  const { clock, store } = open(t);
  await store.create('key', 'value', { idleMs: 1_000, lifetimeMs: 10_000 }, 'partition');

  clock.jump(999);
  assert.equal((await store.peek('key'))?.idleRemainingMs, 1);
  clock.jump(1);
  assert.equal(await store.peek('key'), undefined);
});

test('given a lifetime, a record that is used is there in its last millisecond and gone after it', async (t) => {
  const { clock, store } = open(t);
  await store.create('key', 'value', { idleMs: 1_000, lifetimeMs: 1_500 }, 'partition');

  clock.jump(999);
  await store.use('key');
  clock.jump(500);
  assert.deepEqual(
    await store.use('key').then((record) => [record?.idleRemainingMs, record?.remainingMs]),
    [1, 1],
  );
  clock.jump(1);
  assert.equal(await store.use('key'), undefined);
});

test('given records that ended without being asked for, when the sweep has passed, memory is free again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { clock, store } = open(t);
  const empty = heapUsed();
  for (let n = 0; n < 300; n++) {
    await store.create(
      `key ${n}`,
      Buffer.alloc(100_000, n).toString('latin1'),
      idle(1_000),
      `partition ${n}`,
    );
  }
  assert.ok(heapUsed() - empty > 25_000_000, 'the probe sees what is held');

  clock.jump(1_000);
  t.mock.timers.tick(SWEEP_MS);

  assert.ok(heapUsed() - empty < 5_000_000, 'what ended is still held');
});

test('given records that live, when the sweep has passed, they are still there', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { clock, store } = open(t);
  await store.create('ended', 'value', idle(1_000), 'partition');
  await store.create('live', 'value', idle(1_001), 'partition');

  clock.jump(1_000);
  t.mock.timers.tick(SWEEP_MS);

  assert.ok(await store.peek('live'));
  assert.equal((await store.trimPartition('partition', 10)).left, 1);
});

test('given generations that are no longer kept, when the sweep has passed, memory is free again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { clock, store } = open(t);
  const empty = heapUsed();
  for (let n = 0; n < 30_000; n++)
    await store.advance(`${n} ${'x'.repeat(200)}`, { dependent: '', forMs: 1_000 });
  assert.ok(heapUsed() - empty > 5_000_000, 'the probe sees what is held');

  clock.jump(1_000);
  t.mock.timers.tick(SWEEP_MS);

  assert.ok(heapUsed() - empty < 2_000_000, 'what ended is still held');
});

test('given a closed store, nothing is swept any more', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let asked = 0;
  const store = createMemoryStore({
    now: () => {
      asked += 1;
      return 0;
    },
  });
  await store.create('key', 'value', idle(1_000), 'partition');
  await store.close();
  asked = 0;

  t.mock.timers.tick(10 * SWEEP_MS);

  assert.equal(asked, 0);
});

function idle(ms: number) {
  return { idleMs: ms, lifetimeMs: 3_600_000 };
}
