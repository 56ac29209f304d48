import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QlikError } from '../../../src/qlik/errors.ts';
import { settle } from '../../support/manual-clock.ts';
import { faults } from '../fake-issuer.ts';
import { createReplicasBench } from './replicas-bench.ts';

const MINUTE = 60_000;

const codeOf = (error: unknown) => (error as QlikError | undefined)?.code;

it('given several replicas, they make no more calls at once than one may', async () => {
  const { replicas } = createReplicasBench({ concurrency: 2 });
  const calls = replicas.map(({ open }, index) => open(`call ${index}`));
  await settle();
  assert.deepEqual(
    calls.map(({ startedAt }) => startedAt !== undefined),
    [true, true, false],
  );
  calls[0]?.succeed();
  await settle();
  assert.notEqual(calls[2]?.startedAt, undefined);
});

it('given several replicas, they make no more calls in a window than one may', async () => {
  const { clock, replicas } = createReplicasBench({ rate: { limit: 8, windowMs: MINUTE } });
  for (const { send, ticket } of replicas)
    for (let i = 0; i < 8; i += 1) send('call', ticket('user', MINUTE + 1_000));
  await settle();
  const made = () => replicas.reduce((sum, replica) => sum + replica.made.length, 0);
  assert.equal(made(), 8);
  await clock.advance(MINUTE - 1);
  assert.equal(made(), 8);
  await clock.advance(1);
  assert.equal(made(), 16);
});

it('given a budget that another replica used up, a user who cannot wait so long is refused at once', async () => {
  const { clock, replicas } = createReplicasBench({ rate: { limit: 8, windowMs: MINUTE } });
  const [a, b] = replicas;
  for (let i = 0; i < 8; i += 1) a.send('call');
  await clock.advance(20_000);
  const user = b.send('user');
  await settle();
  assert.equal(codeOf(user.error), 'throttled');
  assert.equal((user.error as QlikError).retryAfterMs, 40_000);
});

it('given a Retry-After that one replica is told, none makes a call until then', async () => {
  const { clock, replicas } = createReplicasBench();
  const [a, b, c] = replicas;
  const call = a.open('throttled');
  await settle();
  call.fail(faults.throttled(13_000));
  await settle();

  const refused = [b.send('early'), c.send('early')];
  const revocation = b.send('revocation', b.ticket('revocation', MINUTE));
  await settle();
  for (const { error } of refused) {
    assert.equal(codeOf(error), 'throttled');
    assert.equal((error as QlikError).retryAfterMs, 13_000);
  }
  assert.equal(b.gate.healthy, false);
  await clock.advance(12_999);
  assert.deepEqual([b.made, c.made], [[], []]);
  await clock.advance(1);
  assert.equal(revocation.value, 'revocation');
  const after = c.send('after');
  await settle();
  assert.equal(after.value, 'after');
});

it('given calls that wait on one replica, a Retry-After that another is told refuses them', async () => {
  const { replicas } = createReplicasBench({ concurrency: 1 });
  const [a, b] = replicas;
  const call = a.open('throttled');
  await settle();
  const waiting = [b.send('user'), b.send('renewal', b.ticket('renewal', MINUTE))];
  await settle();
  call.fail(faults.throttled(13_000));
  await settle();
  assert.deepEqual(
    waiting.map(({ error }) => codeOf(error)),
    ['throttled', 'throttled'],
  );
});

it('given a Retry-After, it is told once, by the replica that heard it', async () => {
  const { replicas } = createReplicasBench();
  const [a, b] = replicas;
  const call = a.open('throttled');
  await settle();
  call.fail(faults.throttled(13_000));
  await settle();
  b.send('early');
  await settle();
  assert.deepEqual([a.pauses, b.pauses], [[13_000], []]);
});

for (const hears of [true, false]) {
  const heard = hears ? 'that hear of each other' : 'that hear nothing of each other';

  it(`given replicas ${heard}, a user who waits on one goes before a renewal on another`, async () => {
    const { clock, replicas } = createReplicasBench({ concurrency: 1, hears });
    const [a, b, c] = replicas;
    const first = c.open('first');
    await settle();
    const renewal = b.open('renewal', b.ticket('renewal', MINUTE));
    await clock.advance(100);
    const users = [a.open('user 1'), a.open('user 2')];
    await clock.advance(100);
    first.succeed();
    await clock.advance(600);
    assert.notEqual(users[0]?.startedAt, undefined);
    users[0]?.succeed();
    await clock.advance(600);
    assert.notEqual(users[1]?.startedAt, undefined);
    assert.equal(renewal.startedAt, undefined);
    users[1]?.succeed();
    await clock.advance(600);
    assert.notEqual(renewal.startedAt, undefined);
  });

  it(`given replicas ${heard}, revocations on one never keep a user on another waiting`, async () => {
    const { clock, replicas } = createReplicasBench({
      concurrency: 2,
      rate: { limit: 8, windowMs: MINUTE },
      hears,
    });
    const [a, b] = replicas;
    const revocations = Array.from({ length: 20 }, (_, i) =>
      a.open(`revocation ${i}`, a.ticket('revocation', MINUTE)),
    );
    await settle();
    const begun = clock.now();
    for (let i = 0; i < 4; i += 1) {
      const user = b.open(`user ${i}`);
      for (const call of revocations) call.succeed();
      await clock.advance(500);
      assert.ok((user.startedAt ?? Number.POSITIVE_INFINITY) - begun <= (i + 1) * 500, `user ${i} waits`);
      user.succeed();
    }
    assert.ok(a.made.length <= 4, `${a.made.length} revocations`);
  });
}

it('given a replica that dies with all permits, the others get them when their time is over', async () => {
  const { clock, replicas } = createReplicasBench({ concurrency: 2, permitMs: 10_000 });
  const [a, b] = replicas;
  a.open('lost');
  a.open('lost');
  await settle();
  a.die();
  await clock.advance(3_000);
  const user = b.send('user');
  await clock.advance(6_999);
  assert.equal(user.state, 'pending');
  await clock.advance(501);
  assert.equal(user.value, 'user');
});

it('given a replica that dies while its users wait, renewals on others go on', async () => {
  const { clock, replicas } = createReplicasBench({ concurrency: 1 });
  const [a, b, c] = replicas;
  const first = c.open('first');
  await settle();
  a.open('user');
  await settle();
  a.die();
  const renewal = b.send('renewal', b.ticket('renewal', MINUTE));
  await settle();
  first.succeed();
  await clock.advance(1_500);
  assert.equal(renewal.value, 'renewal');
});

it('given that a caller left while the limits were asked, the permit and the budget are for the next', async () => {
  const { clock, replicas } = createReplicasBench({
    concurrency: 1,
    rate: { limit: 1, windowMs: MINUTE },
    wayMs: 50,
  });
  const [a, b] = replicas;
  const late = a.send('late', a.ticket('user', 60));
  await clock.advance(200);
  assert.equal(late.state, 'rejected');
  const next = b.send('next');
  await clock.advance(200);
  assert.deepEqual([a.made, next.value], [[], 'next']);
});

it('given that the tenant throttles while the limits are asked, the call is not made', async () => {
  const { clock, replicas } = createReplicasBench({ rate: { limit: 2, windowMs: MINUTE }, wayMs: 50 });
  const [a] = replicas;
  const throttled = a.open('throttled');
  await clock.advance(100);
  const next = a.send('next');
  await clock.advance(60);
  throttled.fail(faults.throttled(13_000));
  await clock.advance(100);
  assert.equal(codeOf(next.error), 'throttled');
  assert.deepEqual(a.made, ['throttled']);
  await clock.advance(13_000);
  const after = a.send('after');
  await clock.advance(100);
  assert.equal(after.value, 'after', 'what was not made was not counted');
});

it('given a long queue without a permit, the limits are asked about twice a second, whoever waits', async () => {
  const { clock, replicas } = createReplicasBench({ concurrency: 1, hears: false, permitMs: MINUTE });
  const [a, b] = replicas;
  a.open('first');
  await settle();
  for (let i = 0; i < 500; i += 1) b.send('renewal', b.ticket('renewal', MINUTE));
  for (let i = 0; i < 500; i += 1) b.send('user');
  await settle();
  const before = b.asked;
  await clock.advance(5_000);
  assert.ok(b.asked - before <= 10, `asked ${b.asked - before} times`);
});

it('given a queue without a budget, the limits are not asked before there can be room', async () => {
  const { clock, replicas } = createReplicasBench({ rate: { limit: 8, windowMs: MINUTE } });
  const [a, b] = replicas;
  for (let i = 0; i < 8; i += 1) a.send('spent');
  await clock.advance(1_000);
  const waiting = Array.from({ length: 6 }, () => b.send('renewal', b.ticket('renewal', MINUTE)));
  await settle();
  assert.equal(b.asked, 1);
  await clock.advance(MINUTE - 1_001);
  assert.equal(b.asked, 1);
  await clock.advance(1);
  assert.deepEqual([...new Set(waiting.map(({ state }) => state))], ['fulfilled']);
});
