import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import { createSigner } from '../support/assertions.ts';
import { startLyingProvider } from '../support/lying-provider.ts';
import { tempFile } from '../support/temp-file.ts';
import { createTestService } from '../support/test-service.ts';
import { createVisitor } from '../support/visitor.ts';

const ANOTHER = 'globex.eu.qlikcloud.com';

// Guards against the users of another customer, who got the token of this one's tenant.
describe('a user whom the portal names with another tenant gets no session', () => {
  test('by an assertion', async (t) => {
    const signer = createSigner();
    const service = await createTestService(t, { env: signer.env });
    const signIn = (tenant: unknown) =>
      service.fetch({
        method: 'POST',
        url: '/session',
        headers: { authorization: `Bearer ${signer.assertion({ tenant })}` },
      });
    for (const tenant of [ANOTHER, 'x', `https://${ANOTHER}`])
      assertProblem(await signIn(tenant), 403, 'tenant_unknown');
    for (const tenant of [42, {}, [service.sandbox.url], true])
      assertProblem(await signIn(tenant), 401, 'assertion_invalid');
    const { host } = new URL(service.sandbox.url);
    for (const tenant of [undefined, null, '', service.sandbox.url, host])
      assert.equal((await signIn(tenant)).statusCode, 204, String(tenant));
  });

  test('by an identity provider', async (t) => {
    const idp = await startLyingProvider(t);
    const service = await createTestService(t, { env: idp.env });
    await service.listen();
    idp.lies = { claims: (truth) => ({ ...truth, tenant: ANOTHER }) };
    const visitor = createVisitor();
    const { response } = await visitor.go(`${service.origin}/login`, `${service.origin}/page`);
    assert.equal(response?.status, 403);
    assert.equal(visitor.cookies.has('qlik_token_broker'), false);
    idp.lies = { claims: (truth) => ({ ...truth, tenant: service.sandbox.url }) };
    const { url } = await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    assert.equal(url, `${service.origin}/page`);
  });

  for (const mapping of ['subject', 'claim'] as const) {
    test(`by the demo, with USER_MAPPING=${mapping}`, async (t) => {
      const users = tempFile(t, 'users.json', JSON.stringify([{ id: 'ada', tenant: ANOTHER, qlik: 'x' }]));
      const service = await createTestService(t, {
        env: {
          DEMO_USERS: users,
          USER_MAPPING: mapping,
          ...(mapping === 'claim' && { USER_CLAIM: 'qlik' }),
        },
      });
      const refused = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' } });
      assertProblem(refused, 403, 'tenant_unknown');
      assert.equal(refused.headers['set-cookie'], undefined);
    });
  }
});
