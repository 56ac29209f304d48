import { isLoopback } from '../loopback.ts';
import type { Settings } from '../settings.ts';
import { goesWith, noUseWithout } from './companions.ts';
import { type Condition, isProduction, isSet } from './conditions.ts';
import type { Rule } from './rule.ts';

const isTls = (s: Settings) => s.REDIS_URL?.tls === true;

const redis = isSet('REDIS_URL');
const redisOverTls: Condition = {
  written: 'a REDIS_URL that begins with `rediss:`',
  names: ['REDIS_URL'],
  holds: isTls,
};

/** Whether all that is said to Redis stays on this machine for sure. Sentinels may lead anywhere. */
function staysHere({ REDIS_URL, REDIS_SENTINELS }: Settings): boolean {
  return REDIS_SENTINELS === undefined && REDIS_URL !== undefined && isLoopback(REDIS_URL.host);
}

/** What the shared store needs, and what it goes with. */
export const severalReplicasRules: readonly Rule[] = [
  ...goesWith(redis, 'STORE_KEY', 'what seals the records there. `openssl rand -base64 32` makes one'),
  noUseWithout(redis, 'REDIS_KEY_PREFIX'),
  {
    ...noUseWithout(redis, 'REDIS_SENTINELS'),
    otherwise: 'has no use without REDIS_URL, which says how to sign in at the Redis that the Sentinels name',
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
  ...goesWith(isSet('REDIS_SENTINELS'), 'REDIS_SENTINEL_NAME', 'the name under which they watch the Redis'),
  noUseWithout(redisOverTls, 'REDIS_CA'),
  {
    names: ['REDIS_URL', 'REDIS_SENTINELS', 'NODE_ENV'],
    holds: (s) => s.REDIS_URL === undefined || !isProduction(s) || isTls(s) || staysHere(s),
    otherwise:
      'must begin with `rediss:` when NODE_ENV is production, unless Redis is on this machine and no Sentinels can lead elsewhere: its password and all session keys would cross the network in the clear',
  },
];
