import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QlikError } from '../../../src/qlik/errors.ts';
import { settle } from '../../support/manual-clock.ts';
import { faults } from '../fake-issuer.ts';
import { createGateBench, type GateBench } from './gate-bench.ts';

/** Lets a call fail. */
async function fail(bench: GateBench, fault: QlikError): Promise<void> {
  const call = bench.open('failing');
  await settle();
  call.fail(fault);
  await settle();
}

/** The fault with which a call that is sent now is refused at once. */
async function refusal(bench: GateBench): Promise<QlikError> {
  const outcome = bench.send('refused');
  await settle();
  return outcome.error as QlikError;
}

it('given a Retry-After, no call is made until then, and then again', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled(13_000));
  bench.made.length = 0;
  for (let second = 0; second < 13; second += 1) {
    bench.send('early');
    await bench.clock.advance(1_000);
  }
  assert.deepEqual(bench.made, []);
  bench.send('after');
  await settle();
  assert.deepEqual(bench.made, ['after']);
});

it('given a Retry-After, those who come are told at once how long it still is', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled(13_000));
  await bench.clock.advance(3_000);
  const fault = await refusal(bench);
  assert.equal(fault.code, 'throttled');
  assert.equal(fault.retryAfterMs, 10_000);
});

it('given a Retry-After while calls wait in the queue, they are refused at once and never made', async () => {
  const bench = createGateBench({ concurrency: 1 });
  const call = bench.open('throttled');
  const waiting = [bench.send('a'), bench.send('b', bench.ticket('renewal', 60_000))];
  await settle();
  call.fail(faults.throttled(13_000));
  await settle();
  assert.deepEqual(
    waiting.map(({ error }) => (error as QlikError).code),
    ['throttled', 'throttled'],
  );
  await bench.clock.advance(120_000);
  assert.deepEqual(bench.made, ['throttled']);
});

it('given a Retry-After, a revocation waits until then', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled(13_000));
  const outcome = bench.send('revocation', bench.ticket('revocation', 60_000));
  await bench.clock.advance(12_999);
  assert.deepEqual([outcome.state, bench.made], ['pending', ['failing']]);
  await bench.clock.advance(1);
  assert.equal(outcome.state, 'fulfilled');
});

it('given an open circuit, a revocation waits, and is no probe', async () => {
  const bench = createGateBench();
  for (let i = 0; i < 5; i += 1) await fail(bench, faults.permanent());
  const revocation = bench.open('revocation', bench.ticket('revocation', 60_000));
  await settle();
  assert.equal(revocation.startedAt, undefined);
  await bench.clock.advance(2_000);
  assert.notEqual(revocation.startedAt, undefined);
  assert.equal(bench.send('mint').state, 'pending');
  await settle();
  assert.ok(bench.made.includes('mint'));
  assert.equal(bench.circuit.healthy, true);
});

it('given a Retry-After longer than its patience, a revocation gives up', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled(120_000));
  const outcome = bench.send('revocation', bench.ticket('revocation', 60_000));
  await bench.clock.advance(60_000);
  assert.equal((outcome.error as QlikError).code, 'unavailable');
});

it('given a 429 that does not say for how long, the tenant is left alone for a while', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled());
  assert.equal((await refusal(bench)).retryAfterMs, 15_000);
});

it('given a Retry-After of a year, the tenant is tried again after ten minutes', async () => {
  const bench = createGateBench();
  await fail(bench, faults.throttled(365 * 86_400_000));
  await bench.clock.advance(599_999);
  assert.equal((await refusal(bench)).code, 'throttled');
  await bench.clock.advance(1);
  const outcome = bench.send('after');
  await settle();
  assert.equal(outcome.state, 'fulfilled');
});

it('given two calls that are throttled for different times, the longer one counts', async () => {
  const bench = createGateBench();
  const [first, second] = [bench.open('first'), bench.open('second')];
  await settle();
  first.fail(faults.throttled(20_000));
  second.fail(faults.throttled(5_000));
  await bench.clock.advance(10_000);
  assert.equal((await refusal(bench)).retryAfterMs, 10_000);
});

it('given many calls that are throttled at once, it is told once', async () => {
  const bench = createGateBench();
  const calls = Array.from({ length: 8 }, (_, i) => bench.open(`call ${i}`));
  await settle();
  for (const call of calls) call.fail(faults.throttled(13_000));
  await settle();
  assert.deepEqual(bench.pauses, [13_000]);
});

it('given five failures in a row, calls in the queue and new ones are refused at once', async () => {
  const bench = createGateBench({ concurrency: 1 });
  for (let i = 0; i < 4; i += 1) await fail(bench, i % 2 === 0 ? faults.permanent() : faults.badResponse());
  const fifth = bench.open('fifth');
  const queued = bench.send('queued', bench.ticket('renewal', 60_000));
  await settle();
  assert.equal(bench.gate.healthy, true);
  fifth.fail(faults.permanent());
  await settle();
  assert.equal((queued.error as QlikError).code, 'unavailable');
  const fault = await refusal(bench);
  assert.equal(fault.code, 'unavailable');
  assert.equal(fault.retryAfterMs, 2_000);
  assert.equal(bench.gate.healthy, false);
});

it('given refusals and throttling, the tenant counts as well: the circuit stays closed', async () => {
  const bench = createGateBench();
  for (let i = 0; i < 20; i += 1) await fail(bench, faults.unauthorized());
  const outcome = bench.send('next');
  await settle();
  assert.equal(outcome.state, 'fulfilled');
});

it('given a pause that is over, one probe is made; the others are refused at once while it lasts', async () => {
  const bench = createGateBench();
  for (let i = 0; i < 5; i += 1) await fail(bench, faults.permanent());
  await bench.clock.advance(2_000);
  bench.made.length = 0;
  const probe = bench.open('probe');
  const others = Array.from({ length: 10 }, (_, i) => bench.send(`other ${i}`));
  await settle();
  assert.deepEqual(bench.made, ['probe']);
  assert.deepEqual([...new Set(others.map(({ error }) => (error as QlikError).code))], ['unavailable']);
  probe.succeed();
  await settle();
  const after = bench.send('after');
  await settle();
  assert.equal(after.state, 'fulfilled');
  assert.equal(bench.gate.healthy, true);
});

it('given a probe that fails, the tenant is left alone for longer', async () => {
  const bench = createGateBench();
  for (let i = 0; i < 5; i += 1) await fail(bench, faults.permanent());
  await bench.clock.advance(2_000);
  await fail(bench, faults.permanent());
  bench.made.length = 0;
  await bench.clock.advance(3_999);
  bench.send('early');
  await settle();
  assert.deepEqual(bench.made, []);
  await bench.clock.advance(1);
  bench.send('second probe');
  await settle();
  assert.deepEqual(bench.made, ['second probe']);
});

it('given a tenant that throttles, the gate is not healthy until the pause is over', async () => {
  const bench = createGateBench();
  assert.equal(bench.gate.healthy, true);
  await fail(bench, faults.throttled(5_000));
  assert.equal(bench.gate.healthy, false);
  await bench.clock.advance(5_000);
  assert.equal(bench.gate.healthy, true);
});
