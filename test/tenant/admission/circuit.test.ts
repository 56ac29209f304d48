import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCircuit } from '../../../src/tenant/admission/circuit.ts';

const facts = { tenant: 'acme', client: 'impersonation' };

function createBench(random = 1) {
  const time = { now: 1_000_000 };
  const changes: object[] = [];
  const circuit = createCircuit({
    now: () => time.now,
    random: () => random,
    emit: (event) => changes.push(event),
    tenant: 'acme',
    client: 'impersonation',
  });
  const fail = (times = 1) => {
    for (let i = 0; i < times; i += 1) {
      circuit.begin().failed();
    }
  };
  return { circuit, time, changes, fail };
}

it('given four failures in a row, calls go on', () => {
  const { circuit, fail } = createBench();
  fail(4);
  assert.equal(circuit.pauseMs(), 0);
  assert.equal(circuit.healthy, true);
});

it('given five failures in a row, it opens for two seconds', () => {
  const { circuit, fail, time, changes } = createBench();
  fail(5);
  assert.equal(circuit.pauseMs(), 2_000);
  assert.equal(circuit.healthy, false);
  assert.deepEqual(changes, [{ type: 'tenant.circuit_opened', ...facts, pauseMs: 2_000 }]);
  time.now += 2_000;
  assert.equal(circuit.pauseMs(), 0);
});

it('given a success between failures, they are not in a row', () => {
  const { circuit, fail } = createBench();
  fail(4);
  circuit.begin().succeeded();
  fail(4);
  assert.equal(circuit.pauseMs(), 0);
});

it('given a pause that is over, the first call is a probe and no other may start until it has ended', () => {
  const { circuit, fail, time } = createBench();
  fail(5);
  time.now += 2_000;
  circuit.begin();
  assert.ok(circuit.pauseMs() > 0);
  time.now += 3_600_000;
  assert.ok(circuit.pauseMs() > 0);
});

it('given a probe that succeeds, it closes, and it takes five failures again to open', () => {
  const { circuit, fail, time, changes } = createBench();
  fail(5);
  time.now += 2_000;
  circuit.begin().succeeded();
  assert.equal(circuit.pauseMs(), 0);
  assert.equal(circuit.healthy, true);
  assert.deepEqual(changes.at(-1), { type: 'tenant.circuit_closed', ...facts });
  fail(4);
  assert.equal(circuit.pauseMs(), 0);
});

it('given probes that fail, the pause doubles up to half a minute', () => {
  const { circuit, fail, time } = createBench();
  fail(5);
  const pauses: number[] = [];
  for (let probe = 0; probe < 7; probe += 1) {
    pauses.push(circuit.pauseMs());
    time.now += circuit.pauseMs();
    fail(1);
  }
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

it('given a probe that succeeds after long pauses, the next pause is short again', () => {
  const { circuit, fail, time } = createBench();
  fail(5);
  time.now += 2_000;
  fail(1);
  time.now += 4_000;
  circuit.begin().succeeded();
  fail(5);
  assert.equal(circuit.pauseMs(), 2_000);
});

it('given calls that began before it opened and fail after, it opens no further', () => {
  const { circuit, time, changes } = createBench();
  const calls = Array.from({ length: 8 }, () => circuit.begin());
  for (const call of calls.slice(0, 5)) call.failed();
  time.now += 1_000;
  for (const call of calls.slice(5)) call.failed();
  assert.equal(circuit.pauseMs(), 1_000);
  assert.equal(changes.length, 1);
});

// Guards against a second probe beside the first, and against a pause that is doubled for old news.
it('given a call that began before it opened and fails during the probe, the probe still decides', () => {
  const { circuit, time, fail, changes } = createBench();
  const straggler = circuit.begin();
  fail(5);
  time.now += 2_000;
  const probe = circuit.begin();
  straggler.failed();
  time.now += 60_000;
  assert.ok(circuit.pauseMs() > 0, 'no other call may start');
  assert.equal(changes.length, 1);
  probe.failed();
  assert.equal(circuit.pauseMs(), 4_000);
});

it('given a call that began before it opened and succeeds after, it closes', () => {
  const { circuit, fail } = createBench();
  const straggler = circuit.begin();
  fail(5);
  straggler.succeeded();
  assert.equal(circuit.pauseMs(), 0);
  assert.equal(circuit.healthy, true);
});

it('the pause is shortened by chance, so that replicas do not probe together', () => {
  const { circuit, fail } = createBench(0);
  fail(5);
  assert.equal(circuit.pauseMs(), 1_500);
});
