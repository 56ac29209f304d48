import assert from 'node:assert/strict';
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { createSeal } from '../../src/store/seal.ts';
import { createSealedRecords } from '../../src/store/sealed-records.ts';
import { describeRecordStore } from '../contract/record-store-contract.ts';
import { createManualClock } from '../support/manual-clock.ts';

const DEPLOYMENT = 'https://broker.example/ oidc';
const limits = { idleMs: 60_000, lifetimeMs: 60_000 };
const [keyA, keyB] = [newKey(), newKey()];

describeRecordStore('sealed memory', async () => {
  const clock = createManualClock();
  const store = createMemoryStore({ now: clock.now });
  const sealed = createSealedRecords({
    store,
    seal: createSeal([keyA]),

    deployment: DEPLOYMENT,
    emit: (event) => assert.fail(event.type),
  });
  return { store: sealed, advance: clock.advance, close: store.close };
});

describe('sealed records', () => {
  test('the store sees nothing of a value, nor that two are the same', async (t) => {
    const { store, sealedWith } = open(t);
    const { records } = sealedWith(keyA);
    await records.create('one', 'canary of ada', limits, 'g');
    await records.create('two', 'canary of ada', limits, 'g');
    await records.put('three', 'canary of ada', { lifetimeMs: 1_000, partition: 'g', generation: '' });

    const seen = await Promise.all(['one', 'two', 'three'].map((key) => store.peek(key)));
    for (const record of seen) {
      assert.match(record?.value ?? '', /^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/);
      for (const part of (record?.value ?? '').split('.'))
        assert.doesNotMatch(Buffer.from(part, 'base64url').toString('latin1'), /canary|ada/);
    }
    assert.equal(new Set(seen.map((record) => record?.value.split('.')[3])).size, 3);
  });

  test('after a rotation, what the old key sealed still opens, and the new one seals', async (t) => {
    const { store, sealedWith } = open(t);
    await sealedWith(keyA).records.create('old', 'value', limits, 'g');

    const { records, unreadable } = sealedWith(keyB, keyA);
    await records.create('new', 'value', limits, 'g');

    assert.equal((await records.use('old'))?.value, 'value');
    assert.equal((await records.use('new'))?.value, 'value');
    assert.notEqual(idOf(await store.peek('new')), idOf(await store.peek('old')));
    assert.deepEqual(unreadable, []);
  });

  test('a key’s name says nothing about the key', async (t) => {
    const { store, sealedWith } = open(t);
    await sealedWith(keyA).records.create('key', 'value', limits, 'g');

    const id = Buffer.from(idOf(await store.peek('key')), 'base64url');
    assert.equal(keyA.export().includes(id), false);
  });

  for (const [what, plant, why] of [
    ['garbage', () => 'garbage', 'garbage'],
    ['the empty text', () => '', 'garbage'],
    ['a record in the clear', () => '{"v":1,"user":{"id":"ada"}}', 'garbage'],
    ['parts that are missing', () => 'v1.aaaaaaaa', 'garbage'],
    ['a part too many', () => `${sealedText()}.x`, 'garbage'],
    ['a record of another version', () => `v2${(sealedText()).slice(2)}`, 'other_version'],
    ['a record sealed with an unknown key', () => sealedText(keyB), 'unknown_key'],
    ['another key’s record', () => sealedText(keyA, 'of bruno'), 'forged'],
    ['a record with a flipped bit', () => flipped(sealedText()), 'forged'],
    ['a record that was cut', () => sealedText().slice(0, -4), 'forged'],
  ] as [string, () => string, string][]) {
    test(`${what} is as good as no record, and reported`, async (t) => {
      const { store, sealedWith } = open(t);
      const { records, unreadable } = sealedWith(keyA);
      await store.create('of ada', plant(), limits, 'g');

      assert.equal(await records.use('of ada'), undefined);
      assert.equal(await records.peek('of ada'), undefined);
      assert.deepEqual(unreadable, [why, why]);

      assert.equal(await records.create('of ada', 'new', limits, 'g'), true, 'its place is free');
      assert.equal((await records.use('of ada'))?.value, 'new');
      assert.equal(await records.create('of ada', 'newer', limits, 'g'), false);
    });
  }

  test('a record that was read and is then planted over is not the one that was read', async (t) => {
    const { store, sealedWith } = open(t);
    const { records, unreadable } = sealedWith(keyA);
    await records.create('of ada', 'ada', limits, 'g');
    await records.create('of bruno', 'bruno', limits, 'g');
    await records.use('of ada');

    const stolen = (await store.peek('of bruno'))?.value ?? '';
    await store.replace('of ada', stolen, (await store.peek('of ada'))?.revision ?? 0);

    assert.equal(await records.use('of ada'), undefined);
    assert.deepEqual(unreadable, ['forged']);
  });

  test('a record that is read again is not decrypted again, and a changed one is', async (t) => {
    const { store } = open(t);
    const seal = createSeal([keyA]);
    let opened = 0;
    const records = createSealedRecords({
      store,
      seal: {
        ...seal,
        open(...args) {
          opened += 1;
          return seal.open(...args);
        },
      },
      deployment: DEPLOYMENT,
      emit: (event) => assert.fail(event.type),
    });
    await records.create('key', 'first', limits, 'g');
    for (let n = 0; n < 5; n++) assert.equal((await records.use('key'))?.value, 'first');
    assert.equal(opened, 1);

    await records.replace('key', 'second', (await records.peek('key'))?.revision ?? 0);
    assert.equal((await records.use('key'))?.value, 'second');
    assert.equal(opened, 2);
  });
});

function open(t: TestContext, deployment = DEPLOYMENT) {
  const store = createMemoryStore({ now: Date.now });
  t.after(() => store.close());
  return {
    store,
    sealedWith(...keys: [KeyObject, ...KeyObject[]]) {
      const unreadable: string[] = [];
      const records = createSealedRecords({
        store,
        seal: createSeal(keys),
        deployment,
        emit(event) {
          if (event.type === 'store.record_unreadable') unreadable.push(event.why);
        },
      });
      return { records, unreadable };
    },
  };
}

function sealedText(key = keyA, place = 'of ada'): string {
  return createSeal([key]).seal('ada', `${DEPLOYMENT}\n${place}`);
}

function flipped(sealed: string): string {
  return sealed.slice(0, -5) + (sealed.at(-5) === 'A' ? 'B' : 'A') + sealed.slice(-4);
}

function idOf(record: { value: string } | undefined): string {
  return record?.value.split('.')[1] ?? '';
}

function newKey(): KeyObject {
  return createSecretKey(randomBytes(32));
}
