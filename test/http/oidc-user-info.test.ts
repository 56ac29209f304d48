import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { Clock } from '../../src/lib/clock.ts';
import { type Lies, type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { createRunningClock } from '../support/running-clock.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor } from '../support/visitor.ts';

type Claims = Record<string, unknown>;
type Facts = Record<string, unknown>;
type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

const CANARY = 'CANARY_31F0';
const MANAGER = { QLIK_ADMIN_CLIENT_ID: 'manager', QLIK_ADMIN_CLIENT_SECRET: 'managers-secret' };
const without =
  (...names: string[]) =>
  (claims: Claims) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
const answer =
  (status: number, body: string, type = 'application/json'): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body);

interface Bench {
  readonly idp: LyingProvider;
  readonly service: TestService;
  /** Signs in; resolves to what `/session` says of the user, or to the problem. */
  signIn(): Promise<{ user?: Claims; status?: number; code?: string }>;
  /** How often the user info was asked for. */
  asked(): number;
  factsOf(event: 'idp.user_info_troubled' | 'request.refused'): Facts[];
}

async function start(
  t: TestContext,
  lies: Lies,
  env = {},
  clock: Clock = createRunningClock(),
): Promise<Bench> {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, { clock, env: { ...idp.env, ...env } });
  await service.listen();
  await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
  idp.lies = lies;
  return {
    idp,
    service,
    async signIn() {
      const visitor = createVisitor();
      const { response } = await visitor.go(
        `${service.origin}/login?returnTo=/page`,
        `${service.origin}/page`,
      );
      if (response) {
        const { code } = (await response.json()) as { code: string };
        return { status: response.status, code };
      }
      return { user: (await service.fetch({ url: '/session', cookie: visitor.cookie() })).json().user };
    },
    asked: () => idp.asked.get('/me') ?? 0,
    factsOf: (event) => service.entries(event).map((entry) => (entry.err as { facts?: Facts }).facts ?? {}),
  };
}

const failures: [what: string, answer: Answer, facts: Facts, status: number][] = [
  ['401', answer(401, CANARY), { reason: 'OAUTH_RESPONSE_IS_NOT_CONFORM', status: 401 }, 502],
  [
    '400',
    answer(400, `{"error":"${CANARY}"}`),
    { reason: 'OAUTH_RESPONSE_IS_NOT_CONFORM', status: 400 },
    502,
  ],
  ['500', answer(500, CANARY), { reason: 'status_500', status: 500 }, 503],
  [
    'HTML',
    answer(200, `<h1>${CANARY}`, 'text/html'),
    { reason: 'OAUTH_RESPONSE_IS_NOT_JSON', status: 200 },
    502,
  ],
  ['half of a JSON', answer(200, `{"sub":"ada","${CANARY}`), { reason: 'OAUTH_PARSE_ERROR' }, 502],
  ['an array', answer(200, '[]'), { reason: 'OAUTH_INVALID_RESPONSE' }, 502],
  ['no sub', answer(200, '{"name":"Ada"}'), { reason: 'OAUTH_INVALID_RESPONSE' }, 502],
  ['1 MB', answer(200, 'x'.repeat(1_000_000)), { reason: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' }, 502],
  ['a redirect', (_, r) => r.writeHead(302, { location: '/other' }).end(), { status: 302 }, 502],
  ['the end of the connection', (request) => request.socket.destroy(), { reason: 'UND_ERR_SOCKET' }, 503],
  ['nothing', () => {}, { reason: 'timeout' }, 503],
];

/** The members of `actual` that `expected` has. */
function assertHas(actual: Facts | undefined, expected: Facts): void {
  assert.deepEqual({ ...actual, ...expected }, actual);
}

describe('given a user info that answers', () => {
  for (const [what, me, facts, status] of failures) {
    const lies: Lies = { claims: without('name', 'groups'), answers: { '/me': me } };

    test(`${what}, a sign-in that can do without goes on with the claims of the ID token`, async (t) => {
      const { idp, service, signIn, factsOf } = await start(t, lies);
      const { user } = await signIn();
      assert.deepEqual([user?.id, user?.email, user?.name], ['ada', 'ada@example.com', undefined]);
      const [told, ...more] = factsOf('idp.user_info_troubled');
      assertHas(told, { ...facts, host: new URL(idp.issuer).host });
      assert.deepEqual(more, []);
      assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, 'ok');
      assert.ok(!service.logged.join('').includes(CANARY));
    });

    test(`${what}, a sign-in that needs a claim of it fails; the log names both`, async (t) => {
      const { idp, service, signIn, factsOf } = await start(t, lies, { CLAIM_ID: 'employee' });
      const code = status === 503 ? 'idp_unavailable' : 'idp_bad_response';
      assert.deepEqual(await signIn(), { status, code });
      const { reason, ...rest } = facts;
      assertHas(factsOf('request.refused').at(-1), {
        ...rest,
        ...{ reason: 'user_info', missing: ['employee'], host: new URL(idp.issuer).host },
        ...(reason !== undefined && { userInfo: reason }),
      });
      assert.equal(service.entries('idp.troubled').length, 0);
      assert.ok(!service.logged.join('').includes(CANARY));
    });
  }
});

describe('what a sign-in cannot do without when the user info fails', () => {
  const failing = (...names: string[]): Lies => ({
    claims: without(...names),
    answers: { '/me': answer(500, '') },
  });
  const needs: [string, Lies, Record<string, string>, readonly string[]][] = [
    ['the id', failing('name'), { CLAIM_ID: 'oid' }, ['oid']],
    [
      'an id that is an e-mail which nobody verified',
      failing('email_verified'),
      { CLAIM_ID: 'email' },
      ['email'],
    ],
    ['what SIGN_IN_REQUIRE names', failing('name'), { SIGN_IN_REQUIRE: 'hd=acme.example' }, ['hd']],
    ['USER_CLAIM', failing('name'), { USER_MAPPING: 'claim', USER_CLAIM: 'qlik_id' }, ['qlik_id']],
    ['the e-mail for a look-up', failing('email'), { USER_MAPPING: 'lookup', ...MANAGER }, ['email']],
    [
      'a verified e-mail for provisioning',
      failing('email_verified', 'name'),
      { USER_MAPPING: 'provision', ...MANAGER },
      ['email'],
    ],
  ];
  for (const [what, lies, env, missing] of needs) {
    test(what, async (t) => {
      const { signIn, factsOf } = await start(t, lies, env);
      assert.equal((await signIn()).status, 503);
      assertHas(factsOf('request.refused').at(-1), { reason: 'user_info', userInfo: 'status_500', missing });
    });
  }

  const goesOn: [string, Lies, Record<string, string>][] = [
    ['the e-mail, when nobody is looked up by it', failing('email'), {}],
    ['groups', failing('groups'), { USER_MAPPING: 'provision', ...MANAGER }],
    [
      'an e-mail that is trusted unverified',
      failing('email_verified', 'name'),
      { CLAIM_ID: 'email', TRUST_EMAIL: 'true' },
    ],
  ];
  for (const [what, lies, env] of goesOn) {
    test(`and what it can: ${what}`, async (t) =>
      assert.ok((await (await start(t, lies, env)).signIn()).user));
  }
});

test('the info of somebody else is not used, and signs nobody in, even if it is not needed', async (t) => {
  const { signIn } = await start(t, {
    claims: without('name'),
    userInfo: () => ({ sub: 'bruno', name: 'Bruno' }),
  });
  assert.deepEqual(await signIn(), { status: 502, code: 'idp_bad_response' });
});

describe('trouble with the user info', () => {
  const name = { claims: without('name') };

  test('is one line when it begins and one when it is over, with the number of sign-ins without', async (t) => {
    const clock = createRunningClock();
    const { idp, service, signIn } = await start(t, {}, {}, clock);
    const lines = () => [
      service.entries('idp.user_info_troubled').length,
      service.entries('idp.user_info_recovered').length,
    ];
    const failing = { ...name, answers: { '/me': answer(401, '') } };
    for (let n = 0; n < 4; n += 1) {
      // Of some users it is told, of others it is refused.
      idp.lies = failing;
      await signIn();
      idp.lies = name;
      await signIn();
    }
    assert.deepEqual(lines(), [1, 0]);
    clock.skip(60_000);
    await signIn();
    await signIn();
    assert.deepEqual(lines(), [1, 1]);
    assert.equal(service.entries('idp.user_info_recovered')[0]?.signInsWithout, 4);

    idp.lies = failing;
    await signIn();
    assert.deepEqual(lines(), [2, 1]);
    idp.lies = { ...name, answers: { '/me': answer(500, '') } };
    await signIn();
    assert.deepEqual(lines(), [3, 1]);
  });

  test('that hangs is waited for once in half a minute, and by those who need it each time', async (t) => {
    const clock = createRunningClock();
    const { idp, signIn, asked } = await start(t, { ...name, answers: { '/me': () => {} } }, {}, clock);
    for (let n = 0; n < 5; n += 1) assert.ok((await signIn()).user);
    assert.equal(asked(), 1);
    idp.lies = name;
    clock.skip(30_000);
    assert.ok((await signIn()).user);
    assert.equal(asked(), 2);
  });

  test('that hangs does not keep others from the token endpoint', async (t) => {
    const { signIn } = await start(t, { ...name, answers: { '/me': () => {} } });
    const all = await Promise.all(Array.from({ length: 20 }, signIn));
    assert.ok(all.every(({ user }) => user));
  });
});
