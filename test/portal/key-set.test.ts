import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JSONWebKeySet } from 'jose';
import { createKeySet } from '../../src/portal/key-set.ts';
import { verifyToken } from '../../src/portal/signed-token.ts';
import { jwt, rs256, type SigningKey, signingKey } from '../support/jwt.ts';

const keys = { one: signingKey('one'), two: signingKey('two') };
const START = Date.parse('2026-01-01T00:00:00Z');

/** Keys of a signer that publishes `published`, or fails with it; and time. */
function bench(published: SigningKey[] | Error) {
  const state = { published, fetched: 0, time: START };
  const keySet = createKeySet({
    now: () => state.time,
    async fetchKeys() {
      state.fetched += 1;
      if (state.published instanceof Error) throw state.published;
      return { keys: state.published.map(({ jwk }) => jwk) } as unknown as JSONWebKeySet;
    },
  });
  const rules = { keys: keySet.find, issuer: 'i', audience: 'a', now: () => state.time };
  return {
    state,
    verify(key: SigningKey, kid = key.kid, claims: Record<string, unknown> = {}) {
      const iat = Math.floor(state.time / 1_000);
      const payload = { iss: 'i', aud: 'a', iat, exp: iat + 60, ...claims };
      return verifyToken(jwt({ alg: 'RS256', kid }, payload, rs256(key)), rules);
    },
  };
}

describe('a signer’s keys', () => {
  test('are fetched when they are needed, once for all who wait', async () => {
    const { state, verify } = bench([keys.one]);
    assert.equal(state.fetched, 0);
    await Promise.all(Array.from({ length: 50 }, () => verify(keys.one)));
    assert.equal(state.fetched, 1);
  });

  test('given a new one, are fetched again', async () => {
    const { state, verify } = bench([keys.one]);
    await verify(keys.one);
    state.published = [keys.one, keys.two];
    state.time += 30_000;
    await verify(keys.two);
    assert.equal(state.fetched, 2);
  });

  test('given a flood of unknown ones, are fetched once per cooldown', async () => {
    const { state, verify } = bench([keys.one]);
    await verify(keys.one);
    state.time += 30_000;
    for (let n = 0; n < 1_000; n += 1) await assert.rejects(verify(keys.two, `unknown-${n}`));
    assert.equal(state.fetched, 2);
    state.time += 29_999;
    await assert.rejects(verify(keys.two));
    assert.equal(state.fetched, 2);
    await verify(keys.one);
    state.time += 1;
    await assert.rejects(verify(keys.two));
    assert.equal(state.fetched, 3);
  });

  test('of which a token might mean several are not fetched again', async () => {
    const { state, verify } = bench([keys.one, signingKey('one')]);
    for (let n = 0; n < 3; n += 1) {
      await verify(keys.one);
      state.time += 30_000;
    }
    assert.equal(state.fetched, 1);
  });

  test('stay when the signer is away, also when they are old, and it is asked once per cooldown', async () => {
    const { state, verify } = bench([keys.one]);
    await verify(keys.one);
    state.published = new Error('away');
    state.time += 24 * 60 * 60_000;
    for (let n = 0; n < 100; n += 1) await verify(keys.one);
    assert.equal(state.fetched, 2);
  });

  test('stay when the signer sends garbage', async () => {
    const { state, verify } = bench([keys.one]);
    await verify(keys.one);
    state.published = [{ jwk: 'garbage' }] as never;
    state.time += 10 * 60_000;
    await verify(keys.one);
    assert.equal(state.fetched, 2);
  });

  test('that were withdrawn are trusted no longer than ten minutes', async () => {
    const { state, verify } = bench([keys.one]);
    await verify(keys.one);
    state.published = [keys.two];
    state.time += 10 * 60_000 - 1;
    await verify(keys.one);
    state.time += 1;
    await assert.rejects(verify(keys.one));
  });

  test('while there are none, the trouble is told, and the signer asked once per cooldown', async () => {
    const { state, verify } = bench(new Error('away'));
    for (let n = 0; n < 100; n += 1) await assert.rejects(verify(keys.one), /away/);
    assert.equal(state.fetched, 1);
    state.published = [keys.one];
    state.time += 30_000;
    await verify(keys.one);
  });

  test('too small to trust verify nothing', async () => {
    const small = signingKey('small', 1024);
    await assert.rejects(bench([small]).verify(small));
  });
});

describe('a token’s times', () => {
  const now = START / 1_000;
  for (const [what, claims, isAccepted] of [
    ['exp 29 s ago', { exp: now - 29 }, true],
    ['exp 30 s ago', { exp: now - 30 }, false],
    ['nbf in 30 s', { nbf: now + 30 }, true],
    ['nbf in 31 s', { nbf: now + 31 }, false],
    ['iat in 30 s', { iat: now + 30 }, true],
    ['iat in 31 s', { iat: now + 31 }, false],
    ['iat 630 s ago', { iat: now - 630 }, true],
    ['iat 631 s ago', { iat: now - 631 }, false],
    ['exp 31 days after iat', { exp: now + 31 * 86_400 }, true],
    ['exp later than 31 days after iat', { exp: now + 31 * 86_400 + 1 }, false],
    ['no exp', { exp: undefined }, false],
    ['no iat', { iat: undefined }, false],
    ['iat as text', { iat: String(now) }, false],
  ] as const) {
    test(`given ${what}, are ${isAccepted ? 'right' : 'wrong'}`, async () => {
      const { verify } = bench([keys.one]);
      const verified = await verify(keys.one, 'one', claims).then(
        () => true,
        () => false,
      );
      assert.equal(verified, isAccepted);
    });
  }
});
