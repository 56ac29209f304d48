import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/lib/clock.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createMemoryLeases } from '../../src/store/memory/leases.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { assertProblem } from '../session/browser.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { createTestService, type TestService, type TestServiceOptions } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const ADMIN_TOKEN = 'operator-'.repeat(4);
const REPLICAS = 3;
const PUBLIC_URL = 'http://localhost:3000';

type Backend = (t: TestContext) => Promise<TestServiceOptions & { env?: Record<string, string> }>;

const inOneMemory: Backend = async () => ({
  store: createMemoryStore({ now: Date.now }),
  leases: createMemoryLeases(systemClock),
});

const onRedis: Backend = async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const STORE_KEY = randomBytes(32).toString('base64');
  return { env: { REDIS_URL: `redis://127.0.0.1:${server.port}`, STORE_KEY } };
};

for (const [where, backend, skip] of [
  ['in one memory', inOneMemory, false],
  ['on one Redis', onRedis, redisMissing()],
] as const) {
  describe(`given three replicas ${where}`, { skip }, () => {
    async function open(t: TestContext) {
      const tenant = await createSandbox({});
      const shared = await backend(t);
      const replicas: TestService[] = [];
      t.after(() => tenant.close());
      for (let n = 0; n < REPLICAS; n += 1)
        replicas.push(
          await createTestService(t, { ...shared, tenant, env: { ...shared.env, ADMIN_TOKEN, PUBLIC_URL } }),
        );
      return replicas as [TestService, TestService, TestService];
    }

    test('120 callers who come at once to all of them cost one call to the tenant', async (t) => {
      const replicas = await open(t);
      const cookie = await replicas[0].login('ada');

      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, n) => ask(replicas[n % REPLICAS] as TestService, cookie)),
      );

      assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200]);
      assert.equal(new Set(answers.map((answer) => answer.json().access_token)).size, 1);
      assert.equal(replicas[0].mints(), 1);
    });

    test('a token that one has minted serves a replica that starts later', async (t) => {
      const [one, other] = await open(t);
      const cookie = await one.login('ada');
      const first = await tokenFrom(one, cookie);

      assert.equal(await tokenFrom(other, cookie), first);
      assert.equal(one.mints(), 1);
    });

    test('two users who ask at different replicas get tokens of their own', async (t) => {
      const [one, other] = await open(t);
      const [ada, bruno] = [await one.login('ada'), await one.login('bruno')];

      const [first, second] = await Promise.all([tokenFrom(one, ada), tokenFrom(other, bruno)]);

      assert.notEqual(first, second);
      assert.equal(await tokenFrom(one, bruno), second);
      assert.equal(await tokenFrom(other, ada), first);
    });

    test('after the last sign-out at one, no replica hands the token out, and it is revoked once', async (t) => {
      const [one, other, third] = await open(t);
      const cookie = await one.login('ada');
      const first = await tokenFrom(one, cookie);
      for (const replica of [other, third]) assert.equal(await tokenFrom(replica, cookie), first);

      await third.fetch({ method: 'POST', url: '/logout', cookie });

      for (const replica of [one, other, third])
        assertProblem(await ask(replica, cookie), 401, 'session_expired');
      const again = await one.login('ada');
      for (const replica of [one, other, third]) assert.notEqual(await tokenFrom(replica, again), first);
      assert.equal(one.mints(), 2);
      await until(() => revocations([one, other, third]) === 1);
    });

    test('a token that the tenant refuses is replaced on all when a page says so to one', async (t) => {
      const [one, other, third] = await open(t);
      const cookie = await one.login('ada');
      const first = await tokenFrom(one, cookie);
      for (const replica of [other, third]) assert.equal(await tokenFrom(replica, cookie), first);
      await revokeAtTenant(one, first);

      const answer = await reject(other, cookie);

      assert.equal(answer.statusCode, 200);
      assert.notEqual(answer.json().access_token, first);
      for (const replica of [one, other, third])
        assert.equal(await tokenFrom(replica, cookie), answer.json().access_token);
      assert.equal(one.mints(), 2);
    });

    test('pages that say so to all of them make the tenant judge once', async (t) => {
      const replicas = await open(t);
      const cookie = await replicas[0].login('ada');
      const first = await tokenFrom(replicas[0], cookie);

      const answers = await Promise.all(replicas.map((replica) => reject(replica, cookie)));

      for (const answer of answers) assert.equal(answer.json().access_token, first);
      assert.equal(replicas[0].sandbox.calls.count({ path: '/api/v1/users/me' }), 1);
      assert.equal(replicas[0].mints(), 1);
    });

    test('an operator who ends a user’s sessions at one ends them everywhere', async (t) => {
      const [one, other, third] = await open(t);
      const cookies = [await one.login('ada'), await other.login('ada')];
      const bruno = await one.login('bruno');
      for (const cookie of cookies) await tokenFrom(other, cookie);

      const answer = await operate(third, '/admin/users/ada/sessions');

      assert.deepEqual([answer.statusCode, answer.json()], [200, { sessions: 2, tokens: 1 }]);
      for (const replica of [one, other, third])
        for (const cookie of cookies) assertProblem(await ask(replica, cookie), 401, 'session_expired');
      assert.equal((await ask(other, bruno)).statusCode, 200);
      assert.deepEqual((await operate(one, '/admin/users/ada/sessions')).json(), { sessions: 0, tokens: 0 });
    });

    test('an operator who ends a user’s token, or all tokens, at one has them replaced everywhere', async (t) => {
      const [one, other, third] = await open(t);
      const [ada, bruno] = [await one.login('ada'), await one.login('bruno')];
      const all = async () => {
        const tokens = [];
        for (const replica of [one, other, third])
          tokens.push(`${await tokenFrom(replica, ada)} ${await tokenFrom(replica, bruno)}`);
        assert.equal(new Set(tokens).size, 1);
        return tokens[0]?.split(' ') ?? [];
      };
      const before = await all();

      assert.deepEqual((await operate(third, '/admin/users/ada/tokens')).json(), { tokens: 1 });
      const between = await all();
      assert.notEqual(between[0], before[0]);
      assert.equal(between[1], before[1]);
      assert.deepEqual((await operate(third, '/admin/tokens')).json(), { tokens: 'all' });
      const after = await all();
      assert.notEqual(after[0], between[0]);
      assert.notEqual(after[1], between[1]);
      assert.equal(one.mints(), 5);
    });
  });
}

function ask(replica: TestService, cookie: string) {
  return replica.fetch({ url: '/qlik-token', cookie });
}

async function tokenFrom(replica: TestService, cookie: string): Promise<string> {
  const answer = await ask(replica, cookie);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json().access_token;
}

function reject(replica: TestService, cookie: string) {
  return replica.fetch({ method: 'POST', url: '/qlik-token', cookie, payload: { rejected: true } });
}

function operate(replica: TestService, url: string) {
  const headers = { host: 'localhost', authorization: `Bearer ${ADMIN_TOKEN}` };
  return replica.adminApp.inject({ method: 'DELETE', url, headers });
}

async function revokeAtTenant({ sandbox }: TestService, accessToken: string): Promise<void> {
  await fetch(`${sandbox.url}/oauth/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: accessToken }),
  });
}

function revocations(replicas: TestService[]): number {
  return replicas.reduce((sum, replica) => sum + replica.entries('token.revoked').length, 0);
}
