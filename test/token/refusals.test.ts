import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { QlikError } from '../../src/qlik/errors.ts';
import { faults, hang } from '../tenant/fake-issuer.ts';
import { codeOf, createTokenBench, follow, outcomeOf, subjectOf, type TokenBench } from './token-bench.ts';

async function refusalOf({ tokens, within }: TokenBench, user: string): Promise<string | undefined> {
  return codeOf((await outcomeOf(tokens.obtain(subjectOf(user), within()))).error);
}

it('given an unknown user, the refusal is remembered for a short while', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.unknownUser());
  assert.equal(await refusalOf(bench, 'ada'), 'user_not_mapped');
  await bench.clock.advance(29_999);
  assert.equal(await refusalOf(bench, 'ada'), 'user_not_mapped');
  assert.equal(bench.issuer.calls.length, 1);
});

it('given an unknown user who was added since, the next try after that while succeeds', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.unknownUser());
  await refusalOf(bench, 'ada');
  bench.issuer.script = (call) => call.succeed();
  await bench.clock.advance(30_000);
  assert.equal((await bench.tokens.obtain(subjectOf('ada'), bench.within())).accessToken, 'token-1');
});

it('given an unknown user, nobody else is refused', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => (call.about === 'ada' ? call.fail(faults.unknownUser()) : call.succeed());
  await refusalOf(bench, 'ada');
  assert.equal((await bench.tokens.obtain(subjectOf('bruno'), bench.within())).accessToken, 'token-1');
});

const retryable: [string, () => QlikError][] = [
  ['a tenant that does not answer', faults.permanent],
  ['an answer that is not Qlik’s', faults.badResponse],
];
for (const [trouble, fault] of retryable) {
  it(`given ${trouble}, it is not remembered against the user`, async () => {
    const bench = createTokenBench();
    bench.issuer.script = (call) => call.fail(fault());
    await refusalOf(bench, 'ada');
    bench.issuer.script = (call) => call.succeed();
    assert.equal((await bench.tokens.obtain(subjectOf('ada'), bench.within())).accessToken, 'token-1');
  });
}

it('given a minted token whose subject is denied, it is revoked and nobody gets it', async () => {
  const bench = createTokenBench({ isDenied: (qlikUser) => qlikUser === 'sub-admin' });
  assert.equal(await refusalOf(bench, 'admin'), 'user_denied');
  assert.deepEqual(
    bench.issuer.of('revoke').map(({ about }) => about),
    ['token-1'],
  );
  assert.equal(bench.tokens.size, 0);
  assert.equal(bench.tokens.cached(subjectOf('admin')), undefined);
});

it('given a minted token whose subject is denied, the next request mints none', async () => {
  const bench = createTokenBench({ isDenied: () => true });
  await refusalOf(bench, 'admin');
  assert.equal(await refusalOf(bench, 'admin'), 'user_denied');
  assert.equal(bench.issuer.of('mint').length, 1);
});

for (const lifetimeMs of [0, -5, 1, 59_999]) {
  it(`given tokens that live ${lifetimeMs} ms, the answer is tenant_bad_response and the tenant is not hammered`, async () => {
    const bench = createTokenBench();
    bench.issuer.script = (call) => call.succeed({ lifetimeMs });
    for (let i = 0; i < 10; i += 1) {
      assert.equal(await refusalOf(bench, 'ada'), 'tenant_bad_response');
      await bench.clock.advance(1_000);
    }
    assert.equal(bench.issuer.of('mint').length, 1);
    assert.equal(bench.tokens.size, 0);
  });
}

it('given a mint that took so long that too little of its token is left, it is not handed out', async () => {
  const bench = createTokenBench({ minRemainingMs: 60_000 });
  bench.issuer.script = hang;
  const answer = follow(bench.tokens.obtain(subjectOf('ada'), bench.within()));
  await bench.clock.advance(2_000);
  bench.issuer.calls[0]?.succeed({ lifetimeMs: 61_000 });
  await bench.clock.advance(0);
  assert.equal(codeOf(answer.error), 'tenant_bad_response');
});

it('given that the user signs out, what was remembered against them is forgotten', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.unknownUser());
  await refusalOf(bench, 'ada');
  await bench.tokens.forget(subjectOf('ada'));
  await refusalOf(bench, 'ada');
  assert.equal(bench.issuer.of('mint').length, 2);
});

it('given refused credentials and one user who asks again and again, the tenant is not asked each time', async () => {
  const bench = createTokenBench();
  bench.issuer.script = (call) => call.fail(faults.unauthorized());
  for (let i = 0; i < 20; i += 1) {
    assert.equal(await refusalOf(bench, 'ada'), 'tenant_refused_client');
    await bench.clock.advance(1_000);
  }
  assert.equal(bench.issuer.of('mint').length, 1);
});

it('given refused credentials and 80 users who wait for their turn, the tenant is spared once that is clear', async () => {
  const bench = createTokenBench({ concurrency: 8, budget: { limit: 90, windowMs: 60_000 } });
  bench.issuer.script = hang;
  const answers = Array.from({ length: 80 }, (_, i) =>
    follow(bench.tokens.obtain(subjectOf(`user-${i}`), bench.within())),
  );
  for (let i = 0; i < 10; i += 1) {
    await bench.clock.advance(10);
    for (const call of bench.issuer.of('mint').filter(({ open }) => open)) call.fail(faults.refusedClient());
  }
  await bench.clock.advance(10);
  assert.deepEqual([...new Set(answers.map(({ error }) => codeOf(error)))], ['tenant_refused_client']);
  assert.equal(bench.issuer.of('mint').length, 8);
});

it('given an unmapped user, the refusal of a renewal takes nothing away while the token lives', async () => {
  const bench = createTokenBench();
  const { accessToken } = await bench.tokens.obtain(subjectOf('ada'), bench.within());
  bench.issuer.script = (call) => call.fail(faults.forbidden());
  await bench.clock.advance(6 * 3_600_000 - 2 * 60_000);
  bench.tokens.cached(subjectOf('ada'));
  await bench.clock.advance(1_000);
  assert.equal(bench.issuer.of('mint').length, 2);
  assert.equal(bench.tokens.cached(subjectOf('ada'))?.accessToken, accessToken);
  assert.equal((await bench.tokens.obtain(subjectOf('ada'), bench.within())).accessToken, accessToken);
});
