import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { FastifyReply } from 'fastify';
import * as v from 'valibot';
import { ignored, noBody, type RouteSchemas } from '../../src/http/route-schemas.ts';
import { publicPolicy } from '../../src/http/scopes.ts';
import { createServer } from '../../src/http/server.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createSigner } from '../support/assertions.ts';
import { createGatewayService } from '../support/gateway-service.ts';
import { loadedModules } from '../support/loaded-modules.ts';
import { originsOf } from '../support/origins.ts';
import { createTestService, freePort, type TestService, testEnv } from '../support/test-service.ts';

const ADMIN_TOKEN = 'operator-'.repeat(4);

const modes: Record<string, (t: TestContext) => Promise<TestService>> = {
  demo: (t) => createTestService(t, { env: { ADMIN_TOKEN } }),
  proxy: (t) => createGatewayService(t),
  assertion: (t) => createTestService(t, { env: { ...createSigner().env } }),
  oidc: async (t) =>
    createTestService(t, {
      env: {
        PORTAL_AUTH: 'oidc',
        OIDC_ISSUER: `http://127.0.0.1:${await freePort()}`,
        OIDC_CLIENT_ID: 'portal',
        OIDC_CLIENT_SECRET: 'x'.repeat(32),
      },
    }),
};

/** The routes, by the scope that they are in. */
const common = {
  public: ['GET /livez', 'GET /readyz', 'GET /qlik-token.js', 'OPTIONS *'],
  pages: ['GET /qlik-token', 'POST /qlik-token', 'GET /qlik-config', 'GET /session'],
  session: ['POST /logout'],
  people: ['GET /login'],
};
const more: Record<string, Partial<typeof common>> = {
  demo: {
    public: ['GET /demo-portal.js', 'GET /demo-embed.js', 'GET /demo-icon.svg'],
    session: ['POST /login'],
    people: ['GET /'],
  },
  proxy: { people: ['GET /'] },
  assertion: { session: ['POST /session'], people: ['GET /'] },
  oidc: { public: ['POST /logout/backchannel'], people: ['GET /', 'GET /login/callback'] },
};

/** Those of its answers are named by their status, and media type where there are several. */
function schemasOf({ schema }: RouteSchemas): [string, v.GenericSchema][] {
  const { response, ...taken } = schema;
  const given = Object.entries(response as Record<string, Described>).flatMap(([status, answer]) =>
    'content' in answer
      ? Object.entries(answer.content).map(([type, { schema }]) => [`${status} ${type}`, schema] as const)
      : [[status, answer] as const],
  );
  return [...Object.entries(taken), ...given] as [string, v.GenericSchema][];
}
type Described = v.GenericSchema | { content: Record<string, { schema: v.GenericSchema }> };

for (const [mode, create] of Object.entries(modes)) {
  describe(`with PORTAL_AUTH=${mode}`, () => {
    test('each route is in the scope whose policy it needs', async (t) => {
      const { app } = await create(t);
      for (const policy of ['public', 'pages', 'session', 'people'] as const) {
        const routes = app.routeSchemas.filter((route) => route.policy === policy);
        assert.deepEqual(
          routes.map(({ method, url }) => `${method} ${url}`).sort(),
          [...common[policy], ...(more[mode]?.[policy] ?? [])].sort(),
          policy,
        );
      }
    });

    test('each route’s requests and answers can be had as JSON Schema', async (t) => {
      const { app, adminApp } = await create(t);
      let count = 0;
      for (const route of [...app.routeSchemas, ...adminApp.routeSchemas]) {
        for (const [part, schema] of schemasOf(route)) {
          if (schema === noBody) continue;
          const json = toJsonSchema(schema, { errorMode: 'throw' });
          count += 1;
          if (schema !== ignored) assert.ok(json.type ?? json.anyOf, `${route.method} ${route.url} ${part}`);
        }
      }
      assert.ok(count > 20);
    });
  });
}

test('the JSON Schema of a token answer says what the documentation says', async (t) => {
  const { app } = await createTestService(t);
  const route = app.routeSchemas.find(({ method, url }) => method === 'GET' && url === '/qlik-token');
  const schemas = Object.fromEntries(schemasOf(route as RouteSchemas));
  const { required, additionalProperties } = toJsonSchema(schemas['200 application/json'] as v.GenericSchema);
  assert.deepEqual(required, ['access_token', 'token_type', 'expires_in', 'expires_at', 'scope']);
  assert.equal(additionalProperties, false);
  const problem = toJsonSchema(schemas['default application/problem+json'] as v.GenericSchema);
  assert.deepEqual(problem.required, ['type', 'title', 'status', 'code', 'detail', 'requestId']);
});

describe('what a body or a query may not hold besides', () => {
  const cases: [string, string, object][] = [
    ['POST', '/login', { user: 'ada', tenant: 'other' }],
    ['POST', '/qlik-token', { rejected: true, user: 'bruno' }],
    ['POST', '/qlik-token', { rejected: true, __proto__x: 1 }],
  ];
  for (const [method, url, payload] of cases) {
    test(`is refused: ${method} ${url} ${JSON.stringify(payload)}`, async (t) => {
      const service = await createTestService(t);
      const cookie = await service.login('ada');
      const response = await service.fetch({ method: method as 'POST', url, payload, cookie });
      assert.deepEqual([response.statusCode, response.json().code], [400, 'bad_request']);
      assert.equal(response.headers['set-cookie'], undefined);
      for (const name of Object.keys(payload)) assert.ok(!response.json().detail.includes(name));
    });
  }

  test('is told the log, but not under a name that the client made up', async (t) => {
    const service = await createTestService(t);
    await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada', canary: 'canary' } });
    await service.fetch({ method: 'POST', url: '/login', payload: { user: 7 } });
    const [unknown, wrong] = service.entries('request.refused');
    assert.match(JSON.stringify(unknown), /"part":"body","path":null,"expected":"never"/);
    assert.match(JSON.stringify(wrong), /"part":"body","path":"user","expected":"string"/);
    assert.ok(!service.logged.join('').includes('canary'));
  });

  test('is ignored in the address of a navigation', async (t) => {
    const service = await createTestService(t);
    const response = await service.fetch({ url: '/login?utm_source=mail&fbclid=1&returnTo=%2Fx' });
    assert.equal(response.statusCode, 200);
    assert.match(response.body, /name="returnTo" value="\/x"/);
  });
});

describe('an answer that its schema does not allow', () => {
  async function answering(
    t: TestContext,
    checkAnswers: boolean,
    answer: (reply: FastifyReply) => FastifyReply,
  ) {
    const app = await createServer({
      publicUrl: new URL('http://localhost'),
      base: '',
      origins: originsOf('http://localhost'),
      trustedProxies: [],
      loopbackOnly: false,
      emit() {},
      keepAliveMs: 1_000,
      drainMs: 0,
      checkAnswers,
    });
    t.after(() => app.close());
    await app.register(async (scope) => {
      await scope.register(publicPolicy);
      const response = {
        200: v.strictObject({ a: v.string() }),
        202: { content: { 'text/plain': { schema: v.string() } } },
        204: noBody,
      };
      scope.get('/x', { schema: { querystring: ignored, response } }, async (_request, reply) =>
        answer(reply),
      );
    });
    return app.inject({ url: '/x', headers: { host: 'localhost' } });
  }

  const misfits: [string, (reply: FastifyReply) => FastifyReply][] = [
    ['a wrong member', (reply) => reply.send({ a: 1 })],
    ['one member too many', (reply) => reply.send({ a: '1', b: 2 })],
    ['JSON text that was put together by hand', (reply) => reply.type('application/json').send('{"a":1}')],
    ['a status that the route does not have', (reply) => reply.code(201).send({ a: '1' })],
    ['a body where there is to be none', (reply) => reply.code(200).type('text/html').send('<p>')],
    ['a type that the route does not have', (reply) => reply.code(202).type('text/html').send('<p>')],
  ];
  for (const [what, answer] of misfits) {
    test(`fails loudly in tests, and only there: ${what}`, async (t) => {
      const judged = await answering(t, true, answer);
      assert.deepEqual([judged.statusCode, judged.json().code], [500, 'internal_error']);
      assert.ok((await answering(t, false, answer)).statusCode < 300);
    });
  }

  test('is not one that fits', async (t) => {
    for (const fitting of [
      (reply: FastifyReply) => reply.send({ a: '1' }),
      (reply: FastifyReply) => reply.type('application/json').send('{"a":"1"}'),
      (reply: FastifyReply) => reply.code(202).send('text'),
      (reply: FastifyReply) => reply.code(204).send(),
    ])
      assert.ok((await answering(t, true, fitting)).statusCode < 300);
  });

  test('would be seen of the token answer, which is put together by hand', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    await service.fetch({ url: '/qlik-token', cookie });
    t.mock.method(Math, 'floor', () => 0.5);
    const response = await service.fetch({ url: '/qlik-token', cookie });
    assert.equal(response.statusCode, 500);
  });
});

test('no compiler of JSON Schemas is loaded, not even by requests', async (t) => {
  const sandbox = await createSandbox({});
  t.after(() => sandbox.close());
  const port = await freePort();
  const env: Record<string, string> = { ...(await testEnv(sandbox, port)), ADMIN_TOKEN };

  const { packages } = await loadedModules(t, ['dist/main.js'], env, async () => {
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`http://localhost:${port}${path}`, {
        ...init,
        headers: { 'content-type': 'application/json', 'x-csrf': '1', ...init.headers },
      });
    const login = await call('/login', { method: 'POST', body: '{"user":"ada"}' });
    const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] as string;
    for (const path of ['/qlik-token', '/qlik-config', '/session', '/login', '/readyz', '/nothing'])
      await (await call(path, { headers: { cookie } })).text();
    assert.equal((await call('/login', { method: 'POST', body: '{"user":1}' })).status, 400);
    const admin = await fetch(`http://localhost:${env.ADMIN_PORT}/admin/users/ada/tokens?tenant=`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    assert.equal(admin.status, 400);
  });

  assert.ok(packages.has('fastify') && packages.has('valibot'));
  for (const name of ['ajv', 'ajv-formats', '@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'])
    assert.equal(packages.get(name), undefined, name);
  // What Fastify writes its own errors with; a compiler is many more files.
  assert.equal(packages.get('fast-json-stringify'), 2);
});
