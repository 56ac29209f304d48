import type { Clock } from '../../../src/lib/clock.ts';
import { QlikError } from '../../../src/qlik/errors.ts';
import type { TokenIssuer } from '../../../src/qlik/oauth/token-issuer.ts';

/** A tenant as far as the day needs one: it mints, revokes, and lets nobody call too often. */
export interface DayTenant extends TokenIssuer {
  readonly mints: number;
  readonly revocations: number;
  /** Calls that were refused with a 429. */
  readonly throttled: number;
  /** The most calls in any minute, wherever it begins. */
  readonly mostPerMinute: number;
}

export interface DayTenantDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly tokenLifeMs: number;
}

const MINUTE = 60_000;
/** Tier 2: mints and revocations together. */
const LIMIT = 100;
const RETRY_AFTER_MS = 13_000;
const LATENCY_MS = [100, 400] as const;

export function createDayTenant({ clock, random, tokenLifeMs }: DayTenantDeps): DayTenant {
  const lastMinute: number[] = [];
  const counts = { mints: 0, revocations: 0, throttled: 0, mostPerMinute: 0 };

  async function receive(): Promise<void> {
    const now = clock.now();
    while ((lastMinute[0] ?? now) <= now - MINUTE) lastMinute.shift();
    const [least, most] = LATENCY_MS;
    if (lastMinute.length >= LIMIT) {
      counts.throttled += 1;
      throw new QlikError('throttled', 'the tenant answered 429', { retryAfterMs: RETRY_AFTER_MS });
    }
    lastMinute.push(now);
    counts.mostPerMinute = Math.max(counts.mostPerMinute, lastMinute.length);
    await new Promise<void>((resolve) => {
      clock.after(least + random() * (most - least), resolve);
    });
  }

  return {
    async mint({ value }) {
      await receive();
      counts.mints += 1;
      const accessToken = `token-${counts.mints}`;
      return {
        accessToken,
        scope: 'user_default',
        scopes: ['user_default'],
        lifetimeMs: tokenLifeMs,
        subject: `sub-${value}`,
      };
    },

    async revoke() {
      await receive();
      counts.revocations += 1;
    },

    accepts: async () => true,
    identify: async () => ({}),
    askForOwn: async () => {},

    get mints() {
      return counts.mints;
    },
    get revocations() {
      return counts.revocations;
    },
    get throttled() {
      return counts.throttled;
    },
    get mostPerMinute() {
      return counts.mostPerMinute;
    },
  };
}
