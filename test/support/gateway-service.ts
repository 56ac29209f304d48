import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { cookieOf, createTestService, type TestService, type TestServiceOptions } from './test-service.ts';

export const PROXY_SECRET = 'proxy-secret-of-the-tests-0123456789abcdef';

/** What the gateway adds when this user, or nobody, is signed in there. */
export function gatewayHeaders(user?: string, more: Record<string, string> = {}): Record<string, string> {
  return { 'x-proxy-secret': PROXY_SECRET, ...(user !== undefined && { 'x-forwarded-user': user }), ...more };
}

export type Call = InjectOptions & { cookie?: string | undefined };

/** A service in proxy mode, whose gateway has the address 127.0.0.1. */
export interface GatewayService extends TestService {
  /** A call by fetch through the gateway, at which this user is signed in. */
  as(user: string | undefined, call: Call): Promise<LightMyRequestResponse>;
  /** `GET /login` through the gateway, perhaps with a session; resolves to the `Cookie` header of the new one. */
  enter(user: string, more?: Record<string, string>, cookie?: string): Promise<string>;
}

export async function createGatewayService(
  t: TestContext,
  { env = {}, ...options }: TestServiceOptions & { env?: Record<string, string> } = {},
): Promise<GatewayService> {
  const service = await createTestService(t, {
    ...options,
    env: { PORTAL_AUTH: 'proxy', TRUSTED_PROXIES: '127.0.0.1', PROXY_SECRET, ...env },
  });
  const as: GatewayService['as'] = (user, { headers, ...call }) =>
    service.fetch({ ...call, headers: { ...gatewayHeaders(user), ...headers } });
  return {
    ...service,
    as,
    async enter(user, more = {}, cookie = undefined) {
      const response = await as(user, { url: '/login', headers: more, cookie });
      assert.equal(response.statusCode, 303, response.body);
      // The old session's cookie is removed before the new one is set.
      return cookieOf(response).split('; ').at(-1) as string;
    },
  };
}
