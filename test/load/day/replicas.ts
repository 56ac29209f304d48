import { createLogout } from '../../../src/access/logout.ts';
import { createUserTokens } from '../../../src/access/user-tokens.ts';
import { bySubject, createDirectory } from '../../../src/directory/directory.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { PortalUser } from '../../../src/portal/portal-user.ts';
import type { TokenIssuer } from '../../../src/qlik/oauth/token-issuer.ts';
import { createProviderSessions } from '../../../src/session/provider-sessions.ts';
import { newSessionId, sessionsOfTag } from '../../../src/session/session-id.ts';
import { createSessions } from '../../../src/session/sessions.ts';
import { createMemoryCallLimits } from '../../../src/store/memory/call-limits.ts';
import { createMemoryLeases } from '../../../src/store/memory/leases.ts';
import { createMemoryStore } from '../../../src/store/memory/records.ts';
import { createGate } from '../../../src/tenant/admission/gate.ts';
import { createCircuit } from '../../../src/tenant/circuit.ts';
import { createCredentialsStatus } from '../../../src/tenant/credentials-status.ts';
import { createTokenClient } from '../../../src/tenant/token-client.ts';
import { TokenError } from '../../../src/tenant/token-error.ts';
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
const DEADLINE_MS = 8 * SECOND;

const tenant = { url: 'https://acme.eu.qlikcloud.com', clientId: 'client', scope: 'user_default' };

/** Replicas as the service puts them together, over one store in memory; to be closed in the end. */
export function createDayReplicas({ clock, random, issuer, replicas }: DayReplicasDeps): {
  replicas: DayReplica[];
  close(): Promise<void>;
} {
  const store = createMemoryStore({ now: clock.now });
  const leases = createMemoryLeases(clock);
  const limits = createMemoryCallLimits({
    now: clock.now,
    concurrency: 8,
    rate: { limit: 90, windowMs: MINUTE },
    permitMs: 10 * SECOND,
  });
  const sessions = createSessions({ store, limits: { idleMs: IDLE_MS, lifetimeMs: 10 * 60 * MINUTE } });

  function createReplica(): DayReplica {
    const circuit = createCircuit({ now: clock.now, random, onChange() {} });
    const gateway = createTokenClient({
      issuer,
      gate: createGate({ clock, circuit, limits, onThrottled() {} }),
      standing: createCredentialsStatus({ now: clock.now, onChange() {} }),
      clock,
      random,
      callTimeoutMs: 6 * SECOND,
    });
    const isDenied = () => false;
    const tokens = createTokenService({
      tokenClientOf: () => gateway,
      share: createTokenShare({ store, partitionOf: sessionsOfTag, isDenied, now: clock.now }),
      leases,
      isDenied,
      clock,
      random,
      report() {},
      maxCached: 100_000,
      refreshBeforeMs: 10 * MINUTE,
      minRemainingMs: MIN_REMAINING_MS,
      replaceCooldownMs: 30 * SECOND,
      deadlineMs: DEADLINE_MS,
    });
    const directory = createDirectory({ tenant, mapping: bySubject, isDenied });
    const userTokens = createUserTokens({ directory, tokens });
    const providerSessions = createProviderSessions({ store, lifetimeMs: 24 * 60 * MINUTE });
    const { here, afterwards } = createLogout({
      sessions,
      providerSessions,
      tokens: userTokens,
      after: clock.after,
    });

    return {
      async login(user) {
        const id = newSessionId(user);
        await sessions.open(id, user);
        return id;
      },

      async ask(id) {
        const deadline = clock.now() + DEADLINE_MS;
        const session = await sessions.use(id);
        if (!session) throw new Error('session_required');
        const held = userTokens.cached(session.user, session.generation);
        if (held) return held.accessToken;
        for (let current = session; ; ) {
          const token = await userTokens
            .obtain(current.user, current.generation, { at: deadline })
            .catch((error) => {
              if (error instanceof TokenError && error.code === 'token_superseded') return undefined;
              throw error;
            });
          const now = await sessions.peek(id);
          if (!now) {
            await afterwards(session.user);
            throw new Error('session_required');
          }
          if (token && token.generation === now.generation) return token.accessToken;
          current = now;
        }
      },

      async logout(id) {
        const session = await sessions.peek(id);
        if (session) await here(session);
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
