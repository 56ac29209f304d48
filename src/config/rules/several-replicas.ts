import { isLoopback } from '../kinds.ts';
import type { Settings } from '../settings.ts';
import { isProduction } from './conditions.ts';
import type { Rule } from './rule.ts';

const isTls = (s: Settings) => s.REDIS_URL?.tls === true;

/** Whether all that is said to Redis stays on this machine for sure. Sentinels may lead anywhere. */
function staysHere({ REDIS_URL, REDIS_SENTINELS }: Settings): boolean {
  return REDIS_SENTINELS === undefined && REDIS_URL !== undefined && isLoopback(REDIS_URL.host);
}

/** What the shared store needs, and what it goes with. */
export const severalReplicasRules: readonly Rule[] = [
  {
    names: ['STORE_KEY', 'REDIS_URL'],
    holds: (s) => (s.REDIS_URL !== undefined) === (s.STORE_KEY !== undefined && s.STORE_KEY.length > 0),
    otherwise: 'goes with REDIS_URL: give both or neither. `openssl rand -base64 32` makes one',
  },
  {
    names: ['REDIS_SENTINELS', 'REDIS_URL'],
    holds: (s) => s.REDIS_SENTINELS === undefined || s.REDIS_URL !== undefined,
    otherwise: 'needs REDIS_URL, which says how to sign in at the Redis that the Sentinels name',
  },
  {
    names: ['REDIS_SENTINELS'],
    holds: (s) => s.REDIS_SENTINELS === undefined || s.REDIS_SENTINELS.length > 0,
    otherwise: 'holds no address',
  },
  {
    names: ['REDIS_SENTINELS'],
    holds: ({ REDIS_SENTINELS: [first, ...others] = [] }) =>
      others.every(
        (other) =>
          other.username === first?.username && other.password?.reveal() === first?.password?.reveal(),
      ),
    otherwise: 'must have the same user and password for each',
  },
  {
    names: ['REDIS_SENTINEL_NAME', 'REDIS_SENTINELS'],
    holds: (s) => (s.REDIS_SENTINEL_NAME === undefined) === (s.REDIS_SENTINELS === undefined),
    otherwise: 'goes with REDIS_SENTINELS: give both or neither',
  },
  {
    names: ['REDIS_CA', 'REDIS_URL'],
    holds: (s) => s.REDIS_CA === undefined || isTls(s),
    otherwise: 'goes with a REDIS_URL that begins with `rediss:`',
  },
  {
    names: ['REDIS_URL', 'REDIS_SENTINELS', 'NODE_ENV'],
    holds: (s) => s.REDIS_URL === undefined || !isProduction(s) || isTls(s) || staysHere(s),
    otherwise:
      'must begin with `rediss:` when NODE_ENV is production, unless Redis is on this machine and no Sentinels can lead elsewhere: its password and all session keys would cross the network in the clear',
  },
];
