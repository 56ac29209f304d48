import { BoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { QlikError } from '../qlik/errors.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';
import type { TokenIssuer } from '../qlik/oauth/token-issuer.ts';
import type { IssuedToken } from '../qlik/oauth/token-response.ts';
import type { QlikIdentity } from '../qlik/resources/users-me.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { Gate, GateState, Ticket } from './admission/ticket.ts';
import { createTenantCalls } from './calls.ts';
import type { CredentialsStatus } from './credentials-status.ts';
import { createLateAnswers } from './late-answers.ts';
import { refusedClient, tenantTrouble } from './tenant-trouble.ts';
import { TokenError } from './token-error.ts';

/** What the tenant says of a token; `unknown` when it cannot be asked. */
export type Verdict = 'accepted' | 'refused' | 'unknown';

/** The calls about tokens at one tenant, made with care: when they are admitted, within time, and again when that helps. */
export interface TokenClient {
  /**
   * A fresh token. Rejects with a `TokenError`, or a `StoreUnavailableError`: see `Gate`. One that comes when the call was
   * given up already is for `onLate`.
   */
  mint(lookup: UserLookup, ticket: Ticket, onLate: (issued: IssuedToken) => void): Promise<IssuedToken>;
  /** Whose token it is. Waits in the queue as the ticket does; rejects like `mint`. */
  identify(accessToken: string, ticket: Ticket): Promise<QlikIdentity>;
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
  /** As this tenant's client shows it, by a call that is made when it is asked for. */
  readonly createCredentialsStatus: (askForOwn: () => Promise<unknown>) => CredentialsStatus;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For one call from its first to its last byte. */
  readonly callTimeoutMs: number;
  /** How many calls that were given up may still bring a token. */
  readonly maxLate: number;
}

/** Users who are remembered as no strangers. */
const MAX_MINTED_FOR = 100_000;
/** A revocation may wait this long in the queue. */
const REVOCATION_DEADLINE_MS = 60_000;

export function createTokenClient(deps: TokenClientDeps): TokenClient {
  const { issuer, gate, clock, random, callTimeoutMs } = deps;

  const calls = createTenantCalls({ gate, clock, random, callTimeoutMs });
  const mintedFor = new BoundedMap<string, true>(MAX_MINTED_FOR);
  const late = createLateAnswers({ clock, max: deps.maxLate });
  const credentialsStatus = deps.createCredentialsStatus(() => {
    const deadline = clock.now() + callTimeoutMs;
    return calls.once(issuer.askForOwn, { priority: 'user', budgeted: true, decisive: false, deadline });
  });

  return {
    async mint(lookup, ticket, onLate) {
      const user = `${lookup.field}:${lookup.value}`;

      ticket.isNewcomer = !mintedFor.has(user);
      let blame: Promise<'user' | 'client'> | undefined;

      // What is certain about the client is known before the next in the queue begins.
      async function judged(signal: AbortSignal): Promise<IssuedToken> {
        try {
          const issued = await late.outlast(
            (own, onAnswer) => issuer.mint(lookup, own, onAnswer),
            signal,
            onLate,
          );
          credentialsStatus.accepted();
          mintedFor.set(user, true);
          return issued;
        } catch (error) {
          if (error instanceof QlikError && error.code === 'refused')
            blame = credentialsStatus.refused(user, error);
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
        if (!(error instanceof QlikError)) throw error;
        throw (await blame) === 'user' ? refusedUser(error) : tenantTrouble(error);
      }
    },

    async identify(accessToken, ticket) {
      const { deadline } = ticket;
      const asked: Ticket = {
        get priority() {
          return ticket.priority;
        },
        budgeted: false,
        decisive: false,
        deadline,
      };
      try {
        return await calls.make((signal) => issuer.identify(accessToken, signal), asked);
      } catch (error) {
        throw error instanceof QlikError ? tenantTrouble(error) : error;
      }
    },

    promote: gate.promote,

    async judge(accessToken) {
      const ticket: Ticket = {
        priority: 'judgement',
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

function refusedUser(refusal: QlikError): TokenError {
  const options = { cause: refusal, permanent: true, retryAfterMs: refusal.retryAfterMs };
  return refusal.details.status === 403
    ? new TokenError('user_disabled', 'This user is disabled in Qlik Cloud, or has too many tokens.', options)
    : new TokenError('user_not_mapped', 'This user is not known in Qlik Cloud.', options);
}
