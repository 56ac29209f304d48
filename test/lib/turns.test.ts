import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../src/lib/turns.ts';

/** Work that notes when it is done, and how much of it runs at once. */
function bench(atOnce: number) {
  const turns = createTurns(atOnce);
  const running = new Map<string, number>();
  let most = 0;
  const take = (key: string, name: string) =>
    turns.take(key, async () => {
      running.set(key, (running.get(key) ?? 0) + 1);
      most = Math.max(most, running.get(key) as number);
      await new Promise(setImmediate);
      running.set(key, (running.get(key) as number) - 1);
      return name;
    });
  return { turns, take, running, most: () => most };
}

test('so much work of one key is done at once, in order, and all of it', async () => {
  const { take, most } = bench(3);
  const names = Array.from({ length: 20 }, (_, n) => String(n));
  assert.deepEqual(await Promise.all(names.map((name) => take('a', name))), names);
  assert.equal(most(), 3);
  assert.equal(await take('a', 'later'), 'later');
});

test('work of other keys does not wait', async () => {
  const { turns } = bench(1);
  let end = () => {};
  const held = turns.take('a', () => new Promise<void>((resolve) => (end = resolve)));
  assert.equal(await turns.take('b', async () => 'other'), 'other');
  end();
  await held;
});

test('work that fails is told to whoever asked for it, and does not stop the next', async () => {
  const { turns } = bench(1);
  const failing = turns.take('a', async () => {
    throw new Error('no');
  });
  const next = turns.take('a', async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
});
