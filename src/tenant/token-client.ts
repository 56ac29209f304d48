import type { Clock } from '../lib/clock.ts';
import { QlikError } from '../qlik/errors.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';
import type { TokenIssuer } from '../qlik/oauth/token-issuer.ts';
import type { IssuedToken } from '../qlik/oauth/token-response.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { Gate, GateState, Ticket } from './admission/ticket.ts';
import { createTenantCalls } from './calls.ts';
import type { CredentialsStatus } from './credentials-status.ts';
import { refusedClient, tenantTrouble } from './tenant-trouble.ts';
import { TokenError } from './token-error.ts';

/** What the tenant says of a token; `unknown` when it cannot be asked. */
export type Verdict = 'accepted' | 'refused' | 'unknown';

/** The calls about tokens at one tenant, made with care: when they are admitted, within time, and again when that helps. */
export interface TokenClient {
  /** A fresh token. Rejects with a `TokenError`, or a `StoreUnavailableError`: see `Gate`. */
  mint(lookup: UserLookup, ticket: Ticket): Promise<IssuedToken>;
  /** Somebody waits now for a mint that was queued as a renewal. */
  promote(ticket: Ticket): void;
  /** Asks the tenant whether it takes the token. */
  judge(accessToken: string): Promise<Verdict>;
  /** Tries to revoke the token; resolves to whether that worked. Never rejects. */
  revoke(accessToken: string): Promise<boolean>;
  readonly healthy: boolean;
  readonly state: TenantState;
}

/** How things are between us and a tenant. */
export interface TenantState extends GateState {
  /** The tenant refuses our client. */
  readonly clientRefused: boolean;
}

export interface TokenClientDeps {
  readonly issuer: TokenIssuer;
  readonly gate: Gate;
  readonly credentialsStatus: CredentialsStatus;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For one call from its first to its last byte. */
  readonly callTimeoutMs: number;
}

/** A revocation may wait this long in the queue. */
const REVOCATION_DEADLINE_MS = 60_000;

export function createTokenClient(deps: TokenClientDeps): TokenClient {
  const { issuer, gate, credentialsStatus, clock, random, callTimeoutMs } = deps;

  const calls = createTenantCalls({ gate, clock, random, callTimeoutMs });

  return {
    async mint(lookup, ticket) {
      const user = `${lookup.field}:${lookup.value}`;
      let blame: 'user' | 'client' = 'client';

      // The verdict on the client is in before the next in the queue begins.
      async function judged(signal: AbortSignal): Promise<IssuedToken> {
        try {
          const issued = await issuer.mint(lookup, signal);
          credentialsStatus.accepted();
          return issued;
        } catch (error) {
          if (error instanceof QlikError && error.code === 'refused')
            blame = credentialsStatus.refused(user, error.details.namesUser === true);
          throw error;
        }
      }

      function clientPause(): TokenError | undefined {
        const pauseMs = credentialsStatus.pauseMs(user);
        return pauseMs > 0 ? refusedClient({ retryAfterMs: pauseMs }) : undefined;
      }

      try {
        return await calls.make(judged, ticket, clientPause);
      } catch (error) {
        throw mintError(error, blame);
      }
    },

    promote: gate.promote,

    async judge(accessToken) {
      const ticket: Ticket = {
        priority: 'user',
        budgeted: false,
        decisive: false,
        deadline: clock.now() + callTimeoutMs,
      };
      try {
        const accepted = await calls.once((signal) => issuer.accepts(accessToken, signal), ticket);
        return accepted ? 'accepted' : 'refused';
      } catch (error) {
        if (isTrouble(error)) return 'unknown';
        throw error;
      }
    },

    async revoke(accessToken) {
      const ticket: Ticket = {
        priority: 'revocation',
        budgeted: true,
        decisive: false,
        deadline: clock.now() + REVOCATION_DEADLINE_MS,
      };
      try {
        await calls.make((signal) => issuer.revoke(accessToken, signal), ticket);
        return true;
      } catch (error) {
        if (isTrouble(error)) return false;
        throw error;
      }
    },

    get healthy() {
      return gate.healthy && credentialsStatus.healthy;
    },

    get state() {
      return { ...gate.state, clientRefused: !credentialsStatus.healthy };
    },
  };
}

/** The tenant did not do what was asked, or nobody knows whether it may be asked. */
function isTrouble(error: unknown): boolean {
  return error instanceof QlikError || error instanceof StoreUnavailableError;
}

function mintError(error: unknown, blame: 'user' | 'client'): unknown {
  if (!(error instanceof QlikError)) return error;
  if (error.code !== 'refused' || blame === 'client') return tenantTrouble(error);
  const { status } = error.details;
  const options = { cause: error, permanent: true, retryAfterMs: error.retryAfterMs };
  return status === 403
    ? new TokenError('user_disabled', 'This user is disabled in Qlik Cloud, or has too many tokens.', options)
    : new TokenError('user_not_mapped', 'This user is not known in Qlik Cloud.', options);
}
