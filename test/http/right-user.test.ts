import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { decodeJwt } from 'jose';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { adminToken, startSandbox } from '../sandbox/tenant-client.ts';
import { assertProblem } from '../session/browser.ts';
import { createSigner } from '../support/assertions.ts';
import { tempFile } from '../support/temp-file.ts';
import { cookieOf, createTestService, type TestServiceOptions } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const REVOKE = { path: '/oauth/revoke' };
const ME = { path: '/api/v1/users/me' };
const idOf = (sandbox: Sandbox, subject: string) =>
  sandbox.users.find((user) => user.subject === subject)?.id ?? assert.fail(subject);

/** A service whose table says which Qlik id each user has. */
async function open(t: TestContext, rows: (sandbox: Sandbox) => string, options: TestServiceOptions = {}) {
  const path = tempFile(t, 'users.csv', '');
  const service = await createTestService(t, {
    ...options,
    env(sandbox) {
      const { env } = options;
      writeFileSync(path, `portal_user,qlik_user_id\n${rows(sandbox)}`);
      return {
        USER_MAPPING: 'table',
        USER_TABLE: path,
        ...(typeof env === 'function' ? env(sandbox) : env),
      };
    },
  });
  const ask = async (cookie: string) => service.fetch({ url: '/qlik-token', cookie });
  const tokenOf = async (user: string) => ask(await service.login(user));
  const { calls } = service.sandbox;
  return { ...service, ask, tokenOf, path, calls };
}

const adaById = (sandbox: Sandbox) => `ada,${idOf(sandbox, 'ada')}\n`;

describe('given a mapping that knows the id alone', () => {
  test('the tenant is asked for the subject, once for each user, before anybody gets the token', async (t) => {
    const { tokenOf, login, fetch, calls, mints } = await open(t, adaById);
    assert.equal((await tokenOf('ada')).statusCode, 200);
    assert.equal(calls.count(ME), 1);
    const cookie = await login('ada');
    await fetch({ method: 'POST', url: '/logout', cookie, payload: { everywhere: true } });
    assert.equal((await tokenOf('ada')).statusCode, 200);
    assert.deepEqual([mints(), calls.count(ME)], [2, 1]);
  });

  test('the bot of a client is never impersonated: its token goes to nobody, and is revoked', async (t) => {
    const tenant = await startSandbox(t);
    const bot = decodeJwt(await adminToken(tenant)).sub;
    const { tokenOf, calls } = await open(t, () => `ada,${bot}\n`, { tenant });
    const refused = await tokenOf('ada');
    assertProblem(refused, 403, 'user_denied');
    assert.ok(!refused.body.includes('eyJ'));
    await until(() => calls.count(REVOKE) === 1);
  });

  test('a deny list by subject holds', async (t) => {
    const { tokenOf, calls } = await open(t, adaById, { env: { USER_DENY: 'ADA' } });
    assertProblem(await tokenOf('ada'), 403, 'user_denied');
    await until(() => calls.count(REVOKE) === 1);
  });

  test('and a tenant that cannot be asked, nobody gets a token; later, they do', async (t) => {
    const { tokenOf, sandbox, calls } = await open(t, adaById);
    const fault = sandbox.faults.add({ match: ME, effect: { type: 'status', status: 503 } });
    const refused = await tokenOf('ada');
    assertProblem(refused, 503, 'tenant_unavailable');
    assert.ok(refused.headers['retry-after']);
    await until(() => calls.count(REVOKE) === 1);
    sandbox.faults.clear(fault.id);
    assert.equal((await tokenOf('ada')).statusCode, 200);
  });

  test('the tenant may send us to the user’s own address, on the same host only', async (t) => {
    const { tokenOf, sandbox } = await open(t, adaById);
    const location = (to: string) => ({
      match: ME,
      times: 1,
      effect: { type: 'status' as const, status: 301, headers: { location: to } },
    });
    const path = `/api/v1/users/${idOf(sandbox, 'ada')}`;
    sandbox.faults.add(location(`https://evil.example${path}`));
    assertProblem(await tokenOf('ada'), 502, 'tenant_bad_response');
    sandbox.faults.add(location(path));
    const other = await open(t, adaById, { tenant: sandbox });
    assert.equal((await other.tokenOf('ada')).statusCode, 200);
  });
});

test('given a mapping by subject, and a deny list by id, the minted token shows whose it is', async (t) => {
  const service = await createTestService(t, {
    env: (sandbox) => ({ USER_DENY: idOf(sandbox, 'ada').toUpperCase() }),
  });
  const cookie = await service.login('ada');
  assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 403, 'user_denied');
  assert.equal(service.sandbox.calls.count(ME), 0);
});

test('given a mapping by subject, and tokens that do not say whose they are, the tenant is asked', async (t) => {
  const service = await createTestService(t, {
    env: (sandbox) => ({ USER_DENY: idOf(sandbox, 'ada') }),
  });
  service.sandbox.faults.add({
    match: { path: '/oauth/token' },
    effect: { type: 'jwtClaims', patch: { sub: undefined } },
  });
  const cookie = await service.login('ada');
  assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 502, 'tenant_bad_response');
  assert.equal(service.sandbox.calls.count(ME), 1);
});

describe('a tenant that issues', () => {
  for (const [what, effect] of [
    ['the token of another user', { type: 'jwtClaims', patch: { sub: 'somebody-else' } }],
    [
      'a token with an admin scope in it',
      { type: 'jwtClaims', patch: { scope: 'user_default admin_classic' } },
    ],
    ['a token for an admin scope', { type: 'tokenAnswer', patch: { scope: 'user_default admin.users' } }],
  ] as const) {
    test(`${what}: 502, nobody gets it, it is revoked, and the log says why`, async (t) => {
      const { tokenOf, sandbox, calls, entries } = await open(t, adaById);
      sandbox.faults.add({ match: { path: '/oauth/token' }, effect });
      const refused = await tokenOf('ada');
      assertProblem(refused, 502, 'tenant_bad_response');
      assert.ok(!refused.body.includes('eyJ'));
      await until(() => calls.count(REVOKE) === 1);
      assert.match(JSON.stringify(entries('token.mint_failed')), /issued a token/);
    });
  }

  test('a token for another scope that is none of an admin’s: it is handed out as it is', async (t) => {
    const { tokenOf, sandbox } = await open(t, adaById);
    const effect = { type: 'tokenAnswer', patch: { scope: 'user_default apps' } } as const;
    sandbox.faults.add({ match: { path: '/oauth/token' }, effect });
    assert.equal((await tokenOf('ada')).json().scope, 'user_default apps');
  });
});

describe('a table of users that changes', { concurrency: true }, () => {
  const rowOf = (sandbox: Sandbox, subject: string) => `ada,${idOf(sandbox, subject)}\n`;
  const subjectOf = (token: string) => decodeJwt(token).sub;

  test('revokes the token of whom somebody is no longer, and hands out the new one’s', async (t) => {
    const { sandbox, path, login, ask, calls } = await open(t, adaById);
    const cookie = await login('ada');
    const before = (await ask(cookie)).json().access_token;
    writeFileSync(path, `portal_user,qlik_user_id\n${rowOf(sandbox, 'bruno')}`);
    await until(async () => subjectOf((await ask(cookie)).json().access_token) === idOf(sandbox, 'bruno'));
    await until(() => calls.count(REVOKE) === 1);
    assert.equal(subjectOf(before), idOf(sandbox, 'ada'));
  });

  test('and loses a row revokes the token, though nobody asks', async (t) => {
    const rows = (sandbox: Sandbox) => `${adaById(sandbox)}a,1\nb,2\nc,3\nd,4\n`;
    const { path, login, ask, calls } = await open(t, rows);
    const cookie = await login('ada');
    assert.equal((await ask(cookie)).statusCode, 200);
    writeFileSync(path, 'portal_user,qlik_user_id\na,1\nb,2\nc,3\nd,4\n');
    await until(() => calls.count(REVOKE) === 1);
    assertProblem(await ask(cookie), 403, 'user_not_mapped');
  });

  test('during a mint: the old person’s token goes to nobody', async (t) => {
    const { sandbox, path, login, ask, mints, entries } = await open(t, adaById);
    const effect = { type: 'latency', delayMs: 5_500 } as const;
    sandbox.faults.add({ match: { path: '/oauth/token' }, times: 1, effect });
    const answer = ask(await login('ada'));
    await until(() => mints() === 1);
    writeFileSync(path, `portal_user,qlik_user_id\n${rowOf(sandbox, 'bruno')}`);
    await until(() => entries('user_table.read').length === 1);
    const { statusCode, body } = await answer;
    if (statusCode === 200) assert.equal(subjectOf(JSON.parse(body).access_token), idOf(sandbox, 'bruno'));
    else assert.ok([502, 503].includes(statusCode), body);
  });
});

test('given a claim that names another Qlik user at the next sign-in, sessions and token of the old one end', async (t) => {
  const signer = createSigner();
  const service = await createTestService(t, {
    env: { ...signer.env, USER_MAPPING: 'claim', USER_CLAIM: 'qlik' },
  });
  const { sandbox } = service;
  const cookies: string[] = [];
  async function signedInAs(subject: string) {
    const authorization = `Bearer ${signer.assertion({ qlik: idOf(sandbox, subject) })}`;
    const cookie = cookieOf(
      await service.fetch({ method: 'POST', url: '/session', headers: { authorization } }),
    );
    cookies.push(cookie);
    return (await service.fetch({ url: '/qlik-token', cookie })).json().access_token as string;
  }
  const before = await signedInAs('ada');
  assert.equal(decodeJwt(before).sub, idOf(sandbox, 'ada'));
  const old = cookies.at(-1);
  assert.equal(decodeJwt(await signedInAs('bruno')).sub, idOf(sandbox, 'bruno'));
  assertProblem(await service.fetch({ url: '/qlik-token', cookie: old }), 401, 'session_expired');
  await until(() => sandbox.calls.count({ ...REVOKE, status: 200 }) === 1);
  const me = await fetch(sandbox.url + ME.path, { headers: { authorization: `Bearer ${before}` } });
  assert.equal(me.status, 401);
});
