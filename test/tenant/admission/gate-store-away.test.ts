import assert from 'node:assert/strict';
import { it } from 'node:test';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { settle } from '../../support/manual-clock.ts';
import { codeOf } from '../../token/token-bench.ts';
import { createReplicasBench } from './replicas-bench.ts';

for (const priority of ['user', 'directory'] as const) {
  it(`given a store that is away, a ${priority} is refused at once, and no call is made`, async () => {
    const { replicas } = createReplicasBench();
    const [a] = replicas;
    a.storeAway = true;
    const refused = a.send('refused', a.ticket(priority));
    await settle();
    assert.ok(refused.error instanceof StoreUnavailableError);
    assert.equal(codeOf(refused.error), 'store_unavailable');
    assert.deepEqual(a.made, []);
  });
}

it('given a store that is away, all who are waited for are refused with one question', async () => {
  const { clock, replicas } = createReplicasBench({ concurrency: 1, wayMs: 50 });
  const [a] = replicas;
  a.open('first');
  await clock.advance(100);
  const waiting = Array.from({ length: 100 }, (_, i) => a.send(`user ${i}`));
  await clock.advance(100);
  a.storeAway = true;
  const before = a.asked;
  await clock.advance(600);
  assert.deepEqual([...new Set(waiting.map(({ error }) => codeOf(error)))], ['store_unavailable']);
  assert.equal(a.asked - before, 1);
});

for (const priority of ['renewal', 'revocation'] as const) {
  it(`given a store that is away, a ${priority} waits until it is back`, async () => {
    const { clock, replicas } = createReplicasBench();
    const [a] = replicas;
    a.storeAway = true;
    const patient = a.send('patient', a.ticket(priority, 60_000));
    await clock.advance(20_000);
    assert.equal(patient.state, 'pending');
    assert.ok(a.asked <= 11, `asked ${a.asked} times`);
    a.storeAway = false;
    await clock.advance(2_000);
    assert.equal(patient.value, 'patient');
  });
}

it('given a store that is back, a user gets through at once', async () => {
  const { replicas } = createReplicasBench();
  const [a] = replicas;
  a.storeAway = true;
  a.send('refused');
  await settle();
  a.storeAway = false;
  const user = a.send('user');
  await settle();
  assert.equal(user.value, 'user');
});

it('given a store that goes away during a call, the call ends as ever', async () => {
  const { replicas } = createReplicasBench();
  const [a] = replicas;
  const call = a.open('call');
  await settle();
  a.storeAway = true;
  call.succeed();
  await settle();
  assert.equal(call.outcome.value, 'call');
});

it('given a promoted renewal, a store that is away refuses it as it does a user', async () => {
  const { clock, replicas } = createReplicasBench();
  const [a] = replicas;
  a.storeAway = true;
  const ticket = a.ticket('renewal', 60_000);
  const renewal = a.send('renewal', ticket);
  await clock.advance(1_000);
  assert.equal(renewal.state, 'pending');
  a.gate.promote(ticket);
  await settle();
  assert.equal(codeOf(renewal.error), 'store_unavailable');
});
