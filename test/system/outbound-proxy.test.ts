import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createCertificate } from '../qlik/certificate.ts';
import { createSigner, startKeyPage } from '../support/assertions.ts';
import { type Child, runBuilt } from '../support/child.ts';
import { startRealProvider } from '../support/oidc-provider.ts';
import { tempFile } from '../support/temp-file.ts';
import { freePort, testEnv } from '../support/test-service.ts';
import { noTinyproxy, PROXY_PASSWORD, startTinyproxy, type Tinyproxy } from '../support/tinyproxy.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { until } from '../support/until.ts';
import { createVisitor } from '../support/visitor.ts';

const TENANT = 'acme.eu.qlikcloud.com';
const PROVIDER = 'login.acme.example';
const PORTAL = 'portal.acme.example';

interface Bench {
  readonly origin: string;
  readonly proxy: Tinyproxy;
  start(env: Record<string, string>): Child;
  isReady(): Promise<boolean>;
}

/** A tenant under TLS and other hosts, which are reached through the proxy alone. */
async function prepare(t: TestContext, port: number, names: Record<string, number>): Promise<Bench> {
  const origin = `http://localhost:${port}`;
  const sandbox = await createSandbox({ allowedOrigins: [origin] });
  t.after(() => sandbox.close());
  const certificate = createCertificate(TENANT);
  const front = await startTlsFront(t, certificate, Number(new URL(sandbox.url).port));
  const proxy = await startTinyproxy(t, { ...names, [TENANT]: front });
  const usual = {
    ...(await testEnv(sandbox, port)),
    QLIK_TENANT_URL: `https://${TENANT}`,
    QLIK_CA: certificate.cert,
  };
  return {
    origin,
    proxy,
    start: (env) => runBuilt(t, 'dist/main.js', [], { ...usual, HTTPS_PROXY: proxy.url, ...env }),
    isReady: async () => {
      const answer = await fetch(`${origin}/readyz`).catch(() => undefined);
      return ((await answer?.json()) as { checks: { idp: string } } | undefined)?.checks.idp === 'ok';
    },
  };
}

const tokenFor = (origin: string, cookie: string) =>
  fetch(`${origin}/qlik-token`, { headers: { cookie, 'x-csrf': '1' } });

describe('through a real proxy that wants a password', { skip: noTinyproxy }, () => {
  // The provider's certificate is trusted by Node's own variable alone.
  test('somebody signs in with a real provider and gets a token; the tenant, metadata, keys, tokens and user info are asked through it', async (t) => {
    const port = await freePort();
    const certificate = createCertificate(PROVIDER);
    const idp = await startRealProvider(t, {
      serviceOrigin: `http://localhost:${port}`,
      known: { name: PROVIDER, certificate },
    });
    idp.signsIn = 'ada';
    const { origin, proxy, start, isReady } = await prepare(t, port, { [PROVIDER]: idp.tlsPort });
    const child = start({ ...idp.env, NODE_EXTRA_CA_CERTS: tempFile(t, 'ca.pem', certificate.cert) });
    await until(isReady);

    const visitor = createVisitor();
    const begun = await visitor.request(`${origin}/login?returnTo=/page`);
    const there = String(begun.headers.get('location'));
    assert.ok(there.startsWith(`https://${PROVIDER}/auth?`), there);
    // The browser needs no proxy.
    const { url } = await visitor.go(there.replace(`https://${PROVIDER}`, idp.origin), origin);
    assert.equal((await visitor.go(url, `${origin}/page`)).url, `${origin}/page`);
    assert.equal((await tokenFor(origin, visitor.cookie())).status, 200);

    for (const path of ['/.well-known/openid-configuration', '/jwks', '/token', '/me'])
      assert.ok(idp.askedAt.get(path)?.has(PROVIDER), path);
    assert.deepEqual([...new Set(proxy.tunnels())].sort(), [`${TENANT}:443`, `${PROVIDER}:443`].sort());
    assert.ok(!child.output().includes(PROXY_PASSWORD));
  });

  test('the keys of assertions are fetched, named by a variable in lower case', async (t) => {
    const port = await freePort();
    const certificate = createCertificate(PORTAL);
    const signer = createSigner();
    const page = await startKeyPage(t, { keys: [signer.key.jwk] });
    const front = await startTlsFront(t, certificate, Number(new URL(page.url).port));
    const { origin, proxy, start, isReady } = await prepare(t, port, { [PORTAL]: front });
    const { ASSERTION_PUBLIC_KEY: _, ...env } = signer.env;
    start({
      ...env,
      ...{ https_proxy: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:9' },
      ASSERTION_JWKS_URL: `https://${PORTAL}/jwks.json`,
      NODE_EXTRA_CA_CERTS: tempFile(t, 'ca.pem', certificate.cert),
    });
    await until(isReady);
    const opened = await fetch(`${origin}/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${signer.assertion()}` },
    });
    assert.equal(opened.status, 204);
    const cookie = opened.headers
      .getSetCookie()
      .map((each) => each.split(';', 1)[0])
      .join('; ');
    assert.equal((await tokenFor(origin, cookie)).status, 200);
    assert.deepEqual([...new Set(proxy.tunnels())].sort(), [`${TENANT}:443`, `${PORTAL}:443`].sort());
  });

  test('that is wrong, nobody signs in; the log names the proxy and no password', async (t) => {
    const port = await freePort();
    const { origin, proxy, start } = await prepare(t, port, {});
    const child = start({
      ...{ PORTAL_AUTH: 'oidc', OIDC_ISSUER: `https://${PROVIDER}` },
      ...{ OIDC_CLIENT_ID: 'portal', OIDC_CLIENT_SECRET: 'secret' },
      HTTPS_PROXY: proxy.url.replace(PROXY_PASSWORD, 'wrong-canary'),
    });
    const [line] = await child.printed(/\{[^\n]*"event":"idp.troubled"[^\n]*\}/);
    assert.deepEqual(JSON.parse(line).err.facts, {
      ...{ reason: 'proxy_refused', host: PROVIDER, proxy: proxy.host, status: 401 },
    });
    const answer = await fetch(`${origin}/login`);
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { code: string }).code],
      [503, 'idp_unavailable'],
    );
    assert.doesNotMatch(child.output(), /canary/);
  });
});
