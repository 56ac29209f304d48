import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SignedId } from '../../src/session/session-cookie.ts';
import { rememberVerified } from '../../src/session/verified-ids.ts';

/** A verification that counts; right is what ends in `.right`. */
function createBench(max: number) {
  const checked: string[] = [];
  const verify = rememberVerified((value): SignedId | undefined => {
    checked.push(value);
    return value.endsWith('.right') ? { id: value, renew: false } : undefined;
  }, max);
  return { checked, verify };
}

it('given a value that was found right, it is not checked again', () => {
  const { checked, verify } = createBench(10);
  for (let i = 0; i < 3; i += 1) assert.deepEqual(verify('a.right'), { id: 'a.right', renew: false });
  assert.deepEqual(checked, ['a.right']);
});

it('given a forged value, it is checked each time, and never found right', () => {
  const { checked, verify } = createBench(10);
  verify('a.right');
  for (let i = 0; i < 3; i += 1) assert.equal(verify('a.wrong'), undefined);
  assert.equal(checked.length, 4);
});

it('given more values than it may remember, those used longest ago are checked again', () => {
  const { checked, verify } = createBench(2);
  for (const value of ['a.right', 'b.right', 'a.right', 'c.right', 'a.right', 'b.right']) verify(value);
  assert.deepEqual(checked, ['a.right', 'b.right', 'c.right', 'b.right']);
});
