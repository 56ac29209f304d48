import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { format, inspect } from 'node:util';
import { ConfigurationError } from '../../src/config/load.ts';
import { Secret } from '../../src/config/secret.ts';
import { settings as table } from '../../src/config/settings.ts';
import { load } from './base-env.ts';
import { ecKey, pem } from './pem.ts';

const CANARY = 'canary-7d1e40';
const key = pem(ecKey('P-384'));
/** A line from the middle of the key. */
const keyLine = key.split('\n')[1] as string;

/** Every way in which somebody prints a value without thinking of what is in it. */
function printed(value: unknown): string {
  const parts = value as Record<string, unknown>;
  return [
    JSON.stringify(value),
    JSON.stringify({ ...parts }),
    inspect(value, { depth: 10, showHidden: true, getters: true }),
    inspect({ ...parts }, { depth: 10, showHidden: true }),
    format('%s %o %O %j', value, value, value, value),
    ...Object.values(parts).map((part) => {
      try {
        return `${part} ${String(part)} ${JSON.stringify(part)} ${inspect(part)}`;
      } catch {
        return '';
      }
    }),
    value instanceof Error ? `${value} ${value.message} ${value.stack} ${inspect(value.cause)}` : '',
  ].join('\n');
}

describe('the settings', () => {
  test('print no secret, in whatever way', () => {
    const { settings } = load({
      QLIK_CLIENT_SECRET: CANARY,
      SESSION_SECRET: `${CANARY}-${'1'.repeat(32)},${CANARY}-${'2'.repeat(32)}`,
    });

    assert.doesNotMatch(printed(settings), new RegExp(CANARY));
  });

  test('print nothing of a private key', () => {
    const { settings } = load({
      QLIK_CLIENT_SECRET: undefined,
      QLIK_CLIENT_PRIVATE_KEY: key,
      QLIK_CLIENT_KEY_ID: 'kid',
    });

    assert.equal(printed(settings).includes(keyLine), false);
    const d = settings.QLIK_CLIENT_PRIVATE_KEY?.export({ format: 'jwk' }).d;
    assert.equal(printed(settings).includes(d ?? 'no d'), false);
  });

  test('are given warnings that repeat no value', () => {
    const { warnings } = load({ QLIK_CLIENT_SECRETS: CANARY, SESSION_SECRET_2: CANARY });

    assert.equal(warnings.length, 2);
    assert.doesNotMatch(printed(warnings), new RegExp(CANARY));
  });
});

describe('a configuration error', () => {
  const secrets = [...table].filter(([, { fromFile }]) => fromFile).map(([name]) => name);
  const ways: [string, (name: string) => Record<string, string | undefined>][] = [
    ['malformed', (name) => ({ [name]: CANARY })],
    [
      'a PEM with a broken body',
      (name) => ({ [name]: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----` }),
    ],
    [
      'a certificate with a broken body',
      (name) => ({ [name]: `-----BEGIN CERTIFICATE-----\n${CANARY}\n-----END CERTIFICATE-----` }),
    ],
    ['a JWK that is none', (name) => ({ [name]: `{"kty":"RSA","d":"${CANARY}"}` })],
    ['given twice', (name) => ({ [name]: CANARY, [`${name}_FILE`]: `/run/${CANARY}` })],
    ['put where its path belongs', (name) => ({ [name]: undefined, [`${name}_FILE`]: CANARY })],
    ['a list of which one is too short', (name) => ({ [name]: `${'x'.repeat(40)},${CANARY}` })],
  ];

  for (const name of secrets) {
    for (const [how, changes] of ways) {
      test(`about ${name}, ${how}, repeats nothing of it`, () => {
        const error = failure({ PORT: 'not a port', ...changes(name) });

        assert.doesNotMatch(printed(error), new RegExp(CANARY));
        assert.doesNotMatch(printed(error.issues), new RegExp(CANARY));
      });
    }
  }

  test('about other settings repeats no secret either', () => {
    const error = failure({ PORT: 'x', QLIK_CLIENT_SECRET: CANARY, QLIK_CLIENT_PRIVATE_KEY: key });

    assert.doesNotMatch(printed(error), new RegExp(CANARY));
    assert.equal(printed(error).includes(keyLine), false);
  });

  test('repeats no credentials that were written into a URL', () => {
    for (const name of ['QLIK_TENANT_URL', 'PUBLIC_URL', 'POST_LOGOUT_URL', 'ALLOWED_ORIGINS']) {
      const error = failure({ [name]: `https://user:${CANARY}@tenant.example` });
      assert.doesNotMatch(printed(error), new RegExp(CANARY), name);
    }
  });
});

test('a secret gives its value to nobody but reveal()', () => {
  const secret = new Secret(CANARY);

  assert.equal(secret.reveal(), CANARY);
  assert.doesNotMatch(
    printed({ secret, list: [secret], map: new Map([[secret, secret]]) }),
    new RegExp(CANARY),
  );
  assert.equal(`${secret}`, '[secret]');
  assert.deepEqual(Object.getOwnPropertyNames(secret), []);
  assert.equal(JSON.stringify(structuredClone(secret)), '{}');
});

function failure(changes: Record<string, string | undefined>): ConfigurationError {
  try {
    load(changes);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error;
  }
  return assert.fail('the settings were loaded');
}
