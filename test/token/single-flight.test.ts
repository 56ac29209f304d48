import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../support/manual-clock.ts';
import { faults, hang } from '../tenant/fake-issuer.ts';
import { codeOf, createTokenBench, follow, outcomeOf, subjectOf } from './token-bench.ts';

it('given 10,000 callers for one user without a token, one is minted and all get it', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  const answers = Array.from({ length: 10_000 }, () => tokens.obtain(subjectOf('ada'), within()));
  await settle();
  assert.equal(issuer.calls.length, 1);
  issuer.calls[0]?.succeed();
  const given = await Promise.all(answers);
  assert.deepEqual([...new Set(given.map((token) => token.accessToken))], ['token-1']);
  assert.equal(issuer.calls.length, 1);
});

it('given a mint that fails, each of the callers that joined it gets the same refusal', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  const answers = Array.from({ length: 20 }, () => follow(tokens.obtain(subjectOf('ada'), within())));
  await settle();
  issuer.calls[0]?.fail(faults.unknownUser());
  await settle();
  assert.deepEqual([...new Set(answers.map(({ error }) => codeOf(error)))], ['user_not_mapped']);
  assert.equal(issuer.calls.length, 1);
});

it('given a first caller that hangs up in the middle, the others still get the token', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  const leaving = new AbortController();
  const first = follow(tokens.obtain(subjectOf('ada'), within(8_000, leaving.signal)));
  const second = follow(tokens.obtain(subjectOf('ada'), within()));
  await settle();
  leaving.abort(new Error('gone'));
  await settle();
  assert.equal((first.error as Error).message, 'gone');
  assert.equal(second.state, 'pending');
  issuer.calls[0]?.succeed();
  await settle();
  assert.equal(second.value?.accessToken, 'token-1');
});

it('given that the only caller hangs up, the token is kept for the next', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  const leaving = new AbortController();
  const first = follow(tokens.obtain(subjectOf('ada'), within(8_000, leaving.signal)));
  await settle();
  leaving.abort();
  await settle();
  issuer.calls[0]?.succeed();
  await settle();
  assert.equal(first.state, 'rejected');
  assert.equal(tokens.cached(subjectOf('ada'))?.accessToken, 'token-1');
});

it('given a tenant that does not answer, a caller leaves at its own deadline and not later', async () => {
  const { tokens, issuer, clock, within } = createTokenBench({ callTimeoutMs: 60_000 });
  issuer.script = hang;
  const hasty = follow(tokens.obtain(subjectOf('ada'), within(1_000)));
  const patient = follow(tokens.obtain(subjectOf('ada'), within(8_000)));
  await clock.advance(999);
  assert.equal(hasty.state, 'pending');
  await clock.advance(1);
  assert.equal(codeOf(hasty.error), 'tenant_unavailable');
  assert.equal(patient.state, 'pending');
  await clock.advance(7_000);
  assert.equal(codeOf(patient.error), 'tenant_unavailable');
});

it('given two users at once, each gets a token of its own', async () => {
  const { tokens, issuer, within } = createTokenBench();
  const [ada, bruno] = await Promise.all([
    tokens.obtain(subjectOf('ada'), within()),
    tokens.obtain(subjectOf('bruno'), within()),
  ]);
  assert.equal(issuer.owners.get(ada.accessToken), 'ada');
  assert.equal(issuer.owners.get(bruno.accessToken), 'bruno');
});

it('given a token that is held, asking again makes no call', async () => {
  const { tokens, issuer, clock, within } = createTokenBench();
  const { accessToken } = await tokens.obtain(subjectOf('ada'), within());
  await clock.advance(3_600_000);
  for (let i = 0; i < 100; i += 1) {
    assert.equal(tokens.cached(subjectOf('ada'))?.accessToken, accessToken);
    assert.equal((await tokens.obtain(subjectOf('ada'), within())).accessToken, accessToken);
  }
  assert.equal(issuer.calls.length, 1);
});

it('given a token that is held, a tenant in trouble is not noticed', async () => {
  const { tokens, issuer, within } = createTokenBench();
  const { accessToken } = await tokens.obtain(subjectOf('ada'), within());
  issuer.script = (call) => call.fail(faults.permanent());
  const others = Array.from({ length: 20 }, (_, i) => outcomeOf(tokens.obtain(subjectOf(`u${i}`), within())));
  await Promise.all(others);
  assert.equal(tokens.cached(subjectOf('ada'))?.accessToken, accessToken);
  assert.equal((await tokens.obtain(subjectOf('ada'), within())).accessToken, accessToken);
});

it('given a failed mint, nothing of it is kept and the next caller makes a new one', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = (call) => call.fail(faults.permanent());
  assert.equal(
    codeOf((await outcomeOf(tokens.obtain(subjectOf('ada'), within()))).error),
    'tenant_unavailable',
  );
  assert.equal(tokens.size, 0);
  issuer.script = (call) => call.succeed();
  assert.equal((await tokens.obtain(subjectOf('ada'), within())).accessToken, 'token-1');
});
