import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, namesOfProblems } from './base-env.ts';
import { ecKey, pem, publicPem } from './pem.ts';

type Env = Record<string, string | undefined>;

const key = pem(ecKey('P-384'));

/** One rule: what it lets pass, and what it refuses at which setting. */
function rule(name: string, reportedAt: string, holds: readonly Env[], broken: readonly Env[]) {
  describe(name, () => {
    for (const env of holds) {
      test(`${described(env)} passes`, () => assert.deepEqual(namesOfProblems(env), []));
    }
    for (const env of broken) {
      test(`${described(env)} is refused at ${reportedAt}`, () =>
        assert.deepEqual(namesOfProblems(env), [reportedAt]));
    }
  });
}

describe('in production', () => {
  const production = { NODE_ENV: 'production', PUBLIC_URL: 'https://localhost' };

  test('PUBLIC_URL must be https', () => {
    assert.ok(namesOfProblems({ ...production, PUBLIC_URL: 'http://localhost' }).includes('PUBLIC_URL'));
    assert.ok(!namesOfProblems(production).includes('PUBLIC_URL'));
  });

  test('the tenant must be https', () => {
    const sandbox = { QLIK_TENANT_URL: 'http://127.0.0.1:4000' };
    assert.ok(namesOfProblems({ ...production, ...sandbox }).includes('QLIK_TENANT_URL'));
    assert.ok(!namesOfProblems(production).includes('QLIK_TENANT_URL'));
    assert.deepEqual(namesOfProblems(sandbox), []);
  });

  test('the demo sign-in is refused', () => {
    assert.deepEqual(namesOfProblems(production), ['PORTAL_AUTH']);
    assert.deepEqual(namesOfProblems({ ...production, NODE_ENV: 'development' }), []);
  });
});

rule(
  'the demo listens on this machine alone',
  'HOST',
  [{ HOST: '127.0.0.1' }, { HOST: 'localhost' }, { HOST: '::1' }, { HOST: '127.0.0.2' }],
  [
    { HOST: '0.0.0.0' },
    { HOST: '::' },
    { HOST: '10.0.0.1' },
    { HOST: 'portal.example.com' },
    { HOST: '::ffff:127.0.0.1' },
  ],
);

rule(
  'the demo is reached under a name of this machine alone',
  'PUBLIC_URL',
  [
    { PUBLIC_URL: 'https://localhost:8443/qlik' },
    { PUBLIC_URL: 'http://127.0.0.1:3000' },
    { PUBLIC_URL: 'http://[::1]:3000' },
  ],
  [{ PUBLIC_URL: 'https://portal.example.com' }, { PUBLIC_URL: 'http://localhost.example.com' }],
);

rule(
  'the client has one credential',
  'QLIK_CLIENT_SECRET',
  [
    { QLIK_CLIENT_SECRET: 'x' },
    { QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_PRIVATE_KEY: key, QLIK_CLIENT_KEY_ID: 'k' },
  ],
  [
    { QLIK_CLIENT_SECRET: undefined },
    { QLIK_CLIENT_SECRET: 'x', QLIK_CLIENT_PRIVATE_KEY: key, QLIK_CLIENT_KEY_ID: 'k' },
  ],
);

rule(
  'a key and its id go together',
  'QLIK_CLIENT_KEY_ID',
  [{ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_PRIVATE_KEY: key, QLIK_CLIENT_KEY_ID: 'k' }],
  [{ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_PRIVATE_KEY: key }, { QLIK_CLIENT_KEY_ID: 'k' }],
);

rule(
  'there is a session secret, long enough each',
  'SESSION_SECRET',
  [{ SESSION_SECRET: 'x'.repeat(32) }, { SESSION_SECRET: ` ${'x'.repeat(32)} , ${'y'.repeat(32)}` }],
  [
    { SESSION_SECRET: ',' },
    { SESSION_SECRET: ' '.repeat(40) },
    { SESSION_SECRET: 'x'.repeat(31) },
    { SESSION_SECRET: `${'x'.repeat(32)},short` },
  ],
);

rule(
  'the idle timeout lies within the lifetime',
  'SESSION_IDLE_TIMEOUT',
  [
    { SESSION_IDLE_TIMEOUT: '10h', SESSION_LIFETIME: '10h' },
    { SESSION_IDLE_TIMEOUT: '1ms', SESSION_LIFETIME: '10h' },
  ],
  [
    { SESSION_IDLE_TIMEOUT: '0s' },
    { SESSION_IDLE_TIMEOUT: '601m', SESSION_LIFETIME: '10h' },
    { SESSION_LIFETIME: '0s' },
  ],
);

rule(
  'a claim goes with the mapping by claim',
  'USER_CLAIM',
  [{ USER_MAPPING: 'claim', USER_CLAIM: 'qlik_id' }, { USER_MAPPING: 'subject' }],
  [{ USER_MAPPING: 'claim' }, { USER_CLAIM: 'qlik_id' }],
);

rule(
  'a table goes with the mapping by table',
  'USER_TABLE',
  [{ USER_MAPPING: 'table', USER_TABLE: '/dev/null' }],
  [{ USER_MAPPING: 'table' }, { USER_TABLE: '/dev/null' }],
);

const ADMIN = { QLIK_ADMIN_CLIENT_ID: 'm2m', QLIK_ADMIN_CLIENT_SECRET: 'x' };

for (const USER_MAPPING of ['lookup', 'provision']) {
  for (const name of Object.keys(ADMIN)) {
    rule(
      `${name} goes with the mappings that ask the tenant: ${USER_MAPPING}`,
      name,
      [{ ...ADMIN, USER_MAPPING }, {}],
      [
        { ...ADMIN, USER_MAPPING, [name]: undefined },
        { [name]: 'x' },
        { [name]: 'x', USER_MAPPING: 'table', USER_TABLE: '/dev/null' },
      ],
    );
  }
}

rule(
  'users are remembered for a while',
  'USER_REMEMBER',
  [
    { ...ADMIN, USER_MAPPING: 'lookup', USER_REMEMBER: '1s' },
    { ...ADMIN, USER_MAPPING: 'lookup', USER_REMEMBER: '24d' },
  ],
  ['999ms', '0s', '25d'].map((USER_REMEMBER) => ({ ...ADMIN, USER_MAPPING: 'lookup', USER_REMEMBER })),
);

rule(
  'tokens are renewed before they may no longer be handed out',
  'TOKEN_MIN_REMAINING',
  [{ TOKEN_MIN_REMAINING: '59s', TOKEN_REFRESH_BEFORE: '60s' }, { TOKEN_MIN_REMAINING: '0s' }],
  [{ TOKEN_MIN_REMAINING: '60s', TOKEN_REFRESH_BEFORE: '60s' }, { TOKEN_MIN_REMAINING: '11m' }],
);

rule(
  'tokens are renewed within their lives',
  'TOKEN_REFRESH_BEFORE',
  [{ TOKEN_REFRESH_BEFORE: '24h' }],
  [{ TOKEN_REFRESH_BEFORE: '25h' }, { TOKEN_REFRESH_BEFORE: '999999999d' }],
);

rule(
  'there are tokens that can be handed out',
  'TOKEN_MIN_REMAINING',
  [{ TOKEN_MIN_REMAINING: '1h', TOKEN_REFRESH_BEFORE: '2h' }],
  [
    { TOKEN_MIN_REMAINING: '61m', TOKEN_REFRESH_BEFORE: '2h' },
    { TOKEN_MIN_REMAINING: '999999999d', TOKEN_REFRESH_BEFORE: '2h' },
  ],
);

rule(
  'sessions end in a year at the latest',
  'SESSION_LIFETIME',
  [{ SESSION_LIFETIME: '365d' }],
  [{ SESSION_LIFETIME: '366d' }, { SESSION_LIFETIME: '999999999d' }],
);

rule(
  'the wait before the end is one that a timer can be set to',
  'SHUTDOWN_DELAY',
  [{ SHUTDOWN_DELAY: '23d', SHUTDOWN_TIMEOUT: '24d' }],
  [{ SHUTDOWN_DELAY: '999999999d' }],
);

rule(
  'the deadline is one that a page waits for',
  'TOKEN_DEADLINE',
  [{ TOKEN_DEADLINE: '100ms' }, { TOKEN_DEADLINE: '60s', SHUTDOWN_TIMEOUT: '61s' }],
  [
    { TOKEN_DEADLINE: '99ms' },
    { TOKEN_DEADLINE: '60001ms', SHUTDOWN_TIMEOUT: '61s' },
    { TOKEN_DEADLINE: '0s' },
  ],
);

rule(
  'the operators’ listener is open on this machine only',
  'ADMIN_TOKEN',
  [
    { ADMIN_HOST: '::1' },
    { ADMIN_HOST: '0.0.0.0', ADMIN_TOKEN: 'a'.repeat(32) },
    { ADMIN_HOST: '0.0.0.0', ADMIN_METRICS_TOKEN: 'a'.repeat(32) },
  ],
  [{ ADMIN_HOST: '0.0.0.0' }, { ADMIN_HOST: '10.0.0.1' }, { ADMIN_TOKEN: 'a'.repeat(31) }],
);

rule(
  'whoever reads metrics can do nothing else',
  'ADMIN_METRICS_TOKEN',
  [
    { ADMIN_METRICS_TOKEN: 'a'.repeat(32) },
    { ADMIN_METRICS_TOKEN: 'a'.repeat(32), ADMIN_TOKEN: 'b'.repeat(32) },
  ],
  [
    { ADMIN_METRICS_TOKEN: 'a'.repeat(31) },
    { ADMIN_METRICS_TOKEN: 'a'.repeat(32), ADMIN_TOKEN: 'a'.repeat(32) },
  ],
);

rule(
  'the two listeners have ports of their own',
  'ADMIN_PORT',
  [{ PORT: '9465' }, { ADMIN_PORT: '3001' }],
  [{ ADMIN_PORT: '3000' }, { PORT: '9464' }],
);

rule(
  'what is under way is answered before the process has to end',
  'SHUTDOWN_TIMEOUT',
  [{ SHUTDOWN_TIMEOUT: '13001ms', SHUTDOWN_DELAY: '5s' }, { SHUTDOWN_TIMEOUT: '9s' }],
  [{ SHUTDOWN_TIMEOUT: '13s', SHUTDOWN_DELAY: '5s' }, { SHUTDOWN_TIMEOUT: '8s' }, { SHUTDOWN_DELAY: '20s' }],
);

// Guards against Node's timers, which take more than 2^31 - 1 ms for 1 ms.
rule(
  'the time to stop is one that a timer can be set to',
  'SHUTDOWN_TIMEOUT',
  [{ SHUTDOWN_TIMEOUT: '24d', SHUTDOWN_DELAY: '23d' }],
  [{ SHUTDOWN_TIMEOUT: '25d' }, { SHUTDOWN_TIMEOUT: '999999999d' }],
);

rule(
  'connections outlive a moment, and a timer can be set to their end',
  'KEEP_ALIVE_TIMEOUT',
  [{ KEEP_ALIVE_TIMEOUT: '1s' }, { KEEP_ALIVE_TIMEOUT: '620s' }, { KEEP_ALIVE_TIMEOUT: '24d' }],
  [{ KEEP_ALIVE_TIMEOUT: '0s' }, { KEEP_ALIVE_TIMEOUT: '999ms' }, { KEEP_ALIVE_TIMEOUT: '25d' }],
);

rule(
  'not everybody is a trusted proxy',
  'TRUSTED_PROXIES',
  [{ TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8' }],
  [
    { TRUSTED_PROXIES: '0.0.0.0/0' },
    { TRUSTED_PROXIES: '10.0.0.0/8,::/0' },
    { TRUSTED_PROXIES: '::ffff:0:0/96' },
    { TRUSTED_PROXIES: '::ffff:10.0.0.0/104' },
  ],
);

const oidc = {
  PORTAL_AUTH: 'oidc',
  OIDC_ISSUER: 'https://login.example.com/realms/main',
  OIDC_CLIENT_ID: 'portal',
  OIDC_CLIENT_SECRET: 'secret',
};

rule(
  'the provider goes with its mode',
  'OIDC_ISSUER',
  [oidc, { ...oidc, HOST: '0.0.0.0', PUBLIC_URL: 'https://portal.example.com', NODE_ENV: 'production' }, {}],
  [
    { ...oidc, OIDC_ISSUER: undefined },
    { OIDC_ISSUER: oidc.OIDC_ISSUER },
    { ...oidc, OIDC_ISSUER: 'http://login.example.com' },
    { ...oidc, OIDC_ISSUER: 'https://login.example.com/?x' },
    { ...oidc, OIDC_ISSUER: 'https://user:pass@login.example.com' },
    { ...oidc, OIDC_ISSUER: 'https://login.example.com/.well-known/openid-configuration' },
    {
      ...oidc,
      OIDC_ISSUER: 'http://localhost:4000',
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://portal.example',
    },
  ],
);

rule(
  'a provider on this machine may speak http',
  'OIDC_ISSUER',
  [
    { ...oidc, OIDC_ISSUER: 'http://localhost:4000' },
    { ...oidc, OIDC_ISSUER: 'http://127.0.0.1:4000/x' },
  ],
  [{ ...oidc, OIDC_ISSUER: 'http://localhost.example.com' }],
);

rule(
  'its client has an id',
  'OIDC_CLIENT_ID',
  [oidc],
  [{ ...oidc, OIDC_CLIENT_ID: undefined }, { OIDC_CLIENT_ID: 'x' }],
);

rule(
  'and a secret',
  'OIDC_CLIENT_SECRET',
  [oidc],
  [{ ...oidc, OIDC_CLIENT_SECRET: undefined }, { OIDC_CLIENT_SECRET: 'x' }],
);

rule(
  'the scope asks for an ID token',
  'OIDC_SCOPE',
  [{ ...oidc, OIDC_SCOPE: 'email openid' }],
  [
    { ...oidc, OIDC_SCOPE: 'profile email' },
    { ...oidc, OIDC_SCOPE: 'openid-ish' },
  ],
);

const assertion = {
  PORTAL_AUTH: 'assertion',
  ASSERTION_ISSUER: 'https://portal.example.com',
  ASSERTION_AUDIENCE: 'qlik',
  ASSERTION_PUBLIC_KEY: publicPem(ecKey('P-256')),
};
const published = {
  ...assertion,
  ASSERTION_PUBLIC_KEY: undefined,
  ASSERTION_JWKS_URL: 'https://portal.example.com/jwks.json?v=1',
};
const inProduction = { NODE_ENV: 'production', PUBLIC_URL: 'https://broker.example.com' };

for (const name of ['ASSERTION_ISSUER', 'ASSERTION_AUDIENCE']) {
  rule(
    `${name} goes with its mode`,
    name,
    [assertion, { ...assertion, ...inProduction, HOST: '0.0.0.0' }, {}],
    [{ ...assertion, [name]: undefined }, { [name]: 'x' }, { ...oidc, [name]: 'x' }],
  );
}

rule(
  'the portal’s keys are known in one way',
  'ASSERTION_JWKS_URL',
  [assertion, published],
  [
    { ...assertion, ASSERTION_JWKS_URL: published.ASSERTION_JWKS_URL },
    { ...assertion, ASSERTION_PUBLIC_KEY: undefined },
    { ...oidc, ASSERTION_JWKS_URL: published.ASSERTION_JWKS_URL },
  ],
);

rule(
  'the portal’s keys come over a connection that can be trusted',
  'ASSERTION_JWKS_URL',
  [
    { ...published, ...inProduction },
    { ...published, ASSERTION_JWKS_URL: 'http://localhost:4000/jwks' },
    { ...published, ASSERTION_JWKS_URL: 'http://[::1]:4000/jwks' },
  ],
  [
    { ...published, ASSERTION_JWKS_URL: 'http://portal.example.com/jwks.json' },
    { ...published, ASSERTION_JWKS_URL: 'http://localhost.example.com/jwks.json' },
    { ...published, ASSERTION_JWKS_URL: 'https://me:pass@portal.example.com/jwks.json' },
    { ...published, ASSERTION_JWKS_URL: 'https://portal.example.com/jwks.json#k1' },
    { ...published, ASSERTION_JWKS_URL: 'file:///etc/jwks.json' },
    { ...published, ASSERTION_JWKS_URL: '/jwks.json' },
    { ...published, ...inProduction, ASSERTION_JWKS_URL: 'http://localhost:4000/jwks' },
  ],
);

rule(
  'a cookie for pages of another site is for those that sign in by fetch, over https',
  'SESSION_SAME_SITE',
  [
    { ...assertion, ...inProduction, SESSION_SAME_SITE: 'none' },
    { ...assertion, SESSION_SAME_SITE: 'strict' },
  ],
  [
    { ...assertion, SESSION_SAME_SITE: 'none' },
    { ...oidc, ...inProduction, SESSION_SAME_SITE: 'none' },
    { SESSION_SAME_SITE: 'none', PUBLIC_URL: 'https://localhost' },
    { ...assertion, ...inProduction, SESSION_SAME_SITE: 'None' },
  ],
);

rule(
  'proxies that are trusted are some machines, not most there are',
  'TRUSTED_PROXIES',
  [{ TRUSTED_PROXIES: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fd00::/8,::1' }, { TRUSTED_PROXIES: '' }],
  [
    { TRUSTED_PROXIES: '0.0.0.0/1,128.0.0.0/1' },
    { TRUSTED_PROXIES: '128.0.0.0/1,64.0.0.0/2' },
    { TRUSTED_PROXIES: '8000::/1,4000::/2' },
  ],
);

rule(
  'in production, pages that may call come over TLS',
  'ALLOWED_ORIGINS',
  [
    { ...oidc, ...inProduction, ALLOWED_ORIGINS: 'https://a.example,https://b.example:8443' },
    { ALLOWED_ORIGINS: 'http://a.example' },
  ],
  [
    { ...oidc, ...inProduction, ALLOWED_ORIGINS: 'https://a.example,http://b.example' },
    { ...oidc, ...inProduction, ALLOWED_ORIGINS: 'http://localhost:3000' },
  ],
);

rule(
  'the tenant is not asked about a token again and again, and is asked again some day',
  'TOKEN_REPLACE_COOLDOWN',
  [{ TOKEN_REPLACE_COOLDOWN: '1s' }, { TOKEN_REPLACE_COOLDOWN: '24d' }],
  [{ TOKEN_REPLACE_COOLDOWN: '0s' }, { TOKEN_REPLACE_COOLDOWN: '999ms' }, { TOKEN_REPLACE_COOLDOWN: '25d' }],
);

rule(
  'whose e-mail counts is a question for those who prove it',
  'TRUST_EMAIL',
  [{ ...oidc, TRUST_EMAIL: 'true' }, { TRUST_EMAIL: 'false' }],
  [{ TRUST_EMAIL: 'true' }, { ...oidc, TRUST_EMAIL: 'yes' }],
);

rule(
  'demo users are for the demo',
  'DEMO_USERS',
  [{ DEMO_USERS: '/dev/null' }],
  [{ ...oidc, DEMO_USERS: '/dev/null' }],
);

test('a contradiction with a setting that is unusable itself is not reported', () => {
  assert.deepEqual(namesOfProblems({ SESSION_LIFETIME: 'for ever', SESSION_IDLE_TIMEOUT: '99h' }), [
    'SESSION_LIFETIME',
  ]);
  assert.deepEqual(namesOfProblems({ QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_PRIVATE_KEY: 'no key' }), [
    'QLIK_CLIENT_PRIVATE_KEY',
  ]);
});

test('an origin that is PUBLIC_URL’s own may be listed', () => {
  assert.doesNotThrow(() => load({ ALLOWED_ORIGINS: 'http://localhost:3000,https://app.example' }));
});

function described(env: Env): string {
  const parts = Object.entries(env).map(([name, value]) => {
    if (value === undefined) return `no ${name}`;
    return `${name}=${value.length > 60 ? '…' : value}`;
  });
  return parts.join(' ');
}
