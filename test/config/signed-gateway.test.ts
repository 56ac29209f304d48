import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokerConfig } from '../../src/config/broker-config.ts';
import { settingsInDocs } from '../support/signing-gateways.ts';
import { load, namesOfProblems, problemsOf } from './base-env.ts';

const SECRET = 'p'.repeat(32);
const aws = settingsInDocs('alb');
const any = settingsInDocs('any');
const production = { NODE_ENV: 'production', HOST: '0.0.0.0' };
const JWT = ['PROXY_JWT_HEADER', 'PROXY_JWT_ISSUER', 'PROXY_JWT_AUDIENCE', 'PROXY_JWT_JWKS_URL'];

for (const name of ['alb', 'cloudflare', 'google-iap', 'any'] as const)
  test(`the settings of docs/sign-in-proxy.md for ${name} are right, in production too`, () => {
    assert.deepEqual(namesOfProblems({ ...settingsInDocs(name), ...production }), []);
  });

describe('a gateway proves itself in one way', () => {
  test('by what it signs, or by a secret, never by both', () => {
    assert.deepEqual(problemsOf({ ...any, PROXY_SECRET: SECRET }), [
      'PROXY_SECRET: give either PROXY_SECRET or PROXY_JWT_HEADER, not both',
    ]);
    assert.match(problemsOf({ PORTAL_AUTH: 'proxy' }).join(), /^PROXY_SECRET: .*; or else PROXY_JWT_HEADER/);
  });

  for (const name of JWT.slice(1)) {
    test(`${name} is required with PROXY_JWT_HEADER, and has no use without`, () => {
      assert.match(
        problemsOf({ ...any, [name]: undefined }).join('\n'),
        new RegExp(`^${name}: is required with PROXY_JWT_HEADER: .{10,}$`),
      );
      const bySecret = { PORTAL_AUTH: 'proxy', TRUSTED_PROXIES: '10.0.0.2', PROXY_SECRET: SECRET };
      assert.deepEqual(problemsOf({ ...bySecret, [name]: any[name] }), [
        `${name}: has no use without PROXY_JWT_HEADER`,
      ]);
    });
  }

  test('in another mode none of it has a use', () => {
    const given = Object.fromEntries(JWT.map((name) => [name, any[name]]));
    assert.deepEqual(problemsOf(given), ['PROXY_JWT_HEADER: has no use without PORTAL_AUTH=proxy']);
  });

  for (const what of ['USER', 'EMAIL', 'NAME', 'GROUPS', 'TENANT', 'SECRET'])
    test(`PROXY_${what}_HEADER is not read beside a JWT, and refused`, () => {
      assert.deepEqual(problemsOf({ ...any, [`PROXY_${what}_HEADER`]: 'x-other' }), [
        `PROXY_${what}_HEADER: has no use with PROXY_JWT_HEADER: the JWT says who it is`,
      ]);
    });

  test('its address need not be known, except for AWS: whoever calls may name keys that are looked for', () => {
    assert.deepEqual(namesOfProblems({ ...any, TRUSTED_PROXIES: undefined }), []);
    assert.deepEqual(namesOfProblems({ ...aws, TRUSTED_PROXIES: undefined }), ['TRUSTED_PROXIES']);
  });

  test('its JWT has claims to map by', () => {
    assert.deepEqual(namesOfProblems({ ...any, USER_MAPPING: 'claim', USER_CLAIM: 'qlik_id' }), []);
  });
});

describe('load balancers of AWS', () => {
  test('are named by their ARN, and nothing else is', () => {
    for (const PROXY_JWT_AUDIENCE of ['portal.example.com', 'ARN:aws:x', ' arn:aws:x'])
      assert.deepEqual(namesOfProblems({ ...aws, PROXY_JWT_AUDIENCE }), ['PROXY_JWT_AUDIENCE']);
    assert.deepEqual(namesOfProblems({ ...any, PROXY_JWT_AUDIENCE: aws.PROXY_JWT_AUDIENCE }), [
      'PROXY_JWT_AUDIENCE',
    ]);
  });

  test('tell a client, which nobody else does', () => {
    assert.deepEqual(namesOfProblems({ ...aws, PROXY_JWT_CLIENT: undefined }), []);
    assert.deepEqual(namesOfProblems({ ...any, PROXY_JWT_CLIENT: 'x' }), ['PROXY_JWT_CLIENT']);
    assert.deepEqual(namesOfProblems({ PROXY_JWT_CLIENT: 'x' }), ['PROXY_JWT_CLIENT']);
  });

  test('are told from others by where their keys are', () => {
    const purpose = (env: Record<string, string>) => {
      const { portal } = brokerConfig(load(env).settings);
      return 'jwt' in portal ? portal.jwt.purpose : undefined;
    };
    assert.deepEqual(purpose(aws), { signer: aws.PROXY_JWT_AUDIENCE, client: aws.PROXY_JWT_CLIENT });
    assert.deepEqual(purpose(any), { audience: any.PROXY_JWT_AUDIENCE });
  });
});

describe('PROXY_JWT_JWKS_URL', () => {
  for (const url of [
    'http://gateway.example.com/jwks.json',
    'https://user:secret@gateway.example.com/jwks.json',
    'https://gateway.example.com/jwks.json#x',
    'gateway.example.com',
    'https://gateway.example.com/{kid}.pem',
    'https://gateway.example.com/?kid={kid}',
    'https://gateway.example.com/?x=/{kid}',
    'https://{kid}.example.com/{kid}',
    'https://{kid}',
    'https://gateway.example.com/{KID}',
    'https://gateway.example.com/{kid}/{kid}',
    'https://gateway.example.com/a%7Bkid%7D\n',
  ])
    test(`cannot be ${JSON.stringify(url)}`, () => {
      for (const env of [aws, any])
        assert.deepEqual(namesOfProblems({ ...env, PROXY_JWT_JWKS_URL: url }), ['PROXY_JWT_JWKS_URL']);
    });

  test('is https, but on loopback outside of production', () => {
    for (const [env, url] of [
      [any, 'http://127.0.0.1:9/jwks.json'],
      [aws, 'http://127.0.0.1:9/{kid}'],
    ] as const) {
      assert.deepEqual(namesOfProblems({ ...env, PROXY_JWT_JWKS_URL: url }), []);
      assert.deepEqual(namesOfProblems({ ...env, ...production, PROXY_JWT_JWKS_URL: url }), [
        'PROXY_JWT_JWKS_URL',
      ]);
    }
  });
});

test('PROXY_JWT_HEADER is no header that means something already', () => {
  for (const PROXY_JWT_HEADER of ['authorization', 'cookie', 'x_jwt', 'x jwt', 'none'])
    assert.deepEqual(namesOfProblems({ ...any, PROXY_JWT_HEADER }), ['PROXY_JWT_HEADER']);
});
