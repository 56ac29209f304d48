import { certificates } from '../kinds/keys.ts';
import { list } from '../kinds/lists.ts';
import { aesKey, keyPrefix, redisUrl, sentinel } from '../kinds/redis.ts';
import { text } from '../kinds/texts.ts';
import type { Setting } from './setting.ts';

/** What replicas share, and where. */
export const severalReplicas = {
  REDIS_URL: {
    kind: redisUrl,
    fromFile: true,
    doc: 'Where replicas share sessions: a Redis 7 or later, or Valkey, without eviction. Without it, a replica keeps them in its memory, and must be the only one. Must be `rediss:` (TLS) when `NODE_ENV` is `production`, unless Redis is on this machine and no Sentinels can lead elsewhere.',
  },
  REDIS_SENTINELS: {
    kind: list(sentinel),
    fromFile: true,
    doc: 'Sentinels that know which Redis is the primary. The host in `REDIS_URL` does not count then; its scheme, which is also that of the Sentinels, user, password and database do.',
  },
  REDIS_SENTINEL_NAME: { kind: text, doc: 'The name under which the Sentinels watch it.' },
  REDIS_CA: {
    kind: certificates,
    fromFile: true,
    doc: 'CA certificates to trust besides the usual ones, with `rediss:`.',
  },
  REDIS_KEY_PREFIX: {
    kind: keyPrefix,
    default: 'qtb:',
    doc: 'Before all keys and channels in Redis, and what an ACL can be limited to. Deployments that share a Redis have one each; none reads another’s records in any case.',
  },
  STORE_KEY: {
    kind: list(aesKey),
    fromFile: true,
    doc: 'Seals what is kept in Redis (AES-256-GCM); required with `REDIS_URL`. A list: the first seals, each opens. To rotate: first put a new one behind the old one on every replica, then in front of it; drop the old one after `SESSION_LIFETIME`.',
  },
} as const satisfies Record<string, Setting>;
