import { createSecretKey, type KeyObject } from 'node:crypto';
import { Secret } from '../secret.ts';
import { decoded } from './decoded.ts';
import { type Kind, kind } from './kind.ts';

/** Where a Redis or a Sentinel listens, and as whom to sign in there. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

/** What a Redis URL says. */
export interface RedisUrl extends RedisServer {
  readonly tls: boolean;
  readonly database: number;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** A Redis URL, as its clients write it (the `redis` and `rediss` schemes that are registered with IANA). */
export const redisUrl: Kind<RedisUrl> = kind(
  'a URL such as `rediss://user:password@redis.example.com:6379/0`, the password percent-encoded; without TLS `redis:`',
  (raw) => {
    const url = parseUrl(raw, REDIS_PORT);
    const database = /^\/?(\d{1,5})?$/.exec(url?.path ?? '-');
    return url && database ? { ...url.server, tls: url.tls, database: Number(database[1] ?? 0) } : undefined;
  },
);

/** The address of a Sentinel. */
export const sentinel: Kind<RedisServer> = kind(
  'a host and port such as `sentinel-1:26379`, or `user:password@sentinel-1:26379`',
  (raw) => {
    const url = raw.includes('/') ? undefined : parseUrl(`redis://${raw}`, SENTINEL_PORT);
    return url?.server;
  },
);

/** A key for AES-256. A `KeyObject` prints nothing of the key. */
export const aesKey: Kind<KeyObject> = kind(
  '32 bytes in base64 or hex, made by `openssl rand -base64 32`',
  (raw) => {
    const bytes = /^[\da-f]{64}$/i.test(raw) ? Buffer.from(raw, 'hex') : base64(raw);
    return bytes?.length === 32 ? createSecretKey(bytes) : undefined;
  },
);

function base64(raw: string): Buffer | undefined {
  return /^[\w+/-]{43}=?$/.test(raw) ? Buffer.from(raw, 'base64') : undefined;
}

function parseUrl(raw: string, defaultPort: number) {
  if (/[\s?#\\]/.test(raw) || !URL.canParse(raw)) return undefined;
  const { protocol, hostname, port, username, password, pathname } = new URL(raw);
  if ((protocol !== 'redis:' && protocol !== 'rediss:') || !hostname) return undefined;
  if (username && !password) return undefined;
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === undefined || secret === undefined) return undefined;
  const server: RedisServer = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || defaultPort),
    ...(username && { username: user }),
    ...(password && { password: new Secret(secret) }),
  };
  return { server, tls: protocol === 'rediss:', path: pathname };
}

/** What stands before all keys. */
export const keyPrefix: Kind<string> = kind('1 to 64 letters, digits and `:._-`', (raw) =>
  /^[\w:.-]{1,64}$/.test(raw) ? raw : undefined,
);
