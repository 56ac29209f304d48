import { createManualClock } from '../../support/manual-clock.ts';
import { fewestMints } from './fewest-mints.ts';
import { createDayReplicas, IDLE_MS, MIN_REMAINING_MS } from './replicas.ts';
import { createDayTenant } from './tenant.ts';
import { type DayPlan, dayOf, seededRandom } from './trace.ts';

export interface DayOptions {
  readonly plan: DayPlan;
  readonly replicas: number;
  readonly tokenLifeMs: number;
  readonly seed: number;
}

/** What a day came to. */
export interface DayFigures {
  readonly users: number;
  readonly sessions: number;
  readonly requests: number;
  readonly mints: number;
  /** What one replica that knows everything would need. */
  readonly fewestMints: number;
  /** How often each code was answered. */
  readonly refused: Readonly<Record<string, number>>;
  /** The longest that a request took. */
  readonly longestWaitMs: number;
  readonly callsPerMinute: number;
  readonly throttled: number;
  readonly signOuts: number;
  readonly revocations: number;
}

/** Plays a day, hour for hour by a clock of its own: each request goes to any of the replicas. */
export async function playDay({ plan, replicas: count, tokenLifeMs, seed }: DayOptions): Promise<DayFigures> {
  const random = seededRandom(seed);
  const events = dayOf(plan, random);
  const clock = createManualClock();
  const tenant = createDayTenant({ clock, random, tokenLifeMs });
  const { replicas, close } = createDayReplicas({ clock, random, issuer: tenant, replicas: count });
  const start = clock.now();
  const loggedIn = new Map<number, string>();
  const refused: Record<string, number> = {};
  let longestWaitMs = 0;

  async function ask(replica: (typeof replicas)[number], session: number): Promise<void> {
    const begun = clock.now();
    await replica.ask(loggedIn.get(session) as string).catch((error) => {
      const code = error.code ?? error.message;
      refused[code] = (refused[code] ?? 0) + 1;
    });
    longestWaitMs = Math.max(longestWaitMs, clock.now() - begun);
  }

  for (const { at, user, session, what } of events) {
    if (start + at > clock.now()) await clock.advance(start + at - clock.now());
    const replica = replicas[Math.floor(random() * count)] as (typeof replicas)[number];
    if (what === 'sign-in') loggedIn.set(session, await replica.login({ id: `user-${user}` }));
    else if (what === 'ask') void ask(replica, session);
    else {
      await replica.logout(loggedIn.get(session) as string);
      loggedIn.delete(session);
    }
  }
  await clock.advance(2 * 60_000);
  await close();

  const of = (kind: string) => events.filter(({ what }) => what === kind).length;
  return {
    users: new Set(events.map(({ user }) => user)).size,
    sessions: of('sign-in'),
    requests: of('ask'),
    mints: tenant.mints,
    fewestMints: fewestMints(events, { usableMs: tokenLifeMs - MIN_REMAINING_MS, idleMs: IDLE_MS }),
    refused,
    longestWaitMs,
    callsPerMinute: tenant.mostPerMinute,
    throttled: tenant.throttled,
    signOuts: of('sign-out'),
    revocations: tenant.revocations,
  };
}
