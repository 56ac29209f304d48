import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { TenantGateway } from '../../src/token/tenant-gateway.ts';
import type { Token } from '../../src/token/token.ts';
import { createTokenService } from '../../src/token/token-service.ts';
import { settle } from '../support/manual-clock.ts';
import { type FakeCall, faults, hang, SIX_HOURS_MS } from '../token/fake-issuer.ts';
import { createTokenBench, type Outcome, subjectOf } from '../token/token-bench.ts';

const USERS = ['ada', 'bruno', 'chiyo', 'denied'] as const;
const MIN_REMAINING_MS = 60_000;
const ANSWERS = [
  'token',
  'token',
  'token',
  'short',
  'brief',
  '401',
  '401 user',
  '403',
  '429',
  '5xx',
  'garbage',
] as const;

type Step =
  | { do: 'obtain' | 'rejected'; user: number; deadlineMs: number }
  | { do: 'held' | 'warm' | 'forget'; user: number }
  | { do: 'answer'; which: number; how: (typeof ANSWERS)[number]; turns: number }
  | { do: 'abort'; which: number }
  | { do: 'advance'; ms: number };

const user = fc.nat(USERS.length - 1);
const which = fc.nat(10);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('obtain' as const, 'obtain' as const, 'rejected' as const),
        user,
        deadlineMs: fc.constantFrom(0, 50, 1_000, 8_000),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('held' as const, 'warm' as const, 'forget' as const),
        user,
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('answer' as const),
        which,
        how: fc.constantFrom(...ANSWERS),
        // How many turns of the microtask queue pass before the next step; 20 is "all".
        turns: fc.nat(20),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 300, 1_000, 6_000, 30_000, SIX_HOURS_MS - 550_000, SIX_HOURS_MS - 61_000),
      }),
    },
  ),
  { maxLength: 70 },
);

function answer(call: FakeCall, how: (typeof ANSWERS)[number]): void {
  if (how === 'token') call.succeed();
  else if (how === 'short') call.succeed({ lifetimeMs: MIN_REMAINING_MS - 1 });
  else if (how === 'brief') call.succeed({ lifetimeMs: 150_000 });
  else if (how === '401') call.kind === 'accepts' ? call.deny() : call.fail(faults.unauthorized());
  else if (how === '401 user') call.fail(faults.unknownUser());
  else if (how === '403') call.fail(faults.forbidden());
  else if (how === '429') call.fail(faults.throttled(2_000));
  else if (how === '5xx') call.fail(faults.passing());
  else call.fail(faults.badResponse());
}

interface Asked {
  readonly user: string;
  readonly deadline: number;
  readonly leaving: AbortController;
  readonly outcome: Outcome<Token>;
}

/** A token service whose every step is watched. */
function createWatchedService(maxHeld: number) {
  const { gateway, issuer, clock, within } = createTokenBench();
  issuer.script = hang;
  const generation = new Map<string, number>();
  const openMints = new Map<string, number>();
  const mintsBy = new Map<string, number>();
  /** Tokens that nobody may get any more. */
  const forbidden = new Set<string>();
  const revoked = new Set<string>();
  let draws = 1;

  const watched: TenantGateway = {
    ...gateway,
    async mint(lookup, ticket) {
      const born = generation.get(lookup.value) ?? 0;
      const flight = `${lookup.value}#${born}`;
      openMints.set(flight, (openMints.get(flight) ?? 0) + 1);
      mintsBy.set(lookup.value, (mintsBy.get(lookup.value) ?? 0) + 1);
      assert.equal(openMints.get(flight), 1, `two mints at a time for ${flight}`);
      try {
        const issued = await gateway.mint(lookup, ticket);
        if (lookup.value === 'denied' || born !== (generation.get(lookup.value) ?? 0))
          forbidden.add(issued.accessToken);
        return issued;
      } finally {
        openMints.set(flight, (openMints.get(flight) ?? 0) - 1);
      }
    },
    revoke(accessToken) {
      revoked.add(accessToken);
      return gateway.revoke(accessToken);
    },
  };
  const tokens = createTokenService({
    gatewayOf: () => watched,
    isDenied: (qlikUser) => qlikUser === 'sub-denied',
    clock,
    random: () => {
      draws = (draws * 48_271) % 2_147_483_647;
      return draws / 2_147_483_647;
    },
    report() {},
    maxHeld,
    refreshBeforeMs: 10 * 60_000,
    minRemainingMs: MIN_REMAINING_MS,
    replaceCooldownMs: 30_000,
    patienceMs: 8_000,
  });

  const asked: Asked[] = [];

  function checkToken(user: string, token: Token): void {
    assert.equal(issuer.owners.get(token.accessToken), user, 'somebody else’s token');
    assert.ok(!forbidden.has(token.accessToken), 'a token that was forgotten');
    assert.ok(token.expiresAt - clock.now() >= MIN_REMAINING_MS, 'too little is left of it');
  }

  return {
    tokens,
    issuer,
    clock,
    asked,
    within,
    forbidden,
    revoked,
    mints: (user: string) => mintsBy.get(user) ?? 0,
    checkToken,

    ask(how: 'obtain' | 'rejected', user: string, deadlineMs: number): void {
      const leaving = new AbortController();
      const waiting = within(deadlineMs, leaving.signal);
      const outcome: Outcome<Token> = { state: 'pending' };
      tokens[how](subjectOf(user), waiting).then(
        (token) => {
          checkToken(user, token);
          Object.assign(outcome, { state: 'fulfilled', value: token });
        },
        (error) => {
          assert.ok(
            error.code !== undefined || leaving.signal.aborted,
            `not an error of the domain: ${error}`,
          );
          Object.assign(outcome, { state: 'rejected', error });
        },
      );
      asked.push({ user, deadline: waiting.deadline, leaving, outcome });
    },

    forget(user: string): void {
      const held = tokens.held(subjectOf(user));
      generation.set(user, (generation.get(user) ?? 0) + 1);
      for (const [accessToken, owner] of issuer.owners) if (owner === user) forbidden.add(accessToken);
      tokens.forget(subjectOf(user));
      if (held) assert.ok(revoked.has(held.accessToken), 'forgotten, but not revoked');
      assert.equal(tokens.held(subjectOf(user)), undefined);
    },

    checkEnded(): void {
      for (const { deadline, leaving, outcome } of asked) {
        const over = clock.now() >= deadline || leaving.signal.aborted;
        if (over) assert.notEqual(outcome.state, 'pending', 'kept waiting');
      }
      assert.ok(tokens.size <= maxHeld, 'more held than may be');
    },
  };
}

async function run(sequence: Step[], maxHeld: number): Promise<void> {
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);
  process.on('unhandledRejection', note);
  try {
    await play(sequence, createWatchedService(maxHeld));
    assert.deepEqual(failures, []);
  } finally {
    process.off('unhandledRejection', note);
  }
}

async function play(sequence: Step[], world: ReturnType<typeof createWatchedService>): Promise<void> {
  const { tokens, issuer, clock, asked } = world;
  for (const step of sequence) {
    const openCalls = issuer.calls.filter(({ open }) => open);
    if (step.do === 'obtain' || step.do === 'rejected') {
      world.ask(step.do, USERS[step.user] as string, step.deadlineMs);
    } else if (step.do === 'answer') {
      const call = openCalls[step.which % Math.max(1, openCalls.length)];
      if (call) answer(call, step.how);
      if (step.turns < 20) {
        for (let turn = 0; turn < step.turns; turn += 1) await Promise.resolve();
        continue;
      }
    } else if (step.do === 'abort') {
      asked[step.which % Math.max(1, asked.length)]?.leaving.abort(new Error('gone'));
    } else if (step.do === 'advance') {
      await clock.advance(step.ms);
    } else {
      const name = USERS[step.user] as string;
      const token = tokens.held(subjectOf(name));
      if (token) world.checkToken(name, token);
      await Promise.resolve();
      if (step.do === 'forget') world.forget(name);
      if (step.do === 'warm' && token && tokens.held(subjectOf(name)) === token) {
        await Promise.resolve();
        const before = world.mints(name);
        assert.equal(await tokens.obtain(subjectOf(name), world.within()), token);
        assert.equal(world.mints(name), before, 'a warm call made a mint');
      }
    }
    await clock.advance(0);
    world.checkEnded();
  }

  issuer.script = (call) => call.succeed();
  for (const call of issuer.calls) call.succeed();
  await clock.advance(10 * 60_000);
  world.checkEnded();
  let idle = false;
  void tokens.idle().then(() => {
    idle = true;
  });
  await settle();
  assert.ok(idle, 'something is still under way');
}

it('whatever happens to three users and a denied one, in whatever order, tokens go only where they belong', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => run(sequence, 100)),
    { numRuns: 300 },
  );
});

it('given room for two tokens, the same holds, and no more are held', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => run(sequence.map(letSettle), 2)),
    { numRuns: 150 },
  );
});

function letSettle(step: Step): Step {
  return step.do === 'answer' ? { ...step, turns: 20 } : step;
}
