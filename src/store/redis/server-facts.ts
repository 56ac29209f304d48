import { RedisError } from './redis-error.ts';

/** What a server says of itself. */
export interface ServerFacts {
  /** As `Redis 7.2.4` or `Valkey 8.0.1`. */
  readonly software: string;
  readonly isCluster: boolean;
  /** What it does when its memory is full; undefined where it does not say. */
  readonly evictionPolicy: string | undefined;
}

/** Reads the answer to `INFO`; members that are not there, or look like nothing of the kind, are left out. */
export function readServerFacts(info: string): ServerFacts {
  const field = (name: string) => new RegExp(`^${name}:([\\w.-]{1,40})\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  return {
    software: valkey ? `Valkey ${valkey}` : `Redis ${field('redis_version') ?? 'of an unknown version'}`,
    isCluster: field('cluster_enabled') === '1',
    evictionPolicy: field('maxmemory_policy'),
  };
}

/** Answers of clusters, which keep keys apart that one script reads. */
const OF_CLUSTERS = new Set(['MOVED', 'ASK', 'CROSSSLOT', 'CLUSTERDOWN']);

/**
 * An answer of Redis, with the reason when no waiting and no other right will help: it is a cluster, too old, or has no
 * such database. What it did decides, what it says of itself only explains: services that imitate Redis tell versions
 * that mean nothing.
 */
export function withReason(error: RedisError, facts: ServerFacts | undefined, database: number): RedisError {
  if (!error.isAnswer) return error;
  const { code, message } = error;
  const because = (unsuitable: string) =>
    new RedisError(code, { answer: message.replace(/^Redis: /, ''), unsuitable });

  if (OF_CLUSTERS.has(code) || /hash to the same slot/.test(message))
    return because('is a Redis Cluster, which is not supported: take one with cluster mode disabled');
  if (/DB index is out of range|SELECT is not allowed/i.test(message))
    return because(`has no database ${database}: end REDIS_URL without a number`);
  if (/compiling script|unknown redis command|bad lua script/i.test(message))
    return because(`is ${facts?.software ?? 'too old'}: take Redis 7 or later, or Valkey`);
  return error;
}
