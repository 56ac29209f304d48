import type { DayEvent } from './trace.ts';

export interface TokenTerms {
  /** How long a token can be handed out. */
  readonly usableMs: number;
  /** A session that is not used for so long has ended. */
  readonly idleMs: number;
}

interface Held {
  until: number;
  /** When each session was used last. */
  readonly sessions: Map<number, number>;
}

/**
 * How many mints the day needs at the least, for one replica that knows everything: each as late as it can be, that is,
 * when somebody asks who has no token; with a user's last session the token ends.
 */
export function fewestMints(events: readonly DayEvent[], { usableMs, idleMs }: TokenTerms): number {
  const users = new Map<number, Held>();
  let mints = 0;
  for (const { at, user, session, what } of events) {
    const held = users.get(user) ?? { until: Number.NEGATIVE_INFINITY, sessions: new Map() };
    users.set(user, held);
    held.sessions.set(session, at);
    if (what === 'ask' && at >= held.until) {
      mints += 1;
      held.until = at + usableMs;
    }
    if (what !== 'sign-out') continue;
    held.sessions.delete(session);
    const others = [...held.sessions.values()].some((lastUse) => at - lastUse < idleMs);
    if (!others) held.until = Number.NEGATIVE_INFINITY;
  }
  return mints;
}
