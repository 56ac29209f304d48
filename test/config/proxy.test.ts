import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, namesOfProblems, problemsOf } from './base-env.ts';

const SECRET = 'p'.repeat(32);
const proxy = { PORTAL_AUTH: 'proxy', TRUSTED_PROXIES: '10.0.0.0/24', PROXY_SECRET: SECRET };

test('the proxy mode starts with the gateway’s address and a secret, in production too', () => {
  assert.deepEqual(namesOfProblems(proxy), []);
  const production = { NODE_ENV: 'production', HOST: '0.0.0.0', PUBLIC_URL: 'https://portal.example.com' };
  assert.deepEqual(
    namesOfProblems({ ...proxy, ...production, USER_MAPPING: 'table', USER_TABLE: '/dev/null' }),
    [],
  );
});

test('without the gateway’s address and a secret it does not, and both are named', () => {
  assert.deepEqual(namesOfProblems({ PORTAL_AUTH: 'proxy' }), ['PROXY_SECRET', 'TRUSTED_PROXIES']);
  assert.deepEqual(namesOfProblems({ ...proxy, TRUSTED_PROXIES: ' , ' }), ['TRUSTED_PROXIES']);
});

for (const TRUSTED_PROXIES of [
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/8,::/0',
  '::ffff:0:0/96',
  '::ffff:10.0.0.0/104',
  '*',
]) {
  test(`with ${TRUSTED_PROXIES} as the gateway’s address it does not`, () => {
    assert.deepEqual(namesOfProblems({ ...proxy, TRUSTED_PROXIES }), ['TRUSTED_PROXIES']);
  });
}

for (const [PROXY_SECRET, word] of [
  ['x'.repeat(31), 'expected a secret of at least 32'],
  [`${'x'.repeat(32)} `, 'ends with a blank'],
  [`${'x'.repeat(32)}\ny`, 'holds a line end'],
  ['ü'.repeat(40), 'expected a secret of at least 32'],
] as const) {
  test(`a secret of ${PROXY_SECRET.length} characters that no header could hold, or that is too short, is refused and not shown`, () => {
    const issues = problemsOf({ ...proxy, PROXY_SECRET });
    assert.ok(issues[0]?.startsWith(`PROXY_SECRET: ${word}`), issues[0]);
    assert.ok(!issues.join('\n').includes(PROXY_SECRET));
  });
}

const HEADERS = ['USER', 'EMAIL', 'NAME', 'GROUPS', 'TENANT', 'SECRET'].map((what) => `PROXY_${what}_HEADER`);

describe('the names of the headers', () => {
  test('are x-forwarded-… unless the operator says otherwise, and have no case', () => {
    const { settings } = load({ ...proxy, PROXY_USER_HEADER: 'Remote-User' });
    assert.deepEqual(
      [settings.PROXY_USER_HEADER, settings.PROXY_GROUPS_HEADER, settings.PROXY_SECRET_HEADER],
      ['remote-user', 'x-forwarded-groups', 'x-proxy-secret'],
    );
  });

  for (const name of HEADERS) {
    test(`${name} is no header that HTTP, browsers or the service use, and nothing that is no name`, () => {
      const wrong = [
        ...[
          'Cookie',
          'authorization',
          'Host',
          'Origin',
          'Connection',
          'Keep-Alive',
          'TE',
          'Transfer-Encoding',
        ],
        ...['Upgrade', 'Proxy-Authorization', 'Content-Type', 'Sec-Fetch-Site', 'X-CSRF', 'X-Forwarded-For'],
        ...['x forwarded user', 'x_forwarded_user', 'x-user:', '-user', 'x--user', 'x-üser', 'x'.repeat(65)],
      ];
      for (const header of wrong)
        assert.deepEqual(namesOfProblems({ ...proxy, [name]: header }), [name], header);
    });

    test(`${name} goes with the proxy mode only`, () => {
      assert.deepEqual(namesOfProblems({ [name]: 'x-other' }), [name]);
    });
  }

  test('are all different, whatever their case', () => {
    assert.deepEqual(namesOfProblems({ ...proxy, PROXY_EMAIL_HEADER: 'X-Forwarded-User' }), [
      'PROXY_EMAIL_HEADER',
    ]);
    assert.deepEqual(namesOfProblems({ ...proxy, PROXY_SECRET_HEADER: 'x-forwarded-tenant' }), [
      'PROXY_SECRET_HEADER',
    ]);
  });

  test('may be none, but for the user and the secret', () => {
    const none = Object.fromEntries(HEADERS.map((name) => [name, 'none']));
    assert.deepEqual(namesOfProblems({ ...proxy, ...none }), ['PROXY_SECRET_HEADER', 'PROXY_USER_HEADER']);
    const { settings } = load({
      ...proxy,
      ...none,
      PROXY_USER_HEADER: undefined,
      PROXY_SECRET_HEADER: undefined,
    });
    assert.equal(settings.PROXY_GROUPS_HEADER, null);
  });
});

test('a secret without the mode is refused', () => {
  assert.deepEqual(namesOfProblems({ PROXY_SECRET: SECRET }), ['PROXY_SECRET']);
});

test('there are no claims to map by', () => {
  assert.deepEqual(namesOfProblems({ ...proxy, USER_MAPPING: 'claim', USER_CLAIM: 'qlik_id' }), [
    'USER_MAPPING',
  ]);
});

test('whether e-mails count is the operator’s word', () => {
  assert.deepEqual(namesOfProblems({ ...proxy, TRUST_EMAIL: 'true' }), []);
});

describe('what is required of a user', () => {
  const required = (SIGN_IN_REQUIRE: string, more = {}) =>
    namesOfProblems({ ...proxy, TRUST_EMAIL: 'true', SIGN_IN_REQUIRE, ...more });

  test('is what a header can say', () => {
    assert.deepEqual(required('user=ada,email=a@b.c,groups=x,groups=y,tenant=acme'), []);
    for (const wrong of ['name=Ada', 'hd=acme.example', 'x-forwarded-groups=x', 'constructor=x'])
      assert.deepEqual(required(wrong), ['SIGN_IN_REQUIRE'], wrong);
    assert.deepEqual(namesOfProblems({ SIGN_IN_REQUIRE: 'name=Ada' }), []);
  });

  test('is of a header that is read', () => {
    assert.deepEqual(required('groups=x', { PROXY_GROUPS_HEADER: 'none' }), ['SIGN_IN_REQUIRE']);
    assert.deepEqual(required('groups=x', { PROXY_NAME_HEADER: 'none' }), []);
  });

  test('is no e-mail that does not count', () => {
    assert.deepEqual(required('email=a@b.c', { TRUST_EMAIL: 'false' }), ['SIGN_IN_REQUIRE']);
  });
});

test('what stands between groups goes with the mode, and is one sign that no name of a directory has', () => {
  for (const PROXY_GROUPS_SEPARATOR of [',', ';', '|', '^', ':'])
    assert.deepEqual(namesOfProblems({ ...proxy, PROXY_GROUPS_SEPARATOR }), []);
  for (const PROXY_GROUPS_SEPARATOR of ['a', '=', '\\', '%', '||', '_', 'ü'])
    assert.deepEqual(namesOfProblems({ ...proxy, PROXY_GROUPS_SEPARATOR }), ['PROXY_GROUPS_SEPARATOR']);
  assert.deepEqual(namesOfProblems({ PROXY_GROUPS_SEPARATOR: ';' }), ['PROXY_GROUPS_SEPARATOR']);
});
