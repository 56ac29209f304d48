import { hash, type KeyObject } from 'node:crypto';
import { given } from './given.ts';
import type { RedisServer, RedisUrl } from './kinds/redis.ts';
import type { Settings } from './settings.ts';

export interface RedisConfig {
  readonly type: 'redis';
  readonly url: RedisUrl;
  readonly ca: string | undefined;
  /** Before all keys: what the setting says, and a tag of the deployment, so that others keep out of its way. */
  readonly prefix: string;
  /** Which of the services that may share the Redis and its keys this is. */
  readonly deployment: string;
  readonly sentinel: { readonly name: string; readonly addresses: readonly RedisServer[] } | undefined;
  /** The first seals, each opens. */
  readonly keys: readonly [KeyObject, ...KeyObject[]];
}

/** Where replicas share state; one replica alone needs only its memory. */
export type StoreConfig = { readonly type: 'memory' } | RedisConfig;

/** In characters. */
const TAG_LENGTH = 8;

/** What the settings of the store mean. */
export function storeConfig(s: Settings): StoreConfig {
  if (!s.REDIS_URL) return { type: 'memory' };
  const deployment = `${s.PUBLIC_URL.href} ${s.PORTAL_AUTH}`;
  const [first, ...others] = given(s, 'STORE_KEY');
  if (!first) throw new TypeError('STORE_KEY holds no key');
  return {
    type: 'redis',
    url: s.REDIS_URL,
    ca: s.REDIS_CA,
    prefix: `${s.REDIS_KEY_PREFIX}${hash('sha256', deployment, 'base64url').slice(0, TAG_LENGTH)}:`,
    deployment,
    sentinel: s.REDIS_SENTINELS && {
      name: given(s, 'REDIS_SENTINEL_NAME'),
      addresses: s.REDIS_SENTINELS,
    },
    keys: [first, ...others],
  };
}
