/** What one user's page or browser does at a moment; milliseconds from the start of the day. */
export interface DayEvent {
  readonly at: number;
  readonly user: number;
  readonly session: number;
  readonly what: 'sign-in' | 'ask' | 'sign-out';
}

export interface DayPlan {
  /** For each hour, how many users come for the first time in each of its minutes. */
  readonly newUsersPerMinute: readonly number[];
  readonly meanSessionMs: number;
  readonly askEveryMs: number;
  /** The share of users that come a second time, later in the day. */
  readonly returning: number;
  /** The share of sessions that end with a sign-out. */
  readonly signingOut: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Somebody who comes a second time does so so much later. */
const RETURN_AFTER_MS = [HOUR, 8 * HOUR] as const;
const LONGEST_SESSION_MS = 8 * HOUR;
/** Nobody signs out sooner after asking: that would be refused, and rightly. */
const LAST_LOOK_MS = 10_000;
/** The share of sessions that begin with two pages at once, as restored tabs do. */
const TWO_PAGES = 0.3;

/** 36,000 users; the peak hour has 75 first sign-ins a minute, evenly spread. */
export const WORKING_DAY: DayPlan = {
  newUsersPerMinute: [4, 3, 3, 3, 4, 8, 18, 40, 65, 75, 62, 48, 38, 50, 46, 38, 28, 20, 14, 11, 8, 6, 5, 3],
  meanSessionMs: 45 * MINUTE,
  askEveryMs: 5 * MINUTE,
  returning: 0.3,
  signingOut: 0.5,
};

/** All that happens on such a day, in order. The same numbers from `random` (0 to 1) make the same day. */
export function dayOf(plan: DayPlan, random: () => number): DayEvent[] {
  const events: DayEvent[] = [];
  const end = plan.newUsersPerMinute.length * HOUR;
  let users = 0;
  let sessions = 0;

  function visit(user: number, at: number): void {
    const session = sessions++;
    const lengthMs = Math.min(Math.ceil(-Math.log(1 - random()) * plan.meanSessionMs), LONGEST_SESSION_MS);
    const add = (what: DayEvent['what'], after: number) => {
      if (at + after < end) events.push({ at: at + after, user, session, what });
    };
    add('sign-in', 0);
    if (random() < TWO_PAGES) add('ask', 0);
    for (let after = 0; after <= lengthMs; after += plan.askEveryMs) add('ask', after);
    if (random() < plan.signingOut) add('sign-out', lengthMs + LAST_LOOK_MS);
  }

  plan.newUsersPerMinute.forEach((perMinute, hour) => {
    const gapMs = MINUTE / perMinute;
    for (let i = 0; i < Math.round(perMinute * 60); i += 1) {
      const user = users++;
      const at = Math.floor(hour * HOUR + (i + random()) * gapMs);
      visit(user, at);
      const [soonest, latest] = RETURN_AFTER_MS;
      const back = at + Math.floor(soonest + random() * (latest - soonest));
      if (random() < plan.returning && back < end) visit(user, back);
    }
  });
  return events.sort((a, b) => a.at - b.at);
}

/** Numbers from 0 to 1 that look random, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
