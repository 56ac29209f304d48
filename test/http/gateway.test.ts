import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settings } from '../../src/config/settings.ts';
import { missing } from '../docker/tools.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { gatewayHeaders } from '../support/gateway-service.ts';
import { sendRaw } from '../support/raw-http.ts';
import { snippetsOf } from '../support/snippets.ts';
import { until } from '../support/until.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

const skip = missing({ programs: ['nginx'] });
const CSRF = { 'x-csrf': '1' };

/** Signs in at the portal, and through it here; resolves to where that ended. */
async function enter({ origin }: Gateway, visitor: Visitor, user: string): Promise<string> {
  await visitor.request(`${origin}/sign-in?user=${user}&rd=/`);
  return (await visitor.go(`${origin}/login?returnTo=/page`, `${origin}/page`)).url;
}

async function call(
  visitor: Visitor,
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, never> }> {
  const response = await visitor.request(url, { ...init, headers: { ...CSRF, ...init.headers } });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

/** Whose token this visitor gets. */
async function owner({ origin, service }: Gateway, visitor: Visitor): Promise<string> {
  const { status, body } = await call(visitor, `${origin}/qlik-token`);
  assert.equal(status, 200, JSON.stringify(body));
  const me = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  return ((await me.json()) as { subject: string }).subject;
}

describe('behind the nginx of docs/sign-in-proxy.md', { skip }, () => {
  test('whoever is signed in at the portal gets a session, and a token of their own', async (t) => {
    const gateway = await startGateway(t);
    for (const user of ['ada', 'bruno']) {
      const visitor = createVisitor();
      assert.equal(await enter(gateway, visitor, user), `${gateway.origin}/page`);
      assert.equal(await owner(gateway, visitor), user);
      const { body } = await call(visitor, `${gateway.origin}/session`);
      assert.deepEqual(body.user, {
        id: user,
        name: `${user} of the portal`,
        tenant: gateway.service.sandbox.url,
      });
    }
  });

  test('a name that the portal writes as Latin-1 arrives as what it is, at each call', async (t) => {
    const gateway = await startGateway(t);
    const visitor = createVisitor();
    assert.equal(await enter(gateway, visitor, 'andre'), `${gateway.origin}/page`);
    const { status, body } = await call(visitor, `${gateway.origin}/session`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.user, { id: 'andre', name: 'André', tenant: gateway.service.sandbox.url });
  });

  test('whoever is not is sent to the portal’s sign-in, and ends at returnTo, whatever it holds', async (t) => {
    const { origin } = await startGateway(t);
    const visitor = createVisitor();
    const returnTo = '/page?a=1&b=%26&c=ü';
    const start = `/login?${new URLSearchParams({ returnTo })}`;
    const { url } = await visitor.go(origin + start, `${origin}/sign-in`);
    assert.equal(url, `${origin}/sign-in?rd=${start}`);
    const back = await visitor.go(url.replace('?', '?user=ada&'), `${origin}/page`);
    assert.equal(back.url, `${origin}/page?a=1&b=%26&c=%C3%BC`);
  });

  test('calls of nobody reach the service, and get its 401', async (t) => {
    const { origin } = await startGateway(t);
    for (const path of ['/qlik-token', '/qlik-config', '/session']) {
      const { status, body } = await call(createVisitor(), origin + path);
      assert.deepEqual([status, body.code], [401, 'session_required'], path);
    }
    const rejected = {
      method: 'POST',
      body: '{"rejected":true}',
      headers: { 'content-type': 'application/json' },
    };
    assert.equal(
      (await call(createVisitor(), `${origin}/qlik-token`, rejected)).body.code,
      'session_required',
    );
    assert.equal((await createVisitor().request(`${origin}/qlik-token.js`)).status, 200);
  });

  test('a client’s own headers are replaced and removed', async (t) => {
    const gateway = await startGateway(t);
    const forged = [
      ...Object.entries(gatewayHeaders('bruno')),
      ['x-forwarded-groups', 'Admins'],
      ['x-forwarded-tenant', 'other'],
      ['x-forwarded-name', 'Eve'],
      ['x_forwarded_user', 'bruno'],
      ['x-auth-request-user', 'bruno'],
      ['connection', 'close, x-forwarded-user, x-proxy-secret'],
    ] as const;
    const visitor = createVisitor();
    await visitor.request(`${gateway.origin}/sign-in?user=ada&rd=/`);
    const port = Number(new URL(gateway.origin).port);
    const ask = (path: string, cookie: string, headers: readonly (readonly [string, string])[] = forged) =>
      sendRaw(
        port,
        [
          ...[`GET ${path} HTTP/1.1`, 'Host: localhost', `Cookie: ${cookie}`, 'X-CSRF: 1'],
          ...headers.map(([name, value]) => `${name}: ${value}`),
          ...['', ''],
        ].join('\r\n'),
      );
    const login = await ask('/login', visitor.cookie());
    assert.match(login, /^HTTP\/1\.1 303 /);
    const [, session] = /set-cookie: (qlik_token_broker=[^;]+)/i.exec(login) ?? [];
    assert.match(
      await ask('/session', `${visitor.cookie()}; ${session}`),
      /"id":"ada",.*"name":"ada of the portal"/,
    );
    // None of them went into the session, as which it would be another user's.
    const plain = await ask('/session', `${visitor.cookie()}; ${session}`, [['connection', 'close']]);
    assert.match(plain, /"id":"ada"/);
    // And for somebody who is not signed in at the portal, they are no headers at all.
    assert.match(await ask('/session', String(session)), /"code":"session_required"/);
    assert.match(await ask('/login', ''), /^HTTP\/1\.1 303 .*location: [^\n]*\/sign-in\?rd=\/login/is);
  });

  test('each header that the service reads is one that nginx writes', () => {
    const text = snippetsOf('sign-in-proxy.md')
      .find(({ id }) => id.endsWith(' broker.conf'))
      ?.text.toLowerCase();
    const headers = [...settings].filter(([name]) => /^PROXY_(?!JWT_).*_HEADER$/.test(name));
    assert.equal(headers.length, 6);
    for (const [name, setting] of headers)
      assert.ok(text?.includes(`proxy_set_header ${setting.default} `), name);
  });

  test('past the gateway there is no session, with the cookie and the headers but not the secret', async (t) => {
    const gateway = await startGateway(t);
    const visitor = createVisitor();
    await enter(gateway, visitor, 'ada');
    for (const headers of [
      {},
      { 'x-forwarded-user': 'ada' },
      { ...gatewayHeaders('ada'), 'x-proxy-secret': 'guessed' },
    ]) {
      const past = await call(visitor, `${gateway.serviceUrl}/qlik-token`, { headers });
      assert.deepEqual([past.status, past.body.code], [401, 'session_required']);
    }
    assert.equal(gateway.service.mints(), 0);
    assert.equal(await owner(gateway, visitor), 'ada');
  });

  test('when another user signs in at the portal, no answer has the first one’s token', async (t) => {
    const gateway = await startGateway(t);
    const visitor = createVisitor();
    await enter(gateway, visitor, 'ada');
    const { body: first } = await call(visitor, `${gateway.origin}/qlik-token`);
    await visitor.request(`${gateway.origin}/sign-in?user=bruno&rd=/`);

    const refused = await call(visitor, `${gateway.origin}/qlik-token`);
    assert.deepEqual([refused.status, refused.body.code], [401, 'session_required']);
    await enter(gateway, visitor, 'bruno');
    const { body: second } = await call(visitor, `${gateway.origin}/qlik-token`);
    assert.notEqual(second.access_token, first.access_token);
    assert.equal(await owner(gateway, visitor), 'bruno');
    await until(() => gateway.service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  test('a sign-out at the portal ends all calls, and one here leads to the portal’s', async (t) => {
    const gateway = await startGateway(t);
    const visitor = createVisitor();
    await enter(gateway, visitor, 'ada');
    const { body } = await call(visitor, `${gateway.origin}/logout`, { method: 'POST' });
    assert.deepEqual(body, { endSessionUrl: `${gateway.origin}/sign-out` });
    await enter(gateway, visitor, 'ada');
    await visitor.request(`${gateway.origin}/sign-out`);
    assert.equal((await call(visitor, `${gateway.origin}/qlik-token`)).status, 401);
  });
});
