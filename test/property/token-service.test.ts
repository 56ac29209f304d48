import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { TokenClient } from '../../src/tenant/token-client.ts';
import type { Deadline } from '../../src/token/deadline.ts';
import type { Token } from '../../src/token/token.ts';
import { createTokenService } from '../../src/token/token-service.ts';
import { createTokenShare } from '../../src/token/token-share.ts';
import { settle } from '../support/manual-clock.ts';
import { type FakeCall, faults, hang, SIX_HOURS_MS } from '../tenant/fake-issuer.ts';
import {
  createSharedWorld,
  createTokenBench,
  type Outcome,
  partitionOf,
  subjectOf,
} from '../token/token-bench.ts';

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
  | { do: 'obtain' | 'rejected'; user: number; deadlineMs: number; replica: number }
  | { do: 'cached' | 'warm' | 'forget'; user: number; replica: number }
  | { do: 'answer'; which: number; how: (typeof ANSWERS)[number]; admission: number }
  | { do: 'abort'; which: number }
  | { do: 'advance'; ms: number };

const user = fc.nat(USERS.length - 1);
const which = fc.nat(10);
const replica = fc.nat(2);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('obtain' as const, 'obtain' as const, 'rejected' as const),
        user,
        deadlineMs: fc.constantFrom(0, 50, 1_000, 8_000),
        replica,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('cached' as const, 'warm' as const, 'forget' as const),
        user,
        replica,
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('answer' as const),
        which,
        how: fc.constantFrom(...ANSWERS),
        // How many admission of the microtask queue pass before the next step; 20 is "all".
        admission: fc.nat(20),
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
  else if (how === '5xx') call.fail(faults.retryable());
  else call.fail(faults.badResponse());
}

interface Asked {
  readonly user: string;
  readonly deadline: number;
  readonly leaving: AbortController;
  readonly outcome: Outcome<Token>;
}

interface WatchOptions {
  readonly replicas: number;
  readonly maxCached: number;
  /** Everything that needs no time happens before the next step. */
  readonly settled: boolean;
}

/** Token services on one store, whose every step is watched. */
function createWatchedServices({ replicas, maxCached, settled }: WatchOptions) {
  const world = createSharedWorld();
  const { clock, issuer, leases } = world;
  issuer.script = hang;
  /** How often any user's generation has changed, and after which change a token is for nobody any more. */
  let changes = 0;
  const forbidden = new Map<string, number>();
  const openMints = new Set<{ user: string; begun: number }>();
  const mintsBy = new Map<string, number>();
  const revoked = new Set<string>();
  let draws = 1;

  const store: typeof world.store = {
    ...world.store,
    advance(partition, forMs) {
      const advanced = world.store.advance(partition, forMs);
      changes += 1;
      for (const [accessToken, user] of issuer.owners)
        if (partitionOf(subjectOf(user).owner) === partition && !forbidden.has(accessToken))
          forbidden.set(accessToken, changes);
      return advanced;
    },
  };

  /** As a session is read: the generation, and how much had changed by then. */
  async function session(user: string) {
    const readAt = changes;
    return { readAt, generation: await store.generation(partitionOf(subjectOf(user).owner)) };
  }

  async function checkMint(user: string, priority: string): Promise<void> {
    const open = [...openMints].filter((mint) => mint.user === user);
    const allowed = Math.max(0, ...open.map(({ begun }) => changes - begun));
    assert.ok(open.length <= allowed, `two mints at a time for ${user}`);
    const shared = priority === 'user' && (await store.peek(`{${subjectOf(user).owner}}:token`));
    assert.ok(!shared || shared.remainingMs < MIN_REMAINING_MS, 'a mint in spite of a good token');
  }

  function createReplica() {
    const { tokenClient } = createTokenBench({ world });
    const watched: TokenClient = {
      ...tokenClient,
      async mint(lookup, ticket, onLate) {
        const user = lookup.value;
        mintsBy.set(user, (mintsBy.get(user) ?? 0) + 1);
        if (settled) await checkMint(user, ticket.priority).catch((error) => failures.push(error));
        const mint = { user, begun: changes };
        openMints.add(mint);
        try {
          const issued = await tokenClient.mint(lookup, ticket, onLate);
          if (user === 'denied') forbidden.set(issued.accessToken, 0);
          return issued;
        } finally {
          openMints.delete(mint);
        }
      },
      revoke(accessToken) {
        revoked.add(accessToken);
        return tokenClient.revoke(accessToken);
      },
    };
    const isDenied = (qlikUser: string) => qlikUser === 'sub-denied';
    const tenantOf = () => ({ tokenClient: watched, isDenied });
    return createTokenService({
      tenantOf,
      share: createTokenShare({ store, partitionOf, tenantOf, clock }),
      leases,
      mintRate: { take: async () => 0, giveBack: async () => {} },
      clock,
      random: () => {
        draws = (draws * 48_271) % 2_147_483_647;
        return draws / 2_147_483_647;
      },
      emit() {},
      maxCached,
      refreshBeforeMs: 10 * 60_000,
      minRemainingMs: MIN_REMAINING_MS,
      replaceCooldownMs: 30_000,
      deadlineMs: 8_000,
    });
  }

  const services = Array.from({ length: replicas }, createReplica);
  const serviceOf = (index: number) => services[index % replicas] as (typeof services)[number];
  const asked: Asked[] = [];
  const failures: unknown[] = [];

  function checkToken(user: string, token: Token, readAt: number): void {
    assert.equal(issuer.owners.get(token.accessToken), user, 'somebody else’s token');
    const since = forbidden.get(token.accessToken);
    assert.ok(since === undefined || since > readAt, 'a token that was forgotten');
    assert.ok(token.expiresAt - clock.now() >= MIN_REMAINING_MS, 'too little is left of it');
  }

  /** The token as the route gets it: it counts only when the session, read after it, shows its generation. */
  async function fetch(how: 'obtain' | 'rejected', index: number, user: string, deadline: Deadline) {
    for (;;) {
      const before = await session(user);
      const token = await serviceOf(index)
        [how](subjectOf(user), before.generation, deadline)
        .catch((error) => {
          if (error.code !== 'token_superseded') throw error;
        });
      const after = await session(user);
      if (token?.generation === after.generation) {
        checkToken(user, token, after.readAt);
        return token;
      }
    }
  }

  return {
    services,
    issuer,
    clock,
    asked,
    failures,
    mints: (user: string) => mintsBy.get(user) ?? 0,
    fetch,

    async cached(index: number, user: string): Promise<Token | undefined> {
      const { generation, readAt } = await session(user);
      const token = serviceOf(index).cached(subjectOf(user), generation);
      if (token) checkToken(user, token, readAt);
      return token;
    },

    ask(how: 'obtain' | 'rejected', index: number, user: string, deadlineMs: number): void {
      const leaving = new AbortController();
      const deadline = { at: clock.now() + deadlineMs, signal: leaving.signal };
      const outcome: Outcome<Token> = { state: 'pending' };
      fetch(how, index, user, deadline).then(
        (token) => Object.assign(outcome, { state: 'fulfilled', value: token }),
        (error) => {
          assert.ok(
            (error.code !== undefined && error.code !== 'ERR_ASSERTION') || leaving.signal.aborted,
            `not an error of the domain: ${error}`,
          );
          Object.assign(outcome, { state: 'rejected', error });
        },
      );
      asked.push({ user, deadline: deadline.at, leaving, outcome });
    },

    async forget(index: number, user: string): Promise<void> {
      const held = await this.cached(index, user);
      await serviceOf(index).forget(subjectOf(user));
      if (held) assert.ok(revoked.has(held.accessToken), 'forgotten, but not revoked');
      for (const service of services.keys()) {
        const token = await this.cached(service, user);
        assert.ok(held === undefined || token?.accessToken !== held.accessToken);
      }
    },

    checkEnded(): void {
      for (const { deadline, leaving, outcome } of asked) {
        const over = clock.now() >= deadline || leaving.signal.aborted;
        if (over) assert.notEqual(outcome.state, 'pending', 'kept waiting');
      }
      for (const { size } of services) assert.ok(size <= maxCached, 'more held than may be');
    },
  };
}

async function run(sequence: Step[], options: WatchOptions): Promise<void> {
  const world = createWatchedServices(options);
  const note = (error: unknown) => world.failures.push(error);
  process.on('unhandledRejection', note);
  try {
    await play(options.settled ? sequence.map(letSettle) : sequence, world);
    assert.deepEqual(world.failures, []);
  } finally {
    process.off('unhandledRejection', note);
  }
}

async function play(sequence: Step[], world: ReturnType<typeof createWatchedServices>): Promise<void> {
  const { services, issuer, clock, asked } = world;
  for (const step of sequence) {
    const openCalls = issuer.calls.filter(({ open }) => open);
    if (step.do === 'obtain' || step.do === 'rejected') {
      world.ask(step.do, step.replica, USERS[step.user] as string, step.deadlineMs);
    } else if (step.do === 'answer') {
      const call = openCalls[step.which % Math.max(1, openCalls.length)];
      if (call) answer(call, step.how);
      if (step.admission < 20) {
        for (let turn = 0; turn < step.admission; turn += 1) await Promise.resolve();
        continue;
      }
    } else if (step.do === 'abort') {
      asked[step.which % Math.max(1, asked.length)]?.leaving.abort(new Error('gone'));
    } else if (step.do === 'advance') {
      await clock.advance(step.ms);
    } else {
      const name = USERS[step.user] as string;
      const token = await world.cached(step.replica, name);
      await Promise.resolve();
      if (step.do === 'forget') await world.forget(step.replica, name);
      if (step.do === 'warm' && token && (await world.cached(step.replica, name)) === token) {
        const before = world.mints(name);
        const deadline = { at: clock.now() + 8_000 };
        const again = await world.fetch('obtain', step.replica, name, deadline);
        assert.equal(again.accessToken, token.accessToken);
        const renewals = clock.now() >= token.renewAt ? 1 : 0;
        assert.ok(world.mints(name) <= before + renewals, 'a warm call made a mint');
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
  void Promise.all(services.map((service) => service.idle())).then(() => {
    idle = true;
  });
  await settle();
  assert.ok(idle, 'something is still under way');
}

for (const replicas of [1, 3]) {
  const on = replicas === 1 ? 'on one replica' : 'on three replicas';

  it(`whatever happens to three users and a denied one ${on}, in whatever order, tokens go only where they belong`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => run(sequence, { replicas, maxCached: 100, settled: false })),
      { numRuns: 200 },
    );
  });

  it(`whatever happens to them ${on}, a user has one mint under way, and none while there is a good token`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => run(sequence, { replicas, maxCached: 100, settled: true })),
      { numRuns: 150 },
    );
  });

  it(`given room for two tokens ${on}, the same holds, and no more are held`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => run(sequence, { replicas, maxCached: 2, settled: true })),
      { numRuns: 100 },
    );
  });
}

function letSettle(step: Step): Step {
  return step.do === 'answer' ? { ...step, admission: 20 } : step;
}
