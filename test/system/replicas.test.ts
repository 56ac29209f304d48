import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { assertProblem } from '../session/browser.ts';
import { type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { monitorRedis } from '../support/monitor.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import { SECRET_A, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

describe('given two replicas on one Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  beforeEach(() => {
    server.cli('FLUSHALL');
  });

  async function open(t: TestContext) {
    const one = await createRedisService(t, server.port);
    return [one, await createRedisService(t, server.port, { replicaOf: one })] as const;
  }

  test('who signs in at one is signed in at the other', async (t) => {
    const [one, other] = await open(t);
    const cookie = await one.login('ada');

    assert.equal((await other.fetch({ url: '/session', cookie })).json().user.id, 'ada');
    assert.equal((await other.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  });

  test('a sign-out at one holds at the other from the next request on', async (t) => {
    const [one, other] = await open(t);
    const cookie = await one.login('ada');
    const second = await one.login('ada');
    for (const own of [cookie, second]) await other.fetch({ url: '/qlik-token', cookie: own });

    await one.fetch({ method: 'POST', url: '/logout', cookie });

    assertProblem(await other.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
    assert.equal((await other.fetch({ url: '/qlik-token', cookie: second })).statusCode, 200);
    await other.fetch({ method: 'POST', url: '/logout', cookie: second, payload: { everywhere: true } });
    assertProblem(await one.fetch({ url: '/qlik-token', cookie: second }), 401, 'session_expired');
  });

  test('a sign-out everywhere ends the sessions that began at the other', async (t) => {
    const [one, other] = await open(t);
    const cookies = [await one.login('ada'), await other.login('ada'), await other.login('ada')];

    await one.fetch({ method: 'POST', url: '/logout', cookie: cookies[0], payload: { everywhere: true } });

    for (const cookie of cookies)
      for (const replica of [one, other])
        assertProblem(await replica.fetch({ url: '/session', cookie }), 401, 'session_expired');
  });

  test('a provider’s sign-out that reaches one ends the session that began at the other, whatever it names', async (t) => {
    const idp = await startLyingProvider(t);
    const one = await createRedisService(t, server.port, { env: idp.env });
    const other = await createRedisService(t, server.port, { env: idp.env, replicaOf: one });
    await one.listen();
    const bySid = await loginAt(idp, one, 'first');
    const bySubject = await loginAt(idp, one, 'second');
    const status = async (visitor: Visitor) =>
      (await other.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode;
    const logOut = (logoutToken: string) =>
      other.app.inject({
        method: 'POST',
        url: '/logout/backchannel',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ logout_token: logoutToken }).toString(),
      });

    const token = idp.logoutToken({ sid: 'first' });
    assert.equal((await logOut(token)).statusCode, 200);
    assert.deepEqual([await status(bySid), await status(bySubject)], [401, 200]);
    assert.equal((await logOut(token)).statusCode, 400, 'once, on all replicas');
    assert.equal((await logOut(idp.logoutToken({ sid: undefined }))).statusCode, 200);
    assert.equal(await status(bySubject), 401);
  });

  test('use at one keeps the session alive at the other, and its end is the same for both', async (t) => {
    const env = { SESSION_IDLE_TIMEOUT: '800ms', SESSION_LIFETIME: '2s' };
    const one = await createRedisService(t, server.port, { env });
    const other = await createRedisService(t, server.port, { env, replicaOf: one });
    const cookie = await one.login('ada');
    for (let n = 0; n < 3; n++) {
      await setTimeout(500);
      const replica = n % 2 ? one : other;
      assert.equal((await replica.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    }
    await setTimeout(600);
    for (const replica of [one, other])
      assertProblem(await replica.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
  });

  test('a TOKEN_DEADLINE of any length in milliseconds is one that Redis can count with', async (t) => {
    for (const TOKEN_DEADLINE of ['8001ms', '2750ms', '1003ms']) {
      const service = await createRedisService(t, server.port, { env: { TOKEN_DEADLINE } });
      const cookie = await service.login('ada');
      assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200, TOKEN_DEADLINE);
      server.cli('FLUSHALL');
    }
  });

  test('a warm request asks Redis once', async (t) => {
    const [one] = await open(t);
    const cookie = await one.login('ada');
    for (let n = 0; n < 2; n++) await one.fetch({ url: '/qlik-token', cookie });
    const commands = await monitorRedis(t, server.port);

    for (let n = 0; n < 5; n++) await one.fetch({ url: '/qlik-token', cookie });

    await until(() => commands().length >= 5);
    await setTimeout(50);
    assert.deepEqual(
      commands().map((command) => command.split(' ')[0]),
      Array(5).fill('"evalsha"'),
    );
  });

  test('a dump of Redis names nobody, signs nobody in, and holds no token', async (t) => {
    const [one] = await open(t);
    const cookie = await one.login('ada');
    const token = (await one.fetch({ url: '/qlik-token', cookie })).json().access_token;
    const session = (await one.fetch({ url: '/session', cookie })).json();

    const keys = server.cli('KEYS', '*').split('\n');
    const dump = keys.map((key) => key + server.cli('DUMP', key)).join('\n');

    assert.ok(keys.length >= 2);
    const [id = ''] = decodeURIComponent(cookie.split('=')[1] ?? '').split('.');
    for (const canary of [
      token,
      token.split('.')[2],
      id,
      id.slice(16),
      session.user.id,
      session.user.name,
      SECRET_A,
    ])
      assert.ok(!dump.includes(canary), canary);
    for (const key of keys) assert.match(key, /^qtb:/);
  });

  test('a replica with another STORE_KEY takes nobody for signed in, counts that, and harms nothing', async (t) => {
    const [one] = await open(t);
    const stranger = await createRedisService(t, server.port, {
      env: { STORE_KEY: 'ab'.repeat(32) },
      replicaOf: one,
    });
    const cookie = await one.login('ada');

    for (let n = 0; n < 3; n++)
      assertProblem(await stranger.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');

    assert.equal((await one.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    const [warning, ...more] = stranger.entries('store.record_unreadable');
    assert.equal(warning?.why, 'unknown_key');
    assert.deepEqual(more, []);
    const metrics = await stranger.adminApp.inject({ url: '/metrics', headers: { host: 'localhost' } });
    assert.match(metrics.body, /qlik_token_broker_records_not_opened_total\{why="unknown_key"\} 3/);
  });

  test('another user’s record under one’s own key is no session', async (t) => {
    const [one] = await open(t);
    const ada = await one.login('ada');
    const [adaKey = ''] = server.cli('KEYS', '*:session:*').split('\n');
    const bruno = await one.login('bruno');
    const brunoKey =
      server
        .cli('KEYS', '*:session:*')
        .split('\n')
        .find((key) => key !== adaKey) ?? '';
    server.cli('HSET', brunoKey, 'v', server.cli('HGET', adaKey, 'v'));

    assertProblem(await one.fetch({ url: '/session', cookie: bruno }), 401, 'session_expired');
    assert.equal((await one.fetch({ url: '/session', cookie: ada })).json().user.id, 'ada');
  });

  test('an evicting policy is warned of at the start', async (t) => {
    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    t.after(() => server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'));
    const [one] = await open(t);

    const told = one.logged.filter((line) => line.includes('store.may_evict'));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /allkeys-lru/);
  });
});

async function loginAt(idp: LyingProvider, service: TestService, sid: string): Promise<Visitor> {
  idp.lies = { claims: (truth) => ({ ...truth, sid }) };
  const visitor = createVisitor();
  await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
  return visitor;
}
