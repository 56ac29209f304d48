import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigner } from '../support/assertions.ts';
import { load, problemsOf } from './base-env.ts';

describe('of a setting with a few words', () => {
  for (const [name, raw, meant] of [
    ['PORTAL_AUTH', 'odic', 'oidc'],
    ['PORTAL_AUTH', 'OIDC', 'oidc'],
    ['PORTAL_AUTH', 'assert', 'assertion'],
    ['USER_MAPPING', 'provison', 'provision'],
    ['SESSION_SAME_SITE', 'Lax', 'lax'],
    ['LOG_LEVEL', 'warning', 'warn'],
    ['TRUST_EMAIL', 'True', 'true'],
    ['NODE_ENV', 'prod', 'production'],
    ['NODE_ENV', 'Production', 'production'],
    ['NODE_ENV', 'PRODUCTION', 'production'],
    ['NODE_ENV', 'prodution', 'production'],
    ['NODE_ENV', 'dev', 'development'],
    ['NODE_ENV', 'testing', 'test'],
    ['NODE_ENV', 'staging', 'production'],
    ['NODE_ENV', 'live', 'production'],
  ] as const) {
    test(`${name}=${raw} is refused, and ${meant} suggested`, () => {
      const [problem = '', ...others] = problemsOf({ [name]: raw });
      assert.ok(
        problem.startsWith(`${name}: expected `) && problem.endsWith(`; did you mean \`${meant}\`?`),
        problem,
      );
      assert.deepEqual(others, []);
    });
  }

  test('nothing is suggested that is not near', () =>
    assert.deepEqual(problemsOf({ PORTAL_AUTH: 'saml' }), [
      'PORTAL_AUTH: expected `oidc`, `proxy`, `assertion`, `demo`',
    ]));

  test('a blank behind production is no other environment, but a word of its own', () =>
    assert.deepEqual(problemsOf({ NODE_ENV: 'production ' }), ['NODE_ENV: ends with a blank; leave it out']));

  test('production, development, test and nothing are environments', () => {
    for (const NODE_ENV of ['development', 'test', '', undefined])
      assert.doesNotThrow(() => load({ NODE_ENV }));
    assert.doesNotThrow(() =>
      load({ ...createSigner().env, NODE_ENV: 'production', PUBLIC_URL: 'https://broker.example' }),
    );
  });
});

describe('of a list', () => {
  test('the wrong entries are named by their positions, and shown', () => {
    const expected = 'expected an origin such as `https://portal.example.com`';
    assert.deepEqual(
      problemsOf({ ALLOWED_ORIGINS: 'https://a.example,http//x,https://b.example,c.example' }),
      [`ALLOWED_ORIGINS: entry 2 (\`http//x\`): ${expected}; entry 4 (\`c.example\`): ${expected}`],
    );
    assert.deepEqual(problemsOf({ ALLOWED_ORIGINS: 'https://a.example/' }), [
      `ALLOWED_ORIGINS: the entry (\`https://a.example/\`): ${expected}`,
    ]);
    assert.match(
      problemsOf({ TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.0/99' }).join(),
      /: entry 2 \(`10.0.0.0\/99`\): /,
    );
  });

  test('empty entries count as positions', () =>
    assert.match(problemsOf({ ALLOWED_ORIGINS: 'https://a.example,,x.y' }).join(), /: entry 3 \(`x\.y`\): /));

  test('a wrong entry with a password, too long or not for reading, is named by its position alone', () => {
    for (const wrong of [
      'https://user:canary@a.example',
      `https://canary.${'x'.repeat(99)}/`,
      'canary\u0007x',
    ])
      assert.match(
        problemsOf({ ALLOWED_ORIGINS: `https://a.example,${wrong}` }).join(),
        /^ALLOWED_ORIGINS: entry 2: (?!.*canary)/,
      );
  });

  test('a secret put there by mistake is named by its position alone', () => {
    for (const secret of [
      'canary',
      'canary-0123456789abcdef0123456789abcdef',
      'canary/0123456789abcdef+0123456789abc/defgh=',
      'canary.0123456789abcdef0123456789abcdef',
    ])
      for (const name of ['TRUSTED_PROXIES', 'ALLOWED_ORIGINS']) {
        assert.match(problemsOf({ [name]: secret }).join(), new RegExp(`^${name}: expected `));
        assert.match(
          problemsOf({ [name]: `,${secret},x` }).join(),
          new RegExp(`^${name}: entry 2: (?!.*canary).*entry 3: `),
        );
      }
  });

  test('entries of a secret one are named by their positions alone', () => {
    assert.deepEqual(problemsOf({ SESSION_SECRET: `${'x'.repeat(32)},canary` }), [
      'SESSION_SECRET: entry 2: expected a secret of at least 32 characters',
    ]);
    assert.deepEqual(problemsOf({ SESSION_SECRET: 'canary' }), [
      'SESSION_SECRET: expected a secret of at least 32 characters',
    ]);
  });
});
