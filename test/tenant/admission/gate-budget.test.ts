import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QlikError } from '../../../src/qlik/errors.ts';
import type { Priority } from '../../../src/tenant/admission/ticket.ts';
import { settle } from '../../support/manual-clock.ts';
import { createGateBench, type GateBench } from './gate-bench.ts';

const MINUTE = 60_000;
const budget = { limit: 8, windowMs: MINUTE };

function spend({ send, ticket }: GateBench, calls: number): void {
  for (let i = 0; i < calls; i += 1) send('spent', ticket());
}

it('given a budget that is used up, a user who can wait gets through when the window has passed', async () => {
  const bench = createGateBench({ budget });
  spend(bench, 8);
  await bench.clock.advance(MINUTE - 5_000);
  const user = bench.send('user');
  await bench.clock.advance(4_999);
  assert.equal(user.state, 'pending');
  await bench.clock.advance(1);
  assert.equal(user.value, 'user');
});

it('given a budget that is used up, a user who cannot wait so long is refused at once, and told for how long', async () => {
  const bench = createGateBench({ budget });
  spend(bench, 8);
  await bench.clock.advance(20_000);
  const user = bench.send('user');
  await settle();
  const { code, retryAfterMs } = user.error as QlikError;
  assert.equal(code, 'throttled');
  assert.equal(retryAfterMs, 40_000);
});

it('given those in front who take the next permits, the wait is reckoned with them', async () => {
  const bench = createGateBench({ budget: { limit: 2, windowMs: 10_000 } });
  bench.send('spent');
  await bench.clock.advance(4_000);
  bench.send('spent');
  await bench.clock.advance(2_000);
  const first = bench.send('first', bench.ticket('user', 9_000));
  const second = bench.send('second', bench.ticket('user', 9_000));
  const third = bench.send('third', bench.ticket('user', 9_000));
  await settle();
  assert.equal(first.state, 'pending');
  assert.equal(second.state, 'pending');
  assert.equal((third.error as QlikError).retryAfterMs, 14_000);
});

// Guards against a queue that grows without bound, since the wait was taken for one window at most.
it('given a queue that fills the whole next window, who comes after it is refused at once', async () => {
  const bench = createGateBench({ budget: { limit: 8, windowMs: 1_000 } });
  const outcomes = Array.from({ length: 1_000 }, (_, i) => bench.send(`user ${i}`));
  await settle();
  // Eight now, and eight each second for less than eight seconds.
  assert.equal(outcomes.filter(({ state }) => state !== 'rejected').length, 64);
  await bench.clock.advance(8_000);
  assert.equal(bench.made.length, 64);
});

it('given renewals that can wait for the next window, no more of them queue than it has room for', async () => {
  const bench = createGateBench({ budget });
  const outcomes = Array.from({ length: 1_000 }, (_, i) =>
    bench.send(`renewal ${i}`, bench.ticket('renewal', MINUTE + 1)),
  );
  await settle();
  assert.equal(outcomes.filter(({ state }) => state === 'fulfilled').length, 6);
  assert.equal(outcomes.filter(({ state }) => state === 'pending').length, 6);
});

const shares: [Priority, number][] = [
  ['user', 8],
  ['directory', 6],
  ['renewal', 6],
  ['revocation', 4],
];
for (const [priority, share] of shares) {
  it(`given nobody else, a ${priority} may use ${share} of 8 calls`, async () => {
    const bench = createGateBench({ budget });
    for (let i = 0; i < 20; i += 1) bench.send('call', bench.ticket(priority, 1_000));
    await settle();
    assert.equal(bench.made.length, share);
  });
}

it('given renewals that used up their share, users still get the rest', async () => {
  const bench = createGateBench({ budget });
  for (let i = 0; i < 20; i += 1) bench.send('renewal', bench.ticket('renewal', 2 * MINUTE));
  await settle();
  bench.send('user 1');
  bench.send('user 2');
  await settle();
  assert.deepEqual(bench.made.slice(6), ['user 1', 'user 2']);
});

it('given a renewal that waits for its share, a user who comes later goes before it', async () => {
  const bench = createGateBench({ budget: { limit: 1, windowMs: MINUTE } });
  bench.send('spent');
  await bench.clock.advance(MINUTE - 5_000);
  bench.send('renewal', bench.ticket('renewal', MINUTE));
  bench.send('user');
  await bench.clock.advance(5_000);
  assert.deepEqual(bench.made, ['spent', 'user']);
});

it('given a budget that is used up, calls outside of it are made all the same', async () => {
  const bench = createGateBench({ budget });
  spend(bench, 8);
  const queued = bench.send('queued', bench.ticket('revocation', 2 * MINUTE));
  const free = bench.send('free', bench.ticket('user', 1_000, false));
  await settle();
  assert.equal(free.value, 'free');
  assert.equal(queued.state, 'pending');
});

it('given calls outside of the budget, they use nothing of it up', async () => {
  const bench = createGateBench({ budget });
  for (let i = 0; i < 50; i += 1) bench.send('free', bench.ticket('user', 1_000, false));
  await settle();
  spend(bench, 8);
  await settle();
  assert.equal(bench.made.filter((name) => name === 'spent').length, 8);
});

it('given a renewal without room in its share, promoting it lets it use what is kept for users', async () => {
  const bench = createGateBench({ budget });
  spend(bench, 6);
  const ticket = bench.ticket('renewal', 2 * MINUTE);
  const renewal = bench.send('renewal', ticket);
  await settle();
  assert.equal(renewal.state, 'pending');
  bench.gate.promote(ticket);
  await settle();
  assert.equal(renewal.value, 'renewal');
});

// Guards against a queue whose upkeep grew with the square of its length: eight seconds for 20,000.
it('given twice as many renewals at once, looking after them takes twice as many looks', async () => {
  async function looksAt(renewals: number): Promise<number> {
    const bench = createGateBench({ budget: { limit: 90, windowMs: MINUTE } });
    let looks = 0;
    for (let i = 0; i < renewals; i += 1) {
      const { priority, ...ticket } = bench.ticket('renewal', MINUTE);
      bench.send('renewal', {
        ...ticket,
        get priority() {
          looks += 1;
          return priority;
        },
      });
    }
    await settle();
    return looks;
  }

  const [some, twiceAsMany] = [await looksAt(1_000), await looksAt(2_000)];
  assert.ok(some >= 1_000, `${some} looks`);
  assert.ok(twiceAsMany < 3 * some, `${some} looks, then ${twiceAsMany}`);
});
