import { randomBytes } from 'node:crypto';
import { type After, createLeaseWaits } from '../lease-waits.ts';
import type { Lease, Leases } from '../leases.ts';
import type { RedisConnection } from './connection.ts';

export interface RedisLeasesDeps {
  readonly redis: RedisConnection;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly after: After;
}

/** KEYS lease; ARGV owner, time. Also when memory is full: it is small, and ends soon. */
const TAKE = `#!lua flags=allow-oom
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])`;

/** KEYS lease; ARGV owner, channel, name. Ends nobody else's lease. That it cannot be told is no reason to keep it. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], ARGV[3])
return 1`;

/** KEYS lease. */
const TAKEN = `return redis.call('EXISTS', KEYS[1])`;

/** How often is looked for a release, or an end by time, that nobody told. */
const LOOK_AGAIN_MS = 500;
/** The same while there is no way to be told. */
const POLL_MS = 100;

/** Leases in Redis or Valkey, whose own clock ends them. Does not close the connection. */
export function createRedisLeases({ redis, now, after }: RedisLeasesDeps): Leases {
  const channel = `${redis.prefix}lease-ended`;
  const leaseKey = (name: string) => `${redis.prefix}lease:${name}`;
  const take = redis.define('takeLease', 1, TAKE);
  const release = redis.define('releaseLease', 1, RELEASE);
  const taken = redis.define('isLeaseTaken', 1, TAKEN);
  const waits = createLeaseWaits(after);
  const held = new Set<Lease>();
  let subscription: Promise<() => void> | undefined;
  let closed = false;

  /** Whether releases are told; tried anew each time until it works. */
  async function isTold(): Promise<boolean> {
    subscription ??= redis.subscribe(channel, waits.tell);
    try {
      await subscription;
      return true;
    } catch {
      subscription = undefined;
      return false;
    }
  }

  /** What Redis could not be told is told when it is back: it may have got the lease only then, too, if it was frozen. */
  async function giveBack(name: string, owner: string): Promise<void> {
    try {
      await release(leaseKey(name), owner, channel, name);
    } catch (error) {
      if (!closed) after(LOOK_AGAIN_MS, () => void giveBack(name, owner).catch(() => {}));
      throw error;
    }
  }

  return {
    async take(name, forMs) {
      const owner = randomBytes(16).toString('base64url');
      let forget = () => {};
      const lease: Lease = {
        async release() {
          forget();
          await giveBack(name, owner);
        },
      };
      try {
        if ((await take(leaseKey(name), owner, forMs)) === null) return undefined;
      } catch (error) {
        // It may have been taken nevertheless, and nobody would know.
        lease.release().catch(() => {});
        throw error;
      }
      held.add(lease);
      const cancel = after(forMs, () => held.delete(lease));
      forget = () => {
        cancel();
        held.delete(lease);
      };
      return lease;
    },

    async ended(name, withinMs, signal) {
      signal?.throwIfAborted();
      const endsAt = now() + withinMs;
      const everyMs = (await isTold()) ? LOOK_AGAIN_MS : POLL_MS;
      for (let leftMs = withinMs; leftMs > 0; leftMs = endsAt - now()) {
        // First the wait, then the look: a release between them is not missed.
        const told = waits.wait(name, Math.min(leftMs, everyMs), signal);
        told.catch(() => {});
        if ((await taken(leaseKey(name))) === 0) waits.tell(name);
        if (await told) return;
      }
    },

    async close() {
      closed = true;
      await Promise.all([...held].map((lease) => lease.release().catch(() => {})));
      waits.tellAll();
      await subscription?.then((unsubscribe) => unsubscribe()).catch(() => {});
    },
  };
}
