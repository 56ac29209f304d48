import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Secret } from '../../src/config/secret.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { IdentityProviderError } from '../../src/portal/identity-provider-error.ts';
import { createOidcProvider, type OidcProvider } from '../../src/portal/oidc-provider.ts';
import { checkMetadata } from '../../src/portal/provider-metadata.ts';
import { type Lies, type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { DIRECTLY } from '../support/outbound.ts';
import { until } from '../support/until.ts';

const DISCOVERY = '/.well-known/openid-configuration';

interface Bench {
  readonly idp: LyingProvider;
  readonly provider: OidcProvider;
  readonly clock: ManualClock;
  readonly changes: (string | undefined)[];
}

async function start(t: TestContext, lies: (issuer: string) => Lies = () => ({})): Promise<Bench> {
  const idp = await startLyingProvider(t);
  idp.lies = lies(idp.issuer);
  const clock = createManualClock();
  const changes: (string | undefined)[] = [];
  const provider = createOidcProvider({
    ...{ issuer: idp.issuer, discoveryUrl: undefined, clientId: 'portal', clientSecret: new Secret('s') },
    ...{ outbound: DIRECTLY, clock, random: () => 0.5, timeoutMs: 300 },
    emit: (event) =>
      changes.push('error' in event ? (event.error as IdentityProviderError).details.reason : undefined),
  });
  t.after(() => provider.close());
  return { idp, provider, clock, changes };
}

const asked = ({ idp }: Bench) => idp.asked.get(DISCOVERY) ?? 0;
const metadata = (changes: Record<string, unknown>): Lies => ({
  metadata: (truth) => ({ ...truth, ...changes }),
});
const answer = (respond: NonNullable<Lies['answers']>[string]): Lies => ({
  answers: { [DISCOVERY]: respond },
});

async function troubleOf(provider: OidcProvider): Promise<IdentityProviderError> {
  const error = await provider.current().then(
    () => assert.fail('it is known'),
    (error) => error,
  );
  assert.ok(error instanceof IdentityProviderError);
  return error;
}

describe('a provider’s metadata', () => {
  test('are known once they have come, and whoever asks meanwhile waits', async (t) => {
    const { idp, provider, changes } = await start(t);
    const known = await provider.current();
    assert.equal(known.metadata.issuer, idp.issuer);
    assert.equal(provider.healthy, true);
    assert.deepEqual(changes, [undefined]);
  });

  const unusable: [string, (issuer: string) => Lies][] = [
    ['another issuer', () => metadata({ issuer: 'https://evil.example' })],
    ['an issuer with a path more', (issuer) => metadata({ issuer: `${issuer}/x` })],
    ['no issuer', () => metadata({ issuer: undefined })],
    ['an issuer that is no URL', () => metadata({ issuer: 'x' })],
    ['an issuer with a slash more', (issuer) => metadata({ issuer: `${issuer}/` })],
    ['no authorization endpoint', () => metadata({ authorization_endpoint: undefined })],
    [
      'javascript as authorization endpoint',
      () => metadata({ authorization_endpoint: 'javascript:alert(1)' }),
    ],
    ['no token endpoint', () => metadata({ token_endpoint: undefined })],
    ['a file as keys', () => metadata({ jwks_uri: 'file:///etc/passwd' })],
    ['no S256', () => metadata({ code_challenge_methods_supported: ['plain'] })],
    ['an array', () => ({ metadata: () => [] })],
    ['HTML', () => answer((_, response) => response.end('<h1>x</h1>'))],
    ['500', () => answer((_, response) => response.writeHead(500).end('{}'))],
    ['404', () => answer((_, response) => response.writeHead(404).end('{}'))],
    ['a redirect to what is right', (issuer) => ({ answers: redirected(issuer) })],
    ['10 MB besides what is right', () => metadata({ padding: 'x'.repeat(10_000_000) })],
    ['nothing', () => answer(() => {})],
    ['a byte now and then', () => answer((_, response) => drip(response))],
    ['the end of the connection', () => answer((request) => request.socket.destroy())],
  ];
  for (const [what, lies] of unusable) {
    test(`given ${what}, are not: that is told, and it is asked again`, async (t) => {
      const late = await start(t, lies);
      const { code, retryAfterMs } = await troubleOf(late.provider);
      assert.match(code, /^idp_/);
      assert.equal(retryAfterMs, 1_000);
      assert.equal(late.provider.healthy, false);

      late.idp.lies = {};
      await late.clock.advance(1_000);
      await until(() => late.provider.healthy);
    });
  }

  test('that cannot be had are asked for ever less often, however many want to sign in', async (t) => {
    const bench = await start(t, () => answer((_, response) => response.writeHead(500).end()));
    const { provider, clock } = bench;
    await troubleOf(provider);
    const counts: number[] = [];
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      for (let n = 0; n < 20; n += 1) await troubleOf(provider);
      await clock.advance(waitMs - 1);
      counts.push(asked(bench));
      await clock.advance(1);
      await until(() => asked(bench) === (counts.at(-1) as number) + 1);
      await setTimeout(20);
    }
    assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7]);
  });

  test('stay when the provider goes away or begins to lie, which shows', async (t) => {
    const bench = await start(t);
    const { idp, provider, clock, changes } = bench;
    const before = await provider.current();
    idp.lies = metadata({ token_endpoint: 'https://evil.example/', issuer: 'https://evil.example' });
    await clock.advance(5 * 60_000);
    await until(() => !provider.healthy);
    assert.equal(await provider.current(), before);
    idp.lies = {};
    await clock.advance(1_000);
    await until(() => provider.healthy);
    assert.deepEqual(changes, [undefined, 'metadata', undefined]);
  });

  test('are asked for again soon when a sign-in met trouble, and once for all of them', async (t) => {
    const bench = await start(t);
    const { provider, clock } = bench;
    await provider.current();
    for (let n = 0; n < 20; n += 1)
      provider.troubled(new IdentityProviderError('idp_unavailable', { reason: 'timeout' }));
    assert.equal(provider.healthy, false);
    await clock.advance(1_000);
    await until(() => provider.healthy);
    assert.equal(asked(bench), 2);
  });

  test('are asked for again soon even when further sign-ins meet trouble meanwhile', async (t) => {
    const bench = await start(t);
    const { provider, clock } = bench;
    await provider.current();
    for (const waitMs of [600, 400]) {
      provider.troubled(new IdentityProviderError('idp_unavailable', { reason: 'timeout' }));
      await clock.advance(waitMs);
    }
    await until(() => asked(bench) === 2);
  });

  test('are asked for again as soon after trouble that was over before', async (t) => {
    const bench = await start(t, () => answer((_, response) => response.writeHead(500).end()));
    const { idp, provider, clock } = bench;
    await troubleOf(provider);
    idp.lies = {};
    await clock.advance(1_000);
    await until(() => provider.healthy);
    provider.troubled(new IdentityProviderError('idp_unavailable', { reason: 'timeout' }));
    await clock.advance(1_000);
    await until(() => asked(bench) === 3);
  });

  test('that come again leave the keys as they are, unless they name another place for them', async (t) => {
    const { idp, provider, clock } = await start(t);
    const keys = async () => {
      const before = provider.known;
      await clock.advance(5 * 60_000);
      await until(() => provider.known !== before);
      return provider.known?.keys;
    };
    const first = (await provider.current()).keys;
    assert.equal(await keys(), first);
    idp.lies = metadata({ jwks_uri: `${idp.issuer}/other-keys` });
    assert.notEqual(await keys(), first);
  });

  test('with unsafe places to sign out or to ask for more are used without those', async (t) => {
    const { provider } = await start(t, () =>
      metadata({ end_session_endpoint: 'javascript:alert(1)', userinfo_endpoint: 'ftp://x/' }),
    );
    const { metadata: found } = await provider.current();
    assert.equal(found.end_session_endpoint, undefined);
    assert.equal(found.userinfo_endpoint, undefined);
  });

  test('are asked for no longer once it is closed', async (t) => {
    const bench = await start(t, () => answer((_, response) => response.writeHead(500).end()));
    await troubleOf(bench.provider);
    await bench.provider.close();
    await bench.clock.advance(60_000);
    assert.equal(asked(bench), 1);
  });
});

// openid-client lets these pass, for applications that any directory may sign in to.
test('the metadata of every directory’s users are refused', () => {
  const host = 'https://login.microsoftonline.com';
  const issuer = (tenant: string) => `${host}/${tenant}/v2.0`;
  const found = {
    issuer: issuer('{tenantid}'),
    authorization_endpoint: `${host}/a`,
    token_endpoint: `${host}/t`,
    jwks_uri: `${host}/k`,
  };
  const plainHttp = false;
  assert.throws(() => checkMetadata(found, issuer('common'), { plainHttp }), {
    code: 'idp_bad_response',
    details: {
      ...{ reason: 'metadata', claim: 'issuer' },
      ...{ expected: issuer('common'), found: issuer('{tenantid}') },
    },
  });
  const ofOne = { ...found, issuer: issuer('1') };
  assert.ok(checkMetadata(ofOne, issuer('1'), { plainHttp }));
  assert.throws(() => checkMetadata(ofOne, issuer('2'), { plainHttp }), IdentityProviderError);
  const plain = { ...ofOne, token_endpoint: 'http://localhost/' };
  assert.throws(() => checkMetadata(plain, issuer('1'), { plainHttp }), IdentityProviderError);
  assert.ok(checkMetadata(plain, issuer('1'), { plainHttp: true }));
  for (const endpoint of [
    { token_endpoint: 'http://login.example/t' },
    { jwks_uri: 'http://10.0.0.1/k' },
    { authorization_endpoint: 'http://localhost/a' },
  ])
    assert.throws(() => checkMetadata({ ...ofOne, ...endpoint }, issuer('1'), { plainHttp: true }), {
      details: { reason: 'metadata', claim: Object.keys(endpoint)[0] },
    });
});

test('a provider that never answers does not hold up the end', async (t) => {
  const idp = await startLyingProvider(t);
  idp.lies = answer(() => {});
  const provider = createOidcProvider({
    ...{ issuer: idp.issuer, discoveryUrl: undefined, clientId: 'portal', clientSecret: new Secret('s') },
    outbound: DIRECTLY,
    ...{ clock: systemClock, random: () => 0.5, timeoutMs: 3_600_000, emit: () => {} },
  });
  await until(() => idp.asked.size > 0);
  await provider.close();
});

function redirected(issuer: string): NonNullable<Lies['answers']> {
  const right = { issuer, authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: issuer };
  return {
    [DISCOVERY]: (_, response) => response.writeHead(302, { location: `${issuer}/moved` }).end(),
    '/moved': (_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(right)),
  };
}

function drip(response: { write(text: string): unknown; destroyed: boolean }): void {
  const timer = setInterval(() => {
    if (response.destroyed) clearInterval(timer);
    else response.write(' ');
  }, 20);
}
