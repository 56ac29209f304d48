import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, namesOfProblems, problemsOf } from './base-env.ts';

const oidc = {
  PORTAL_AUTH: 'oidc',
  OIDC_ISSUER: 'https://login.example.com/realms/main',
  OIDC_CLIENT_ID: 'portal',
  OIDC_CLIENT_SECRET: 'secret',
};

describe('OIDC_ISSUER', () => {
  for (const issuer of ['https://login.example.com', 'https://login.example.com/', 'https://x.example/a/']) {
    test(`stays as it is spelt: ${issuer}`, () =>
      assert.equal(load({ ...oidc, OIDC_ISSUER: issuer }).settings.OIDC_ISSUER, issuer));
  }

  test('cannot pass for https in capitals', () =>
    assert.deepEqual(namesOfProblems({ ...oidc, OIDC_ISSUER: 'HTTP://localhost:4000' }), ['OIDC_ISSUER']));

  for (const host of ['login.microsoftonline.com', 'login.microsoftonline.us'])
    for (const path of ['common/v2.0', 'organizations/v2.0', 'Common/v2.0/', 'common'])
      test(`is refused when it is ${host}/${path}, every directory of Entra ID`, () =>
        assert.deepEqual(problemsOf({ ...oidc, OIDC_ISSUER: `https://${host}/${path}` }), [
          `OIDC_ISSUER: names every directory; take \`https://${host}/<Directory (tenant) ID>/v2.0\`, of the one whose people may sign in`,
        ]));

  for (const issuer of [
    'https://login.microsoftonline.com/9f0d7a52-3c41-4e8b-a6d5-1b2c3d4e5f60/v2.0',
    'https://login.microsoftonline.com/commons.example/v2.0',
    'https://login.example.com/common/v2.0',
  ])
    test(`may be ${issuer}`, () => assert.deepEqual(problemsOf({ ...oidc, OIDC_ISSUER: issuer }), []));
});

describe('OIDC_DISCOVERY_URL', () => {
  const at = (url: string, more = {}) => namesOfProblems({ ...oidc, OIDC_DISCOVERY_URL: url, ...more });
  const path = '/realms/main/.well-known/openid-configuration';

  for (const url of [
    `https://keycloak.internal:8443${path}`,
    `https://keycloak.internal${path}?appid=1`,
    `http://localhost:8080${path}`,
  ])
    test(`${url} passes`, () => assert.deepEqual(at(url), []));

  for (const url of [
    `http://keycloak:8080${path}`,
    `https://user:secret@keycloak.internal${path}`,
    'https://keycloak.internal/realms/main',
    `https://keycloak.internal${path}#x`,
    `ftp://keycloak.internal${path}`,
    path,
  ])
    test(`${url} is refused`, () => assert.deepEqual(at(url), ['OIDC_DISCOVERY_URL']));

  test('must be https in production', () => {
    const production = { NODE_ENV: 'production', PUBLIC_URL: 'https://portal.example' };
    assert.deepEqual(at(`http://localhost:8080${path}`, production), ['OIDC_DISCOVERY_URL']);
    assert.deepEqual(at(`https://localhost:8080${path}`, production), []);
  });

  test('goes with no other mode', () =>
    assert.deepEqual(namesOfProblems({ OIDC_DISCOVERY_URL: `https://x.example${path}` }), [
      'OIDC_DISCOVERY_URL',
    ]));
});

describe('OIDC_PARAMS', () => {
  const parameters = (raw: string) => load({ ...oidc, OIDC_PARAMS: raw }).settings.OIDC_PARAMS;

  test('are decoded once, as a query is', () =>
    assert.deepEqual(
      parameters('prompt=select_account+consent&login_hint=ada%2Bx%40acme.example&acr_values=a%2525&hd='),
      { prompt: 'select_account consent', login_hint: 'ada+x@acme.example', acr_values: 'a%25', hd: '' },
    ));

  test('may hold an `=` in a value, and a max_age in seconds', () =>
    assert.deepEqual(parameters('max_age=3600&kc_idp_hint=a=b'), { max_age: '3600', kc_idp_hint: 'a=b' }));

  for (const name of [
    ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce'],
    ...['code_challenge', 'code_challenge_method', 'request', 'request_uri', 'registration'],
    ...['client_secret', 'client_assertion', 'id_token_hint', 'code', 'Scope', 'STATE', 'st%61te'],
  ])
    test(`are refused with ${name}, which is named`, () => {
      const [problem] = problemsOf({ ...oidc, OIDC_PARAMS: `hd=a&${name}=x` });
      assert.match(String(problem), new RegExp(`^OIDC_PARAMS: holds \`${decodeURIComponent(name)}\``, 'i'));
    });

  for (const [raw, word] of [
    ['hd=a&hd=b', /holds `hd` twice/],
    ['prompt=none', /could never sign in/],
    ['prompt=login%20none', /could never sign in/],
    ['max_age=soon', /whole number of seconds/],
    ['hd', /expected a query/],
    ['=a', /expected a query/],
    ['?hd=a', /expected a query/],
    ['hd=a&', /expected a query/],
    ['hd=a b', /expected a query/],
    ['hd=a#b', /expected a query/],
    ['hd=%', /expected a query/],
    ['hd=%0d%0a', /expected a query/],
    ['hd%0a=a', /expected a query/],
  ] as const)
    test(`are refused when they are ${raw}`, () =>
      assert.match(String(problemsOf({ ...oidc, OIDC_PARAMS: raw })[0]), word));

  test('go with no other mode', () =>
    assert.deepEqual(namesOfProblems({ OIDC_PARAMS: 'hd=acme.example' }), ['OIDC_PARAMS']));
});
