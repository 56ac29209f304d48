import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { cookieOf, createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const REVOKE = { path: '/oauth/revoke' };

describe('POST /login', () => {
  test('by a form ends at returnTo, by JSON with 204', async (t) => {
    const service = await createTestService(t);
    const form = await service.fetch({
      method: 'POST',
      url: '/login',
      headers: FORM,
      payload: 'user=ada&returnTo=/x',
    });
    assert.deepEqual([form.statusCode, form.headers.location], [303, '/x']);
    const json = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' } });
    assert.deepEqual([json.statusCode, json.body], [204, '']);
  });

  test('of an unknown user signs nobody in', async (t) => {
    const service = await createTestService(t);
    const refused = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'nobody' } });
    assert.deepEqual([refused.statusCode, refused.headers['set-cookie']], [400, undefined]);
  });
});

describe('POST /logout', () => {
  test('by fetch is 200 and the cookie is gone; the session is dead for its old cookie too', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const response = await service.fetch({ method: 'POST', url: '/logout', cookie });
    assert.deepEqual([response.statusCode, response.json()], [200, {}]);
    assert.match(String(response.headers['set-cookie']), /^qlik_token_broker=; .*Max-Age=0/);
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).json().code, 'session_expired');
  });

  test('by a form ends at POST_LOGOUT_URL', async (t) => {
    const service = await createTestService(t, { env: { POST_LOGOUT_URL: 'https://portal.example/bye' } });
    const cookie = await service.login('ada');
    const response = await service.fetch({
      method: 'POST',
      url: '/logout',
      cookie,
      headers: FORM,
      payload: '',
    });
    assert.deepEqual([response.statusCode, response.headers.location], [303, 'https://portal.example/bye']);
  });

  // A sign-out must not depend on what comes with it.
  const bodies: [string, string | undefined, string][] = [
    ['no body, of no type', undefined, ''],
    ['no body, called JSON', 'application/json', ''],
    ['broken JSON', 'application/json', '{"everywhere":'],
    ['JSON null', 'application/json', 'null'],
    ['a JSON text', 'application/json', '"everywhere"'],
    ['a JSON array', 'application/json', '[true]'],
    ['a prototype in JSON', 'application/json', '{"__proto__":{"everywhere":true}}'],
    ['a wish that is none', 'application/json', '{"everywhere":"yes"}'],
    ['a member that nobody knows', 'application/json', '{"everywhere":false,"x":1}'],
    ['a body that is too long', 'application/json', `{"x":"${'x'.repeat(200_000)}"}`],
    ['XML', 'text/xml', '<logout/>'],
    ['plain text', 'text/plain', 'everywhere=true'],
    ['a multipart form', 'multipart/form-data; boundary=x', '--x--'],
    ['a type that is none', 'garbage', 'x'],
    ['an empty type', '', 'x'],
    ['a form that asks twice', FORM['content-type'], 'everywhere=true&everywhere=true'],
  ];
  for (const [what, type, payload] of bodies) {
    test(`with ${what}, signs out this session and no other`, async (t) => {
      const service = await createTestService(t);
      const [leaves, stays] = [await service.login('ada'), await service.login('ada')];
      const response = await service.fetch({
        method: 'POST',
        url: '/logout',
        cookie: leaves,
        payload,
        headers: type === undefined ? {} : { 'content-type': type },
      });
      const form = type === FORM['content-type'] || type?.startsWith('multipart/form-data');
      assert.deepEqual([response.statusCode, response.body], form ? [303, ''] : [200, '{}']);
      assert.match(String(response.headers['set-cookie']), /^qlik_token_broker=; .*Max-Age=0/);
      assert.equal((await service.fetch({ url: '/session', cookie: leaves })).statusCode, 401);
      assert.equal((await service.fetch({ url: '/session', cookie: stays })).statusCode, 200);
      assert.deepEqual(service.entries('request.failed'), []);
    });

    test(`with ${what}, from another site, signs nobody out`, async (t) => {
      const service = await createTestService(t);
      const cookie = await service.login('ada');
      const origin = 'https://evil.example';
      const headers = { origin, ...(type !== undefined && { 'content-type': type }) };
      const response = await service.fetch({ method: 'POST', url: '/logout', cookie, payload, headers });
      assert.deepEqual([response.statusCode, response.json().code], [403, 'cross_site_refused']);
      assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
    });
  }

  test('whose body cannot be read, while the store is away, is a problem and no sign-out', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });
    const cookie = await service.login('ada');
    store.failWith(new StoreUnavailableError());
    const headers = { 'content-type': 'text/xml' };
    const response = await service.fetch({ method: 'POST', url: '/logout', cookie, payload: 'x', headers });
    assert.deepEqual([response.statusCode, response.json().code], [503, 'store_unavailable']);
    assert.equal(response.headers['set-cookie'], undefined);
  });

  test('that asks for everywhere and for what nobody knows, is everywhere', async (t) => {
    const service = await createTestService(t);
    const [here, there] = [await service.login('ada'), await service.login('ada')];
    await service.fetch({
      method: 'POST',
      url: '/logout',
      cookie: here,
      payload: { everywhere: true, x: 1 },
    });
    assert.equal((await service.fetch({ url: '/session', cookie: there })).statusCode, 401);
  });

  test('without a session is no error', async (t) => {
    const service = await createTestService(t);
    assert.equal((await service.fetch({ method: 'POST', url: '/logout' })).statusCode, 200);
  });

  test('by GET signs nobody out', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    assert.equal((await service.fetch({ url: '/logout', cookie })).statusCode, 405);
    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
  });

  test('of the last session revokes the token at the tenant, and the next sign-in gets another', async (t) => {
    const service = await createTestService(t);
    const [here, there] = [await service.login('ada'), await service.login('ada')];
    const first = (await service.fetch({ url: '/qlik-token', cookie: here })).json().access_token;

    await service.fetch({ method: 'POST', url: '/logout', cookie: here });
    assert.equal((await service.fetch({ url: '/qlik-token', cookie: there })).json().access_token, first);
    assert.equal(service.sandbox.calls.count(REVOKE), 0);

    await service.fetch({ method: 'POST', url: '/logout', cookie: there });
    await until(() => service.sandbox.calls.count(REVOKE) === 1);
    const me = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
      headers: { authorization: `Bearer ${first}` },
    });
    assert.equal(me.status, 401);
    const again = await service.login('ada');
    assert.notEqual((await service.fetch({ url: '/qlik-token', cookie: again })).json().access_token, first);
  });

  test('everywhere ends each of the user’s sessions and nobody else’s', async (t) => {
    const service = await createTestService(t);
    const ada = [await service.login('ada'), await service.login('ada'), await service.login('ada')];
    const bruno = await service.login('bruno');
    await service.fetch({ method: 'POST', url: '/logout', cookie: ada[0], payload: { everywhere: true } });
    for (const cookie of ada)
      assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 401);
    assert.equal((await service.fetch({ url: '/session', cookie: bruno })).statusCode, 200);
  });

  test('answers at once while the tenant hangs', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    await service.fetch({ url: '/qlik-token', cookie });
    service.sandbox.faults.add({ match: REVOKE, effect: { type: 'hang' } });
    assert.equal((await service.fetch({ method: 'POST', url: '/logout', cookie })).statusCode, 200);
  });

  test('during a mint: the late token is given to nobody and revoked, the old cookie is 401', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    service.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'latency', delayMs: 300 },
    });

    const slow = service.fetch({ url: '/qlik-token', cookie });
    await until(() => service.mints() === 1);
    await service.fetch({ method: 'POST', url: '/logout', cookie });

    const late = await slow;
    assert.deepEqual([late.statusCode, late.json().code], [401, 'session_expired']);
    await until(() => service.sandbox.calls.count(REVOKE) === 1);
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 401);
  });

  test('during a mint, while another session of the user stays: that one still gets a token', async (t) => {
    const service = await createTestService(t);
    const [leaves, stays] = [await service.login('ada'), await service.login('ada')];
    service.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'latency', delayMs: 300 },
    });

    const [late, kept] = [
      service.fetch({ url: '/qlik-token', cookie: leaves }),
      service.fetch({ url: '/qlik-token', cookie: stays }),
    ];
    await until(() => service.mints() === 1);
    await service.fetch({ method: 'POST', url: '/logout', cookie: leaves });

    assert.equal((await late).statusCode, 401);
    assert.equal((await kept).statusCode, 200);
    assert.equal(service.mints(), 1);
  });

  test('and a sign-in at the same moment: the new session never gets the token that is being revoked', async (t) => {
    const service = await createTestService(t, { env: { RATE_LIMIT_MINT: '1000/min' } });
    for (let round = 0; round < 20; round += 1) {
      const cookie = await service.login('ada');
      const before = (await service.fetch({ url: '/qlik-token', cookie })).json().access_token;
      const [, again] = await Promise.all([
        service.fetch({ method: 'POST', url: '/logout', cookie }),
        service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' } }),
      ]);
      const revocations = service.sandbox.calls.count(REVOKE);
      const after = await service.fetch({ url: '/qlik-token', cookie: cookieOf(again) });
      assert.equal(after.statusCode, 200);
      if (revocations > round || after.json().access_token !== before) {
        assert.notEqual(after.json().access_token, before);
      }
      await service.fetch({ method: 'POST', url: '/logout', cookie: cookieOf(again) });
      await until(() => service.sandbox.calls.count(REVOKE) > round);
    }
  });
});

describe('GET /session and GET /qlik-config', () => {
  test('say who is signed in, and where to embed from, with nothing secret', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const session = (await service.fetch({ url: '/session', cookie })).json();
    assert.equal(session.user.id, 'ada');
    assert.equal(session.user.tenant, service.sandbox.url);
    assert.ok(session.idle_expires_in <= 1_800 && session.expires_in <= 36_000);
    assert.deepEqual((await service.fetch({ url: '/qlik-config', cookie })).json(), {
      host: service.sandbox.url,
      clientId: service.sandbox.impersonationClient.clientId,
      authType: 'oauth2',
    });
  });

  test('are 401 without a session', async (t) => {
    const service = await createTestService(t);
    for (const url of ['/session', '/qlik-config', '/qlik-token']) {
      const response = await service.fetch({ url });
      assert.deepEqual([response.statusCode, response.json().code], [401, 'session_required'], url);
    }
  });
});
