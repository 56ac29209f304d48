import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../support/manual-clock.ts';
import { hang, SIX_HOURS_MS } from '../tenant/fake-issuer.ts';
import { createTokenBench, follow, subjectOf } from './token-bench.ts';

it('given more users than may be held, the one who was away longest is dropped', async () => {
  const { tokens, issuer, within } = createTokenBench({ maxCached: 2 });
  await tokens.obtain(subjectOf('ada'), within());
  await tokens.obtain(subjectOf('bruno'), within());
  tokens.cached(subjectOf('ada'));
  await tokens.obtain(subjectOf('chiyo'), within());
  assert.equal(tokens.size, 2);
  assert.equal(tokens.cached(subjectOf('bruno')), undefined);
  assert.equal(tokens.cached(subjectOf('ada'))?.accessToken, 'token-1');
  assert.equal(issuer.of('revoke').length, 0);
});

it('given more mints in flight than may be held, each caller gets its token and the bound is kept', async () => {
  const { tokens, issuer, within } = createTokenBench({ maxCached: 2, concurrency: 100 });
  issuer.script = hang;
  const users = Array.from({ length: 50 }, (_, i) => `user-${i}`);
  const answers = users.map((user) => follow(tokens.obtain(subjectOf(user), within())));
  await settle();
  for (const call of issuer.calls) call.succeed();
  await settle();
  assert.deepEqual(
    answers.map(({ value }) => issuer.owners.get(value?.accessToken ?? '')),
    users,
  );
  assert.equal(tokens.size, 2);
});

it('given a token that is dropped while its renewal is in flight, the failed renewal does not bring it back', async () => {
  const { tokens, issuer, clock, within } = createTokenBench({ maxCached: 1 });
  await tokens.obtain(subjectOf('ada'), within());
  await clock.advance(SIX_HOURS_MS - 120_000);
  issuer.script = hang;
  tokens.cached(subjectOf('ada'));
  await settle();
  issuer.script = (call) => call.succeed();
  await tokens.obtain(subjectOf('bruno'), within());
  await clock.advance(6_000);
  assert.equal(tokens.cached(subjectOf('ada')), undefined);
  assert.ok(tokens.cached(subjectOf('bruno')));
});
