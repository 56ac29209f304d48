import type { BrokerEvent, Emit } from '../events.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import type { Log } from './log.ts';

type EventType = BrokerEvent['type'];
type EventOf<T extends EventType> = Extract<BrokerEvent, { type: T }>;
type Level = 'debug' | 'info' | 'warn' | 'error';

interface Entry<T extends EventType> {
  /** Undefined: no line. */
  readonly level: Level | ((event: EventOf<T>) => Level | undefined);
  /** Plain ASCII, and of no other event. */
  readonly sentence: string | ((event: EventOf<T>) => string);
  /** Written once a minute at most for each value of this member: somebody else decides how often it happens. */
  readonly onceAMinuteFor?: keyof EventOf<T>;
}

const ONCE_A_MINUTE = { limit: 1, windowMs: 60_000 };

/** Somebody who signs users in and gives no answer comes back; one that cannot be used is for an operator to mend. */
function levelOfTrouble({ error }: { error: unknown }): Level {
  return (error as { code?: unknown } | undefined)?.code === 'idp_bad_response' ? 'error' : 'warn';
}

const JUDGED = {
  accepted:
    'A page says that Qlik rejected its token, but the tenant accepts it. Do the allowed origins of the OAuth client include those of the pages?',
  refused: 'The tenant refuses the token. It is replaced.',
  unknown: 'The tenant does not say whether it accepts the token. It stays.',
} as const;

/** What the log says of each event, and how loud. */
export const logTable: { readonly [T in EventType]: Entry<T> } = {
  'session.opened': { level: 'info', sentence: 'A session was opened.' },
  'session.ended': { level: 'info', sentence: 'Sessions of a user have ended.' },
  'login.refused': { level: 'warn', sentence: 'A sign-in was refused.' },
  'login.claim_not_understood': {
    level: 'warn',
    sentence: 'Something that is told of a user was not understood. It is left out; groups stay as they are.',
  },
  'login.email_missing': {
    level: 'info',
    sentence: 'No e-mail is told by which the Qlik user could be found.',
  },
  'logout.backchannel': { level: 'info', sentence: 'The identity provider signed somebody out.' },
  'logout.backchannel_refused': { level: 'warn', sentence: 'A logout token was refused.' },

  'token.served': { level: () => undefined, sentence: 'A token was handed out.' },
  'token.minted': { level: 'info', sentence: 'A token was minted.' },
  'token.mint_failed': { level: 'warn', sentence: 'No token was minted.' },
  'token.called_rejected': { level: 'debug', sentence: 'A page says that its token was rejected.' },
  'token.judged': {
    level: ({ verdict }) => (verdict === 'accepted' ? 'warn' : 'info'),
    sentence: ({ verdict }) => JUDGED[verdict],
  },
  'token.revoked': { level: 'info', sentence: 'A token was revoked.' },
  'token.revocation_failed': { level: 'warn', sentence: 'A token could not be revoked.' },

  'tenant.throttled': { level: 'warn', sentence: 'The tenant throttles us.' },
  'tenant.circuit_opened': {
    level: 'warn',
    sentence: 'The tenant is in trouble. It is left alone for a while.',
  },
  'tenant.circuit_closed': { level: 'warn', sentence: 'The tenant answers again.' },
  'tenant.client_refused': { level: 'error', sentence: 'The tenant refuses our OAuth client.' },
  'tenant.client_accepted': { level: 'warn', sentence: 'The tenant accepts our OAuth client again.' },

  'user.created': { level: 'info', sentence: 'A user was created.' },
  'user.lost': {
    level: 'warn',
    sentence: 'A portal user is no longer this Qlik user. The token is revoked.',
  },
  'user.stale': {
    level: 'warn',
    sentence: 'A user could not be looked up again. What was known stays in force.',
  },
  'user.groups_replaced': { level: 'info', sentence: 'The groups of a user were replaced.' },
  'user.groups_refused': {
    level: 'error',
    sentence: 'The tenant refused to change the groups of a user. It is tried again in a minute.',
  },
  'user.groups_failed': {
    level: 'error',
    sentence: 'The groups of a user could not be changed. It is tried again in a minute.',
  },
  'user.groups_taken': {
    level: 'warn',
    sentence: 'No custom groups can have these names: groups of an identity provider have them.',
  },
  'user_table.read': { level: 'info', sentence: 'The table of users was read again.' },
  'user_table.shrunk': {
    level: 'error',
    sentence:
      'The table of users lost more than a fifth of its rows. The old one stays in force; SIGHUP or a restart takes the new one.',
  },
  'user_table.broken': {
    level: 'error',
    sentence: 'The table of users is broken. The old one stays in force.',
  },

  'store.connected': { level: 'info', sentence: 'There is a connection to Redis.' },
  'store.away': { level: 'error', sentence: 'Redis is away.' },
  'store.still_away': { level: 'error', sentence: 'Redis is still away, for another reason.' },
  'store.back': { level: 'info', sentence: 'Redis is back.' },
  'store.may_evict': {
    level: 'warn',
    sentence: 'Redis may evict sessions: its maxmemory-policy should be noeviction.',
  },
  'store.says_nothing': {
    level: 'warn',
    sentence: 'Redis does not say what it is. Its version and eviction policy could not be looked at.',
  },
  'store.messages_refused': {
    level: 'warn',
    sentence:
      'Redis lets us send or receive no messages. Replicas notice later what others of them have done.',
  },
  'store.record_unreadable': {
    level: 'warn',
    sentence: 'A record in Redis does not open. It counts as missing.',
    onceAMinuteFor: 'why',
  },
  'idp.troubled': { level: levelOfTrouble, sentence: 'The identity provider is in trouble.' },
  'idp.recovered': { level: 'info', sentence: 'The identity provider answers.' },
  'idp.user_info_troubled': {
    level: 'warn',
    sentence: 'The user info of the identity provider cannot be had. Sign-ins that can do without it go on.',
  },
  'idp.user_info_recovered': {
    level: 'info',
    sentence: 'The user info of the identity provider can be had again.',
  },
  'portal_keys.troubled': {
    level: levelOfTrouble,
    sentence: 'The keys of the portal, or of the gateway, are in trouble.',
  },
  'portal_keys.recovered': {
    level: 'info',
    sentence: 'The keys of the portal, or of the gateway, are known.',
  },
  'gateway.bypassed': {
    level: 'warn',
    sentence: 'A request does not prove that the gateway sent it.',
    onceAMinuteFor: 'why',
  },
  'gateway.user_missing': {
    level: 'warn',
    sentence: 'The gateway tells of a user, but not in the header that says who it is.',
    onceAMinuteFor: 'header',
  },

  'request.completed': {
    level: ({ quiet, status }) => (quiet && status < 400 ? undefined : 'info'),
    sentence: 'A request was answered.',
  },
  'request.abandoned': { level: 'info', sentence: 'A client left before its answer.' },
  'request.refused': {
    level: ({ status, answered }) => (answered && status >= 500 ? 'warn' : 'debug'),
    sentence: 'A request was refused.',
  },
  'request.failed': { level: 'error', sentence: 'A request failed.' },
  'request.unreadable': { level: 'debug', sentence: 'What was sent is no request.' },

  'admin.sessions_ended': { level: 'warn', sentence: 'An operator ended the sessions of a user.' },
  'admin.token_ended': { level: 'warn', sentence: 'An operator ended the token of a user.' },
  'admin.all_sessions_ended': {
    level: 'warn',
    sentence: 'An operator ended the sessions and tokens of all users.',
  },
  'admin.all_tokens_ended': { level: 'warn', sentence: 'An operator ended the tokens of all users.' },
  'admin.refused': {
    level: ({ code }) => (code === 'not_found' || code === 'rate_limited' ? 'debug' : 'warn'),
    sentence: 'An admin request was refused.',
  },
  'admin.failed': { level: 'error', sentence: 'An admin request failed.' },

  'config.doubtful': {
    level: 'warn',
    sentence: 'A setting is probably not meant so.',
  },
  'service.listening': { level: 'info', sentence: 'The service listens.' },
  'service.stopping': { level: 'info', sentence: 'The service stops.' },
  'service.stopped': { level: 'info', sentence: 'The service has stopped.' },
  'service.stop_timed_out': { level: 'error', sentence: 'The service did not stop in time.' },
  'service.stop_failed': { level: 'error', sentence: 'The service could not stop as it should.' },
  'service.crashed': {
    level: 'error',
    sentence: 'Something was thrown that nobody caught. The service ends at once.',
  },
};

export interface EventLogDeps {
  readonly log: Log;
  readonly now: () => number;
  /** The origin of the portal's own pages, which a tenant must allow. */
  readonly ownOrigin: string;
}

/** Writes events as log lines: the event's name and members, an error as what may be shown of it, and a sentence. */
export function createEventLog({ log, now, ownOrigin }: EventLogDeps): Emit {
  const repeated = createRateLimiter(ONCE_A_MINUTE, now);
  const logOfRequests = logsByRoute(log);

  return (event) => {
    const { level, sentence, onceAMinuteFor } = logTable[event.type] as Entry<EventType>;
    const loud = typeof level === 'string' ? level : level(event);
    if (loud === undefined || !log.isLevelEnabled(loud)) return;
    if (onceAMinuteFor !== undefined && repeated.take(`${event.type} ${event[onceAMinuteFor]}`) > 0) return;
    const text = typeof sentence === 'string' ? sentence : sentence(event);
    if (event.type !== 'request.completed') return log[loud](factsOf(event, ownOrigin), text);
    const { requestId, status, code, ms } = event;
    logOfRequests(event)[loud]({ requestId, status, code, ms }, text);
  };
}

/** What the lines of all requests of a route have in common is put into JSON once. */
function logsByRoute(log: Log): (event: EventOf<'request.completed'>) => Log {
  const logs = new Map<string | null, Map<string, Log>>();

  return ({ type, route, method }) => {
    const ofRoute = logs.get(route) ?? new Map<string, Log>();
    const known = ofRoute.get(method);
    if (known) return known;
    const fresh = log.child({ event: type, method, route });
    logs.set(route, ofRoute.set(method, fresh));
    return fresh;
  };
}

function factsOf(event: BrokerEvent, ownOrigin: string): object {
  const { type, error, qlikUser, ...facts } = event as { type: string; error?: unknown; qlikUser?: object };
  return {
    event: type,
    ...facts,
    ...qlikUser,
    ...(type === 'token.judged' && { ownOrigin }),
    ...(error !== undefined && { err: error }),
  };
}
