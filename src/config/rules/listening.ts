import { coversMost } from '../address-ranges.ts';
import { isLoopback } from '../loopback.ts';
import { MAX_TIMER_MS } from './conditions.ts';
import { httpsInProduction } from './in-production.ts';
import type { Rule } from './rule.ts';

/** The listeners, and how the process ends. */
export const listeningRules: readonly Rule[] = [
  httpsInProduction('PUBLIC_URL'),
  httpsInProduction('ALLOWED_ORIGINS', 'anybody on the way could read the tokens'),
  {
    names: ['TRUSTED_PROXIES'],
    holds: (s) => !coversMost(s.TRUSTED_PROXIES),
    otherwise: 'means most addresses there are: list the proxies, or the networks that hold nothing else',
  },
  {
    names: ['KEEP_ALIVE_TIMEOUT'],
    holds: (s) => s.KEEP_ALIVE_TIMEOUT >= 1_000 && s.KEEP_ALIVE_TIMEOUT < MAX_TIMER_MS,
    otherwise: 'must be from 1s to 24d: connections that end sooner are ended under requests',
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
];
