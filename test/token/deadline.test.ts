import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { it } from 'node:test';
import { waitFor } from '../../src/token/deadline.ts';
import { createManualClock, settle } from '../support/manual-clock.ts';
import { codeOf, follow } from './token-bench.ts';

function createBench() {
  const clock = createManualClock();
  const { promise, resolve, reject } = defer<string>();
  const wait = (ms: number, signal?: AbortSignal) =>
    follow(waitFor(promise, { at: clock.now() + ms, ...(signal && { signal }) }, clock));
  return { clock, resolve, reject, wait };
}

function defer<T>() {
  const settlers = {} as { resolve: (value: T) => void; reject: (error: unknown) => void };
  const promise = new Promise<T>((resolve, reject) => Object.assign(settlers, { resolve, reject }));
  return { promise, ...settlers };
}

it('given a result before the deadline, the caller gets it', async () => {
  const { wait, resolve } = createBench();
  const outcome = wait(1_000);
  resolve('token');
  await settle();
  assert.equal(outcome.value, 'token');
});

it('given an error before the deadline, the caller gets that very error', async () => {
  const { wait, reject } = createBench();
  const outcome = wait(1_000);
  const error = new Error('refused');
  reject(error);
  await settle();
  assert.equal(outcome.error, error);
});

it('given a deadline that passes, this caller leaves alone', async () => {
  const { wait, resolve, clock } = createBench();
  const [hasty, patient] = [wait(1_000), wait(2_000)];
  await clock.advance(1_000);
  assert.equal(codeOf(hasty.error), 'tenant_unavailable');
  assert.equal(patient.state, 'pending');
  resolve('token');
  await settle();
  assert.equal(patient.value, 'token');
});

it('given a caller that leaves, the reason is that of its own signal', async () => {
  const { wait } = createBench();
  const leaving = new AbortController();
  const [gone, stays] = [wait(1_000, leaving.signal), wait(1_000)];
  leaving.abort('reason');
  await settle();
  assert.equal(gone.error, 'reason');
  assert.equal(stays.state, 'pending');
});

it('given a caller that had left before, its wait ends at once', async () => {
  const { wait } = createBench();
  const outcome = wait(1_000, AbortSignal.abort('reason'));
  await settle();
  assert.equal(outcome.error, 'reason');
});

it('given a deadline that had passed before, the wait ends at once', async () => {
  const { wait, clock } = createBench();
  const outcome = wait(-5_000);
  await clock.advance(0);
  assert.equal(codeOf(outcome.error), 'tenant_unavailable');
});

it('given a wait that has ended, nothing of it stays with the signal', async () => {
  const { wait, resolve } = createBench();
  const leaving = new AbortController();
  wait(1_000, leaving.signal);
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 1);
  resolve('token');
  await settle();
  assert.equal(getEventListeners(leaving.signal, 'abort').length, 0);
});

it('given a result that fails after everybody has left, nobody is disturbed', async (t) => {
  const { wait, reject, clock } = createBench();
  const unhandled = t.mock.fn();
  process.on('unhandledRejection', unhandled);
  t.after(() => process.off('unhandledRejection', unhandled));
  wait(1_000);
  await clock.advance(1_000);
  reject(new Error('too late'));
  await settle();
  assert.equal(unhandled.mock.callCount(), 0);
});
