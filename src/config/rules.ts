import { coversMost } from './address-ranges.ts';
import { isLoopback } from './kinds.ts';
import { proxyRules } from './proxy-rules.ts';
import { redisRules } from './redis-rules.ts';
import type { Rule } from './rule.ts';
import type { SettingName, Settings } from './settings.ts';

/** A problem with a setting, worded for the operator who has to mend it. */
export interface Issue {
  readonly name: string;
  readonly message: string;
}

/** Beyond it, Node's timers end at once. */
const MAX_TIMER_MS = 2 ** 31;
const HOUR_MS = 3_600_000;

const isProduction = (s: Settings) => s.NODE_ENV?.toLowerCase() === 'production';
const asksTenant = (s: Settings) => s.USER_MAPPING === 'lookup' || s.USER_MAPPING === 'provision';
const isOidc = (s: Settings) => s.PORTAL_AUTH === 'oidc';
const isDemo = (s: Settings) => s.PORTAL_AUTH === 'demo';

const isAssertion = (s: Settings) => s.PORTAL_AUTH === 'assertion';

/** Settings that one mode of signing in needs, and no other has a use for. */
function goesWithOidc(name: SettingName): Rule {
  return {
    names: [name, 'PORTAL_AUTH'],
    holds: (s) => isOidc(s) === (s[name] !== undefined),
    otherwise: 'goes with PORTAL_AUTH=oidc: give both or neither',
  };
}

function goesWithAssertion(name: SettingName): Rule {
  return {
    names: [name, 'PORTAL_AUTH'],
    holds: (s) => isAssertion(s) === (s[name] !== undefined),
    otherwise: 'goes with PORTAL_AUTH=assertion: give both or neither',
  };
}

const rules: readonly Rule[] = [
  {
    names: ['PUBLIC_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || s.PUBLIC_URL.protocol === 'https:',
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['QLIK_TENANT_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || s.QLIK_TENANT_URL.startsWith('https:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['PORTAL_AUTH', 'NODE_ENV'],
    holds: (s) => !(isDemo(s) && isProduction(s)),
    otherwise: '`demo` lets anybody sign in as anybody; it is refused when NODE_ENV is production',
  },
  {
    names: ['HOST', 'PORTAL_AUTH'],
    holds: (s) => !isDemo(s) || isLoopback(s.HOST),
    otherwise: 'must be loopback (`127.0.0.1`, `localhost` or `::1`) with PORTAL_AUTH=demo',
  },
  {
    names: ['PUBLIC_URL', 'PORTAL_AUTH'],
    holds: (s) => !isDemo(s) || isLoopback(s.PUBLIC_URL.hostname),
    otherwise: 'must name this machine (`localhost`) with PORTAL_AUTH=demo, which answers no other host',
  },
  {
    names: ['DEMO_USERS', 'PORTAL_AUTH'],
    holds: (s) => isDemo(s) || s.DEMO_USERS === undefined,
    otherwise: 'goes with PORTAL_AUTH=demo only',
  },
  goesWithOidc('OIDC_ISSUER'),
  goesWithOidc('OIDC_CLIENT_ID'),
  goesWithOidc('OIDC_CLIENT_SECRET'),
  {
    names: ['OIDC_ISSUER', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || !s.OIDC_ISSUER?.startsWith('http:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['OIDC_SCOPE'],
    holds: (s) => s.OIDC_SCOPE.split(' ').includes('openid'),
    otherwise: 'must hold `openid`',
  },
  {
    names: ['ALLOWED_ORIGINS', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || s.ALLOWED_ORIGINS.every((origin) => origin.startsWith('https:')),
    otherwise: 'must be https when NODE_ENV is production: anybody on the way could read the tokens',
  },
  {
    names: ['TRUSTED_PROXIES'],
    holds: (s) => !coversMost(s.TRUSTED_PROXIES),
    otherwise: 'means most addresses there are: list the proxies, or the networks that hold nothing else',
  },
  ...proxyRules,
  goesWithAssertion('ASSERTION_ISSUER'),
  goesWithAssertion('ASSERTION_AUDIENCE'),
  {
    names: ['ASSERTION_JWKS_URL', 'ASSERTION_PUBLIC_KEY', 'PORTAL_AUTH'],
    holds: (s) =>
      [s.ASSERTION_JWKS_URL, s.ASSERTION_PUBLIC_KEY].filter((given) => given !== undefined).length ===
      (isAssertion(s) ? 1 : 0),
    otherwise:
      'give exactly one of ASSERTION_JWKS_URL and ASSERTION_PUBLIC_KEY with PORTAL_AUTH=assertion, else neither',
  },
  {
    names: ['ASSERTION_JWKS_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || !s.ASSERTION_JWKS_URL?.startsWith('http:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['SESSION_SAME_SITE', 'PUBLIC_URL', 'PORTAL_AUTH'],
    holds: (s) => s.SESSION_SAME_SITE !== 'none' || (isAssertion(s) && s.PUBLIC_URL.protocol === 'https:'),
    otherwise:
      '`none` is for PORTAL_AUTH=assertion and a PUBLIC_URL of https: other sign-ins navigate, and browsers drop such a cookie without Secure',
  },
  ...redisRules,
  {
    names: ['TRUST_EMAIL', 'PORTAL_AUTH'],
    holds: (s) => !(isDemo(s) && s.TRUST_EMAIL),
    otherwise: 'has no use with PORTAL_AUTH=demo, which believes every e-mail',
  },
  {
    names: ['ADMIN_TOKEN', 'ADMIN_METRICS_TOKEN', 'ADMIN_HOST'],
    holds: (s) =>
      isLoopback(s.ADMIN_HOST) || s.ADMIN_TOKEN !== undefined || s.ADMIN_METRICS_TOKEN !== undefined,
    otherwise: 'is required unless ADMIN_HOST is loopback; for metrics alone, ADMIN_METRICS_TOKEN is enough',
  },
  {
    names: ['ADMIN_METRICS_TOKEN', 'ADMIN_TOKEN'],
    holds: (s) =>
      s.ADMIN_METRICS_TOKEN === undefined || s.ADMIN_METRICS_TOKEN.reveal() !== s.ADMIN_TOKEN?.reveal(),
    otherwise: 'must be another than ADMIN_TOKEN: whoever reads metrics could end sessions',
  },
  {
    names: ['ADMIN_PORT', 'PORT'],
    holds: (s) => s.ADMIN_PORT !== s.PORT,
    otherwise: 'must be another than PORT',
  },
  {
    names: ['SHUTDOWN_TIMEOUT', 'SHUTDOWN_DELAY', 'TOKEN_DEADLINE'],
    holds: (s) => s.SHUTDOWN_TIMEOUT > s.SHUTDOWN_DELAY + s.TOKEN_DEADLINE,
    otherwise:
      'must be longer than SHUTDOWN_DELAY and TOKEN_DEADLINE together: what is under way is answered',
  },
  {
    names: ['SHUTDOWN_TIMEOUT'],
    holds: (s) => s.SHUTDOWN_TIMEOUT < MAX_TIMER_MS,
    otherwise: 'must be at most 24d',
  },
  {
    names: ['QLIK_CLIENT_SECRET', 'QLIK_CLIENT_PRIVATE_KEY'],
    holds: (s) => (s.QLIK_CLIENT_SECRET === undefined) !== (s.QLIK_CLIENT_PRIVATE_KEY === undefined),
    otherwise: 'give exactly one of QLIK_CLIENT_SECRET and QLIK_CLIENT_PRIVATE_KEY',
  },
  {
    names: ['QLIK_CLIENT_KEY_ID', 'QLIK_CLIENT_PRIVATE_KEY'],
    holds: (s) => (s.QLIK_CLIENT_KEY_ID === undefined) === (s.QLIK_CLIENT_PRIVATE_KEY === undefined),
    otherwise: 'goes with QLIK_CLIENT_PRIVATE_KEY: give both or neither',
  },
  {
    names: ['SESSION_SECRET'],
    holds: (s) => s.SESSION_SECRET.length > 0,
    otherwise: 'holds no secret',
  },
  {
    names: ['SESSION_IDLE_TIMEOUT', 'SESSION_LIFETIME'],
    holds: (s) => s.SESSION_IDLE_TIMEOUT > 0 && s.SESSION_IDLE_TIMEOUT <= s.SESSION_LIFETIME,
    otherwise: 'must be more than nothing and at most SESSION_LIFETIME',
  },
  {
    names: ['USER_CLAIM', 'USER_MAPPING'],
    holds: (s) => (s.USER_MAPPING === 'claim') === (s.USER_CLAIM !== undefined),
    otherwise: 'goes with USER_MAPPING=claim: give both or neither',
  },
  {
    names: ['USER_TABLE', 'USER_MAPPING'],
    holds: (s) => (s.USER_MAPPING === 'table') === (s.USER_TABLE !== undefined),
    otherwise: 'goes with USER_MAPPING=table: give both or neither',
  },
  {
    names: ['QLIK_ADMIN_CLIENT_ID', 'USER_MAPPING'],
    holds: (s) => asksTenant(s) === (s.QLIK_ADMIN_CLIENT_ID !== undefined),
    otherwise: 'goes with USER_MAPPING=lookup or provision: it is required then, and pointless otherwise',
  },
  {
    names: ['QLIK_ADMIN_CLIENT_SECRET', 'USER_MAPPING'],
    holds: (s) => asksTenant(s) === (s.QLIK_ADMIN_CLIENT_SECRET !== undefined),
    otherwise: 'goes with USER_MAPPING=lookup or provision: it is required then, and pointless otherwise',
  },
  {
    names: ['USER_REMEMBER'],
    holds: (s) => s.USER_REMEMBER >= 1_000 && s.USER_REMEMBER < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d',
  },
  {
    names: ['TOKEN_REFRESH_BEFORE'],
    holds: (s) => s.TOKEN_REFRESH_BEFORE <= 24 * HOUR_MS,
    otherwise: 'must be at most 24h: no token is kept for longer',
  },
  {
    names: ['TOKEN_MIN_REMAINING'],
    holds: (s) => s.TOKEN_MIN_REMAINING <= HOUR_MS,
    otherwise: 'must be at most 1h: Qlik Cloud’s tokens live for six, and none might be handed out',
  },
  {
    names: ['TOKEN_MIN_REMAINING', 'TOKEN_REFRESH_BEFORE'],
    holds: (s) => s.TOKEN_MIN_REMAINING < s.TOKEN_REFRESH_BEFORE,
    otherwise: 'must be less than TOKEN_REFRESH_BEFORE',
  },
  {
    names: ['TOKEN_REPLACE_COOLDOWN'],
    holds: (s) => s.TOKEN_REPLACE_COOLDOWN >= 1_000 && s.TOKEN_REPLACE_COOLDOWN < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d',
  },
  {
    names: ['TOKEN_DEADLINE'],
    holds: (s) => s.TOKEN_DEADLINE >= 100 && s.TOKEN_DEADLINE <= 60_000,
    otherwise: 'must be from 100ms to 60s',
  },
];

/**
 * What contradicts what among the settings. `unusable` names those that have a problem of their own already; rules
 * that read one of them are passed over.
 */
export function contradictions(settings: Settings, unusable: ReadonlySet<string>): Issue[] {
  return rules
    .filter(({ names, holds }) => !names.some((name) => unusable.has(name)) && !holds(settings))
    .map(({ names, otherwise }) => ({ name: names[0], message: otherwise }));
}

/** What contradicts nothing, and is probably not meant so. */
export function doubts({ PUBLIC_URL, TRUSTED_PROXIES, QLIK_SCOPE }: Settings): Issue[] {
  const found: Issue[] = [];
  if (PUBLIC_URL.protocol === 'https:' && TRUSTED_PROXIES.length === 0)
    found.push({
      name: 'TRUSTED_PROXIES',
      message:
        'is empty, though with a PUBLIC_URL of https something in front ends TLS: all clients will look like one address',
    });
  if (QLIK_SCOPE.split(' ').some((name) => /^admin/i.test(name)))
    found.push({
      name: 'QLIK_SCOPE',
      message: 'holds an admin scope: every page gets a token with those rights',
    });
  return found;
}
