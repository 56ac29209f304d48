import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createCertificate } from '../qlik/certificate.ts';
import { startRawTenant } from '../qlik/raw-tenant.ts';
import { CLIENT_ID, type Lies, type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { startRealProvider } from '../support/oidc-provider.ts';
import { createTestService, freePort, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor } from '../support/visitor.ts';

type Details = Record<string, unknown>;
type Problem = { code: string; title: string; detail: string };

const DISCOVERY = '/.well-known/openid-configuration';

const answers = (service: TestService) =>
  until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
const factsOf = (entry: Record<string, unknown> | undefined) =>
  (entry?.err as { facts: Details } | undefined)?.facts ?? {};

describe('a provider that is reached elsewhere than browsers reach it', () => {
  test('signs in: metadata, keys and tokens come from there, the issuer is as it is spelt', async (t) => {
    const port = await freePort();
    const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}` });
    idp.signsIn = 'ada';
    const internal = idp.issuer.replace('localhost', '127.0.0.1');
    const env = { ...idp.env, OIDC_DISCOVERY_URL: internal + DISCOVERY };
    const service = await createTestService(t, { port, env });
    await service.listen();
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    assert.equal(url, `${service.origin}/page`);
    for (const path of [DISCOVERY, '/token', '/jwks'])
      assert.deepEqual([...(idp.askedAt.get(path) ?? [])], [new URL(internal).host], path);
  });

  test('and names another issuer signs nobody in; the log has both', async (t) => {
    const idp = await startLyingProvider(t);
    const other = await startLyingProvider(t);
    const env = { ...idp.env, OIDC_DISCOVERY_URL: other.issuer + DISCOVERY };
    const service = await createTestService(t, { env });
    await until(() => service.entries('idp.troubled').length > 0);
    const [entry] = service.entries('idp.troubled');
    assert.equal(entry?.level, 50);
    assert.deepEqual(factsOf(entry), {
      ...{ reason: 'metadata', claim: 'issuer' },
      ...{ expected: idp.issuer, found: other.issuer },
    });
    const problem = (await service.fetch({ url: '/login' })).json() as Problem;
    assert.deepEqual(
      [problem.code, problem.title],
      ['idp_bad_response', 'This sign-in is not set up correctly'],
    );
    assert.equal(idp.asked.size, 0);
  });
});

describe('further parameters of the authorization request', () => {
  test('reach a real provider, beside those of the protocol', async (t) => {
    const port = await freePort();
    const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}` });
    idp.signsIn = 'ada';
    const OIDC_PARAMS = 'prompt=login&domain_hint=acme.example&login_hint=ada%2Bx%40acme.example&max_age=600';
    const service = await createTestService(t, { port, env: { ...idp.env, OIDC_PARAMS } });
    await service.listen();
    await answers(service);
    const { headers } = await service.fetch({ url: '/login' });
    const { searchParams } = new URL(String(headers.location));
    assert.deepEqual(
      ['prompt', 'domain_hint', 'login_hint', 'max_age'].map((name) => searchParams.get(name)),
      ['login', 'acme.example', 'ada+x@acme.example', '600'],
    );
    assert.equal(searchParams.get('client_id'), 'portal');
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    assert.equal(url, `${service.origin}/page`);
  });

  // Whoever signs in can take it out of the request.
  test('a max_age that was not kept signs nobody in', async (t) => {
    const idp = await startLyingProvider(t);
    const service = await createTestService(t, { env: { ...idp.env, OIDC_PARAMS: 'max_age=60' } });
    await service.listen();
    const signIn = async (authTime: number | undefined) => {
      idp.lies = { claims: (truth) => ({ ...truth, auth_time: authTime }) };
      const { response } = await createVisitor().go(
        `${service.origin}/login?returnTo=/page`,
        `${service.origin}/page`,
      );
      return response?.status;
    };
    const now = Math.floor(Date.now() / 1_000);
    assert.deepEqual(
      [await signIn(now - 10), await signIn(now - 3_600), await signIn(undefined)],
      [undefined, 502, 502],
    );
  });
});

/** What the log says of a sign-in that fails, and what people read. */
async function failedSignIn(t: TestContext, lies: (idp: LyingProvider) => Lies) {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, { env: idp.env });
  await service.listen();
  await answers(service);
  idp.lies = lies(idp);
  const { response } = await createVisitor().go(`${service.origin}/login`);
  const problem = (await response?.json()) as Problem;
  const [entry] = service.entries('request.refused').filter(({ code }) => code === problem.code);
  return { idp, problem, facts: factsOf(entry), text: service.logged.join('') };
}

describe('a sign-in that is not set up correctly is called so, and the log says what to mend', () => {
  const wrong: [what: string, lies: (idp: LyingProvider) => Lies, facts: (idp: LyingProvider) => Details][] =
    [
      [
        'an ID token of another issuer',
        () => ({ claims: (truth) => ({ ...truth, iss: 'https://login.example/{tenantid}/v2.0' }) }),
        (idp) => ({
          ...{ reason: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', claim: 'iss' },
          ...{ expected: idp.issuer, found: 'https://login.example/{tenantid}/v2.0' },
        }),
      ],
      [
        'an issuer that is long and full of what does not belong there',
        () => ({ claims: (truth) => ({ ...truth, iss: `https://a b\n"é@${'x'.repeat(1_000)}` }) }),
        (idp) => ({
          ...{ reason: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', claim: 'iss' },
          ...{ expected: idp.issuer, found: `https://a?b????${'x'.repeat(185)}...` },
        }),
      ],
      [
        'a client secret that is wrong',
        () => ({
          answers: {
            '/token': (_, response) => response.writeHead(401, JSON_TYPE).end(error('invalid_client')),
          },
        }),
        () => ({ reason: 'OAUTH_RESPONSE_BODY_ERROR', status: 401, providerError: 'invalid_client' }),
      ],
      [
        'a redirect URI that the token endpoint does not know',
        () => ({
          answers: {
            '/token': (_, response) => response.writeHead(400, JSON_TYPE).end(error('redirect_uri_mismatch')),
          },
        }),
        () => ({ reason: 'OAUTH_RESPONSE_BODY_ERROR', status: 400, providerError: 'redirect_uri_mismatch' }),
      ],
      [
        'a scope that the provider does not know',
        () => ({ back: (truth) => withError(truth, 'invalid_scope') }),
        () => ({ reason: 'provider', providerError: 'invalid_scope' }),
      ],
      [
        'a parameter that the provider does not take',
        () => ({ back: (truth) => withError(truth, 'invalid_target') }),
        () => ({ reason: 'provider', providerError: 'invalid_target' }),
      ],
      [
        'no key that fits',
        () => ({ keys: () => ({ keys: [] }) }),
        () => ({ reason: 'ERR_JWKS_NO_MATCHING_KEY' }),
      ],
      [
        'a place of the keys that is not there',
        () => ({ answers: { '/keys': (_, response) => response.writeHead(404).end() } }),
        (idp) => ({ reason: 'no_keys', claim: 'jwks_uri', host: new URL(idp.issuer).host, status: 404 }),
      ],
      [
        'a token endpoint that answers HTML',
        () => ({
          answers: {
            '/token': (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>'),
          },
        }),
        () => ({ reason: 'OAUTH_RESPONSE_IS_NOT_JSON', status: 404 }),
      ],
    ];
  for (const [what, lies, expected] of wrong) {
    test(`given ${what}`, async (t) => {
      const { idp, problem, facts, text } = await failedSignIn(t, lies);
      assert.equal(problem.code, 'idp_bad_response');
      assert.equal(problem.title, 'This sign-in is not set up correctly');
      assert.doesNotMatch(problem.detail, /does not answer/);
      assert.deepEqual(facts, expected(idp));
      assert.ok(!text.includes(`"aud":"${CLIENT_ID}"`));
    });
  }
});

describe('a provider that cannot be asked', () => {
  async function troubleAt(t: TestContext, issuer: string) {
    const env = { PORTAL_AUTH: 'oidc', OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'x' };
    const service = await createTestService(t, { env });
    await until(() => service.entries('idp.troubled').length > 0);
    const [entry] = service.entries('idp.troubled');
    const { code } = (await service.fetch({ url: '/login' })).json() as Problem;
    return { facts: factsOf(entry), level: entry?.level, code };
  }

  test('because its certificate is not trusted has answered: an operator must act', async (t) => {
    const { port } = await startRawTenant(t, () => {}, createCertificate('localhost'));
    assert.deepEqual(await troubleAt(t, `https://localhost:${port}`), {
      facts: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', host: `localhost:${port}` },
      ...{ level: 50, code: 'idp_bad_response' },
    });
  });

  test('because its certificate is of another host has answered, too', async (t) => {
    const certificate = createCertificate('other.example');
    const { port } = await startRawTenant(t, () => {}, certificate);
    const { facts, code } = await troubleAt(t, `https://localhost:${port}`);
    assert.match(String(facts.reason), /SELF_SIGNED|ALTNAME/);
    assert.equal(code, 'idp_bad_response');
  });

  test('because it speaks no TLS has answered, too', async (t) => {
    const { port } = await startRawTenant(t, (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { facts, code } = await troubleAt(t, `https://localhost:${port}`);
    assert.match(String(facts.reason), /^(ERR_SSL_|EPROTO)/);
    assert.equal(code, 'idp_bad_response');
  });

  test('because nobody knows its name does not answer, and the log has the name', async (t) => {
    assert.deepEqual(await troubleAt(t, 'https://login.invalid'), {
      facts: { reason: 'ENOTFOUND', host: 'login.invalid' },
      ...{ level: 40, code: 'idp_unavailable' },
    });
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
const error = (word: string) => JSON.stringify({ error: word });

function withError(truth: URLSearchParams, word: string): URLSearchParams {
  truth.delete('code');
  truth.set('error', word);
  return truth;
}
