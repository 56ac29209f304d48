import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../support/manual-clock.ts';
import { type FakeCall, faults, hang } from '../tenant/fake-issuer.ts';
import {
  type BenchOptions,
  codeOf,
  createTokenBench,
  follow,
  outcomeOf,
  subjectOf,
  type TokenBench,
} from './token-bench.ts';

const ada = subjectOf('ada');

/** A bench that holds `token-1` for ada. */
async function withToken(options?: BenchOptions): Promise<TokenBench> {
  const bench = createTokenBench(options);
  await bench.tokens.obtain(ada, bench.within());
  return bench;
}

/** Answers 401 to the question whether a token is accepted, and all else as a healthy tenant does. */
function denyTokens(call: FakeCall): void {
  if (call.kind === 'accepts') call.deny();
  else call.succeed();
}

it('given a token that the tenant takes, the page gets the same token and none is minted', async () => {
  const { tokens, issuer, within } = await withToken();
  assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-1');
  assert.equal(issuer.of('accepts', 'token-1').length, 1);
  assert.equal(issuer.of('mint').length, 1);
});

it('given a token that the tenant refuses with 401, the page gets another', async () => {
  const { tokens, issuer, within } = await withToken();
  issuer.script = denyTokens;
  assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-2');
  assert.equal(tokens.cached(ada)?.accessToken, 'token-2');
});

it('given no token, the page gets a fresh one and the tenant judges nothing', async () => {
  const { tokens, issuer, within } = createTokenBench();
  assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-1');
  assert.equal(issuer.of('accepts').length, 0);
});

it('given many pages that say so at once, the tenant is asked once', async () => {
  const { tokens, issuer, within } = await withToken();
  issuer.script = hang;
  const answers = Array.from({ length: 100 }, () => follow(tokens.rejected(ada, within())));
  await settle();
  assert.equal(issuer.of('accepts').length, 1);
  issuer.script = (call) => call.succeed();
  issuer.of('accepts')[0]?.deny();
  await settle();
  assert.deepEqual([...new Set(answers.map(({ value }) => value?.accessToken))], ['token-2']);
  assert.equal(issuer.of('mint').length, 2);
});

it('given a page that says so again and again, the tenant is asked once in the cooldown', async () => {
  const { tokens, issuer, clock, within } = await withToken({ replaceCooldownMs: 30_000 });
  for (let second = 0; second < 60; second += 1) {
    assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-1');
    await clock.advance(1_000);
  }
  assert.equal(issuer.of('accepts').length, 2);
  assert.equal(issuer.of('mint').length, 1);
});

it('given a page that refuses each token that the tenant refuses too, one is minted in the cooldown', async () => {
  const { tokens, issuer, clock, within } = await withToken({ replaceCooldownMs: 30_000 });
  issuer.script = denyTokens;
  for (let second = 0; second < 30; second += 1) {
    await tokens.rejected(ada, within());
    await clock.advance(1_000);
  }
  assert.equal(issuer.of('mint').length, 2);
});

it('given two users, one’s cooldown does not keep the other from being judged', async () => {
  const { tokens, issuer, within } = await withToken();
  await tokens.obtain(subjectOf('bruno'), within());
  await tokens.rejected(ada, within());
  await tokens.rejected(subjectOf('bruno'), within());
  assert.equal(issuer.of('accepts').length, 2);
});

for (const [trouble, fault] of Object.entries(faults)) {
  it(`given a tenant that cannot judge (${trouble}), the token stays`, async () => {
    const { tokens, issuer, within } = await withToken();
    issuer.script = (call) => call.fail(fault());
    assert.equal((await tokens.rejected(ada, within())).accessToken, 'token-1');
    assert.equal(tokens.cached(ada)?.accessToken, 'token-1');
  });
}

it('given a tenant that is slow to judge, the page gets the same token after 3 seconds', async () => {
  const { tokens, issuer, clock, within } = await withToken();
  issuer.script = hang;
  const answer = follow(tokens.rejected(ada, within()));
  await clock.advance(2_999);
  assert.equal(answer.state, 'pending');
  await clock.advance(1);
  assert.equal(answer.value?.accessToken, 'token-1');
});

it('given a verdict that comes late, it still counts for the next call', async () => {
  const { tokens, issuer, clock, within } = await withToken();
  issuer.script = hang;
  follow(tokens.rejected(ada, within()));
  await clock.advance(3_500);
  issuer.script = (call) => call.succeed();
  issuer.of('accepts')[0]?.deny();
  await settle();
  assert.equal((await tokens.obtain(ada, within())).accessToken, 'token-2');
});

it('given a verdict on a token that was replaced meanwhile, the new one stays', async () => {
  const { tokens, issuer, within } = await withToken();
  issuer.script = (call) => (call.kind === 'accepts' ? undefined : call.succeed());
  follow(tokens.rejected(ada, within()));
  await settle();
  await tokens.forget(ada);
  await tokens.obtain(ada, within());
  issuer.of('accepts')[0]?.deny();
  await settle();
  assert.equal(tokens.cached(ada)?.accessToken, 'token-2');
});

it('given a deadline that is shorter than the wait for the verdict, the page gets its answer by the deadline', async () => {
  const { tokens, issuer, clock, within } = await withToken();
  issuer.script = hang;
  const answer = follow(tokens.rejected(ada, within(1_000)));
  await clock.advance(1_000);
  assert.equal(answer.value?.accessToken, 'token-1');
});

it('given a page that leaves during the verdict, its call ends at once', async () => {
  const { tokens, issuer, within } = await withToken();
  issuer.script = hang;
  const leaving = new AbortController();
  const answer = follow(tokens.rejected(ada, within(8_000, leaving.signal)));
  await settle();
  leaving.abort(new Error('gone'));
  await settle();
  assert.notEqual(answer.state, 'pending');
});

it('given a refused token and a tenant that mints none, the page learns why', async () => {
  const { tokens, issuer, within } = await withToken();
  issuer.script = (call) => (call.kind === 'accepts' ? call.deny() : call.fail(faults.permanent()));
  const { error } = await outcomeOf(tokens.rejected(ada, within()));
  assert.equal(codeOf(error), 'tenant_unavailable');
});

it('given a verdict, it is reported once, with what the tenant said', async () => {
  const { tokens, events, within } = await withToken();
  await Promise.all([tokens.rejected(ada, within()), tokens.rejected(ada, within())]);
  assert.deepEqual(
    events.filter(({ type }) => type === 'token.judged'),
    [
      {
        type: 'token.judged',
        tenant: 'acme',
        qlikUser: { subject: 'ada' },
        clientId: 'client',
        verdict: 'accepted',
      },
    ],
  );
});
