import { randomUUID } from 'node:crypto';
import { createCallBudget, roomFor } from '../call-budget.ts';
import {
  ASK_AGAIN_MS,
  type CallLimits,
  type CallLimitsOptions,
  type Permit,
  type Refusal,
  WAITING_COUNTS_MS,
} from '../call-limits.ts';
import { CLOSE, ENTER, LEAVE } from './call-limits-scripts.ts';
import type { RedisConnection } from './connection.ts';

export interface RedisCallLimitsDeps extends CallLimitsOptions {
  readonly redis: RedisConnection;
  /** Whose limits these are: a tenant's. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Reply = [reason: Refusal['reason'] | 'entered', waitMs: number, ...ages: number[]];

/**
 * The limits of all replicas that share a Redis, by its time; each call is one round trip. What Redis loses, in a
 * failover or a restart, is not counted.
 */
export function createRedisCallLimits(deps: RedisCallLimitsDeps): CallLimits {
  const { redis, rate, now } = deps;
  const keyOf = (part: string) => `${redis.prefix}calls:{${deps.name}}:${part}`;
  const [permits, spent, waiting] = [keyOf('permits'), keyOf('spent'), keyOf('waiting')];
  const [closed, channel] = [keyOf('closed'), keyOf('changed')];
  const enter = redis.define('enterCallLimits', 4, ENTER);
  const leave = redis.define('leaveCallLimits', 3, LEAVE);
  const close = redis.define('closeCallLimits', 1, CLOSE);
  const options = [rate.windowMs, deps.concurrency, deps.permitMs, ASK_AGAIN_MS, WAITING_COUNTS_MS];
  const listeners: (() => void)[] = [];
  let subscription: Promise<() => void> | undefined;
  let isClosed = false;

  function tell(): void {
    for (const listener of listeners) listener();
  }

  /** From the first refusal on; before, there is nothing to hear. */
  function listen(): void {
    // The refusal may come after the end.
    if (isClosed) return;
    subscription ??= redis.subscribe(channel, tell);
    subscription.catch(() => {
      subscription = undefined;
    });
  }

  function permit(id: string): Permit {
    function end(made: 0 | 1): void {
      // What does not arrive ends by itself, after `permitMs`.
      leave(permits, spent, waiting, channel, id, made).catch(() => {});
      tell();
    }
    return { release: () => end(1), giveBack: () => end(0) };
  }

  return {
    async enter({ by, rank, share, permitShare = 1 }) {
      const isPart = permitShare < 1;
      const id = `${isPart ? 'p' : '-'}${randomUUID()}`;
      const part = isPart ? roomFor(permitShare, deps.concurrency) : 0;
      const room = share === undefined ? 0 : roomFor(share, rate.limit);
      const reply = await enter(permits, spent, waiting, closed, id, by, rank, room, ...options, part);
      const [reason, waitMs, ...ages] = reply as Reply;
      if (reason === 'entered') return { permit: permit(id) };
      listen();
      const time = now();
      const spentAt = ages.map((age) => time - age);
      return { reason, waitMs, budget: createCallBudget(rate, now, spentAt) };
    },

    async closeFor(ms) {
      await close(closed, channel, Math.ceil(ms));
    },

    onChange(listener) {
      listeners.push(listener);
    },

    async close() {
      isClosed = true;
      listeners.length = 0;
      await subscription?.then((unsubscribe) => unsubscribe()).catch(() => {});
    },
  };
}
