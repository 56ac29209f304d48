import assert from 'node:assert/strict';
import { it } from 'node:test';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { settle } from '../support/manual-clock.ts';
import { faults, hang, SIX_HOURS_MS } from '../tenant/fake-issuer.ts';
import {
  type BenchOptions,
  codeOf,
  createSharedWorld,
  createTokenBench,
  follow,
  type SharedWorld,
  subjectOf,
} from './token-bench.ts';

const ada = subjectOf('ada');
const MINUTE = 60_000;

/** Token services that share everything but their memory. */
function createReplicas(world: SharedWorld = createSharedWorld(), options: BenchOptions = {}) {
  const [one, other, third] = [1, 2, 3].map(() => createTokenBench({ ...options, world }));
  return { one: one as NonNullable<typeof one>, other: other as NonNullable<typeof one>, third, ...world };
}

it('given callers at each replica, one mints and all get that token', async () => {
  const { one, other, issuer } = createReplicas();
  issuer.script = hang;
  const answers = [one, other, one, other].map(({ tokens, within }) => follow(tokens.obtain(ada, within())));
  await settle();
  assert.equal(issuer.of('mint').length, 1);
  issuer.calls[0]?.succeed();
  await settle();
  assert.deepEqual([...new Set(answers.map(({ value }) => value?.accessToken))], ['token-1']);
  assert.equal(issuer.of('mint').length, 1);
});

it('given a mint that ends at another replica between a look and the lease, its token is taken', async () => {
  const world = createSharedWorld();
  const { one, other, issuer } = createReplicas(world);
  const slow = createTokenBench({
    world: {
      ...world,
      leases: {
        ...world.leases,
        async take(name, forMs) {
          await other.tokens.obtain(ada, other.within());
          await settle();
          return world.leases.take(name, forMs);
        },
      },
    },
  });
  assert.equal((await slow.tokens.obtain(ada, one.within())).accessToken, 'token-1');
  assert.equal(issuer.of('mint').length, 1);
});

it('given a mint that fails at one replica, the one that waited tries at once', async () => {
  const { one, other, issuer } = createReplicas();
  issuer.script = hang;
  const first = follow(one.tokens.obtain(ada, one.within()));
  await settle();
  const second = follow(other.tokens.obtain(ada, other.within()));
  await settle();
  issuer.calls[0]?.fail(faults.permanent());
  await settle();
  assert.equal(codeOf(first.error), 'tenant_unavailable');
  assert.equal(issuer.of('mint').length, 2);
  issuer.calls[1]?.succeed();
  await settle();
  assert.equal(second.value?.accessToken, 'token-1');
});

it('given a replica that is killed in the middle of a mint, another mints once the lease ends', async () => {
  const world = createSharedWorld();
  const { other, issuer, clock } = createReplicas(world);
  // Longer than patience and call together; nobody releases it.
  await world.leases.take(`{${ada.owner}}:mint:`, 15_000);
  const impatient = follow(other.tokens.obtain(ada, other.within()));
  await clock.advance(8_000);
  assert.equal(codeOf(impatient.error), 'tenant_unavailable');
  const next = follow(other.tokens.obtain(ada, other.within(10_000)));
  await clock.advance(6_999);
  assert.equal(issuer.of('mint').length, 0);
  await clock.advance(1);
  assert.equal(next.value?.accessToken, 'token-1');
});

it('given a lease that ended during the mint, the late token neither replaces the newer one nor stays', async () => {
  const world = createSharedWorld();
  const { one, other, issuer, clock } = createReplicas({
    ...world,
    leases: { ...world.leases, take: async () => ({ release: async () => {} }) },
  });
  issuer.script = hang;
  const late = follow(one.tokens.obtain(ada, one.within(60_000)));
  await settle();
  const newer = follow(other.tokens.obtain(ada, other.within(60_000)));
  await settle();
  issuer.script = (call) => call.succeed();
  issuer.calls[1]?.succeed({ accessToken: 'newer' });
  await settle();
  clock.jump(30_000);
  issuer.calls[0]?.succeed({ accessToken: 'late' });
  await settle();
  assert.equal(newer.value?.accessToken, 'newer');
  assert.equal(late.value?.accessToken, 'newer');
  assert.equal(issuer.of('revoke', 'late').length, 1);
  assert.equal(issuer.of('revoke', 'newer').length, 0);
});

it('given a token that is due at each replica, one renews it and the others take that over', async () => {
  const { one, other, issuer, clock } = createReplicas();
  for (const { tokens, within } of [one, other]) await tokens.obtain(ada, within());
  await clock.advance(SIX_HOURS_MS - 5 * MINUTE);
  for (const { tokens } of [one, other]) assert.equal(tokens.cached(ada)?.accessToken, 'token-1');
  await settle();
  for (const { tokens } of [one, other]) assert.equal(tokens.cached(ada)?.accessToken, 'token-2');
  assert.equal(issuer.of('mint').length, 2);
});

it('given a mint at one replica and a sign-out at another, nobody gets the token, and it is revoked', async () => {
  const { one, other, issuer } = createReplicas();
  issuer.script = (call) => (call.kind === 'mint' ? undefined : call.succeed());
  const answer = follow(one.service.obtain(ada, '', one.within()));
  await settle();
  await other.tokens.forget(ada);
  issuer.of('mint')[0]?.succeed();
  await settle();
  assert.equal(codeOf(answer.error), 'token_superseded');
  assert.equal(issuer.of('revoke', 'token-1').length, 1);
  for (const { tokens } of [one, other]) assert.equal(tokens.cached(ada), undefined);
});

// Else a replica would hold a token of its own, which no sign-out at another one revokes.
it('given a store that goes away in the middle of a mint, nobody gets the token; the next one is minted', async () => {
  const world = createSharedWorld();
  let away = false;
  const refuse = () => (away ? Promise.reject(new StoreUnavailableError()) : undefined);
  const { one, issuer, clock } = createReplicas({
    ...world,
    store: {
      ...world.store,
      peek: (key) => refuse() ?? world.store.peek(key),
      put: (...args) => refuse() ?? world.store.put(...args),
    },
  });
  issuer.script = hang;
  const answer = follow(one.tokens.obtain(ada, one.within()));
  await settle();
  away = true;
  issuer.calls[0]?.succeed();
  await clock.advance(1_000);
  assert.equal(codeOf(answer.error), 'store_unavailable');
  assert.equal(one.tokens.cached(ada), undefined);

  away = false;
  issuer.script = (call) => call.succeed();
  assert.equal((await one.tokens.obtain(ada, one.within())).accessToken, 'token-2');
});

it('given a page at one replica whose token another replica minted, the tenant is asked about that token', async () => {
  const { one, other, issuer } = createReplicas();
  await one.tokens.obtain(ada, one.within());
  issuer.script = (call) => (call.kind === 'accepts' ? call.deny() : call.succeed());
  assert.equal((await other.tokens.rejected(ada, other.within())).accessToken, 'token-2');
  assert.equal(issuer.of('accepts', 'token-1').length, 1);
  assert.equal((await one.tokens.obtain(ada, one.within())).accessToken, 'token-2');
  assert.equal(issuer.of('mint').length, 2);
});

it('given pages at each replica that complain again and again, the tenant is asked once in the cooldown', async () => {
  const { one, other, issuer, clock } = createReplicas(undefined, { replaceCooldownMs: 30_000 });
  for (let second = 0; second < 60; second += 1) {
    const { tokens, within } = second % 2 ? one : other;
    assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-1');
    await clock.advance(1_000);
  }
  assert.ok(issuer.of('accepts').length <= 2);
  assert.equal(issuer.of('mint').length, 1);
});

it('given a refused token that another replica has renewed meanwhile, the page gets that one', async () => {
  const { one, other, issuer, clock } = createReplicas();
  for (const { tokens, within } of [one, other]) await tokens.obtain(ada, within());
  await clock.advance(SIX_HOURS_MS - 5 * MINUTE);
  other.tokens.cached(ada);
  await settle();
  issuer.script = (call) => (call.kind === 'accepts' ? call.deny() : call.succeed());
  const answer = await one.tokens.rejected(ada, one.within());
  assert.equal(issuer.of('accepts', 'token-1').length, 1);
  assert.equal(answer.accessToken, 'token-2');
  assert.equal(other.tokens.cached(ada)?.accessToken, 'token-2');
  assert.equal(issuer.of('mint').length, 2);
});
