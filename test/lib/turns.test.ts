import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../src/lib/turns.ts';

test('work of one key is done one after the other, that of others beside it', async () => {
  const turns = createTurns();
  const steps: string[] = [];
  const work = (name: string) => async () => {
    steps.push(`${name} begins`);
    await new Promise(setImmediate);
    steps.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([
    turns.take('a', work('first')),
    turns.take('a', work('second')),
    turns.take('b', work('other')),
  ]);
  assert.deepEqual(results, ['first', 'second', 'other']);
  assert.ok(steps.indexOf('first ends') < steps.indexOf('second begins'), steps.join(', '));
  assert.ok(steps.indexOf('other begins') < steps.indexOf('first ends'), steps.join(', '));
});

test('work that fails is told to whoever asked for it, and does not stop the next', async () => {
  const turns = createTurns();
  const failing = turns.take('a', async () => {
    throw new Error('no');
  });
  const next = turns.take('a', async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
});
