import type { Clock } from '../lib/clock.ts';
import { createSingleFlight } from '../lib/single-flight.ts';
import type { IssuedToken } from '../qlik/oauth/token-response.ts';

/** One token for all who need it: asked for once however many wait, and again before it ends. */
export interface ManagementToken {
  /** Asks by `issue` when none is there that lives for another minute. Rejects as `issue` does. */
  get(issue: () => Promise<IssuedToken>): Promise<string>;
  /** The tenant refuses this token: the next one who needs one asks for another. */
  drop(accessToken: string): void;
}

/** With less left it is not used any more. */
const MIN_REMAINING_MS = 60_000;

export function createManagementToken({ now }: Pick<Clock, 'now'>): ManagementToken {
  let token: { accessToken: string; until: number } | undefined;
  const flight = createSingleFlight<string>();

  async function ask(issue: () => Promise<IssuedToken>): Promise<string> {
    const askedAt = now();
    const { accessToken, lifetimeMs } = await issue();
    token = { accessToken, until: askedAt + lifetimeMs - Math.min(MIN_REMAINING_MS, lifetimeMs / 2) };
    return accessToken;
  }

  return {
    async get(issue) {
      if (token && now() < token.until) return token.accessToken;
      return flight.join(() => ask(issue));
    },

    drop(accessToken) {
      if (token?.accessToken === accessToken) token = undefined;
    },
  };
}
