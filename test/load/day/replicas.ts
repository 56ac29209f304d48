import { createLogin } from '../../../src/access/login.ts';
import { createLogout } from '../../../src/access/logout.ts';
import { createSessionTokens } from '../../../src/access/session-tokens.ts';
import type { Tenants } from '../../../src/access/tenants.ts';
import { createUserTokens } from '../../../src/access/user-tokens.ts';
import { deadlinesOf } from '../../../src/config/deadlines.ts';
import { bySubject, createDirectory } from '../../../src/directory/directory.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { PortalUser } from '../../../src/portal/portal-user.ts';
import type { TokenIssuer } from '../../../src/qlik/oauth/token-issuer.ts';
import { NoSessionError } from '../../../src/session/no-session-error.ts';
import { createProviderSessions } from '../../../src/session/provider-sessions.ts';
import { sessionsOfTag } from '../../../src/session/session-id.ts';
import { createSessions, type Session } from '../../../src/session/sessions.ts';
import { createMemoryCallLimits } from '../../../src/store/memory/call-limits.ts';
import { createMemoryLeases } from '../../../src/store/memory/leases.ts';
import { createMemoryRate } from '../../../src/store/memory/rate.ts';
import { createMemoryStore } from '../../../src/store/memory/records.ts';
import { createCircuit } from '../../../src/tenant/admission/circuit.ts';
import { createGate } from '../../../src/tenant/admission/gate.ts';
import { createCredentialsStatus } from '../../../src/tenant/credentials-status.ts';
import type { Tenant } from '../../../src/tenant/tenant.ts';
import { createTokenClient } from '../../../src/tenant/token-client.ts';
import { createTokenService } from '../../../src/token/token-service.ts';
import { createTokenShare } from '../../../src/token/token-share.ts';

/** What the routes of one replica do, without HTTP. */
export interface DayReplica {
  login(user: PortalUser): Promise<string>;
  /** The user's token, as `GET /qlik-token` answers it. Rejects as that refuses. */
  ask(sessionId: string): Promise<string>;
  logout(sessionId: string): Promise<void>;
  idle(): Promise<void>;
}

export interface DayReplicasDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly issuer: TokenIssuer;
  readonly replicas: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** The settings' defaults. */
export const IDLE_MS = 30 * MINUTE;
export const MIN_REMAINING_MS = MINUTE;
/** The day has fewer. */
const MAX_SESSIONS = 1_000_000;
const deadlines = deadlinesOf(8 * SECOND);

const identity = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: 'client',
  scope: 'user_default',
};

/** Replicas as the service puts them together, over one store in memory; to be closed in the end. */
export function createDayReplicas({ clock, random, issuer, replicas }: DayReplicasDeps): {
  replicas: DayReplica[];
  close(): Promise<void>;
} {
  const store = createMemoryStore({ now: clock.now });
  const leases = createMemoryLeases(clock);
  const mintRate = createMemoryRate({ limit: 6, windowMs: MINUTE }, clock.now);
  const limits = createMemoryCallLimits({
    now: clock.now,
    concurrency: 8,
    rate: { limit: 90, windowMs: MINUTE },
    permitMs: deadlines.permitMs,
  });
  const sessions = createSessions({
    store,
    limits: { idleMs: IDLE_MS, lifetimeMs: 10 * 60 * MINUTE },
    perUser: MAX_SESSIONS,
  });

  function createReplica(): DayReplica {
    const silent = { emit() {}, tenant: identity.name };
    const circuit = createCircuit({ now: clock.now, random, ...silent, client: 'impersonation' });
    const tokenClient = createTokenClient({
      issuer,
      gate: createGate({ clock, circuit, limits, ...silent }),
      createCredentialsStatus: (askForOwn) =>
        createCredentialsStatus({ now: clock.now, ...silent, clientId: identity.clientId, askForOwn }),
      clock,
      random,
      callTimeoutMs: deadlines.callMs,
      maxLate: 8,
    });
    const isDenied = () => false;
    const tenant: Tenant = {
      ...identity,
      isDenied,
      origins: [],
      tokenClient,
      administration: undefined,
      healthy: true,
      state: tokenClient.state,
      async close() {},
    };
    const tenantOf = () => tenant;
    const tokens = createTokenService({
      tenantOf,
      share: createTokenShare({ store, partitionOf: sessionsOfTag, tenantOf, clock }),
      leases,
      mintRate,
      clock,
      random,
      emit() {},
      maxCached: 100_000,
      refreshBeforeMs: 10 * MINUTE,
      minRemainingMs: MIN_REMAINING_MS,
      replaceCooldownMs: 30 * SECOND,
      deadlineMs: deadlines.answerMs,
    });
    const directory = createDirectory({ tenant: identity, mapping: bySubject, isDenied });
    const served = { name: identity.name, tenant, directory, close: tenant.close };
    const tenants: Tenants = { of: () => served, find: () => served, all: () => [served] };
    const userTokens = createUserTokens({ tenants, tokens });
    const logout = createLogout({
      sessions,
      providerSessions: createProviderSessions({
        store,
        lifetimeMs: 24 * 60 * MINUTE,
        maxRemembered: MAX_SESSIONS,
      }),
      tokens: userTokens,
      after: clock.after,
      emit() {},
    });
    const login = createLogin({ sessions, logout, tenants, tokens: userTokens, emit() {} });
    const sessionTokens = createSessionTokens({ tokens: userTokens, logout, emit() {} });

    return {
      login: (user) => login.open(user, { previous: undefined }),

      async ask(id) {
        const at = clock.now() + deadlines.requestMs;
        const session = there(await sessions.use(id));
        const cached = sessionTokens.cached(session);
        if (cached) return cached.accessToken;
        const lookAgain = async () => there(await sessions.peek(id));
        return (await sessionTokens.obtain({ session, lookAgain, deadline: { at } })).accessToken;
      },

      async logout(id) {
        const session = await sessions.peek(id);
        if (session) await logout.here(session, 'logout');
      },

      idle: () => tokens.idle(),
    };
  }

  return {
    replicas: Array.from({ length: replicas }, createReplica),
    async close() {
      await leases.close();
      await store.close();
    },
  };
}

function there(session: Session | undefined): Session {
  if (!session) throw new NoSessionError('session_expired', 'The session has ended.');
  return session;
}
