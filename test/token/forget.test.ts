import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../support/manual-clock.ts';
import { faults, hang, SIX_HOURS_MS } from '../tenant/fake-issuer.ts';
import { codeOf, createTokenBench, follow, outcomeOf, subjectOf } from './token-bench.ts';

const ada = subjectOf('ada');

it('given a token that is held, forgetting it revokes it and the next caller gets another', async () => {
  const { tokens, issuer, within } = createTokenBench();
  const { accessToken } = await tokens.obtain(ada, within());
  await tokens.forget(ada);
  assert.equal(tokens.cached(ada), undefined);
  assert.equal(tokens.size, 0);
  await settle();
  assert.equal(issuer.of('revoke', accessToken).length, 1);
  assert.notEqual((await tokens.obtain(ada, within())).accessToken, accessToken);
});

it('given nothing held, forgetting makes no call', async () => {
  const { tokens, issuer } = createTokenBench();
  await tokens.forget(ada);
  await settle();
  assert.equal(issuer.calls.length, 0);
});

it('given two users, forgetting one leaves the other as it was', async () => {
  const { tokens, issuer, within } = createTokenBench();
  await tokens.obtain(ada, within());
  const { accessToken } = await tokens.obtain(subjectOf('bruno'), within());
  await tokens.forget(ada);
  await settle();
  assert.equal(tokens.cached(subjectOf('bruno'))?.accessToken, accessToken);
  assert.equal(issuer.of('revoke', accessToken).length, 0);
});

it('given a mint in flight, forgetting it means that nobody gets its token and that it is revoked', async () => {
  const { service, tokens, issuer, within } = createTokenBench();
  issuer.script = (call) => (call.kind === 'mint' ? undefined : call.succeed());
  const answers = Array.from({ length: 5 }, () => follow(service.obtain(ada, '', within())));
  await settle();
  await tokens.forget(ada);
  issuer.calls[0]?.succeed();
  await settle();
  assert.deepEqual([...new Set(answers.map(({ error }) => codeOf(error)))], ['token_superseded']);
  assert.equal(tokens.cached(ada), undefined);
  assert.deepEqual(
    issuer.of('revoke').map(({ about }) => about),
    ['token-1'],
  );
});

it('given a mint that was forgotten in flight, somebody who asks after that gets another token', async () => {
  const { service, tokens, issuer, within } = createTokenBench();
  issuer.script = (call) => (call.kind === 'mint' ? undefined : call.succeed());
  const before = follow(service.obtain(ada, '', within()));
  await settle();
  await tokens.forget(ada);
  const after = follow(tokens.obtain(ada, within()));
  await settle();
  const [first, second] = issuer.of('mint');
  second?.succeed({ accessToken: 'of-the-new-session' });
  await settle();
  first?.succeed({ accessToken: 'of-the-old-session' });
  await settle();
  assert.equal(codeOf(before.error), 'token_superseded');
  assert.equal(after.value?.accessToken, 'of-the-new-session');
  assert.equal(tokens.cached(ada)?.accessToken, 'of-the-new-session');
  assert.deepEqual(
    issuer.of('revoke').map(({ about }) => about),
    ['of-the-old-session'],
  );
});

it('given a mint that was forgotten in flight, its end does not let a third mint begin beside the second', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = (call) => (call.kind === 'mint' ? undefined : call.succeed());
  follow(tokens.obtain(ada, within()));
  await settle();
  await tokens.forget(ada);
  follow(tokens.obtain(ada, within()));
  await settle();
  issuer.of('mint')[0]?.succeed();
  await settle();
  follow(tokens.obtain(ada, within()));
  await settle();
  assert.equal(issuer.of('mint').length, 2);
});

it('given a mint that was forgotten in flight and is refused, the refusal is not remembered', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  follow(tokens.obtain(ada, within()));
  await settle();
  await tokens.forget(ada);
  issuer.calls[0]?.fail(faults.unknownUser());
  await settle();
  issuer.script = (call) => call.succeed();
  assert.equal((await outcomeOf(tokens.obtain(ada, within()))).state, 'fulfilled');
});

it('given a token that is held while its renewal is in flight, forgetting revokes both', async () => {
  const { tokens, issuer, clock, within } = createTokenBench();
  await tokens.obtain(ada, within());
  await clock.advance(SIX_HOURS_MS - 2 * 60_000);
  issuer.script = (call) => (call.kind === 'mint' ? undefined : call.succeed());
  tokens.cached(ada);
  await settle();
  await tokens.forget(ada);
  issuer.of('mint')[1]?.succeed();
  await settle();
  assert.deepEqual(
    issuer.of('revoke').map(({ about }) => about),
    ['token-1', 'token-2'],
  );
  assert.equal(tokens.cached(ada), undefined);
});

// Guards against handing out a token that was revoked between its arrival and the caller's turn.
it('given a token that has just arrived, a caller to whom it was not yet handed gets another after a forget', async () => {
  const { tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  const answer = follow(tokens.obtain(ada, within()));
  await settle();
  issuer.calls[0]?.succeed();
  while (tokens.size === 0) await Promise.resolve();
  assert.equal(answer.state, 'pending');
  issuer.script = (call) => call.succeed();
  await tokens.forget(ada);
  await settle();
  assert.equal(answer.value?.accessToken, 'token-2');
  assert.equal(issuer.of('revoke', 'token-1').length, 1);
});

it('given a session that was read before a forget, no mint begins for it', async () => {
  const { service, tokens, issuer, within } = createTokenBench();
  await tokens.forget(ada);
  const { error } = await outcomeOf(service.obtain(ada, '', within()));
  assert.equal(codeOf(error), 'token_superseded');
  assert.equal(issuer.of('mint').length, 0);
});

it('given only the owner, the token is forgotten all the same', async () => {
  const { tokens, issuer, within } = createTokenBench();
  await tokens.obtain(ada, within());
  assert.equal(await tokens.forget({ tenant: ada.tenant, owner: ada.owner }), true);
  assert.equal(tokens.cached(ada), undefined);
  await settle();
  assert.equal(issuer.of('revoke', 'token-1').length, 1);
  assert.equal(await tokens.forget({ tenant: ada.tenant, owner: ada.owner }), false);
});

it('given two portal users who are the same Qlik user, each has a token, and one sign-out leaves the other’s alone', async () => {
  const { tokens, issuer, within } = createTokenBench();
  const double = { ...ada, owner: 'somebody else' };
  const [one, other] = [await tokens.obtain(ada, within()), await tokens.obtain(double, within())];
  assert.notEqual(one.accessToken, other.accessToken);
  await tokens.forget(ada);
  await settle();
  assert.equal(tokens.cached(double)?.accessToken, other.accessToken);
  assert.equal(issuer.of('revoke', other.accessToken).length, 0);
});

it('given a mint that was forgotten in flight, the service is idle only when its token is revoked', async () => {
  const { service, tokens, issuer, within } = createTokenBench();
  issuer.script = hang;
  follow(service.obtain(ada, '', within()));
  await settle();
  await tokens.forget(ada);
  const idle = follow(tokens.idle());
  await settle();
  assert.equal(idle.state, 'pending');
  issuer.of('mint')[0]?.succeed();
  await settle();
  assert.equal(idle.state, 'pending');
  issuer.of('revoke')[0]?.succeed();
  await settle();
  assert.equal(idle.state, 'fulfilled');
});

it('given a revocation that fails, forgetting fails for nobody and says so', async () => {
  const { tokens, issuer, events, within, clock } = createTokenBench();
  await tokens.obtain(ada, within());
  issuer.script = (call) => call.fail(faults.retryable());
  await tokens.forget(ada);
  await clock.advance(10_000);
  assert.deepEqual(
    events.filter(({ type }) => type.startsWith('token.revo')).map(({ type }) => type),
    ['token.revocation_failed'],
  );
});
