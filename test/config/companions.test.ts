import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigner } from '../support/assertions.ts';
import { load, problemsOf } from './base-env.ts';
import { ecKey, pem, publicPem } from './pem.ts';

type Env = Record<string, string | undefined>;

const oidc = {
  PORTAL_AUTH: 'oidc',
  OIDC_ISSUER: 'https://login.example.com',
  OIDC_CLIENT_ID: 'portal',
  OIDC_CLIENT_SECRET: 'secret',
};
const proxy = { PORTAL_AUTH: 'proxy', TRUSTED_PROXIES: '10.0.0.0/24', PROXY_SECRET: 'p'.repeat(32) };
const assertion = createSigner().env;
const table = { USER_MAPPING: 'table', USER_TABLE: '/dev/null' };
const lookup = { USER_MAPPING: 'lookup', QLIK_ADMIN_CLIENT_ID: 'm2m', QLIK_ADMIN_CLIENT_SECRET: 'x' };
const withKey = {
  QLIK_CLIENT_SECRET: undefined,
  QLIK_CLIENT_PRIVATE_KEY: pem(ecKey('P-384')),
  QLIK_CLIENT_KEY_ID: 'kid',
};
const redis = { REDIS_URL: 'redis://127.0.0.1', STORE_KEY: Buffer.alloc(32, 1).toString('base64') };
const sentinels = { ...redis, REDIS_SENTINELS: 's1', REDIS_SENTINEL_NAME: 'main' };

/** What each setting goes with, in the words of the problem; a value for it; an environment where it is wanted. */
const companions: [name: string, value: string, wanted: Env, written: string][] = [
  ['OIDC_ISSUER', 'https://login.example.com', oidc, 'PORTAL_AUTH=oidc'],
  ['OIDC_CLIENT_ID', 'x', oidc, 'PORTAL_AUTH=oidc'],
  ['OIDC_CLIENT_SECRET', 'x', oidc, 'PORTAL_AUTH=oidc'],
  ['PROXY_SECRET', 'x'.repeat(32), proxy, 'PORTAL_AUTH=proxy'],
  ['ASSERTION_ISSUER', 'x', assertion, 'PORTAL_AUTH=assertion'],
  ['ASSERTION_AUDIENCE', 'x', assertion, 'PORTAL_AUTH=assertion'],
  ['USER_CLAIM', 'x', { USER_MAPPING: 'claim', USER_CLAIM: 'x' }, 'USER_MAPPING=claim'],
  ['USER_TABLE', '/dev/null', table, 'USER_MAPPING=table'],
  ['QLIK_ADMIN_CLIENT_ID', 'x', lookup, 'USER_MAPPING=lookup or provision'],
  ['QLIK_ADMIN_CLIENT_SECRET', 'x', lookup, 'USER_MAPPING=lookup or provision'],
  ['QLIK_CLIENT_KEY_ID', 'kid', withKey, 'QLIK_CLIENT_PRIVATE_KEY'],
  ['STORE_KEY', redis.STORE_KEY, redis, 'REDIS_URL'],
  ['REDIS_SENTINEL_NAME', 'main', sentinels, 'REDIS_SENTINELS'],
];

for (const [name, value, wanted, written] of companions) {
  describe(name, () => {
    test(`is required with ${written}, and the problem says what it is`, () => {
      assert.deepEqual(problemsOf(wanted), []);
      const [problem, ...others] = problemsOf({ ...wanted, [name]: undefined });
      assert.deepEqual(others, []);
      assert.ok(problem?.startsWith(`${name}: is required with ${written}: `), problem);
      assert.match(problem ?? '', /: (the|their|where|what) .{10,}$/);
    });

    test(`has no use without ${written}`, () =>
      assert.deepEqual(problemsOf({ [name]: value }), [`${name}: has no use without ${written}`]));
  });
}

for (const [name, value, written] of [
  ['OIDC_SCOPE', 'openid', 'PORTAL_AUTH=oidc'],
  ['PROXY_USER_HEADER', 'remote-user', 'PORTAL_AUTH=proxy'],
  ['PROXY_SECRET_HEADER', 'x-secret', 'PORTAL_AUTH=proxy'],
  ['ASSERTION_JWKS_URL', 'https://portal.example.com/jwks', 'PORTAL_AUTH=assertion'],
  ['ASSERTION_PUBLIC_KEY', publicPem(ecKey('P-256')), 'PORTAL_AUTH=assertion'],
  ['USER_REMEMBER', '20m', 'USER_MAPPING=lookup or provision'],
  ['REDIS_KEY_PREFIX', 'other:', 'REDIS_URL'],
  ['REDIS_SENTINELS', 's1', 'REDIS_URL, which says how to sign in at the Redis that the Sentinels name'],
  ['DEMO_USERS', '/dev/null', 'PORTAL_AUTH=demo'],
] as const) {
  test(`${name} is optional, and has no use without ${written}`, () => {
    const elsewhere = name === 'DEMO_USERS' ? oidc : {};
    const named = name === 'REDIS_SENTINELS' ? { REDIS_SENTINEL_NAME: 'main' } : {};
    assert.deepEqual(problemsOf({ ...elsewhere, ...named, [name]: value }), [
      `${name}: has no use without ${written}`,
    ]);
  });
}

test('a setting that says what its default says is not in the way of other modes', () =>
  assert.doesNotThrow(() =>
    load({
      OIDC_SCOPE: 'openid profile email',
      PROXY_USER_HEADER: 'X-Forwarded-User',
      USER_REMEMBER: '900s',
      REDIS_KEY_PREFIX: 'qtb:',
    }),
  ));

test('of two settings for the same thing one is required, and never both are given', () => {
  const { QLIK_CLIENT_PRIVATE_KEY, QLIK_CLIENT_KEY_ID } = withKey;
  assert.deepEqual(problemsOf({ QLIK_CLIENT_SECRET: undefined }), [
    'QLIK_CLIENT_SECRET: is required: the secret of the OAuth client; or else QLIK_CLIENT_PRIVATE_KEY',
  ]);
  assert.deepEqual(problemsOf({ QLIK_CLIENT_PRIVATE_KEY, QLIK_CLIENT_KEY_ID }), [
    'QLIK_CLIENT_SECRET: give either QLIK_CLIENT_SECRET or QLIK_CLIENT_PRIVATE_KEY, not both',
  ]);
  assert.deepEqual(problemsOf({ ...assertion, ASSERTION_PUBLIC_KEY: undefined }), [
    'ASSERTION_JWKS_URL: is required with PORTAL_AUTH=assertion: where the portal publishes its keys; or else ASSERTION_PUBLIC_KEY',
  ]);
  assert.deepEqual(problemsOf({ ...assertion, ASSERTION_JWKS_URL: 'https://portal.example.com/jwks' }), [
    'ASSERTION_JWKS_URL: give either ASSERTION_JWKS_URL or ASSERTION_PUBLIC_KEY, not both',
  ]);
});

test('what a mode needs is not asked for while the mode itself is wrong', () =>
  assert.deepEqual(
    problemsOf({ PORTAL_AUTH: 'oidv' }).map((problem) => problem.split(':', 1)[0]),
    ['PORTAL_AUTH'],
  ));
