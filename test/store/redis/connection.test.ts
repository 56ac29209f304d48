import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import type { RedisTarget } from '../../../src/store/redis/options.ts';
import { RedisError, toRedisError } from '../../../src/store/redis/redis-error.ts';
import { createFaultProxy } from '../../support/fault-proxy.ts';
import { ownTimeOf } from '../../support/own-time.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const KEY_PREFIX = 'qtb:';

const CHANNEL = `${KEY_PREFIX}news`;

describe('a connection to Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  async function connect(
    t: TestContext,
    port = server.port,
    user: Partial<RedisTarget> = {},
    now = Date.now,
  ) {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port, database: 0, ...user },
      prefix: 'qtb:',
      emit: () => {},
      now,
    });
    t.after(() => redis.close());
    return redis;
  }

  test('is checked once a second at most, and at once when it is known to be away or back', async (t) => {
    let now = 0;
    const redis = await connect(t, server.port, {}, () => now);
    const scripts = () => {
      const stats = server.cli('INFO', 'commandstats');
      return Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
    };
    await redis.check();
    const before = scripts();
    now = 999;
    for (let n = 0; n < 20; n += 1) assert.equal(await redis.check(), 'ok');
    assert.equal(scripts(), before);

    now = 1_000;
    await redis.check();
    assert.notEqual(scripts(), before);

    server.cli('REPLICAOF', '127.0.0.1', '1');
    t.after(() => server.cli('REPLICAOF', 'NO', 'ONE'));
    await assert.rejects(redis.define('write', 1, "return redis.call('SET', KEYS[1], 1)")(`${KEY_PREFIX}x`));
    await assert.rejects(redis.check(), isUnavailable('READONLY'));
    server.cli('REPLICAOF', 'NO', 'ONE');
    // The probe finds that out by itself, however the clock stands.
    await until(() =>
      redis.check().then(
        () => true,
        () => false,
      ),
    );
  });

  test('takes a server that answers and would keep nothing for one that is away', async (t) => {
    let now = 0;
    const redis = await connect(t, server.port, {}, () => now);
    await redis.check();
    now = 1_000;
    server.cli('REPLICAOF', '127.0.0.1', '1');
    t.after(() => server.cli('REPLICAOF', 'NO', 'ONE'));

    await assert.rejects(redis.check(), isUnavailable('READONLY'));
  });

  test('hears messages again after it was cut', async (t) => {
    const redis = await connect(t);
    const heard: string[] = [];
    await redis.subscribe(CHANNEL, (message) => heard.push(message));

    server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    // What is sent before it subscribed again is lost.
    await until(() => {
      server.cli('PUBLISH', CHANNEL, 'again');
      return heard.length > 0;
    });
    assert.equal(heard[0], 'again');
  });

  test('goes on when a channel is refused after a cut, and hears it again when it may', async (t) => {
    server.cli('ACL', 'SETUSER', 'listener', 'on', 'nopass', '~*', '&*', '+@all');
    const redis = await connect(t, server.port, { username: 'listener', password: 'any' });
    const heard: string[] = [];
    await redis.subscribe(CHANNEL, (message) => heard.push(message));

    // Redis itself cuts those who listen where they may not any more.
    server.cli('ACL', 'SETUSER', 'listener', 'resetchannels');
    await until(() => server.cli('ACL', 'LOG').includes('listener'));
    // An error that nobody handles would end the process, and here the test.
    await setTimeout(50);
    await redis.check();

    server.cli('ACL', 'SETUSER', 'listener', '&*');
    await until(() => {
      server.cli('PUBLISH', CHANNEL, 'again');
      return heard.length > 0;
    });
  });

  test('says soon that nobody can subscribe, and can when Redis is back', async (t) => {
    const proxy = await createFaultProxy(t, server.port);
    const redis = await connect(t, proxy.port);
    await proxy.refuse();

    const { ownMs } = await ownTimeOf(() =>
      assert.rejects(redis.subscribe(CHANNEL, assert.fail), StoreUnavailableError),
    );

    assert.ok(ownMs < 1_500, `${ownMs} ms`);
    await proxy.heal();
    await until(() =>
      redis
        .subscribe(CHANNEL, () => {})
        .then(
          () => true,
          () => false,
        ),
    );
  });

  test('sends what is asked in one turn in one piece', async (t) => {
    const redis = await connect(t);
    const echo = redis.define('echo', 0, 'return ARGV[1]');
    await echo('the script is known from now on');
    const readsBefore = reads();
    const turn = Array.from({ length: 100 }, (_, n) => String(n));

    const answers = await Promise.all(turn.map((n) => echo(n)));

    assert.deepEqual(answers, turn);
    // The other is that of INFO itself, and a check of the connection may come between.
    assert.ok(reads() - readsBefore <= 4);
  });

  function reads(): number {
    return Number(/^total_reads_processed:(\d+)/m.exec(server.cli('INFO', 'stats'))?.[1]);
  }
});

describe('the reason why Redis failed', () => {
  for (const [what, error, code, message] of [
    ['an answer', reply('OOM command not allowed'), 'OOM', 'OOM command not allowed'],
    ['an answer without a word of its own', reply('-'), 'ERR', '-'],
    ['a redirection', reply('MOVED 3999 127.0.0.1:6381'), 'MOVED', 'MOVED 3999 127.0.0.1:6381'],
    ['an error of the system', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a command that took too long', new Error('Command timed out'), 'TIMEOUT'],
    ['a code that is none', Object.assign(new Error('x'), { code: 'canary canary' }), 'DISCONNECTED'],
    ['no error at all', undefined, 'DISCONNECTED'],
    [
      'a user without the right',
      reply("NOPERM User broker has no permissions to run the 'evalsha' command"),
      'NOPERM',
      "NOPERM the user has no permissions to run the 'evalsha' command",
    ],
    [
      'a command that is not there',
      reply("ERR unknown command 'EVALSHA', with args beginning with: 'canary' 'qtb:1' "),
      'ERR',
      "ERR unknown command 'EVALSHA'",
    ],
    [
      'a server that repeats what it was sent',
      reply('ERR -canary- is no command'),
      'ERR',
      'ERR -…- is no command',
    ],
    [
      'a script that failed',
      reply('NOPERM no script: 4d3be6592bd0779e15e30bcf66eab863a5c8137e, on @user_script:2.'),
      'NOPERM',
      'NOPERM no',
    ],
    ['a server that writes what is no text', reply('ERR \u0007\r\n{"level":50}'), 'ERR', 'ERR {"level":50}'],
    ['a server that does not end', reply(`ERR ${'x'.repeat(9_999)}`), 'ERR', `ERR ${'x'.repeat(156)}`],
  ] as const) {
    test(`of ${what} is ${code}, and holds nothing of what was asked`, () => {
      const fault = toRedisError(error);
      assert.equal(fault.code, code);
      assert.equal(fault.message, `Redis: ${message ?? code}`);
      assert.equal(fault.cause, undefined);
      assert.doesNotMatch(`${fault.stack}${JSON.stringify(fault)}`, /canary|broker/);
    });
  }
});

function isUnavailable(code: string) {
  return (error: unknown) =>
    error instanceof StoreUnavailableError && error.cause instanceof RedisError && error.cause.code === code;
}

/** As the client makes them. */
function reply(message: string): Error {
  const error = Object.assign(new Error(message), { command: { name: 'auth', args: ['canary'] } });
  error.name = 'ReplyError';
  return error;
}
