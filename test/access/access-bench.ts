import type { TestContext } from 'node:test';
import { createLogin, type Login } from '../../src/access/login.ts';
import { LOGIN_LIFETIME_MS } from '../../src/access/login-lifetime.ts';
import { createLogout, type Logout } from '../../src/access/logout.ts';
import { createServedTenant, type Tenants } from '../../src/access/tenants.ts';
import type { UserTokens } from '../../src/access/user-tokens.ts';
import type { BrokerEvent } from '../../src/events.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { userTag } from '../../src/portal/user-tag.ts';
import { createProviderLogouts, type ProviderLogouts } from '../../src/session/provider-logouts.ts';
import { createProviderSessions, type ProviderSessions } from '../../src/session/provider-sessions.ts';
import { createReplayDetection, type ReplayDetection } from '../../src/session/replay-detection.ts';
import { newSessionId } from '../../src/session/session-id.ts';
import { createSessions, type Session, type Sessions } from '../../src/session/sessions.ts';
import { createMemoryCallLimits } from '../../src/store/memory/call-limits.ts';
import { createStoreProbe, type StoreProbe } from '../session/store-probe.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { DIRECTLY } from '../support/outbound.ts';
import { DEADLINES, tenantConfig } from '../tenant/tenant-config.ts';

/** The tokens that users have, as far as logging in and out has to do with them. */
export interface HeldTokens extends UserTokens {
  /** Gives a user a token. */
  give(user: PortalUser): void;
  has(user: PortalUser): boolean;
  /** The token that is kept for the user is another Qlik user's by now. */
  becomeAnothers(user: PortalUser): void;
  /** For whom tokens were to be forgotten, in order. */
  readonly forgotten: readonly PortalUser[];
  /** From now on forgetting rejects so; undefined ends that. */
  failWith(error: Error | undefined): void;
}

/** Sessions in a store that can fail, logins and logouts as the service puts them together, and what they tell. */
export interface AccessBench {
  readonly clock: ManualClock;
  readonly store: StoreProbe;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly providerLogouts: ProviderLogouts;
  readonly replays: ReplayDetection;
  readonly tokens: HeldTokens;
  readonly tenants: Tenants;
  readonly login: Login;
  readonly logout: Logout;
  readonly events: readonly BrokerEvent[];
  readonly emit: (event: BrokerEvent) => void;
  /** Whom the directory was told to have logged in. */
  readonly loggedIn: readonly PortalUser[];
  /** A session that is open, without an event. */
  session(user: PortalUser): Promise<Session>;
  /** Whether these sessions are open. */
  areOpen(...sessions: Pick<Session, 'id'>[]): Promise<boolean[]>;
  /** What was told of sessions that ended. */
  readonly ended: () => readonly BrokerEvent[];
}

export const LIFETIME_MS = 600 * 60_000;
export const MAX_SESSIONS = 4;

export function createAccessBench(t: TestContext): AccessBench {
  const clock = createManualClock();
  const store = createStoreProbe(clock);
  t.after(() => store.close());
  const events: BrokerEvent[] = [];
  const emit = (event: BrokerEvent) => void events.push(event);
  const sessions = createSessions({
    store,
    limits: { idleMs: 30 * 60_000, lifetimeMs: LIFETIME_MS },
    perUser: MAX_SESSIONS,
  });
  const providerSessions = createProviderSessions({
    store,
    lifetimeMs: LIFETIME_MS,
    maxRemembered: MAX_SESSIONS,
  });
  const tokens = createHeldTokens();
  const loggedIn: PortalUser[] = [];
  const tenants = createOneTenant(clock, loggedIn);
  const logout = createLogout({ sessions, providerSessions, tokens, after: clock.after, emit });

  return {
    clock,
    store,
    sessions,
    providerSessions,
    providerLogouts: createProviderLogouts({ store, rememberMs: LOGIN_LIFETIME_MS }),
    replays: createReplayDetection(store),
    tokens,
    tenants,
    login: createLogin({ sessions, logout, tenants, tokens, emit }),
    logout,
    events,
    emit,
    loggedIn,
    async session(user) {
      const id = newSessionId(user);
      await providerSessions.note(id, user);
      await sessions.open(id, user);
      return (await sessions.peek(id)) as Session;
    },
    areOpen: (...some) => Promise.all(some.map(async ({ id }) => (await sessions.peek(id)) !== undefined)),
    ended: () => events.filter(({ type }) => type === 'session.ended'),
  };
}

function createHeldTokens(): HeldTokens {
  const held = new Set<string>();
  const others = new Set<string>();
  const forgotten: PortalUser[] = [];
  let failure: Error | undefined;
  const unexpected = () => {
    throw new Error('no token was to be asked for');
  };
  return {
    give: (user) => void held.add(userTag(user)),
    has: (user) => held.has(userTag(user)),
    forgotten,
    failWith(error) {
      failure = error;
    },
    qlikUser: unexpected,
    isAnothers: async (user) => others.has(userTag(user)),
    becomeAnothers: (user) => void others.add(userTag(user)),
    ending: () => ({ dependent: 'no token', forMs: LIFETIME_MS }),
    ended(user) {
      forgotten.push(user);
      return held.delete(userTag(user));
    },
    async forget(user) {
      forgotten.push(user);
      if (failure) throw failure;
      return held.delete(userTag(user));
    },
    async forgetAll() {
      if (failure) throw failure;
      held.clear();
    },
    cached: unexpected,
    obtain: unexpected,
    rejected: unexpected,
  };
}

/** Everybody's tenant, whose directory writes down who has logged in. It is never called. */
function createOneTenant(clock: ManualClock, loggedIn: PortalUser[]): Tenants {
  const served = createServedTenant(tenantConfig(), {
    outbound: DIRECTLY,
    deadlines: DEADLINES,
    emit() {},
    clock,
    random: () => 0.5,
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
    askRate: { limit: 1_000, windowMs: 60_000 },
    maxRemembered: 10,
    deadlineMs: DEADLINES.answerMs,
    loseToken() {},
  });
  const directory = { ...served.directory, loggedIn: (user: PortalUser) => void loggedIn.push(user) };
  const one = { ...served, directory };
  return { of: () => one, find: () => one, all: () => [one] };
}
