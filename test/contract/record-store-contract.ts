import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { RecordStore } from '../../src/store/record-store.ts';

/** A store under test. Its keys may outlive it: every test uses keys of its own. */
export interface StoreUnderTest {
  readonly store: RecordStore;
  /** Lets so much time pass for the store, or a little more. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Short, for stores that can only wait; long, against what the calls themselves take. */
const IDLE_MS = 400;
const LIFETIME_MS = 1_000;
const MARGIN_MS = 150;
const limits = { idleMs: IDLE_MS, lifetimeMs: LIFETIME_MS };
const long = { idleMs: 600_000, lifetimeMs: 600_000 };

const DEPENDENT = { dependent: 'nothing', forMs: 600_000 };

/** How many records a partition has. */
const count = async (store: RecordStore, partition: string) =>
  (await store.trimPartition(partition, Number.MAX_SAFE_INTEGER)).left;
const remove = async (store: RecordStore, key: string) => (await store.remove(key))?.left;
const removePartition = async (store: RecordStore, partition: string) =>
  (await store.removePartition(partition, DEPENDENT)).removed;
const advanceOf = async (store: RecordStore, partition: string, forMs: number) =>
  (await store.advance(partition, { ...DEPENDENT, forMs })).generation;

/** What every `RecordStore` promises, seen through the port alone. */
export function describeRecordStore(name: string, createStore: () => Promise<StoreUnderTest>): void {
  async function open(t: TestContext) {
    const underTest = await createStore();
    t.after(() => underTest.close());
    const id = randomUUID();
    return { ...underTest, key: `key-${id}`, partition: `partition-${id}` };
  }

  describe(`${name} as a record store`, () => {
    describe('creating', () => {
      test('a record can be read as it was written', async (t) => {
        const { store, key, partition } = await open(t);

        assert.equal(await store.create(key, 'the value', limits, partition), true);

        const record = await store.peek(key);
        assert.equal(record?.value, 'the value');
        assertAbout(record?.idleRemainingMs, IDLE_MS);
        assertAbout(record?.remainingMs, LIFETIME_MS);
      });

      test('what was never created is not there', async (t) => {
        const { store, key, partition } = await open(t);

        assert.equal(await store.peek(key), undefined);
        assert.equal(await store.use(key), undefined);
        assert.equal(await store.replace(key, 'value', 1), false);
        assert.equal(await remove(store, key), undefined);
        assert.equal(await count(store, partition), 0);
        assert.equal(await store.generation(partition), '');
        assert.equal(await removePartition(store, partition), 0);
      });

      test('a taken key changes nothing: neither value nor revision, limits or partitions', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const before = await store.peek(key);
        await advance(MARGIN_MS);

        assert.equal(await store.create(key, 'second', long, `${partition}-other`), false);

        const after = await store.peek(key);
        assert.equal(after?.value, 'first');
        assert.equal(after?.revision, before?.revision);
        assertAbout(after?.idleRemainingMs, IDLE_MS - MARGIN_MS);
        assertAbout(after?.remainingMs, LIFETIME_MS - MARGIN_MS);
        assert.equal(await count(store, partition), 1);
        assert.equal(await count(store, `${partition}-other`), 0);
      });

      test('of many who create one key at once, one wins, and the value is the winner’s', async (t) => {
        const { store, key, partition } = await open(t);
        const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);

        const won = await Promise.all(values.map((value) => store.create(key, value, limits, partition)));

        assert.equal(won.filter(Boolean).length, 1);
        assert.equal((await store.peek(key))?.value, values[won.indexOf(true)]);
        assert.equal(await count(store, partition), 1);
      });

      test('a key is free again once its record was removed', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        await remove(store, key);

        assert.equal(await store.create(key, 'second', limits, partition), true);
        assert.equal((await store.peek(key))?.value, 'second');
      });

      test('any text survives as a value', async (t) => {
        const { store, key, partition } = await open(t);
        const texts = [
          '',
          '\0',
          '\r\n',
          'null',
          '{"a":"\\u0000"}',
          'ä€😀\u2028',
          '%s %d $1',
          'x'.repeat(50_000),
        ];
        for (const [index, value] of texts.entries()) {
          await store.create(`${key}:${index}`, value, long, partition);
          assert.equal((await store.peek(`${key}:${index}`))?.value, value);
          assert.equal((await store.use(`${key}:${index}`))?.value, value);
        }
      });

      test('any text survives as a value that replaces another', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', long, partition);
        await fc.assert(
          fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), async (value) => {
            const revision = (await store.peek(key))?.revision ?? Number.NaN;
            assert.equal(await store.replace(key, value, revision), true);
            assert.equal((await store.peek(key))?.value, value);
          }),
          { numRuns: 50 },
        );
      });
    });

    describe('limits', () => {
      test('a record that nobody uses is there just before its idle limit, and gone at it', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);

        await advance(IDLE_MS - MARGIN_MS);
        assert.ok(await store.peek(key));
        await advance(MARGIN_MS);
        assert.equal(await store.peek(key), undefined);
        assert.equal(await store.use(key), undefined);
      });

      test('use starts the idle limit anew, and the answer shows it', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);
        await advance(IDLE_MS - MARGIN_MS);

        const used = await store.use(key);

        assertAbout(used?.idleRemainingMs, IDLE_MS);
        assertAbout(used?.remainingMs, LIFETIME_MS - IDLE_MS + MARGIN_MS);
        await advance(IDLE_MS - MARGIN_MS);
        assert.ok(await store.peek(key));
        await advance(MARGIN_MS);
        assert.equal(await store.peek(key), undefined);
      });

      test('peeking extends nothing, however often', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);
        await advance(IDLE_MS - MARGIN_MS);

        for (let n = 0; n < 5; n++) assertAbout((await store.peek(key))?.idleRemainingMs, MARGIN_MS);
        await advance(MARGIN_MS);

        assert.equal(await store.peek(key), undefined);
      });

      test('under constant use a record ends with its lifetime, and never shows more than is left', async (t) => {
        const { store, advance, key, partition } = await open(t);
        const step = MARGIN_MS;
        await store.create(key, 'value', limits, partition);

        for (let passed = step; passed < LIFETIME_MS - step / 2; passed += step) {
          await advance(step);
          const record = await store.use(key);
          assert.ok(record, `gone after ${passed} ms`);
          assert.ok(record.remainingMs <= LIFETIME_MS - passed);
          assert.ok(record.idleRemainingMs <= record.remainingMs, 'idle for longer than it lives');
        }
        await advance(step);

        assert.equal(await store.use(key), undefined);
        assert.equal(await store.peek(key), undefined);
      });

      test('an idle limit beyond the lifetime counts no more than the lifetime', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'value', { idleMs: 600_000, lifetimeMs: IDLE_MS }, partition);

        assertAbout((await store.peek(key))?.idleRemainingMs, IDLE_MS);
        await advance(IDLE_MS);
        assert.equal(await store.use(key), undefined);
      });

      test('replacing a value leaves both limits as they are', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        await advance(IDLE_MS - MARGIN_MS);
        const before = await store.peek(key);

        await store.replace(key, 'second', before?.revision ?? Number.NaN);

        const after = await store.peek(key);
        assertAbout(after?.idleRemainingMs, MARGIN_MS);
        assertAbout(after?.remainingMs, LIFETIME_MS - IDLE_MS + MARGIN_MS);
        await advance(MARGIN_MS);
        assert.equal(await store.peek(key), undefined);
      });

      test('a record that ended by its limit cannot be replaced, and its key is free', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const ended = await store.peek(key);
        await advance(IDLE_MS);

        assert.equal(await store.replace(key, 'late', ended?.revision ?? Number.NaN), false);
        assert.equal(await remove(store, key), undefined);
        assert.equal(await store.create(key, 'second', limits, partition), true);
        assert.equal((await store.peek(key))?.value, 'second');
      });
    });

    describe('replacing', () => {
      test('needs the revision that was read', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const read = (await store.peek(key))?.revision ?? Number.NaN;

        assert.equal(await store.replace(key, 'second', read), true);
        assert.equal(await store.replace(key, 'third', read), false);

        const record = await store.peek(key);
        assert.equal(record?.value, 'second');
        assert.notEqual(record?.revision, read);
        assert.equal(await store.replace(key, 'third', record?.revision ?? Number.NaN), true);
      });

      test('is unharmed by use: using is no write', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const read = (await store.peek(key))?.revision ?? Number.NaN;

        assert.equal((await store.use(key))?.revision, read);
        assert.equal(await store.replace(key, 'second', read), true);
      });

      test('of many who replace one revision at once, one wins, and the value is the winner’s', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const read = (await store.peek(key))?.revision ?? Number.NaN;
        const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);

        const won = await Promise.all(values.map((value) => store.replace(key, value, read)));

        assert.equal(won.filter(Boolean).length, 1);
        assert.equal((await store.peek(key))?.value, values[won.indexOf(true)]);
      });

      test('with what was read of a removed record does not touch the one that took its key', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        const first = await store.peek(key);
        await remove(store, key);
        await store.create(key, 'second', limits, partition);

        assert.equal(await store.replace(key, 'late', first?.revision ?? Number.NaN), false);
        assert.equal((await store.peek(key))?.value, 'second');
      });
    });

    describe('removing', () => {
      test('what was removed stays removed, whatever is called with what was read before', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);
        const read = await store.use(key);
        await remove(store, key);

        assert.equal(await store.use(key), undefined);
        assert.equal(await store.replace(key, 'back', read?.revision ?? Number.NaN), false);
        assert.equal(await remove(store, key), undefined);
        assert.equal(await store.peek(key), undefined);
        assert.equal(await count(store, partition), 0);
      });

      test('what is removed while it is used and replaced stays removed', async (t) => {
        const { store, key, partition } = await open(t);
        for (let n = 0; n < 30; n++) {
          const own = `${key}:${n}`;
          await store.create(own, 'value', long, partition);
          const read = (await store.peek(own))?.revision ?? Number.NaN;
          const calls = [
            () => store.use(own),
            () => store.replace(own, 'late', read),
            () => remove(store, own),
            () => store.use(own),
            () => store.replace(own, 'later', read),
          ];
          await Promise.all([...calls.slice(n % 5), ...calls.slice(0, n % 5)].map((call) => call()));

          assert.equal(await store.peek(own), undefined);
          assert.equal(await count(store, partition), 0);
        }
      });

      test('of many who remove one record at once, one is told that it did', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);

        const answers = await Promise.all(Array.from({ length: 10 }, () => remove(store, key)));

        assert.deepEqual(
          answers.filter((answer) => answer !== undefined),
          [0],
        );
      });

      test('of many who remove the members of a partition at once, exactly one sees it empty', async (t) => {
        const { store, key, partition } = await open(t);
        const keys = Array.from({ length: 10 }, (_, index) => `${key}:${index}`);
        for (const own of keys) await store.create(own, 'value', limits, partition);

        const left = await Promise.all(keys.map((own) => remove(store, own)));

        assert.deepEqual(
          [...left].sort((a, b) => (a ?? -1) - (b ?? -1)),
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        );
      });
    });

    describe('partitions', () => {
      test('a partition counts its members, and a removal answers how many are left', async (t) => {
        const { store, key, partition } = await open(t);
        for (const n of [1, 2, 3]) await store.create(`${key}:${n}`, 'value', limits, partition);

        assert.equal(await count(store, partition), 3);
        assert.equal(await remove(store, `${key}:2`), 2);
        assert.equal(await count(store, partition), 2);
      });

      test('removing a partition ends each of its members and no other’s', async (t) => {
        const { store, key, partition } = await open(t);
        for (const n of [1, 2, 3]) await store.create(`${key}:${n}`, 'value', limits, partition);
        await store.create(`${key}:other`, 'value', limits, `${partition}-other`);

        assert.equal(await removePartition(store, partition), 3);

        for (const n of [1, 2, 3]) assert.equal(await store.peek(`${key}:${n}`), undefined);
        assert.ok(await store.peek(`${key}:other`));
        assert.equal(await count(store, partition), 0);
        assert.equal(await count(store, `${partition}-other`), 1);
        assert.equal(await removePartition(store, partition), 0);
      });

      test('members that ended by their limits are no longer counted, and those that are used are', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(`${key}:idle`, 'value', limits, partition);
        await store.create(`${key}:used`, 'value', limits, partition);
        await store.create(`${key}:long`, 'value', long, partition);
        await advance(IDLE_MS - MARGIN_MS);
        await store.use(`${key}:used`);
        await advance(MARGIN_MS);

        assert.equal(await count(store, partition), 2);
        assert.equal(await remove(store, `${key}:used`), 1);
        assert.equal(await removePartition(store, partition), 1);
      });

      test('a member that lives longer than those who joined after it stays in the partition', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(`${key}:long`, 'value', long, partition);
        await store.create(`${key}:short`, 'value', limits, partition);
        await advance(LIFETIME_MS);

        assert.equal(await count(store, partition), 1);
        assert.equal(await removePartition(store, partition), 1);
        assert.equal(await store.peek(`${key}:long`), undefined);
      });

      test('a member whose idle limit was extended stays in the partition until its lifetime ends', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);
        for (let passed = 0; passed < LIFETIME_MS - 2 * MARGIN_MS; passed += MARGIN_MS) {
          await advance(MARGIN_MS);
          await store.use(key);
        }

        assert.equal(await count(store, partition), 1);
        await advance(2 * MARGIN_MS);
        assert.equal(await count(store, partition), 0);
      });

      test('a key that ended in one partition and began in another belongs to the new one alone', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(key, 'first', limits, partition);
        await advance(IDLE_MS);
        await store.create(key, 'second', long, `${partition}-new`);

        assert.equal(await count(store, partition), 0);
        assert.equal(await removePartition(store, partition), 0);
        assert.equal((await store.peek(key))?.value, 'second');
        assert.equal(await count(store, `${partition}-new`), 1);
      });

      test('a member that joins while the partition is removed is either gone or counted', async (t) => {
        const { store, key, partition } = await open(t);
        for (let n = 0; n < 20; n++) {
          const own = `${key}:${n}`;
          await Promise.all([store.create(own, 'value', long, partition), removePartition(store, partition)]);
          const survived = (await store.peek(own)) !== undefined;
          assert.equal(await count(store, partition), survived ? 1 : 0);
          await removePartition(store, partition);
          assert.equal(await store.peek(own), undefined);
        }
      });
    });

    describe('generations', () => {
      test('a partition has the empty generation until it advances, and a new one each time', async (t) => {
        const { store, partition } = await open(t);
        assert.equal(await store.generation(partition), '');

        const first = await advanceOf(store, partition, 600_000);
        assert.equal(await store.generation(partition), first);
        const second = await advanceOf(store, partition, 600_000);

        assert.equal(await store.generation(partition), second);
        assert.equal(new Set(['', first, second]).size, 3);
        assert.equal(await store.generation(`${partition}-other`), '');
      });

      test('of many who advance one partition at once, each gets another generation, and one of them stands', async (t) => {
        const { store, partition } = await open(t);

        const generations = await Promise.all(
          Array.from({ length: 10 }, () => advanceOf(store, partition, 600_000)),
        );

        assert.equal(new Set(generations).size, 10);
        assert.ok(generations.includes(await store.generation(partition)));
      });

      test('a partition that never had a record, or has none any more, keeps its generation', async (t) => {
        const { store, key, partition } = await open(t);
        const generation = await advanceOf(store, partition, 600_000);
        await store.create(key, 'value', limits, partition);
        await remove(store, key);

        assert.equal(await store.generation(partition), generation);
      });

      test('a generation is kept for as long as was asked', async (t) => {
        const { store, advance, partition } = await open(t);
        const generation = await advanceOf(store, partition, LIFETIME_MS);

        await advance(LIFETIME_MS - MARGIN_MS);
        assert.equal(await store.generation(partition), generation);
        await advance(MARGIN_MS);
        assert.equal(await store.generation(partition), '');
      });

      test('all partitions advance at once: each has another generation, and what was put is gone', async (t) => {
        const { store, advance, key, partition } = await open(t);
        const fresh = `${partition}-fresh`;
        await store.create(key, 'value', long, partition);
        const before = await advanceOf(store, partition, 600_000);
        const none = await store.generation(fresh);
        const put = { lifetimeMs: 600_000, partition };
        await store.put(`${key}:put`, 'value', { ...put, generation: before });

        await store.advanceAll(LIFETIME_MS);

        const after = await store.generation(partition);
        assert.notEqual(after, before);
        assert.notEqual(await store.generation(fresh), none);
        assert.equal((await store.use(key))?.generation, after);
        assert.equal(await store.peek(`${key}:put`), undefined);
        assert.equal(await store.put(`${key}:put`, 'late', { ...put, generation: before }), false);
        assert.equal(await store.put(`${key}:put`, 'new', { ...put, generation: after }), true);
        assert.equal(await advanceOf(store, partition, 600_000), await store.generation(partition));
        assert.equal(await store.peek(`${key}:put`), undefined);

        await advance(LIFETIME_MS);
        assert.equal(await store.generation(fresh), none);
      });

      test('a record shows the generation of its partition as it is now', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'value', long, partition);
        assert.equal((await store.use(key))?.generation, '');

        const generation = await advanceOf(store, partition, 600_000);

        assert.equal((await store.use(key))?.generation, generation);
        assert.equal((await store.peek(key))?.generation, generation);
      });

      test('advancing ends no record that was created, and changes neither revision nor limits', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'value', long, partition);
        const before = await store.peek(key);

        await advanceOf(store, partition, 600_000);

        const after = await store.peek(key);
        assert.equal(after?.value, 'value');
        assert.equal(after?.revision, before?.revision);
        assert.equal(await count(store, partition), 1);
      });
    });

    describe('what depends on a partition, told in the step that ends it', () => {
      /** A partition with so many members, and what depends on it. */
      async function withDependent(t: TestContext, members: number) {
        const opened = await open(t);
        const { store, key, partition } = opened;
        const keys = Array.from({ length: members }, (_, n) => `${key}:${n}`);
        for (const own of keys) await store.create(own, 'session', long, partition);
        const dependent = `${key}:token`;
        await store.put(dependent, 'token', { lifetimeMs: 600_000, partition, generation: '' });
        return { ...opened, keys, dependent, ending: { dependent, forMs: 600_000 } };
      }

      test('by an advance: told once, and gone', async (t) => {
        const { store, partition, dependent, ending } = await withDependent(t, 1);
        const { generation, value } = await store.advance(partition, ending);
        assert.equal(value, 'token');
        assert.equal(await store.generation(partition), generation);
        assert.equal(await store.peek(dependent), undefined);
        assert.equal((await store.advance(partition, ending)).value, undefined);
      });

      test('by the removal of the last member, and of no other one', async (t) => {
        const { store, partition, keys, dependent, ending } = await withDependent(t, 2);
        const [first = '', last = ''] = keys;
        const one = await store.remove(first, ending);
        assert.deepEqual([one?.left, one?.advanced], [1, undefined]);
        assert.ok(await store.peek(dependent));

        const both = await store.remove(last, ending);
        assert.equal(both?.left, 0);
        assert.equal(both?.advanced?.value, 'token');
        assert.equal(both?.advanced?.generation, await store.generation(partition));
        assert.equal(await store.peek(dependent), undefined);
        assert.equal(await store.remove(last, ending), undefined);
      });

      test('by the removal of the whole partition, also when it is empty', async (t) => {
        for (const members of [3, 0]) {
          const { store, partition, ending } = await withDependent(t, members);
          const { removed, advanced } = await store.removePartition(partition, ending);
          assert.deepEqual([removed, advanced.value], [members, 'token']);
          assert.equal(await store.generation(partition), advanced.generation);
        }
      });

      test('unless it has members, if it is asked so', async (t) => {
        const { store, partition, keys, dependent, ending } = await withDependent(t, 1);
        assert.equal(await store.advanceEmpty(partition, ending), undefined);
        assert.equal(await store.generation(partition), '');
        await store.remove(keys[0] as string);
        assert.ok(await store.peek(dependent));
        assert.equal((await store.advanceEmpty(partition, ending))?.value, 'token');
      });

      test('though it is put again and again: each is told, or put under the new generation, or refused', async (t) => {
        const { store, partition, dependent, ending } = await withDependent(t, 0);
        for (let round = 0; round < 50; round += 1) {
          const before = await store.generation(partition);
          const put = { lifetimeMs: 600_000, partition, generation: before };
          const [kept, { value }] = await Promise.all([
            store.put(dependent, `token ${round}`, put),
            store.advance(partition, ending),
          ]);
          assert.equal(await store.peek(dependent), undefined);
          assert.equal(value === `token ${round}`, kept);
        }
      });

      test('and when memory of the generation is over, that of another partition is not told', async (t) => {
        const { store, dependent, ending } = await withDependent(t, 0);
        assert.equal((await store.advance(`other of ${dependent}`, ending)).value, undefined);
        assert.ok(await store.peek(dependent));
      });
    });

    describe('a partition that is trimmed', () => {
      test('keeps the newest', async (t) => {
        const { store, advance, key, partition } = await open(t);
        for (let n = 0; n < 5; n += 1) {
          await store.create(`${key}:${n}`, 'value', long, partition);
          await advance(5);
        }
        assert.deepEqual(await store.trimPartition(partition, 5), { removed: 0, left: 5 });
        assert.deepEqual(await store.trimPartition(partition, 2), { removed: 3, left: 2 });
        const there = await Promise.all([0, 1, 2, 3, 4].map((n) => store.peek(`${key}:${n}`)));
        assert.deepEqual(there.map(Boolean), [false, false, false, true, true]);
        assert.equal(await store.generation(partition), '');
      });

      test('does not count those that have ended', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(`${key}:1`, 'value', limits, partition);
        await store.create(`${key}:2`, 'value', limits, partition);
        await advance(IDLE_MS);
        await store.create(`${key}:3`, 'value', long, partition);
        assert.deepEqual(await store.trimPartition(partition, 2), { removed: 0, left: 1 });
      });
    });

    describe('ending all', () => {
      test('ends those that were created so, and nothing that is created later', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.create(`${key}:session`, 'value', { ...long, endsWithAll: true }, partition);
        await store.create(`${key}:other`, 'value', long, partition);
        await store.put(`${key}:put`, 'value', { lifetimeMs: 600_000, partition, generation: '' });

        await store.endAll(600_000);

        assert.equal(await store.use(`${key}:session`), undefined);
        assert.equal(await store.peek(`${key}:session`), undefined);
        assert.equal(await store.remove(`${key}:session`), undefined);
        assert.ok(await store.peek(`${key}:other`));
        assert.ok(await store.peek(`${key}:put`));
        assert.equal(await count(store, partition), 1);

        await advance(5);
        const again = { ...long, endsWithAll: true } as const;
        assert.equal(await store.create(`${key}:session`, 'new', again, partition), true);
        assert.equal((await store.use(`${key}:session`))?.value, 'new');
        assert.equal(await count(store, partition), 2);
      });
    });

    describe('putting', () => {
      const put = { lifetimeMs: LIFETIME_MS, generation: '' };

      test('a record that was put can be read, lives for its lifetime, and is not one of its partition', async (t) => {
        const { store, advance, key, partition } = await open(t);

        assert.equal(await store.put(key, 'token', { ...put, partition }), true);

        const record = await store.peek(key);
        assert.equal(record?.value, 'token');
        assert.equal(record?.generation, '');
        assertAbout(record?.remainingMs, LIFETIME_MS);
        assertAbout(record?.idleRemainingMs, LIFETIME_MS);
        assert.equal(await count(store, partition), 0);
        assert.equal((await store.use(key))?.value, 'token');
        await advance(LIFETIME_MS);
        assert.equal(await store.peek(key), undefined);
      });

      test('putting overwrites value, revision and limits', async (t) => {
        const { store, advance, key, partition } = await open(t);
        await store.put(key, 'first', { ...put, partition });
        const first = await store.peek(key);
        await advance(LIFETIME_MS - MARGIN_MS);

        assert.equal(await store.put(key, 'second', { ...put, partition }), true);

        await advance(MARGIN_MS);
        const second = await store.peek(key);
        assert.equal(second?.value, 'second');
        assert.notEqual(second?.revision, first?.revision);
        assert.equal(await store.replace(key, 'late', first?.revision ?? Number.NaN), false);
      });

      test('a record that is put over a member takes its place, and the partition has one less', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'member', long, partition);
        await store.create(`${key}:other`, 'member', long, partition);

        await store.put(key, 'put', { ...put, partition });

        assert.equal(await count(store, partition), 1);
        assert.equal((await store.peek(key))?.value, 'put');
      });

      test('a key that was put is taken, and free once that was removed', async (t) => {
        const { store, key, partition } = await open(t);
        await store.put(key, 'put', { ...put, partition });
        await store.create(`${key}:member`, 'value', long, partition);

        assert.equal(await store.create(key, 'created', long, partition), false);
        assert.equal(await remove(store, key), 1);
        assert.equal(await store.create(key, 'created', long, partition), true);
      });

      test('what was made under an earlier generation is not kept, and what is there stays', async (t) => {
        const { store, key, partition } = await open(t);
        const generation = await advanceOf(store, partition, 600_000);
        await store.put(key, 'newer', { ...put, partition, generation });

        assert.equal(await store.put(key, 'late', { ...put, partition }), false);
        assert.equal(await store.put(`${key}:other`, 'late', { ...put, partition }), false);

        assert.equal((await store.peek(key))?.value, 'newer');
        assert.equal(await store.peek(`${key}:other`), undefined);
      });

      test('what was put is gone, and its key free, once the partition has advanced', async (t) => {
        const { store, key, partition } = await open(t);
        const names = ['peek', 'use', 'replace', 'remove', 'create', 'put'];
        for (const name of names) await store.put(`${key}:${name}`, 'token', { ...put, partition });
        await store.put(`${key}:elsewhere`, 'token', { ...put, partition: `${partition}-other` });
        const { revision = Number.NaN } = (await store.peek(`${key}:replace`)) ?? {};

        const generation = await advanceOf(store, partition, 600_000);

        assert.equal(await store.peek(`${key}:peek`), undefined);
        assert.equal(await store.use(`${key}:use`), undefined);
        assert.equal(await store.replace(`${key}:replace`, 'late', revision), false);
        assert.equal(await remove(store, `${key}:remove`), undefined);
        assert.equal(await store.create(`${key}:create`, 'new', long, partition), true);
        assert.equal(await store.put(`${key}:put`, 'new', { ...put, partition, generation }), true);
        assert.equal((await store.peek(`${key}:put`))?.value, 'new');
        await advanceOf(store, partition, 600_000);
        assert.equal((await store.peek(`${key}:create`))?.value, 'new', 'a member outlives generations');
        assert.equal(await count(store, partition), 1);
        assert.equal((await store.peek(`${key}:elsewhere`))?.value, 'token');
      });

      test('however puts and advances meet, nothing of an earlier generation is left', async (t) => {
        const { store, key, partition } = await open(t);
        for (let n = 0; n < 20; n++) {
          const generation = await store.generation(partition);
          const own = { lifetimeMs: 600_000, partition, generation };
          const calls = [() => store.put(key, `value ${n}`, own), () => advanceOf(store, partition, 600_000)];
          await Promise.all((n % 2 ? calls : calls.reverse()).map((call) => call()));

          assert.equal(await store.peek(key), undefined);
        }
      });
    });

    describe('names', () => {
      const awkward = [
        '',
        '__proto__',
        'constructor',
        'a',
        'A',
        'a ',
        ' a',
        'a:b',
        'a:b:',
        ':a:b',
        'a::b',
        'a\0b',
        'a\nb',
        'é',
        'e\u0301',
        'ß',
        'ss',
        '*',
        '{a}',
        'a{b}c',
        '[1]',
        '😀',
        '%3A',
      ];

      test('keys never collide, however alike they look', async (t) => {
        const { store, key, partition } = await open(t);
        for (const name of awkward) {
          assert.equal(await store.create(`${key}:${name}`, `value of ${name}`, long, partition), true, name);
        }
        for (const name of awkward) {
          assert.equal((await store.peek(`${key}:${name}`))?.value, `value of ${name}`);
        }
        assert.equal(await count(store, partition), awkward.length);
      });

      test('partitions never collide, however alike they look', async (t) => {
        const { store, key, partition } = await open(t);
        for (const [n, name] of awkward.entries())
          await store.create(`${key}:${n}`, name, long, `${partition}:${name}`);

        for (const [n, name] of awkward.entries()) {
          assert.equal(await count(store, `${partition}:${name}`), 1, name);
          assert.equal(await removePartition(store, `${partition}:${name}`), 1, name);
          assert.equal(await store.peek(`${key}:${n}`), undefined);
        }
      });

      test('a key and a partition of the same name have nothing to do with each other', async (t) => {
        const { store, key, partition } = await open(t);
        await store.create(key, 'value', limits, partition);
        await store.create(partition, 'other value', limits, key);

        assert.equal((await store.peek(key))?.value, 'value');
        assert.equal(await count(store, key), 1);
        assert.equal(await removePartition(store, key), 1);
        assert.equal(await store.peek(partition), undefined);
        assert.equal((await store.peek(key))?.value, 'value');
      });

      test('the boundary between key and partition does not matter', async (t) => {
        const { store, key } = await open(t);
        await store.create(`${key}:a`, '1', limits, 'b:c');
        await store.create(`${key}:a:b`, '2', limits, 'c');

        assert.equal((await store.peek(`${key}:a`))?.value, '1');
        assert.equal((await store.peek(`${key}:a:b`))?.value, '2');
        await remove(store, `${key}:a`);
        await remove(store, `${key}:a:b`);
      });

      for (const name of ['__proto__', 'constructor', 'toString']) {
        test(`the bare names "${name}" hold nothing by themselves, and hold what they are given`, async (t) => {
          const { store } = await open(t);
          assert.equal(await store.peek(name), undefined);
          assert.equal(await count(store, name), 0);

          assert.equal(await store.create(name, 'value', limits, name), true);
          assert.equal((await store.peek(name))?.value, 'value');
          assert.equal(await count(store, name), 1);
          assert.equal(await remove(store, name), 0);
        });
      }
    });

    test('a check finds that all is well, however many ask for it', async (t) => {
      const { store, advance } = await open(t);
      assert.deepEqual(
        await Promise.all(Array.from({ length: 20 }, () => store.check())),
        Array(20).fill('ok'),
      );
      await store.advanceAll(LIFETIME_MS);
      assert.equal(await store.check(), 'ok');
      // What others begin anew ends with its time.
      await advance(LIFETIME_MS);
    });
  });
}

/** Time that is left: not more than so much, and hardly less. */
function assertAbout(actualMs: number | undefined, expectedMs: number): void {
  assert.ok(actualMs !== undefined, 'there is no record');
  assert.ok(actualMs <= expectedMs, `${actualMs} ms is more than ${expectedMs} ms`);
  assert.ok(actualMs > expectedMs - MARGIN_MS, `${actualMs} ms is far less than ${expectedMs} ms`);
}
