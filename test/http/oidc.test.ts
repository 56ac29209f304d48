import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type RealProvider, startRealProvider } from '../support/oidc-provider.ts';
import {
  createTestService,
  freePort,
  type TestService,
  type TestServiceOptions,
} from '../support/test-service.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

interface Bench {
  readonly service: TestService;
  readonly idp: RealProvider;
  /** Signs the user in in this browser; resolves to where that ended. */
  signIn(visitor: Visitor, user: string, path?: string): Promise<string>;
}

async function start(t: TestContext, options: TestServiceOptions = {}): Promise<Bench> {
  const port = await freePort();
  const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}` });
  const service = await createTestService(t, { ...options, port, env: { ...idp.env, ...options.env } });
  await service.listen();
  return {
    service,
    idp,
    async signIn(visitor, user, path = '/login?returnTo=/page') {
      idp.signsIn = user;
      const { url } = await visitor.go(service.origin + path, `${service.origin}/page`);
      return url;
    },
  };
}

describe('a sign-in with a real provider', () => {
  test('ends at returnTo, and says who it is', async (t) => {
    const { service, signIn } = await start(t);
    const visitor = createVisitor();
    assert.equal(await signIn(visitor, 'ada'), `${service.origin}/page`);
    const session = (await service.fetch({ url: '/session', cookie: visitor.cookie() })).json();
    assert.equal(session.user.id, 'ada');
    assert.equal(session.user.name, 'Ada');
    assert.equal(session.user.email, 'ada@example.com');
    const token = await service.fetch({ url: '/qlik-token', cookie: visitor.cookie() });
    assert.equal(token.statusCode, 200);
  });
});
