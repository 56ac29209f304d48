import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from '../../src/config/load.ts';
import { settings as table } from '../../src/config/settings.ts';
import { createSigner } from '../support/assertions.ts';
import { baseEnv, load, namesOfProblems, problemsOf } from './base-env.ts';

/** A service that need not be on this machine. */
const signedIn = createSigner().env;

describe('loading the settings', () => {
  test('given what is required, everything else has its default', () => {
    const { settings, warnings } = load();

    assert.deepEqual(warnings, []);
    assert.equal(settings.PORT, 3000);
    assert.equal(settings.PUBLIC_URL.href, 'http://localhost:3000/');
    assert.equal(settings.SESSION_IDLE_TIMEOUT, 30 * 60_000);
    assert.equal(settings.SESSION_LIFETIME, 10 * 3_600_000);
    assert.deepEqual(settings.TENANT_BUDGET, { limit: 90, windowMs: 60_000 });
    assert.deepEqual(settings.ALLOWED_ORIGINS, []);
    assert.equal(settings.USER_TABLE, undefined);
  });

  test('given nothing, every required setting is named at once, with what would be right', () => {
    const issues = problemsOf(Object.fromEntries(Object.keys(baseEnv).map((name) => [name, undefined])));

    const required = [...table].filter(([, { required }]) => required);
    assert.ok(required.length >= 4);
    for (const [name, { kind }] of required) {
      assert.ok(issues.includes(`${name}: is required: ${kind.expected}`), name);
    }
    assert.ok(issues.some((problem) => problem.startsWith('QLIK_CLIENT_SECRET: is required: ')));
  });

  // Else everybody would get in.
  test('given a SIGN_IN_REQUIRE of commas alone, that is refused', () => {
    for (const SIGN_IN_REQUIRE of [',', ' , ', ',,'])
      assert.deepEqual(problemsOf({ SIGN_IN_REQUIRE }), ['SIGN_IN_REQUIRE: holds no requirement']);
    assert.deepEqual(load({ SIGN_IN_REQUIRE: 'a=b,' }).settings.SIGN_IN_REQUIRE, [
      { claim: 'a', value: 'b' },
    ]);
  });

  test('given many issues of every sort, all are listed at once, each once', () => {
    const names = namesOfProblems(
      {
        PORT: '99999999',
        QLIK_TENANT_URL: 'http://acme.example',
        SESSION_SECRET: 'short',
        SESSION_IDLE_TIMEOUT: '11h',
        USER_CLAIM: 'qlik',
        DEMO_USERS: '/nowhere/users.json',
        QLIK_CLIENT_SECRET_FILE: '/nowhere/secret',
        ALLOWED_ORIGINS: 'https://a.example,b.example',
      },
      { fileChecks: { DEMO_USERS: () => {} } },
    );

    assert.deepEqual(names.toSorted(), [
      'ALLOWED_ORIGINS',
      'DEMO_USERS',
      'PORT',
      'QLIK_CLIENT_SECRET',
      'QLIK_TENANT_URL',
      'SESSION_IDLE_TIMEOUT',
      'SESSION_SECRET',
      'USER_CLAIM',
    ]);
  });

  test('given a bad port, the default of PUBLIC_URL that follows it is no second problem', () => {
    for (const PORT of ['99999', 'http', '-1', '0']) assert.deepEqual(namesOfProblems({ PORT }), ['PORT']);
  });

  test('given a port, the default of PUBLIC_URL follows it', () => {
    assert.equal(load({ PORT: '8080' }).settings.PUBLIC_URL.href, 'http://localhost:8080/');
  });

  test('given an empty variable, it counts as absent', () => {
    const { settings } = load({ PORT: '', USER_CLAIM: '', QLIK_SCOPE: '', NODE_ENV: '' });

    assert.equal(settings.PORT, 3000);
    assert.equal(settings.USER_CLAIM, undefined);
    assert.equal(settings.QLIK_SCOPE, 'user_default');
    assert.deepEqual(namesOfProblems({ QLIK_CLIENT_ID: '' }), ['QLIK_CLIENT_ID']);
  });

  test('every default in the table is written as its kind wants it', () => {
    for (const [name, setting] of table) {
      const written = setting.default?.replace('$PORT', '3000');
      if (written !== undefined) assert.doesNotThrow(() => setting.kind.parse(written), name);
    }
  });

  test('no required setting has a default, and each says what it is for', () => {
    for (const [name, setting] of table) {
      assert.ok(!(setting.required && setting.default !== undefined), name);
      assert.match(setting.doc, /\S/, name);
    }
  });

  test('nothing but the environment that is passed is read', () => {
    process.env.QLIK_SCOPE = 'from_the_process';
    try {
      assert.equal(load().settings.QLIK_SCOPE, 'user_default');
    } finally {
      delete process.env.QLIK_SCOPE;
    }
  });

  test('the error is one line a problem, with a code', () => {
    assert.throws(
      () => load({ PORT: 'x', LOG_LEVEL: 'loud' }),
      (error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.equal(error.code, 'configuration_invalid');
        assert.equal(error.message.split('\n').length, error.issues.length);
        return true;
      },
    );
  });
});

describe('unknown variables', () => {
  test('stand beside the issues that they may be the reason of', () => {
    assert.throws(
      () => load({ SESSION_SECRET: '', SESSION_SECRETS: 'canary' }),
      ({ message }: Error) =>
        /^SESSION_SECRET: is required/.test(message) && /^SESSION_SECRETS: is not a setting/m.test(message),
    );
  });

  const warned = (env: Record<string, string>) => load(env).warnings.map(({ name }) => name);

  for (const name of [
    'QLIK_TENANT',
    'QLIK_CLIENT_ID_FILE',
    'SESSION_SECRETS',
    'SESSION_TIMEOUT',
    'TOKEN_CACHE',
    'TENANT_BUDGETS',
    'RATE_LIMIT_LOGIN',
    'USER_TABLE_FILE',
    'PORTAL_MODE',
    'DEMO_USER',
    'SHUTDOWN_DELAYS',
    'ALLOWED_ORIGIN',
    'TRUSTED_PROXY',
    'POST_LOGOUT_URI',
    'QLIK___PROTO__',
  ]) {
    test(`${name} looks like one of ours, and is warned of without its value`, () => {
      const { warnings } = load({ [name]: 'canary' });

      assert.deepEqual(
        warnings.map((warning) => warning.name),
        [name],
      );
      assert.doesNotMatch(JSON.stringify(warnings), /canary/);
    });
  }

  test('those of others are passed over', () => {
    assert.deepEqual(
      warned({
        PATH: 'x',
        HOME: 'x',
        USER: 'x',
        USERNAME: 'x',
        LOGNAME: 'x',
        HOSTNAME: 'x',
        SESSION_MANAGER: 'x',
        NODE_OPTIONS: 'x',
        NODE_VERSION: 'x',
        npm_config_user_agent: 'x',
        LOG_FORMAT: 'x',
        PUBLIC_IP: 'x',
        TOKENS: 'x',
        constructor: 'x',
      }),
      [],
    );
  });

  test('ours, and their _FILE twins, are known', () => {
    assert.deepEqual(warned({ SESSION_IDLE_TIMEOUT: '5m', TOKEN_DEADLINE: '2s' }), []);
    const { warnings } = load(
      { SESSION_SECRET: undefined, SESSION_SECRET_FILE: '/run/secret' },
      { readFile: () => 'x'.repeat(40) },
    );
    assert.deepEqual(warnings, []);
  });
});

describe('what is probably not meant so', () => {
  const doubts = (env: Record<string, string>) => load(env).warnings;

  // Else all clients look like one address, that of the proxy.
  test('is a PUBLIC_URL of https without TRUSTED_PROXIES', () => {
    const [doubt, ...others] = doubts({ ...signedIn, PUBLIC_URL: 'https://broker.example' });
    assert.equal(doubt?.name, 'TRUSTED_PROXIES');
    assert.match(doubt.message, /one address/);
    assert.deepEqual(others, []);
    const proxied = { PUBLIC_URL: 'https://broker.example', TRUSTED_PROXIES: '10.0.0.0/8' };
    assert.deepEqual(doubts({ ...signedIn, ...proxied }), []);
    assert.deepEqual(doubts({ PUBLIC_URL: 'http://localhost' }), []);
  });

  for (const [name, wrong, right] of [
    ['TENANT_BUDGET', ['101/min', '2/s', '1000/h'], ['100/min', '1/s', '100/h', '90/min']],
    ['TOKEN_REFRESH_BEFORE', ['6h', '24h'], ['359m', '10m']],
    ['QLIK_SCOPE', ['admin_classic'], ['user_default']],
  ] as const) {
    test(`is a ${name} that Qlik Cloud has no use for`, () => {
      for (const value of wrong)
        assert.deepEqual(
          doubts({ [name]: value }).map((doubt) => doubt.name),
          [name],
          value,
        );
      for (const value of right) assert.deepEqual(doubts({ [name]: value }), [], value);
    });
  }

  // `email_verified` speaks of `email` alone.
  test('is another CLAIM_EMAIL without TRUST_EMAIL', () => {
    const upn = { ...signedIn, CLAIM_EMAIL: 'upn' };
    assert.deepEqual(
      doubts(upn).map(({ name }) => name),
      ['CLAIM_EMAIL'],
    );
    assert.deepEqual(doubts({ ...upn, TRUST_EMAIL: 'true' }), []);
    assert.deepEqual(doubts({ ...upn, CLAIM_EMAIL: 'email' }), []);
    assert.deepEqual(doubts({ CLAIM_EMAIL: 'upn' }), []);
  });

  // A group that somebody named `self-made,analytics` would be two.
  test('is SIGN_IN_REQUIRE of groups that a gateway separates by commas', () => {
    const gateway = {
      ...{ PORTAL_AUTH: 'proxy', PROXY_SECRET: 'x'.repeat(32), TRUSTED_PROXIES: '127.0.0.1' },
      SIGN_IN_REQUIRE: 'groups=analytics',
    };
    assert.deepEqual(
      doubts(gateway).map(({ name }) => name),
      ['SIGN_IN_REQUIRE'],
    );
    assert.deepEqual(doubts({ ...gateway, PROXY_GROUPS_SEPARATOR: '|' }), []);
    assert.deepEqual(doubts({ ...gateway, SIGN_IN_REQUIRE: 'user=ada' }), []);
    assert.deepEqual(doubts({ ...signedIn, SIGN_IN_REQUIRE: 'groups=analytics' }), []);
  });

  test('stands beside no issue', () => {
    assert.throws(
      () => load({ ...signedIn, PUBLIC_URL: 'https://broker.example', PORT: 'x' }),
      (error) => error instanceof ConfigurationError && error.issues.length === 1,
    );
  });
});
