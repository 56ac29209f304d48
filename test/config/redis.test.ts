import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { load, namesOfProblems, problemsOf } from './base-env.ts';
import { CERTIFICATE } from './pem.ts';

const STORE_KEY = randomBytes(32).toString('base64');
const redis = { REDIS_URL: 'redis://127.0.0.1:6379', STORE_KEY };
const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://portal.example.com',
  PORTAL_AUTH: 'proxy',
  TRUSTED_PROXIES: '10.0.0.0/24',
  PROXY_SECRET: 'p'.repeat(32),
};

describe('REDIS_URL', () => {
  test('says where, as whom, how, and which database', () => {
    const { REDIS_URL } = load({
      ...redis,
      REDIS_URL: 'rediss://broker:p%40ss%2Fword@redis.example.com:6380/3',
    }).settings;
    assert.equal(REDIS_URL?.password?.reveal(), 'p@ss/word');
    assert.deepEqual(
      { ...REDIS_URL, password: undefined },
      {
        host: 'redis.example.com',
        port: 6380,
        username: 'broker',
        password: undefined,
        tls: true,
        database: 3,
      },
    );
  });

  test('has the usual port and database when it names none, and reads IPv6 and a password alone', () => {
    const { REDIS_URL } = load({ ...redis, REDIS_URL: 'redis://:secret@[::1]' }).settings;
    assert.deepEqual(
      [REDIS_URL?.host, REDIS_URL?.port, REDIS_URL?.database, REDIS_URL?.username, REDIS_URL?.tls],
      ['::1', 6379, 0, undefined, false],
    );
    assert.equal(REDIS_URL?.password?.reveal(), 'secret');
  });

  for (const REDIS_URL of [
    'redis.example.com',
    'http://redis',
    'redis://',
    'redis://host/db',
    'redis://host/0/1',
    'redis://host:port',
    'redis://host?password=canary',
    'redis://host#canary',
    'redis://user@host',
    'redis://user:can%ary@host',
    'redis://ho st',
    'unix:///run/redis.sock',
  ]) {
    test(`${REDIS_URL} is refused, and not repeated`, () => {
      const issues = problemsOf({ ...redis, REDIS_URL });
      assert.equal(issues.length, 1);
      assert.match(issues[0] ?? '', /^REDIS_URL: expected a URL such as `rediss:/);
      assert.doesNotMatch(issues[0] ?? '', /canary/);
    });
  }

  test('can be put into a file, and what is read from it shows no password', () => {
    const { settings } = load(
      { STORE_KEY, REDIS_URL_FILE: '/run/secrets/redis' },
      { readFile: () => 'redis://broker:canary@127.0.0.1\n' },
    );
    assert.equal(settings.REDIS_URL?.password?.reveal(), 'canary');
    assert.doesNotMatch(inspect(settings, { depth: 9 }) + JSON.stringify(settings), /canary/);
  });

  test('must be TLS in production, unless Redis is on this machine', () => {
    const remote = { ...production, ...redis, REDIS_URL: 'redis://redis.internal' };
    assert.deepEqual(namesOfProblems(remote), ['REDIS_URL']);
    assert.deepEqual(namesOfProblems({ ...remote, REDIS_URL: 'rediss://redis.internal' }), []);
    assert.deepEqual(namesOfProblems({ ...production, ...redis }), []);
    for (const REDIS_SENTINELS of ['sentinel-1', '127.0.0.1'])
      assert.deepEqual(
        namesOfProblems({ ...production, ...redis, REDIS_SENTINELS, REDIS_SENTINEL_NAME: 'main' }),
        ['REDIS_URL'],
        'Sentinels may lead elsewhere',
      );
    assert.deepEqual(namesOfProblems({ ...redis, REDIS_URL: 'redis://redis.internal' }), []);
  });
});

describe('STORE_KEY', () => {
  test('is required with Redis, and refused without', () => {
    assert.deepEqual(namesOfProblems({ REDIS_URL: redis.REDIS_URL }), ['STORE_KEY']);
    assert.deepEqual(namesOfProblems({ ...redis, STORE_KEY: ' , ' }), ['STORE_KEY']);
    assert.deepEqual(namesOfProblems({ STORE_KEY }), ['STORE_KEY']);
    assert.match(problemsOf({ REDIS_URL: redis.REDIS_URL }).join(), /openssl rand -base64 32/);
  });

  test('is a list of 32 bytes each, in base64, base64url or hex', () => {
    const bytes = randomBytes(32);
    const spellings = [
      bytes.toString('base64'),
      bytes.toString('base64').replace('=', ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ];
    const { STORE_KEY: keys } = load({ ...redis, STORE_KEY: spellings.join(', ') }).settings;
    assert.deepEqual(
      keys?.map((key) => key.export().toString('hex')),
      spellings.map(() => bytes.toString('hex')),
    );
  });

  for (const [what, wrong] of [
    ['31 bytes', Buffer.alloc(31, 7).toString('base64')],
    ['33 bytes', Buffer.alloc(33, 7).toString('base64')],
    ['a passphrase', 'correct horse battery staple correct horse ba'],
    ['too few hex digits', 'ab'.repeat(31)],
  ] as const) {
    test(`${what} are refused, and not repeated`, () => {
      const issues = problemsOf({ ...redis, STORE_KEY: `${STORE_KEY},${wrong}` });
      assert.match(issues.join(), /^STORE_KEY: entry 2: expected 32 bytes in base64 or hex/);
      assert.ok(!issues.join().includes(wrong) && !issues.join().includes(STORE_KEY));
    });
  }
});

describe('Sentinels', () => {
  const sentinels = { ...redis, REDIS_SENTINELS: 's1, s2:26380,[::1]:26381', REDIS_SENTINEL_NAME: 'main' };

  test('are addresses with a name', () => {
    const { REDIS_SENTINELS } = load(sentinels).settings;
    assert.deepEqual(REDIS_SENTINELS, [
      { host: 's1', port: 26_379 },
      { host: 's2', port: 26_380 },
      { host: '::1', port: 26_381 },
    ]);
  });

  test('need the name, REDIS_URL, and one user and password', () => {
    assert.deepEqual(namesOfProblems({ ...sentinels, REDIS_SENTINEL_NAME: undefined }), [
      'REDIS_SENTINEL_NAME',
    ]);
    assert.deepEqual(namesOfProblems({ ...redis, REDIS_SENTINEL_NAME: 'main' }), ['REDIS_SENTINEL_NAME']);
    assert.deepEqual(namesOfProblems({ REDIS_SENTINELS: 's1', REDIS_SENTINEL_NAME: 'main' }), [
      'REDIS_SENTINELS',
    ]);
    assert.deepEqual(namesOfProblems({ ...sentinels, REDIS_SENTINELS: ',' }), ['REDIS_SENTINELS']);
    assert.deepEqual(namesOfProblems({ ...sentinels, REDIS_SENTINELS: 'u:a@s1,u:b@s2' }), [
      'REDIS_SENTINELS',
    ]);
    assert.deepEqual(namesOfProblems({ ...sentinels, REDIS_SENTINELS: 'u:a@s1,u:a@s2' }), []);
  });

  for (const REDIS_SENTINELS of ['redis://s1', 's1/0', 's1:x', 'u@s1']) {
    test(`${REDIS_SENTINELS} is no address`, () =>
      assert.deepEqual(namesOfProblems({ ...sentinels, REDIS_SENTINELS }), ['REDIS_SENTINELS']));
  }
});

test('REDIS_CA goes with TLS', () => {
  assert.deepEqual(namesOfProblems({ ...redis, REDIS_CA: CERTIFICATE }), ['REDIS_CA']);
  assert.deepEqual(namesOfProblems({ REDIS_CA: CERTIFICATE }), ['REDIS_CA']);
  assert.deepEqual(namesOfProblems({ ...redis, REDIS_URL: 'rediss://127.0.0.1', REDIS_CA: CERTIFICATE }), []);
});
