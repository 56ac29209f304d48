import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import type { RedisOptions } from 'ioredis';

/** Where a Redis or a Sentinel listens, and as whom to sign in there. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** What `REDIS_URL` and the settings beside it say. */
export interface RedisTarget extends RedisAddress {
  readonly database: number;
  /** TLS, for the Sentinels too, with the usual CA certificates and these (PEM). */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
  /** Those that know where the primary is; `host` and `port` do not count then. */
  readonly sentinel?: { readonly name: string; readonly addresses: readonly RedisAddress[] } | undefined;
}

/** As the log names it: host and port, or what the Sentinels watch. */
export function addressOf({ host, port, sentinel }: RedisTarget): string {
  const [first] = sentinel?.addresses ?? [];
  return sentinel && first ? `${sentinel.name} at Sentinel ${join(first)}` : join({ host, port });
}

function join({ host, port }: RedisAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Twice, when a script must be sent again. */
const COMMAND_MS = 450;
/** A connection that says nothing to a command for so long is given up, and all that waits in it with it. */
const SILENCE_MS = 600;
const CONNECT_MS = 1_000;
const KEEP_ALIVE_MS = 10_000;
const MAX_BACKOFF_MS = 500;

/** How the client behaves: bounded in time, and never waiting for a connection that is not there. */
export function clientOptions({
  sentinel,
  ...options
}: RedisTarget): RedisOptions & { replyMapping: 'legacy' } {
  const tls = options.tls && {
    // Said here, no variable of the environment switches it off.
    rejectUnauthorized: true,
    ...(options.tls.ca && { ca: [...rootCertificates, options.tls.ca] }),
  };
  return {
    ...(sentinel ? sentinelOptions(sentinel, tls) : standaloneOptions(options, tls)),
    username: options.username,
    password: options.password,
    db: options.database,
    protocol: 2,
    replyMapping: 'legacy',
    disableClientInfo: true,
    keepAlive: KEEP_ALIVE_MS,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    socketTimeout: SILENCE_MS,
    disconnectTimeout: SILENCE_MS,
    maxLoadingRetryTime: MAX_BACKOFF_MS,
    retryStrategy: backoffMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // It asks for INFO, which not every service and every user has. That of a Sentinel's primary sees by it which one it is.
    enableReadyCheck: sentinel !== undefined,
  };
}

function standaloneOptions({ host, port }: RedisAddress, tls?: ConnectionOptions): RedisOptions {
  const named = isIP(host) === 0 ? { servername: host } : {};
  return { host, port, ...(tls && { tls: { ...tls, ...named } }) };
}

function sentinelOptions(
  { name, addresses }: NonNullable<RedisTarget['sentinel']>,
  tls?: ConnectionOptions,
): RedisOptions {
  const [first] = addresses;
  return {
    name,
    sentinels: addresses.map(({ host, port }) => ({ host, port })),
    sentinelUsername: first?.username,
    sentinelPassword: first?.password,
    sentinelCommandTimeout: COMMAND_MS,
    sentinelRetryStrategy: backoffMs,
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/** The first soon, since a connection that was merely cut is back at once; with chance, since replicas fail together. */
function backoffMs(attempt: number): number {
  return Math.min(20 * 2 ** attempt, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
}
