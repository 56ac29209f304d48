import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { FastifyInstance, FastifyPluginAsync, HTTPMethods, RouteOptions } from 'fastify';
import type { BrokerEvent } from '../../src/events.ts';
import { HttpProblem, type ProblemCode } from '../../src/http/problem.ts';
import { ignored, noBody } from '../../src/http/route-schemas.ts';
import {
  type PolicyName,
  pagesPolicy,
  peoplePolicy,
  publicPolicy,
  sessionPolicy,
} from '../../src/http/scopes.ts';
import { createServer } from '../../src/http/server.ts';
import { originsOf } from '../support/origins.ts';

const OWN = 'https://portal.example';
const LISTED = 'https://app.example';
const EVIL = 'https://evil.example';
const SESSION_HEADERS = { 'cache-control': 'no-store', pragma: 'no-cache', vary: 'Cookie, Origin, Accept' };
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

const origins = originsOf(OWN, [LISTED]);
const emit = () => {};
const policies: Record<PolicyName, (scope: FastifyInstance) => Promise<void>> = {
  public: async (scope) => void (await scope.register(publicPolicy)),
  pages: async (scope) => void (await scope.register(pagesPolicy, { origins, emit })),
  session: async (scope) => void (await scope.register(sessionPolicy, { origins, emit })),
  people: async (scope) => void (await scope.register(peoplePolicy, { emit })),
};

interface Bare {
  readonly app: FastifyInstance;
  /** How often the route was run. */
  runs(): number;
  readonly events: BrokerEvent[];
  ask(headers?: Record<string, string>, method?: HTTPMethods, query?: string): ReturnType<typeof request>;
}

function request(app: FastifyInstance, method: HTTPMethods, headers: Record<string, string>, query = '') {
  return app.inject({ method, url: `/bare${query}`, headers: { host: 'portal.example', ...headers } });
}

async function server(t: TestContext, routes: FastifyPluginAsync, events: BrokerEvent[] = []) {
  const app = await createServer({
    publicUrl: new URL(`${OWN}/qlik`),
    base: '/qlik',
    origins,
    trustedProxies: [],
    loopbackOnly: false,
    emit: (event) => void events.push(event),
    keepAliveMs: 1_000,
    drainMs: 0,
    checkAnswers: true,
  });
  t.after(() => app.close());
  await app.register(routes);
  return app;
}

/** A server with one route in a scope, as bare as it can be registered. */
async function bare(
  t: TestContext,
  policy: PolicyName,
  { method = 'GET', ...route }: Partial<RouteOptions> = {},
): Promise<Bare> {
  let runs = 0;
  const events: BrokerEvent[] = [];
  const app = await server(
    t,
    async (scope) => {
      await policies[policy](scope);
      scope.route({
        method,
        url: '/bare',
        schema: {
          querystring: ignored,
          ...(method === 'POST' && { body: ignored }),
          response: { 200: noBody },
        },
        async handler(_request, reply) {
          runs += 1;
          return reply.send();
        },
        ...route,
      });
    },
    events,
  );
  return {
    app,
    events,
    runs: () => runs,
    ask: (headers = {}, asked = method as HTTPMethods, query) => request(app, asked, headers, query),
  };
}

function assertProblem(response: Awaited<ReturnType<typeof request>>, status: number, code: string): void {
  assert.deepEqual([response.statusCode, response.json().code], [status, code]);
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
}

function pick(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(SESSION_HEADERS).map((name) => [name, headers[name]]));
}

function fails(code: ProblemCode): Partial<RouteOptions> {
  return {
    async handler() {
      throw new HttpProblem(code, 'A <b>detail</b>.', { retryAfterMs: 7_000 });
    },
  };
}

const fetched = { origin: OWN, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' };
const posted = { origin: OWN, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' };
const crossSite: [string, Record<string, string>][] = [
  ['a script of another site', { origin: EVIL, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' }],
  ['an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
  ['a form of another site', { origin: EVIL, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
  ['nobody knows who', {}],
];

describe('a bare route in the scope `pages`', () => {
  for (const [who, headers] of [...crossSite, ['a form of its own', posted] as const]) {
    test(`called by ${who}, is refused before it runs`, async (t) => {
      const { ask, runs } = await bare(t, 'pages');
      const response = await ask(headers);
      assertProblem(response, 403, 'cross_site_refused');
      assert.equal(runs(), 0);
      assert.deepEqual(pick(response.headers), SESSION_HEADERS);
    });
  }

  test('called by a script of its own or of a listed origin, runs, and nobody may keep the answer', async (t) => {
    const { ask, runs } = await bare(t, 'pages');
    for (const headers of [fetched, { origin: LISTED, 'sec-fetch-site': 'cross-site' }, { 'x-csrf': '1' }]) {
      const response = await ask(headers);
      assert.equal(response.statusCode, 200);
      assert.deepEqual(pick(response.headers), SESSION_HEADERS);
      assert.equal(response.headers.etag, undefined);
    }
    assert.equal(runs(), 3);
  });
});

describe('a bare route in the scope `session`', () => {
  for (const [who, headers] of crossSite) {
    test(`called by ${who}, is refused before it runs and before its body is read`, async (t) => {
      const { ask, runs } = await bare(t, 'session', { method: 'POST' });
      const response = await ask({ ...headers, 'content-type': 'text/xml' });
      assertProblem(response, 403, 'cross_site_refused');
      assert.equal(runs(), 0);
      assert.deepEqual(pick(response.headers), SESSION_HEADERS);
    });
  }

  test('called by a script or a form of its own, runs', async (t) => {
    const { ask, runs } = await bare(t, 'session', { method: 'POST' });
    for (const headers of [fetched, posted]) {
      const response = await ask(headers);
      assert.equal(response.statusCode, 200);
      assert.deepEqual(pick(response.headers), SESSION_HEADERS);
    }
    assert.equal(runs(), 2);
  });

  test('with a proof of its own, may be called by servers and by pages of listed origins only', async (t) => {
    const { ask, runs } = await bare(t, 'session', { method: 'POST', config: { ownProof: true } });
    for (const headers of [{}, { origin: OWN }, { origin: LISTED, 'sec-fetch-site': 'cross-site' }])
      assert.equal((await ask(headers as Record<string, string>)).statusCode, 200);
    assert.equal(runs(), 3);
    for (const origin of [EVIL, 'null', `${LISTED}.evil.example`])
      assertProblem(await ask({ origin }), 403, 'cross_site_refused');
    assert.equal(runs(), 3);
  });
});

describe('a bare route in the scope `public`', () => {
  test('runs for everybody, and says nothing of sessions', async (t) => {
    const { ask, runs } = await bare(t, 'public');
    for (const [who, headers] of crossSite) {
      const response = await ask(headers);
      assert.equal(response.statusCode, 200, who);
      assert.deepEqual(pick(response.headers), {
        'cache-control': undefined,
        pragma: undefined,
        vary: 'Origin',
      });
    }
    assert.equal(runs(), crossSite.length);
  });
});

describe('a bare route in the scope `people`', () => {
  test('runs when another site sends somebody here, and nobody may keep the answer', async (t) => {
    const { ask, runs } = await bare(t, 'people');
    const response = await ask({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
    assert.deepEqual([response.statusCode, runs()], [200, 1]);
    assert.deepEqual(pick(response.headers), SESSION_HEADERS);
  });

  for (const [what, query] of [
    ['leads elsewhere', '?returnTo=https%3A%2F%2Fevil.example'],
    ['holds a line break', '?returnTo=%0d%0aSet-Cookie'],
    ['is there twice', '?returnTo=%2Fa&returnTo=%2Fb'],
    ['is not there', ''],
  ]) {
    test(`whose returnTo ${what}, lets people sign in without it`, async (t) => {
      const { ask } = await bare(t, 'people', fails('session_required'));
      const { body } = await ask({ accept: BROWSER }, 'GET', query);
      assert.match(body, /href="\/qlik\/login(\?returnTo=%2F)?"/);
    });
  }

  test('that is given a returnTo, lets people sign in and come there', async (t) => {
    const { ask } = await bare(t, 'people', fails('session_required'));
    const { body } = await ask({ accept: BROWSER }, 'GET', '?returnTo=%2Freports%3Fa%3D%22');
    assert.match(body, /href="\/qlik\/login\?returnTo=%2Freports%3Fa%3D%2522"/);
  });

  test('that knows where the login was to end, says so', async (t) => {
    const config = { returnToOf: () => '/from-a-cookie' };
    const { ask } = await bare(t, 'people', { ...fails('session_required'), config });
    const { body } = await ask({ accept: BROWSER }, 'GET', '?returnTo=%2Fx');
    assert.match(body, /href="\/qlik\/login\?returnTo=%2Ffrom-a-cookie"/);
  });
});

describe('a bare route of any scope that fails', () => {
  for (const policy of Object.keys(policies) as PolicyName[]) {
    test(`such as ${policy}, gives people its problem as a page, with its status and a way on`, async (t) => {
      const { ask, events } = await bare(t, policy, fails('store_unavailable'));
      const response = await ask({ ...fetched, accept: BROWSER });
      assert.equal(response.statusCode, 503);
      assert.match(String(response.headers['content-type']), /^text\/html/);
      assert.match(
        String(response.headers['content-security-policy']),
        /^default-src 'none'; style-src 'sha256-/,
      );
      assert.deepEqual(
        [response.headers['retry-after'], response.headers['cache-control']],
        ['7', 'no-store'],
      );
      assert.match(String(response.headers.vary), /\bOrigin\b.*\bAccept\b/);
      assert.match(response.body, /<a [^>]*href="">Try again/);
      assert.match(response.body, /The session store does not answer: A &#60;b&#62;detail/);
      const [refused] = events.filter(({ type }) => type === 'request.refused');
      assert.ok(refused && 'requestId' in refused && response.body.includes(refused.requestId));
      const [completed] = events.filter(({ type }) => type === 'request.completed');
      assert.ok(completed && 'code' in completed && completed.code === 'store_unavailable');
    });

    test(`such as ${policy}, does not have a form sent again by a link`, async (t) => {
      const { ask } = await bare(t, policy, { method: 'POST', ...fails('store_unavailable') });
      const { body } = await ask({ ...fetched, accept: BROWSER });
      assert.match(body, /<h1>We cannot see who is signed in/);
      assert.doesNotMatch(body, /<a /);
    });

    for (const accept of [
      undefined,
      '*/*',
      'application/json',
      'application/json, text/html;q=0.5',
      'text/html;q=0, */*',
      'application/problem+json;q=0.9, text/html;q=0.8',
    ]) {
      test(`such as ${policy}, gives scripts its problem as it is: Accept: ${accept}`, async (t) => {
        const { ask } = await bare(t, policy, fails('store_unavailable'));
        const response = await ask({ ...fetched, ...(accept !== undefined && { accept }) });
        assertProblem(response, 503, 'store_unavailable');
        assert.equal(response.headers['retry-after'], '7');
        assert.match(String(response.headers.vary), /\bAccept\b/);
      });
    }

    test(`such as ${policy}, in a way nobody foresaw, tells people nothing of it`, async (t) => {
      const { ask } = await bare(t, policy, {
        async handler() {
          throw new Error('canary');
        },
      });
      const response = await ask({ ...fetched, accept: BROWSER });
      assert.equal(response.statusCode, 500);
      assert.match(response.body, /<h1>Something went wrong here/);
      assert.doesNotMatch(response.body, /canary/);
    });
  }
});

describe('a bare route in any scope', () => {
  for (const policy of Object.keys(policies) as PolicyName[]) {
    test(`such as ${policy} does not answer HEAD, nor any other method`, async (t) => {
      const { ask, runs } = await bare(t, policy);
      for (const method of ['HEAD', 'POST', 'PUT', 'DELETE'] as const) {
        const response = await ask(fetched, method);
        assert.deepEqual([response.statusCode, response.headers.allow], [405, 'GET'], method);
      }
      assert.equal(runs(), 0);
    });

    test(`such as ${policy} has the headers of every answer`, async (t) => {
      const { ask } = await bare(t, policy);
      const { headers } = await ask({ ...fetched, origin: LISTED });
      assert.match(String(headers['content-security-policy']), /^default-src 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['access-control-allow-origin'], LISTED);
    });
  }
});

describe('the start fails', () => {
  const get = { method: 'GET', url: '/bare', handler: async () => {} } as const;
  const response = { 200: noBody };
  const refused: [string, RegExp, RouteOptions][] = [
    ['no schema', /GET \/bare has no schema of its querystring/, get],
    ['no schema of its query', /no schema of its querystring/, { ...get, schema: { response } }],
    ['no schema of its answers', /no schema of its response/, { ...get, schema: { querystring: ignored } }],
    [
      'no schema of what its path names',
      /GET \/bare\/:id has no schema of its params/,
      { ...get, url: '/bare/:id', schema: { querystring: ignored, response } },
    ],
    ...(['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method): [string, RegExp, RouteOptions] => [
      `no schema of the body of ${method}`,
      new RegExp(`${method} /bare has no schema of its body`),
      { ...get, method, schema: { querystring: ignored, response } },
    ]),
  ];
  for (const policy of Object.keys(policies) as PolicyName[]) {
    for (const [what, message, route] of refused) {
      test(`given a route in the scope ${policy} with ${what}`, async (t) => {
        const starting = server(t, async (scope) => {
          await policies[policy](scope);
          scope.route(route);
        });
        await assert.rejects(starting, message);
      });
    }
  }

  test('given a route in no scope', async (t) => {
    const starting = server(t, async (scope) => {
      scope.route({ ...get, schema: { querystring: ignored, response } });
    });
    await assert.rejects(starting, /GET \/bare is in no scope with a policy/);
  });

  test('given a route that comes before its scope’s policy', async (t) => {
    const starting = server(t, async (scope) => {
      scope.route({ ...get, schema: { querystring: ignored, response } });
      await policies.pages(scope);
    });
    await assert.rejects(starting, /in no scope/);
  });

  test('given a scope with two policies, or one inside another', async (t) => {
    const twice = server(t, async (scope) => {
      await policies.public(scope);
      await policies.pages(scope);
    });
    await assert.rejects(twice, /one policy: public, not pages too/);
    const inside = server(t, async (scope) => {
      await policies.pages(scope);
      await scope.register(policies.public);
    });
    await assert.rejects(inside, /one policy: pages, not public too/);
  });
});
