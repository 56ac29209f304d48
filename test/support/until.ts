import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

const TURN_MS = 10;
/** Turns, not time: on a busy machine each takes longer. */
const TURNS = 6_000;

/** Resolves when the condition holds, which happens behind an answer; fails when it was asked for a minute in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (await holds()) return;
    await setTimeout(TURN_MS);
  }
  assert.fail('it never came to that');
}
