import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

/** Resolves when the condition holds, which happens behind an answer; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1_000 && !(await holds()); turn += 1) await setTimeout(10);
  assert.ok(await holds(), 'it never came to that');
}
