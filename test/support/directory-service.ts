import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { type Answer, adminToken, call } from '../sandbox/tenant-client.ts';
import { createTestService, type TestService, type TestServiceOptions } from './test-service.ts';

export interface DirectoryServiceOptions extends Omit<TestServiceOptions, 'env'> {
  mapping: 'lookup' | 'provision';
  /** Who can sign in at the portal. */
  users: { id: string; name?: string; email?: string; groups?: string[] }[];
  env?: Record<string, string>;
}

/** A user as the users API shows it. */
export interface ShownUser {
  id: string;
  subject: string;
  name: string;
  email?: string;
  status: string;
  assignedGroups: { name: string; providerType: string }[];
}

/** A service that asks the tenant who its users are, and the tenant's own view of them. */
export interface DirectoryService extends TestService {
  /** Signs a user in and asks for the token. */
  first(user: string): Promise<LightMyRequestResponse>;
  ask(cookie: string): Promise<LightMyRequestResponse>;
  /** A call by another administrator of the tenant; the log of calls is as it was before. */
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  /** All users of the tenant with this subject. */
  usersWith(subject: string): Promise<ShownUser[]>;
  /** What the service asked the tenant, as `METHOD path`, in order. */
  asked(): string[];
  /** The subject of a token answer's token, as the tenant sees it. */
  ownerOf(response: LightMyRequestResponse): Promise<string>;
}

export async function createDirectoryService(
  t: TestContext,
  { mapping, users, env, ...options }: DirectoryServiceOptions,
): Promise<DirectoryService> {
  const folder = mkdtempSync(join(tmpdir(), 'demo-users-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'users.json');
  writeFileSync(path, JSON.stringify(users));
  const service = await createTestService(t, {
    ...options,
    env: ({ managementClient }) => ({
      USER_MAPPING: mapping,
      QLIK_ADMIN_CLIENT_ID: managementClient.clientId,
      QLIK_ADMIN_CLIENT_SECRET: managementClient.clientSecret,
      DEMO_USERS: path,
      ...env,
    }),
  });
  const { sandbox } = service;
  const notOurs: number[] = [];
  const token = await aside(() => adminToken(sandbox));

  /** Does something whose calls are not the service's. */
  async function aside<T>(work: () => Promise<T>): Promise<T> {
    const before = sandbox.calls.list().length;
    const result = await work();
    for (let index = before; index < sandbox.calls.list().length; index += 1) notOurs.push(index);
    return result;
  }

  const ask = (cookie: string) => service.fetch({ url: '/qlik-token', cookie });
  const admin: DirectoryService['admin'] = (method, path, body) =>
    aside(() => call(`${sandbox.url}/api/v1${path}`, { method, token, body }));

  return {
    ...service,
    ask,
    admin,
    first: async (user) => ask(await service.login(user)),

    async usersWith(subject) {
      const filter = `subject eq ${JSON.stringify(subject)}`;
      const answer = await admin('POST', '/users/actions/filter?limit=100', { filter });
      return answer.json<{ data: ShownUser[] }>().data.filter((user) => user.subject === subject);
    },

    asked: () =>
      sandbox.calls
        .list()
        .filter((_call, index) => !notOurs.includes(index))
        .map(({ method, path, grantType }) => `${method} ${path}${grantType ? ` ${kindOf(grantType)}` : ''}`),

    ownerOf: (response) =>
      aside(async () => {
        const { access_token } = response.json();
        const me = await call(`${sandbox.url}/api/v1/users/me`, { token: access_token });
        return me.json<{ subject: string }>().subject;
      }),
  };
}

function kindOf(grantType: string): string {
  return grantType.endsWith('user-impersonation') ? 'mint' : 'manage';
}
