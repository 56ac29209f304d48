import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrokerEvent } from '../../src/events.ts';
import { errorFacts } from '../../src/observability/error-facts.ts';
import { createEventLog, logTable } from '../../src/observability/event-log.ts';
import { createLog } from '../../src/observability/log.ts';
import { IdentityProviderError } from '../../src/portal/identity-provider-error.ts';
import { TokenError } from '../../src/tenant/token-error.ts';
import { createManualClock } from '../support/manual-clock.ts';

type EventType = BrokerEvent['type'];
type EventOf<T extends EventType> = Extract<BrokerEvent, { type: T }>;

const CANARY = 'canary-7d1e';
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
const OWN_ORIGIN = 'https://portal.example.com';

/** Foreign, and full of what it picked up on its way. */
const error = Object.assign(new Error(CANARY, { cause: new TypeError(CANARY) }), { body: CANARY });
/** For an operator to mend. */
const wrongIssuer = new IdentityProviderError('idp_bad_response', { reason: 'metadata', claim: 'issuer' });
const requestId = 'request-1';
const route = '/qlik-token';
const tenant = 'acme';
const user = { id: 'ada', tenant: 'eu' };
const qlikUser = { subject: 'auth0|ada' };
const refusal = { requestId, route, error };
const completed = { requestId, method: 'GET', route, ms: 1.5 };
const client = { tenant, client: 'management', clientId: 'client-1' } as const;

/** An event of each type, or several where that matters, and how loud the log is about it; quiet ones write nothing. */
const examples: {
  readonly [T in EventType]: readonly [keyof typeof LEVELS | 'quiet', Omit<EventOf<T>, 'type'>][];
} = {
  'session.opened': [['info', { user, tenant }]],
  'session.ended': [['info', { user, reason: 'logout', sessions: 1, tokens: 1 }]],
  'login.refused': [
    ['warn', { requestId, error }],
    ['warn', { requestId, user, error }],
  ],
  'login.claim_not_understood': [['warn', { user, claim: 'groups', why: 'overage' }]],
  'login.email_missing': [['info', { user, claim: 'email', told: ['sub'] }]],
  'logout.backchannel': [['info', { requestId, sessions: 1, users: 0 }]],
  'logout.backchannel_refused': [['warn', { requestId, error }]],

  'token.served': [
    ['quiet', { cache: 'hit' }],
    ['quiet', { cache: 'miss' }],
  ],
  'token.minted': [['info', { tenant, qlikUser, priority: 'user', ms: 120 }]],
  'token.mint_failed': [['warn', { tenant, qlikUser: { userId: 'u-1' }, priority: 'renewal', ms: 5, error }]],
  'token.called_rejected': [['debug', { requestId }]],
  'token.judged': [
    ['warn', { tenant, qlikUser, clientId: 'client-1', verdict: 'accepted' }],
    ['info', { tenant, qlikUser, clientId: 'client-1', verdict: 'refused' }],
    ['info', { tenant, qlikUser, clientId: 'client-1', verdict: 'unknown' }],
  ],
  'token.revoked': [
    ['info', { tenant, qlikUser }],
    ['info', { tenant }],
  ],
  'token.revocation_failed': [
    ['warn', { tenant, qlikUser }],
    ['warn', { tenant }],
  ],

  'tenant.throttled': [['warn', { tenant, pauseMs: 1_000 }]],
  'tenant.circuit_opened': [['warn', { tenant, client: 'impersonation', pauseMs: 1_000 }]],
  'tenant.circuit_closed': [['warn', { tenant, client: 'impersonation' }]],
  'tenant.client_refused': [['error', { ...client, pauseMs: 1_000 }]],
  'tenant.client_accepted': [['warn', client]],

  'user.created': [['info', { tenant, userId: 'u-1', portalUser: 'ada' }]],
  'user.lost': [['warn', { tenant, userId: 'u-1' }]],
  'user.stale': [['warn', { tenant, userId: 'u-1', error }]],
  'user.groups_replaced': [['info', { tenant, userId: 'u-1', groups: 2 }]],
  'user.groups_refused': [['error', { tenant, userId: 'u-1' }]],
  'user.groups_failed': [['error', { tenant, userId: 'u-1', error }]],
  'user.groups_taken': [['warn', { tenant, userId: 'u-1', names: ['Sales'] }]],
  'user_table.read': [['info', { tenant, path: '/etc/users.csv', size: 7 }]],
  'user_table.shrunk': [['error', { tenant, path: '/etc/users.csv', size: 1, gone: 9 }]],
  'user_table.broken': [['error', { tenant, path: '/etc/users.csv', reason: 'line 3' }]],

  'store.connected': [
    ['info', { address: '127.0.0.1:6379', software: 'Redis 7.2.4', evictionPolicy: 'noeviction' }],
  ],
  'store.away': [['error', { address: '127.0.0.1:6379', error }]],
  'store.still_away': [['error', { address: '127.0.0.1:6379', error }]],
  'store.back': [['info', {}]],
  'store.may_evict': [['warn', { address: '127.0.0.1:6379', policy: 'allkeys-lru' }]],
  'store.says_nothing': [['warn', { address: '127.0.0.1:6379', error }]],
  'store.messages_refused': [['warn', { address: '127.0.0.1:6379', error }]],
  'store.record_unreadable': [['warn', { why: 'forged' }]],
  'idp.troubled': [
    ['warn', { issuer: 'https://login.example.com', error }],
    ['error', { issuer: 'https://login.example.com', error: wrongIssuer }],
  ],
  'idp.recovered': [['info', { issuer: 'https://login.example.com' }]],
  'idp.user_info_troubled': [['warn', { issuer: 'https://login.example.com', error }]],
  'idp.user_info_recovered': [['info', { issuer: 'https://login.example.com', signInsWithout: 3 }]],
  'portal_keys.troubled': [
    ['warn', { url: 'https://portal.example.com/jwks.json', error }],
    ['error', { url: 'https://portal.example.com/jwks.json', error: wrongIssuer }],
  ],
  'portal_keys.recovered': [['info', { url: 'https://portal.example.com/jwks.json' }]],
  'gateway.bypassed': [
    ['warn', { why: 'peer', peer: '203.0.113.7' }],
    ['warn', { why: 'secret', peer: undefined }],
  ],
  'gateway.user_missing': [['warn', { header: 'x-forwarded-user', told: ['host'] }]],

  'request.completed': [
    ['info', { ...completed, status: 200, code: undefined, quiet: false }],
    ['info', { ...completed, status: 403, code: 'cross_site_refused', quiet: false }],
    ['info', { ...completed, route: null, status: 404, code: 'not_found', quiet: false }],
    // Probes would fill the log, but not when they fail.
    ['quiet', { ...completed, route: '/livez', status: 200, code: undefined, quiet: true }],
    ['quiet', { ...completed, route: '*', status: 204, code: undefined, quiet: true }],
    ['info', { ...completed, route: '/readyz', status: 503, code: undefined, quiet: true }],
    ['info', { ...completed, route: '/livez', status: 400, code: 'bad_request', quiet: true }],
  ],
  'request.abandoned': [['info', { requestId, method: 'GET', route }]],
  'request.refused': [
    ['debug', { ...refusal, status: 401, code: 'session_expired', answered: true }],
    ['debug', { ...refusal, status: 499, code: 'bad_request', answered: true }],
    ['warn', { ...refusal, status: 500, code: 'internal_error', answered: true }],
    ['warn', { ...refusal, status: 503, code: 'store_unavailable', answered: true }],
    ['debug', { ...refusal, status: 503, code: 'store_unavailable', answered: false }],
  ],
  'request.failed': [['error', { ...refusal, code: 'internal_error' }]],
  'request.unreadable': [['debug', { requestId, error }]],

  'admin.sessions_ended': [['warn', { requestId, user, sessions: 1, tokens: 1 }]],
  'admin.token_ended': [['warn', { requestId, user, tokens: 1 }]],
  'admin.all_sessions_ended': [['warn', { requestId }]],
  'admin.all_tokens_ended': [['warn', { requestId }]],
  'admin.refused': [
    ['warn', { requestId, code: 'admin_token_required', error }],
    ['debug', { requestId, code: 'rate_limited', error }],
  ],
  'admin.failed': [['error', { requestId, code: 'internal_error', error }]],

  'config.doubtful': [['warn', { variable: 'QLIK_TENNANT_URL', hint: 'QLIK_TENANT_URL?' }]],
  'service.listening': [
    [
      'info',
      {
        version: '0.1.0',
        node: '20.20.0',
        portalAuth: 'oidc',
        tenants: [{ url: 'https://acme.eu.qlikcloud.com', mapping: 'subject' }],
        store: 'memory',
        publicUrl: 'http://localhost:3000/',
        address: 'http://127.0.0.1:3000',
        adminAddress: 'http://127.0.0.1:9464',
      },
    ],
  ],
  'service.stopping': [['info', {}]],
  'service.stopped': [['info', {}]],
  'service.stop_timed_out': [['error', {}]],
  'service.stop_failed': [['error', { error }]],
  'service.crashed': [['error', { error }]],
};

const all = Object.entries(examples).flatMap(([type, some]) =>
  (some as (typeof examples)[EventType]).map(([loudness, facts]) => ({
    loudness,
    event: { type, ...facts } as BrokerEvent,
  })),
);

type Line = Record<string, unknown> & { level: number; msg: string };

function open(level = 'trace') {
  const clock = createManualClock();
  const lines: string[] = [];
  const emit = createEventLog({
    log: createLog(level, { write: (line) => lines.push(line) }),
    now: clock.now,
    ownOrigin: OWN_ORIGIN,
  });
  return { emit, clock, lines, parsed: () => lines.map((line) => JSON.parse(line) as Line) };
}

/** The one line about an event. */
function lineOf(event: BrokerEvent): Line {
  const { emit, parsed } = open();
  emit(event);
  const [line, ...others] = parsed();
  assert.ok(line, `no line about ${event.type}`);
  assert.deepEqual(others, []);
  return line;
}

describe('the log of events', () => {
  test('has a row for each event, and none for anything else', () => {
    assert.deepEqual(Object.keys(logTable), Object.keys(examples));
  });

  for (const { loudness, event } of all) {
    const name = `${event.type} ${JSON.stringify({ ...event, type: undefined, error: undefined })}`;

    if (loudness === 'quiet') {
      test(`writes nothing of ${name}`, () => {
        const { emit, lines } = open();
        emit(event);
        assert.deepEqual(lines, []);
      });
      continue;
    }

    test(`writes ${loudness} of ${name}: its name, what it holds, and nothing foreign`, () => {
      const { level, time: _, msg, ...facts } = lineOf(event);

      assert.equal(level, LEVELS[loudness]);
      assert.match(msg, /^[A-Z][\x20-\x7e]*[.?]$/);
      assert.deepEqual(facts, JSON.parse(JSON.stringify(shownOf(event))));
      assert.doesNotMatch(JSON.stringify({ msg, facts }), new RegExp(CANARY));
    });
  }

  test('has for each event sentences of its own', () => {
    const byLine = new Map<string, string>();
    for (const { loudness, event } of all) {
      if (loudness === 'quiet') continue;
      const { msg } = lineOf(event);
      assert.equal(byLine.get(msg) ?? event.type, event.type, msg);
      byLine.set(msg, event.type);
    }
    const judged = [...byLine.values()].filter((type) => type === 'token.judged');
    assert.equal(judged.length, 3, 'one for each verdict');
  });
});

describe('an error in an event', () => {
  const mintFailed = (failure: unknown): BrokerEvent => ({
    type: 'token.mint_failed',
    ...{ tenant, qlikUser, priority: 'user', ms: 5 },
    error: failure,
  });

  test('that is ours is shown with its code and message', () => {
    const failure = new TokenError('tenant_throttled', 'Qlik Cloud asks us to wait.', {
      retryAfterMs: 1_000,
    });
    const line = lineOf(mintFailed(failure));

    assert.deepEqual(line.err, {
      type: 'TokenError',
      code: 'tenant_throttled',
      message: 'Qlik Cloud asks us to wait.',
      retryAfterMs: 1_000,
    });
    assert.equal('error' in line, false);
  });

  for (const foreign of [error, CANARY, { message: CANARY }, [CANARY]]) {
    test(`that is foreign (${typeof foreign}) is shown without what it says`, () => {
      const { emit, lines } = open();
      emit(mintFailed(foreign));
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0] as string, new RegExp(CANARY));
      assert.deepEqual(JSON.parse(lines[0] as string).err, errorFacts(foreign));
    });
  }
});

describe('what somebody else can repeat at will', () => {
  const repeatable: [BrokerEvent, BrokerEvent, BrokerEvent][] = [
    [
      { type: 'store.record_unreadable', why: 'forged' },
      { type: 'store.record_unreadable', why: 'forged' },
      { type: 'store.record_unreadable', why: 'garbage' },
    ],
    [
      { type: 'gateway.bypassed', why: 'peer', peer: '203.0.113.7' },
      { type: 'gateway.bypassed', why: 'peer', peer: '203.0.113.8' },
      { type: 'gateway.bypassed', why: 'secret', peer: '203.0.113.7' },
    ],
    [
      { type: 'gateway.user_missing', header: 'x-user', told: ['x-name'] },
      { type: 'gateway.user_missing', header: 'x-user', told: [] },
      { type: 'gateway.user_missing', header: 'x-uid', told: ['x-name'] },
    ],
  ];
  for (const [first, again, other] of repeatable) {
    test(`is written once a minute for each reason: ${first.type}`, async () => {
      const { emit, clock, lines } = open();
      emit(first);
      for (let times = 0; times < 1_000; times += 1) emit(again);
      assert.equal(lines.length, 1);
      emit(other);
      assert.equal(lines.length, 2);

      await clock.advance(59_999);
      emit(again);
      assert.equal(lines.length, 2);
      await clock.advance(1);
      emit(again);
      emit(again);
      assert.equal(lines.length, 3);
    });
  }

  test('of one event does not silence another with the same reason', () => {
    const { emit, lines } = open();
    emit({ type: 'store.record_unreadable', why: 'secret' });
    emit({ type: 'gateway.bypassed', why: 'secret', peer: undefined });
    assert.equal(lines.length, 2);
  });

  test('is nothing else: all other events are written each time', () => {
    const types = new Set(repeatable.map(([{ type }]) => type));
    for (const { loudness, event } of all) {
      if (loudness === 'quiet' || types.has(event.type)) continue;
      const { emit, lines } = open();
      for (let times = 0; times < 3; times += 1) emit(event);
      assert.equal(lines.length, 3, event.type);
    }
  });
});

describe('the level of the log', () => {
  for (const [level, least] of [
    ['debug', 20],
    ['info', 30],
    ['warn', 40],
    ['error', 50],
    ['silent', Number.POSITIVE_INFINITY],
  ] as const) {
    test(`given ${level}, leaves out what is below it`, () => {
      const { emit, parsed } = open(level);
      for (const { event } of all) emit(event);
      const expected = all.filter(({ loudness }) => loudness !== 'quiet' && LEVELS[loudness] >= least);
      assert.deepEqual(
        parsed().map(({ event }) => event),
        expected.map(({ event }) => event.type),
      );
    });
  }
});

/** The members of a line besides level, time and sentence: those of the event, its Qlik user's among them. */
function shownOf(event: BrokerEvent): object {
  const { type, ...members } = event;
  const { error: failure, qlikUser: whose, ...facts } = members as { error?: unknown; qlikUser?: object };
  if ('quiet' in facts) delete facts.quiet;
  return {
    event: type,
    ...facts,
    ...whose,
    ...(type === 'token.judged' && { ownOrigin: OWN_ORIGIN }),
    ...(failure !== undefined && { err: errorFacts(failure) }),
  };
}
