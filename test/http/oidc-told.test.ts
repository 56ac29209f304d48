import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CLIENT_SECRET, type Lies, startLyingProvider } from '../support/lying-provider.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor } from '../support/visitor.ts';

/** Somebody who signs in while the provider says this. */
async function loggedIn(t: TestContext, lies: Lies, env: Record<string, string> = {}) {
  const idp = await startLyingProvider(t);
  idp.lies = lies;
  const service = await createTestService(t, { env: { ...idp.env, ...env } });
  await service.listen();
  const visitor = createVisitor();
  await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
  const cookie = visitor.cookie();
  return {
    idp,
    user: (await service.fetch({ url: '/session', cookie })).json().user,
    /** The status of another sign-in, when the token endpoint answers so. */
    async visit(status: number) {
      idp.lies = { answers: { '/token': (_, response) => response.writeHead(status).end() } };
      return (await createVisitor().go(`${service.origin}/login`)).response?.status;
    },
    async signOutUrl(): Promise<URLSearchParams> {
      const { endSessionUrl } = (await service.fetch({ method: 'POST', url: '/logout', cookie })).json();
      return new URL(endSessionUrl).searchParams;
    },
  };
}

describe('the client’s secret', () => {
  for (const [what, methods, isInBody] of [
    ['in the body to a provider that takes it there', ['client_secret_basic', 'client_secret_post'], true],
    ['in the header to a provider that takes it only there', ['client_secret_basic'], false],
    ['in the header, which is the default, to a provider that does not say', undefined, false],
  ] as const) {
    test(`is sent ${what}`, async (t) => {
      let sent = '';
      let authorization: string | undefined;
      await loggedIn(t, {
        metadata: (truth) => ({ ...truth, token_endpoint_auth_methods_supported: methods }),
        answers: {
          '/token': async (request, response) => {
            authorization = request.headers.authorization;
            for await (const chunk of request) sent += chunk;
            response.writeHead(400).end();
          },
        },
      });
      assert.equal(new URLSearchParams(sent).get('client_secret'), isInBody ? CLIENT_SECRET : null);
      assert.equal(authorization?.startsWith('Basic '), isInBody ? undefined : true);
    });
  }
});

test('an origin that is allowed no longer is not where a sign-in ends', async (t) => {
  const idp = await startLyingProvider(t);
  const replica = (env: Record<string, string>) => createTestService(t, { env: { ...idp.env, ...env } });
  const before = await replica({ ALLOWED_ORIGINS: 'https://portal.example' });
  await before.listen();
  for (const [after, end] of [
    [before, 'https://portal.example/x'],
    [await replica({ PUBLIC_URL: before.origin }), '/'],
  ] as const) {
    const visitor = createVisitor();
    const login = `${before.origin}/login?returnTo=${encodeURIComponent('https://portal.example/x')}`;
    const { pathname, search } = new URL((await visitor.go(login, `${before.origin}/login/callback`)).url);
    await until(async () => (await after.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    const response = await after.fetch({ url: pathname + search, cookie: visitor.cookie() });
    assert.deepEqual([response.statusCode, response.headers.location], [303, end]);
  }
});

test('trouble of the provider’s is no failed sign-in of the user’s', async (t) => {
  const { visit } = await loggedIn(t, {}, { RATE_LIMIT_SIGN_IN: '1/min' });
  const statuses = [await visit(500), await visit(500), await visit(500)];
  assert.deepEqual(statuses, [503, 503, 503]);
});

describe('the user info', () => {
  test('is not asked for when the ID token says everything', async (t) => {
    const { idp, user } = await loggedIn(t, {});
    assert.equal(user.name, 'Ada');
    assert.equal(idp.asked.get('/me'), undefined);
  });

  test('completes the ID token, and changes nothing in it', async (t) => {
    const { user } = await loggedIn(t, {
      claims: ({ name: _, ...truth }) => truth,
      userInfo: (truth) => ({ ...truth, name: 'Ada L.', email: 'bruno@example.com' }),
    });
    assert.deepEqual([user.name, user.email], ['Ada L.', 'ada@example.com']);
  });
});

describe('an e-mail and its verification', () => {
  const EMAIL = { CLAIM_ID: 'email' };

  test('come from one answer: the user info verifies its own address, and not that of the ID token', async (t) => {
    const { user } = await loggedIn(t, {
      claims: ({ name: _, email_verified: __, ...truth }) => truth,
      userInfo: (truth) => ({ ...truth, email: 'bruno@example.com', email_verified: true }),
    });
    assert.equal(user.email, 'bruno@example.com');
  });

  test('of which the address is in one and its verification in the other are worth nothing', async (t) => {
    const idp = await startLyingProvider(t);
    idp.lies = {
      claims: ({ name: _, email_verified: __, ...truth }) => truth,
      userInfo: ({ email: _, ...truth }) => ({ ...truth, email_verified: true }),
    };
    const service = await createTestService(t, { env: { ...idp.env, ...EMAIL } });
    await service.listen();
    const { response } = await createVisitor().go(`${service.origin}/login`);
    assert.equal(response?.status, 400);
  });
});

// OpenID Connect Core 1.0 §5.1: `email_verified` speaks of `email`, and of no other claim.
test('an address in another claim gives nobody another user’s token, whatever else is verified', async (t) => {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, {
    env: ({ managementClient }) => ({
      ...idp.env,
      ...{ USER_MAPPING: 'lookup', CLAIM_EMAIL: 'preferred_username' },
      QLIK_ADMIN_CLIENT_ID: managementClient.clientId,
      QLIK_ADMIN_CLIENT_SECRET: managementClient.clientSecret,
    }),
  });
  await service.listen();
  const [victim] = service.sandbox.users;
  const tokenFor = async (email: string) => {
    const eve = { sub: 'eve', email, email_verified: true, preferred_username: victim?.email };
    idp.lies = { claims: (truth) => ({ ...truth, ...eve }), userInfo: (truth) => ({ ...truth, sub: 'eve' }) };
    const visitor = createVisitor();
    await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    return service.fetch({ url: '/qlik-token', cookie: visitor.cookie() });
  };
  const refused = await tokenFor('eve@evil.example');
  assert.deepEqual([refused.statusCode, refused.json().code], [403, 'user_not_mapped']);
  assert.equal((await tokenFor(victim?.email ?? '')).statusCode, 200);
});

describe('the sign-out at the provider', () => {
  const large = (changes: Record<string, unknown>): Lies => ({
    claims: (truth) => ({ ...truth, padding: 'x'.repeat(4_096), ...changes }),
  });

  for (const [what, sid, hint] of [
    ['its session', 'session-1', 'session-1'],
    ['the subject when the session has no name', undefined, 'ada'],
    ['the subject when the session’s name is empty', '', 'ada'],
    ['the subject when the session’s name is too long', 'x'.repeat(256), 'ada'],
    ['the subject when the session’s name is a number', 7, 'ada'],
  ] as const) {
    test(`names ${what}, if the ID token is too large to be kept`, async (t) => {
      const { signOutUrl } = await loggedIn(t, large({ sid }));
      const query = await signOutUrl();
      assert.deepEqual([query.get('id_token_hint'), query.get('logout_hint')], [null, hint]);
    });
  }
});
