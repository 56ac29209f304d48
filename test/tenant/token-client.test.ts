import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QlikError } from '../../src/qlik/errors.ts';
import type { IssuedToken } from '../../src/qlik/oauth/token-response.ts';
import type { Ticket } from '../../src/tenant/admission/ticket.ts';
import type { TokenError } from '../../src/tenant/token-error.ts';
import { settle } from '../support/manual-clock.ts';
import { codeOf, createTokenBench, follow, type TokenBench } from '../token/token-bench.ts';
import { type FakeCall, faults, hang } from './fake-issuer.ts';

const DEADLINE_MS = 8_000;

function mint(
  { tokenClient, clock }: TokenBench,
  user = 'ada',
  deadlineMs = DEADLINE_MS,
  onLate: (issued: IssuedToken) => void = () => {},
) {
  const ticket: Ticket = {
    priority: 'user',
    budgeted: true,
    decisive: true,
    deadline: clock.now() + deadlineMs,
  };
  return follow(tokenClient.mint({ field: 'subject', value: user }, ticket, onLate));
}

it('given faults that pass, a mint is tried three times and then given up', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.retryable());
  const outcome = mint(bench);
  await bench.clock.advance(DEADLINE_MS);
  assert.equal(bench.issuer.calls.length, 3);
  assert.equal(codeOf(outcome.error), 'tenant_unavailable');
});

it('given a fault that passes, the next try brings the token', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) =>
    bench.issuer.calls.length === 1 ? call.fail(faults.retryable()) : call.succeed();
  const outcome = mint(bench);
  await bench.clock.advance(1_000);
  assert.equal(outcome.value?.accessToken, 'token-1');
});

for (const [random, waits] of [
  [0, [100, 200]],
  [0.5, [200, 400]],
  [1, [300, 600]],
] as const) {
  it(`given a chance of ${random}, the tries are ${waits.join(' and ')} ms apart`, async () => {
    const bench = createTokenBench({ random: () => random });
    bench.issuer.script = (call) => call.fail(faults.retryable());
    mint(bench);
    await bench.clock.advance(DEADLINE_MS);
    const times = bench.issuer.calls.map(({ at }) => at);
    assert.deepEqual(
      times.slice(1).map((time, i) => time - (times[i] as number)),
      waits,
    );
  });
}

const permanent: [string, () => QlikError][] = [
  ['a refusal', faults.unauthorized],
  ['a 429', () => faults.throttled(1_000)],
  ['a timeout', faults.permanent],
  ['an answer that is not Qlik’s', faults.badResponse],
];
for (const [what, fault] of permanent) {
  it(`given ${what}, the mint is not tried again`, async () => {
    const bench = createTokenBench();
    bench.issuer.script = (call) => call.fail(fault());
    mint(bench);
    await bench.clock.advance(DEADLINE_MS);
    assert.equal(bench.issuer.of('mint').length, 1);
  });
}

it('given a Retry-After, the caller is told for how long to stay away', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.throttled(13_000));
  const outcome = mint(bench);
  await settle();
  assert.equal((outcome.error as TokenError).retryAfterMs, 13_000);
});

it('given tries, each of them takes its turn at the gate and counts in the budget', async () => {
  const bench = createTokenBench({ budget: { limit: 2, windowMs: 60_000 } });
  bench.issuer.script = (call) => call.fail(faults.retryable());
  const outcome = mint(bench);
  await bench.clock.advance(DEADLINE_MS);
  assert.equal(bench.issuer.calls.length, 2);
  assert.equal(codeOf(outcome.error), 'tenant_throttled');
});

it('given no time for a pause, the mint is not tried again', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.retryable());
  const outcome = mint(bench, 'ada', 150);
  await bench.clock.advance(0);
  assert.equal(bench.issuer.calls.length, 1);
  assert.equal(codeOf(outcome.error), 'tenant_unavailable');
});

it('given a call that hangs, it is aborted after its time', async () => {
  const bench = createTokenBench({ callTimeoutMs: 6_000 });
  bench.issuer.script = hang;
  const outcome = mint(bench);
  await bench.clock.advance(5_999);
  assert.equal(outcome.state, 'pending');
  await bench.clock.advance(1);
  assert.equal(codeOf(outcome.error), 'tenant_unavailable');
});

// Else somebody else's connection would be waited for while the tenant issues tokens that nobody revokes.
it('given a call that was given up, and brings a token yet, that one is told', async () => {
  const bench = createTokenBench({ callTimeoutMs: 6_000 });
  bench.issuer.script = hang;
  const late: string[] = [];
  const outcome = mint(bench, 'ada', DEADLINE_MS, (issued) => late.push(issued.accessToken));
  await bench.clock.advance(6_000);
  assert.equal(outcome.state, 'rejected');
  bench.issuer.calls[0]?.succeed({ accessToken: 'late' });
  await settle();
  assert.deepEqual(late, ['late']);
});

it('given calls that were given up, they go on for half a minute, and no more of them than may', async () => {
  const bench = createTokenBench({ callTimeoutMs: 6_000, concurrency: 2 });
  bench.issuer.script = hang;
  const open = () => bench.issuer.calls.map((call) => call.open);
  for (const user of ['ada', 'bruno']) mint(bench, user);
  await bench.clock.advance(6_000);
  assert.deepEqual(open(), [true, true]);
  mint(bench, 'chiyo');
  await bench.clock.advance(6_000);
  assert.deepEqual(open(), [false, true, true]);
  await bench.clock.advance(30_000);
  assert.deepEqual(open(), [false, false, false]);
  assert.equal(bench.clock.pending, 0);
});

const codes: [string, () => QlikError, string][] = [
  ['a 429', () => faults.throttled(), 'tenant_throttled'],
  ['no answer', faults.permanent, 'tenant_unavailable'],
  ['an answer that is not Qlik’s', faults.badResponse, 'tenant_bad_response'],
  ['a 401 of a client that never minted', faults.unauthorized, 'tenant_refused_client'],
  ['a 403 of a client that never minted', faults.forbidden, 'tenant_refused_client'],
  ['a 401 that names the user', faults.unknownUser, 'user_not_mapped'],
];
for (const [what, fault, code] of codes) {
  it(`given ${what}, the code is ${code}, and the fault is kept as the cause`, async () => {
    const bench = createTokenBench();
    const cause = fault();
    bench.issuer.script = (call) => call.fail(cause);
    const { error } = await settled(mint(bench));
    assert.equal(codeOf(error), code);
    assert.equal((error as TokenError).cause, cause);
  });
}

for (const [what, fault, code] of [
  ['401', faults.unauthorized, 'user_not_mapped'],
  ['403', faults.forbidden, 'user_disabled'],
] as const) {
  it(`given a client that minted lately, a ${what} is ${code}`, async () => {
    const bench = createTokenBench();
    await settled(mint(bench, 'bruno'));
    bench.issuer.script = (call) => call.fail(fault());
    assert.equal(codeOf((await settled(mint(bench))).error), code);
  });
}

it('given a client that is refused for certain, nobody else is tried', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.refusedClient());
  await settled(mint(bench, 'ada'));
  const { error } = await settled(mint(bench, 'dario'));
  assert.equal(codeOf(error), 'tenant_refused_client');
  assert.equal((error as TokenError).retryAfterMs, 15_000);
  assert.equal(bench.issuer.calls.length, 1);
  assert.equal(bench.tokenClient.healthy, false);
});

it('given a client that is taken again, the way opens with the first mint', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.refusedClient());
  await settled(mint(bench, 'ada'));
  bench.issuer.script = (call) => call.succeed();
  await bench.clock.advance(15_000);
  assert.equal((await settled(mint(bench, 'dario'))).state, 'fulfilled');
  assert.equal(bench.tokenClient.healthy, true);
});

it('given a client that is refused for certain while others wait for their turn, those are refused without a call', async () => {
  const bench = createTokenBench({ concurrency: 3 });
  bench.issuer.script = hang;
  const outcomes = Array.from({ length: 50 }, (_, i) => mint(bench, `user-${i}`));
  await settle();
  for (const call of [...bench.issuer.calls]) call.fail(faults.refusedClient());
  await settle();
  assert.deepEqual([...new Set(outcomes.map(({ error }) => codeOf(error)))], ['tenant_refused_client']);
  assert.equal(bench.issuer.calls.length, 3);
});

it('given mints that were refused in the queue, they used up nothing of the budget', async () => {
  const bench = createTokenBench({ concurrency: 3, budget: { limit: 4, windowMs: 60_000 } });
  bench.issuer.script = hang;
  for (let i = 0; i < 4; i += 1) mint(bench, `user-${i}`);
  await settle();
  for (const call of [...bench.issuer.calls]) call.fail(faults.refusedClient());
  await settle();
  bench.issuer.script = (call) => call.succeed();
  await bench.clock.advance(30_000);
  assert.equal((await settled(mint(bench, 'user-9'))).state, 'fulfilled');
});

// Guards against six strangers at a quiet hour who closed the way for all.
for (const [what, own] of [
  ['may ask for itself', (call: FakeCall) => call.succeed()],
  ['may not, and is told so in other words', (call: FakeCall) => call.fail(faults.forbidden())],
  ['may not, and is told so in the same words', (call: FakeCall) => call.fail(faults.unauthorized())],
] as const) {
  it(`given strangers, whoever comes first, and a client that ${what}, somebody who is mapped gets a token at once`, async () => {
    const bench = createTokenBench({ budget: { limit: 90, windowMs: 60_000 } });
    bench.issuer.script = (call) => {
      if (call.kind === 'own') own(call);
      else if (call.about === 'mapped') call.succeed();
      else call.fail(faults.unauthorized());
    };
    const strangers = Array.from({ length: 60 }, (_, i) => mint(bench, `stranger-${i}`));
    await settle();
    assert.equal((await settled(mint(bench, 'mapped'))).state, 'fulfilled');
    assert.ok(strangers.every(({ state }) => state === 'rejected'));
    assert.equal(bench.issuer.of('own').length, 1);
  });
}

it('given the first user, a stranger, and a client that may ask for itself, the refusal is the user’s', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => (call.kind === 'own' ? call.succeed() : call.fail(faults.unauthorized()));
  assert.equal(codeOf((await settled(mint(bench, 'stranger'))).error), 'user_not_mapped');
  assert.equal(bench.tokenClient.healthy, true);
});

it('given a client that is refused, tokens are still revoked and judged', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => (call.kind === 'mint' ? call.fail(faults.unauthorized()) : call.succeed());
  for (const user of ['ada', 'bruno', 'chiyo']) await settled(mint(bench, user));
  assert.equal(await bench.tokenClient.revoke('token'), true);
  assert.equal(await bench.tokenClient.judge('token'), 'accepted');
  assert.equal(bench.issuer.of('accepts').length, 1);
});

it('given one user who is refused often, the others are still tried', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.unauthorized());
  for (let i = 0; i < 10; i += 1) await settled(mint(bench, 'ada'));
  bench.issuer.script = (call) => call.succeed();
  assert.equal((await settled(mint(bench, 'bruno'))).state, 'fulfilled');
});

// Guards against a broken /oauth/revoke or /users/me that keeps new users from their tokens.
it('given a tenant that can neither judge nor revoke, mints go on', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => (call.kind === 'mint' ? call.succeed() : call.fail(faults.permanent()));
  for (let i = 0; i < 10; i += 1) {
    await bench.tokenClient.revoke(`token-${i}`);
    await bench.tokenClient.judge(`token-${i}`);
  }
  assert.equal(bench.tokenClient.healthy, true);
  assert.equal((await settled(mint(bench))).state, 'fulfilled');
});

it('given an error that is no fault of the tenant’s, it passes through as it is', async () => {
  const bench = createTokenBench();
  const bug = new TypeError('bug');
  bench.issuer.script = (call) => call.fail(bug as unknown as QlikError);
  assert.equal((await settled(mint(bench))).error, bug);
});

it('given a question whether a token is accepted, it is asked once and costs nothing of the budget', async () => {
  const bench = createTokenBench({ budget: { limit: 1, windowMs: 60_000 } });
  bench.issuer.script = (call) => (call.kind === 'accepts' ? call.deny() : call.succeed());
  assert.equal(await bench.tokenClient.judge('token'), 'refused');
  assert.equal((await settled(mint(bench))).state, 'fulfilled');
  bench.issuer.script = (call) => call.fail(faults.retryable());
  assert.equal(await bench.tokenClient.judge('token'), 'unknown');
  assert.equal(bench.issuer.of('accepts').length, 2);
});

it('given a revocation that meets a passing fault, it is tried again', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) =>
    bench.issuer.calls.length < 3 ? call.fail(faults.retryable()) : call.succeed();
  const outcome = follow(bench.tokenClient.revoke('token'));
  await bench.clock.advance(2_000);
  assert.equal(outcome.value, true);
});

for (const [what, fault] of Object.entries(faults)) {
  it(`given a revocation that fails (${what}), it resolves to false`, async () => {
    const bench = createTokenBench();
    bench.issuer.script = (call) => call.fail(fault());
    const outcome = follow(bench.tokenClient.revoke('token'));
    await bench.clock.advance(2_000);
    assert.equal(outcome.value, false);
  });
}

async function settled<T>(outcome: T): Promise<T> {
  await settle();
  return outcome;
}

// Guards against a warning of Node's about a leak, on stderr, in the middle of an outage.
it('given many mints that wait for their next try at once, Node sees no leak', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const bench = createTokenBench({ concurrency: 40 });
  bench.issuer.script = hang;
  for (let index = 0; index < 40; index += 1) mint(bench, `user-${index}`);
  await settle();
  assert.equal(bench.issuer.calls.length, 40);
  for (const call of bench.issuer.calls) call.fail(faults.retryable());
  await settle();
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
  await bench.clock.advance(DEADLINE_MS);
});
